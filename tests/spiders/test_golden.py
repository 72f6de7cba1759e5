"""Every reader, on recorded pages of invented people: what it says is what a person has read and accepted."""

import json
import re
from pathlib import Path

import pytest

from spiders.replay import replay

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "tests" / "pages"
SOURCES = sorted(file.stem for file in (ROOT / "config" / "sources").glob("*.toml"))


@pytest.mark.parametrize("source", SOURCES)
def test_a_source_reads_its_recorded_pages_as_accepted(source: str) -> None:
    lines = list(replay(source, pages=PAGES, config=ROOT / "config" / "sources"))
    expected = (PAGES / source / "expected.jsonl").read_text(encoding="utf-8").splitlines()
    assert lines == expected


def test_only_invented_people_are_recorded() -> None:
    known = set((PAGES / "invented_people.txt").read_text(encoding="utf-8").splitlines())
    told = {
        record["id"]
        for file in PAGES.glob("*/expected.jsonl")
        for record in map(json.loads, file.read_text(encoding="utf-8").splitlines())
        if record["is"] == "identity"
    }
    assert told and told <= known


def test_no_address_survives_reading() -> None:
    for file in PAGES.glob("*/expected.jsonl"):
        assert not re.search(r"[\w.+-]+@[\w-]+\.\w+", file.read_text(encoding="utf-8")), file


def test_every_recorded_folder_belongs_to_a_source() -> None:
    assert sorted(folder.name for folder in PAGES.iterdir() if folder.is_dir()) == SOURCES
