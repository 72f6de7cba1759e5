"""Every reader, on recorded pages of invented people: what it says is what a person has read and accepted."""

import json
import re
from pathlib import Path

import pytest

from spiders.replay import recorded, replay
from spiders.spec import load_spec

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "tests" / "pages"
NEVER_WRITTEN = {  # pictures, counts of popularity, addresses, and what says nothing of anybody's work
    "about_me", "age", "avatarUrl", "avatar_url", "badge_counts", "cited_by_count", "downloads", "email", "emails",
    "followers", "gender", "githubStars", "isPro", "likes", "linkedin", "numFollowers", "numLikes", "numUpvotes",
    "points", "preferredEmail", "profile_image", "pronouns", "raw_affiliation_strings", "relations", "reputation",
    "score", "stargazers_count", "submittedBy", "submittedOnDailyBy", "upvotes", "yearOfBirth",
}  # fmt: skip
SOURCES = sorted(file.stem for file in (ROOT / "config" / "sources").glob("*.toml"))


@pytest.mark.parametrize("source", SOURCES)
def test_a_source_reads_its_recorded_pages_as_accepted(source: str) -> None:
    lines = list(replay(source, pages=PAGES, config=ROOT / "config" / "sources"))
    expected = (PAGES / source / "expected.jsonl").read_text(encoding="utf-8").splitlines()
    assert lines == expected


def test_only_invented_people_are_recorded() -> None:
    lists = [PAGES / "invented_people.txt", *PAGES.glob("*/people.txt")]
    known = {line for one in lists for line in one.read_text(encoding="utf-8").splitlines()}
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


def test_no_two_sources_tell_of_different_people_under_one_signal() -> None:
    told: dict[str, set[tuple[str, str]]] = {}
    for file in PAGES.glob("*/expected.jsonl"):
        for record in map(json.loads, file.read_text(encoding="utf-8").splitlines()):
            if record["is"] == "signal":
                told.setdefault(record["id"], set()).add((record["identity"], record["work"]))
    assert told and not {key: said for key, said in told.items() if len(said) > 1}


def test_what_is_never_collected_is_gone_before_a_page_is_written() -> None:
    met: set[str] = set()
    for source in SOURCES:
        spec = load_spec(ROOT / "config" / "sources" / f"{source}.toml")
        if (
            not spec.hosts
        ):  # an operator's own file is cut before there is a page (test_sources_bulk, test_dumps)
            continue
        texts = {pointer.rpartition("/")[2] for pointer in spec.wish}
        written = {name for _, page in recorded(PAGES / source, spec) for name in _names(page.body)}
        assert not written & NEVER_WRITTEN - texts, source
        met |= {name for file in (PAGES / source).glob("*.body") for name in _names(file.read_bytes())}
    assert len(met & NEVER_WRITTEN) > 20, "the recorded pages do not hold what a source would send"


def _names(body: bytes) -> set[str]:
    """Return the names of all fields of a JSON page, none of any other page."""
    names: set[str] = set()
    try:
        json.loads(body, object_pairs_hook=lambda pairs: names.update(name for name, _ in pairs))
    except ValueError:
        return set()
    return names
