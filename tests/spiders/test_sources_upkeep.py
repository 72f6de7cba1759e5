"""Owner files, triage and pages that name many people: what the recorded pages cannot show by themselves."""

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from graphql import build_schema, parse, validate

from spiders.clients import markup, ownership, rosters, upkeep
from spiders.records import Claim, Cursor, Identity, Page, Provenance, Task
from spiders.sources import lab_pages, owner_files

SCHEMA = Path(__file__).parents[1] / "world" / "invented" / "schema.graphql"
NOW = datetime(2026, 11, 23, 2, 40, tzinfo=UTC)


def via(url: str) -> Provenance:
    return Provenance(source="s", url=url, page="0" * 64, fetched_at=NOW, reader="r@1", terms="t")


def page(body: bytes, url: str = "https://api.github.com/graphql") -> Page:
    sha = hashlib.sha256(body).hexdigest()
    return Page(url=url, status=200, media_type="application/json", fetched_at=NOW, sha256=sha, body=body)


def test_questions_are_valid_against_the_schema() -> None:
    schema = build_schema(SCHEMA.read_text(encoding="utf-8"))
    files = json.loads(upkeep.files_query("o/n", ["OWNERS", "a b"]).body or b"")["query"]
    asked = [upkeep.VERSIONS, upkeep.OWNER, upkeep.RELEASES, upkeep.ISSUES, upkeep.THREADS, files]
    assert [validate(schema, parse(question)) for question in asked] == [[]] * len(asked)


def test_a_path_never_becomes_part_of_a_question() -> None:
    body = json.loads(upkeep.files_query("o/n", ['x") { email } #']).body or b"")
    assert "email" not in body["query"]


VERSIONS = [  # newest first; None: the file was removed, b"": it could not be read
    "* @mira-inv-1\n/a/ @tovi-inv-2\n",
    "* @mira-inv-1 @tovi-inv-2\n",
    "",
    None,
    "* @tovi-inv-2\n",
    "/a/ @mira-inv-1\n",
]


def _answers(first: int, unreadable: set[int]) -> Iterator[Any]:
    """Walk the versions in pages of `first`, as GitHub would answer, and yield all that is said."""
    task = Task(
        source="owner_files",
        kind="versions",
        url="u",
        params={"repository": "o/n", "path": "CODEOWNERS", "blob": "b", "first": first},
    )
    waiting: list[Task] = [task]
    for _ in range(50):
        if not waiting:
            return
        asked = waiting.pop()
        begin = int(asked.params.get("after") or 0)
        shown = list(enumerate(VERSIONS))[begin : begin + first]
        edges = [
            {
                "cursor": str(number + 1),
                "node": {
                    "oid": f"{number:040x}",
                    "committedDate": f"2026-01-{20 - number:02d}T00:00:00Z",
                    "file": None
                    if text is None
                    else {"object": {"text": text, "isBinary": number in unreadable}},
                },
            }
            for number, text in shown
        ]
        more = begin + first < len(VERSIONS)
        history = {"edges": edges, "pageInfo": {"hasNextPage": more}}
        body = {"data": {"repository": {"object": {"oid": "f" * 40, "history": history}}}}
        for found in owner_files.read(asked, page(json.dumps(body).encode()), via):
            if isinstance(found, Task) and found.kind == "versions":
                waiting.append(found)
            else:
                yield found
    raise AssertionError("the walk does not end")


def _facts(first: int, unreadable: set[int]) -> set[tuple[str, ...]]:
    said = list(_answers(first, unreadable))
    assert [one for one in said if isinstance(one, Cursor)] == [Cursor(key="o/n:CODEOWNERS", value="b")]
    return {
        (one.params["login"], *fact) for one in said if isinstance(one, Task) for fact in one.params["facts"]
    }


@pytest.mark.parametrize("first", [2, 3, 4, 5])
def test_paging_changes_nothing_of_what_a_history_says(first: int) -> None:
    assert _facts(first, set()) == _facts(100, set())
    assert len(_facts(100, set())) == 8  # counted by hand: 5 arrivals, 3 departures


def test_a_version_that_cannot_be_read_is_no_departure() -> None:
    assert _facts(3, {2}) == _facts(100, {2})
    assert not any(fact[-1] == f"{2:040x}" for fact in _facts(100, {2}))


@pytest.mark.parametrize(
    ("path", "text", "named"),
    [
        ("CODEOWNERS", "* @org/team someone@host.example\n", set()),
        ("MAINTAINERS.md", "Write to @mira-inv-1 first\n", set()),
        ("MAINTAINERS", "Mira (@mira-inv-1)\n", {"mira-inv-1"}),
        ("docs/GOVERNANCE.md", "- mail@mira-inv-1.example\n", set()),
        ("OWNERS", "filters:\n  '.*':\n    approvers:\n    - mira-inv-1\n", {"mira-inv-1"}),
        ("CITATION.cff", "authors:\n- alias: mira-inv-1\n", set()),
    ],
)
def test_only_accounts_are_named(path: str, text: str, named: set[str]) -> None:
    assert {entry.who for entry in ownership.read(path, text).entries} == named


def test_a_page_of_a_group_links_nobody_to_an_account() -> None:
    body = b"""<ul><li><a href="https://mira-inv.pages.example">Mira Okafor</a>
      <a rel="me" href="https://github.com/mira-inv-1">GitHub</a></li></ul>"""
    task = Task(source="lab_pages", kind="group", url="https://lab.pages.example/", params={"group": "Lab"})
    said = list(lab_pages.read(task, page(body, task.url), via))
    assert not [one for one in said if isinstance(one, Claim)]
    assert all(not one.links and one.orcid is None for one in said if isinstance(one, Identity))


def test_a_homepage_of_two_is_nobodys() -> None:
    root = markup.page(b"<ul><li><a href=/x>Mira Okafor</a></li><li><a href=/x>Tovi Halvorsen</a></li></ul>")
    assert [one.homepage for one in rosters.entries(root, "https://a.example/p", is_home=True)] == [
        None,
        None,
    ]


def test_namesakes_of_two_places_stay_two_people() -> None:
    root = markup.page(b"<ul><li>Wei Invented (Here Lab)</li><li>Wei Invented (There Lab)</li></ul>")
    assert len({one.slug for one in rosters.entries(root, "https://a.example/p", is_home=False)}) == 2
