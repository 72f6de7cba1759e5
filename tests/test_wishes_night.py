"""Wishes honoured the same night: three people who ask in a README, a bio and on a page are in no list and no file."""

import csv
import gzip
import sqlite3
from collections.abc import Iterator

import pytest
from nights import Nights

CASES = ("opted_out_readme", "opted_out_bio", "opted_out_page")

pytestmark = [pytest.mark.world, pytest.mark.slow, pytest.mark.xdist_group("night")]


class Night:
    """What the first night left. case: name → (person key, truth of the person)."""

    def __init__(self, nights: Nights) -> None:
        self.home = nights.home
        self.leads = nights.first / "leads.csv"
        self.store = sqlite3.connect(nights.first / "store.db")
        owner = dict(self.store.execute("SELECT identity, person FROM person_identity"))
        self.case = {
            name: (owner[f"github:{one['github']['id']}"], one)
            for name in CASES
            for one in [nights.known[nights.truth["cases"][name]["people"][0]]]
        }
        self.of_page = owner


@pytest.fixture(scope="module")
def night(nights: Nights) -> Iterator[Night]:
    first = Night(nights)
    yield first
    first.store.close()


def test_whoever_asks_is_neither_scored_nor_handed_over(night: Night) -> None:
    asked = {person for person, _ in night.case.values()}
    assert len(asked) == len(CASES)
    scored = {person for (person,) in night.store.execute("SELECT DISTINCT person FROM score")}
    assert len(scored) > 30
    assert not scored & asked
    with night.leads.open(newline="", encoding="utf-8-sig") as file:
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
