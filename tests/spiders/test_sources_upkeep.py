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
from spiders.records import Claim, Counted, Cursor, Identity, Page, Provenance, Quarantined, Task
from spiders.sources import github_releases, lab_pages, owner_files

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


@pytest.mark.parametrize("date", ["2100-01-01T00:00:00Z", "+10000-01-01T00:00:00Z", "", None])
def test_a_date_that_cannot_be_dates_nobody(date: str | None) -> None:
    node = {"oid": "a" * 40, "committedDate": date, "file": {"object": {"text": "* @mira-inv-1\n"}}}
    history = {"edges": [{"cursor": "1", "node": node}], "pageInfo": {"hasNextPage": False}}
    body = {"data": {"repository": {"object": {"oid": "f" * 40, "history": history}}}}
    params = {"repository": "o/n", "path": "CODEOWNERS", "blob": "b", "first": 25}
    asked = Task(kind="versions", url="u", params=params)
    said = list(owner_files.read(asked, page(json.dumps(body).encode()), via))
    (owner,) = [one for one in said if isinstance(one, Task)]
    user = {"__typename": "User", "databaseId": 9, "login": "mira-inv-1", "createdAt": "2015-01-01T00:00:00Z"}
    answer = page(json.dumps({"data": {"user": user}}).encode())
    assert list(owner_files.read(owner, answer, via)) == [Counted(what="owner_fact_undated")]


def test_an_account_without_a_beginning_is_quarantined() -> None:
    params = {"repository": "o/n", "path": "CODEOWNERS", "login": "m", "facts": []}
    user = {"__typename": "User", "databaseId": 9, "login": "m", "createdAt": None}
    answer = page(json.dumps({"data": {"user": user}}).encode())
    (only,) = owner_files.read(Task(kind="owner", url="u", params=params), answer, via)
    assert isinstance(only, Quarantined)


def test_what_github_leaves_out_is_asked_for_in_smaller_pieces_before_the_watermark_moves() -> None:
    release = {
        "databaseId": 1, "tagName": "v1", "url": "https://github.com/o/n/releases/tag/v1", "author": None,
        "createdAt": "2026-11-01T00:00:00Z", "publishedAt": "2026-11-01T00:00:00Z",
    }  # fmt: skip
    found = {"totalCount": 2, "pageInfo": {"hasNextPage": False}, "nodes": [release, None]}
    body = page(json.dumps({"data": {"repository": {"releases": found}}}).encode())
    task = Task(
        kind="releases", url="u", params={"repository": "o/n", "first": 50}, cursor="2026-10-01T00:00:00Z"
    )
    sizes = []
    while True:
        said = list(github_releases.read(task, body, via))
        if not (waiting := [one for one in said if isinstance(one, Task)]):
            break
        assert not [one for one in said if not isinstance(one, Task | Counted)]
        (task,) = waiting
        sizes.append(task.params["first"])
        assert task.params["since"] == "2026-10-01T00:00:00Z"
    assert sizes == [25, 12, 6, 3, 1]
    assert Counted(what="entry_left_out") in said and [one for one in said if isinstance(one, Cursor)]


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
