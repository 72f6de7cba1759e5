"""Wishes honoured the same night: three people who ask in a README, a bio and on a page are in no list and no file."""

import csv
import gzip
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import launcher
import pytest

CASES = ("opted_out_readme", "opted_out_bio", "opted_out_page")

pytestmark = [pytest.mark.world, pytest.mark.slow, pytest.mark.xdist_group("wishes")]


class Night:
    """What one night left. case: name → (person key, truth of the person)."""

    def __init__(self, home: Path, truth: dict[str, Any]) -> None:
        self.home = home
        self.store = sqlite3.connect(home / "store.db")
        owner = dict(self.store.execute("SELECT identity, person FROM person_identity"))
        self.case = {
            name: (owner[f"github:{one['github']['id']}"], one)
            for name in CASES
            for one in [truth["people"][truth["cases"][name]["people"][0]]]
        }
        self.of_page = owner


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Night]:
    home = tmp_path_factory.mktemp("wishes")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NO_COLOR", "1")
        tonight = launcher.Night(home, size=80)
        with tonight.serving():
            assert tonight.install() == 0
            assert tonight.sourcer("nightly") in (0, 5)
            leads = (
                "export",
                "run",
                "--query",
                "",
                "--specialism",
                "inference-performance",
                "--to",
                "csv",
                "--yes",
            )
            assert tonight.sourcer(*leads, "--out", str(home / "leads.csv")) == 0
        yield Night(home, json.loads((tonight.world.root / "truth.json").read_text()))


def test_whoever_asks_is_neither_scored_nor_handed_over(night: Night) -> None:
    asked = {person for person, _ in night.case.values()}
    assert len(asked) == len(CASES)
    scored = {person for (person,) in night.store.execute("SELECT DISTINCT person FROM score")}
    assert len(scored) > 30
    assert not scored & asked
    with (night.home / "leads.csv").open(newline="", encoding="utf-8-sig") as file:
        assert not {row["Lead Key"] for row in csv.DictReader(file)} & asked


def test_the_wish_is_kept_where_it_was_said_and_the_readme_is_not(night: Night) -> None:
    said = {
        left: (kind, source)
        for left, kind, source in night.store.execute(
            "SELECT left, kind, source FROM claim WHERE kind IN ('opt_out', 'opt_out_line')"
        )
    }
    account = {name: f"github:{one['github']['id']}" for name, (_, one) in night.case.items()}
    assert said[account["opted_out_readme"]] == ("opt_out_line", "github_people")
    assert said[account["opted_out_bio"]] == ("opt_out", "github_people")
    page = "page:https://nagareo.pages.example"
    assert said[page] == ("opt_out", "homepages")
    assert night.of_page[page] == night.case["opted_out_page"][0]
    pages = b"".join(gzip.decompress(path.read_bytes()) for path in (night.home / "pages").rglob("*.gz"))
    assert b"opt" in pages and b"I write kernels" not in pages and b"recruiting: no" not in pages
