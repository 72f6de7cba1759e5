"""What moved: one question for many repositories, and nothing it cannot tell is taken for a quiet night."""

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from graphql import build_schema, parse, validate

from spiders.clients import watermarks
from spiders.records import Cursor, Page, Task
from spiders.sources import github_issues, github_pulls, github_releases

SCHEMA = Path(__file__).parents[1] / "world" / "invented" / "schema.graphql"
READERS = (github_pulls, github_issues, github_releases)


def question(reader: Any, names: list[str], cursor: dict[str, str] | None = None) -> Task:
    tasks = list(reader.start(reader.Seeds(repositories=names), cursor or {}))
    return next(task for task in tasks if task.kind == watermarks.KIND)


def answer(data: dict[str, Any], errors: list[dict[str, Any]] | None = None) -> Page:
    body = json.dumps({"data": data, **({"errors": errors} if errors else {})}).encode()
    at = datetime(2026, 11, 23, 2, 40, tzinfo=UTC)
    sha = hashlib.sha256(body).hexdigest()
    return Page(url="u", status=200, media_type="application/json", fetched_at=at, sha256=sha, body=body)


@pytest.mark.parametrize("reader", READERS)
def test_the_question_is_valid_and_holds_nothing_a_stranger_wrote(reader: Any) -> None:
    body = json.loads(reader.ask(question(reader, ["o/n", 'a/b") { email } #'])).body or b"")
    assert validate(build_schema(SCHEMA.read_text(encoding="utf-8")), parse(body["query"])) == []
    assert "email" not in body["query"]


@pytest.mark.parametrize("reader", READERS)
def test_sixty_repositories_take_three_questions(reader: Any) -> None:
    seeds = reader.Seeds(repositories=[f"o/n{number}" for number in range(60)])
    asked = [task for task in reader.start(seeds, {}) if task.kind == watermarks.KIND]
    assert [len(task.params["repositories"]) for task in asked] == [25, 25, 10]


@pytest.mark.parametrize(
    ("found", "errors", "walks"),
    [
        ({"totalCount": 9, "nodes": [{"updatedAt": "2026-11-20T10:00:00Z"}]}, None, 0),
        ({"totalCount": 9, "nodes": [{"updatedAt": "2026-11-20T10:00:01Z"}]}, None, 1),
        ({"totalCount": 0, "nodes": []}, None, 1),  # some were read before: look closely
        (None, None, 1),
        ("no repository", [{"path": ["r0"], "type": "NOT_FOUND"}], 0),
        ("no repository", [{"path": ["r0"], "type": "RESOURCE_LIMITS_EXCEEDED"}], 1),
    ],
)
def test_only_what_surely_stands_still_is_not_walked(found: Any, errors: Any, walks: int) -> None:
    task = question(github_pulls, ["o/n"], {"o/n": "2026-11-20T10:00:00Z"})
    repository = None if found == "no repository" else {"nameWithOwner": "o/n", "w0": found}
    said = github_pulls.read(task, answer({"r0": repository, "rateLimit": {}}, errors), None)  # type: ignore[arg-type]
    asked = [one for one in said if isinstance(one, Task)]
    assert [(one.kind, one.cursor) for one in asked] == [("pulls", "2026-11-20T10:00:00Z")] * walks


def test_a_draft_published_under_an_old_date_is_noticed_by_number() -> None:
    known = {"o/n": "2026-11-20T10:00:00Z", "o/n#number": "4"}
    newest = {"totalCount": 5, "nodes": [{"createdAt": "2026-11-20T10:00:00Z"}]}
    page = answer({"r0": {"nameWithOwner": "o/n", "w0": newest}})
    said = github_releases.read(question(github_releases, ["o/n"], known), page, None)  # type: ignore[arg-type]
    assert [one.kind for one in said if isinstance(one, Task)] == ["releases"]


@pytest.mark.parametrize("strange", ["levitated", 7, None, "2100-01-01T00:00:00Z", "10000-01-01T00:00:00Z"])
def test_a_date_that_cannot_be_is_no_watermark_and_no_quiet_night(strange: Any) -> None:
    newest = {"totalCount": 9, "nodes": [{"updatedAt": strange}]}
    task = question(github_pulls, ["o/n"], {"o/n": "2026-11-20T10:00:00Z"})
    said = list(github_pulls.read(task, answer({"r0": {"nameWithOwner": "o/n", "w0": newest}}), None))  # type: ignore[arg-type]
    assert [type(one).__name__ for one in said] == ["Quarantined", "Task"]
    rows = {"totalCount": 1, "nodes": [{"updatedAt": strange}], "pageInfo": {"hasNextPage": False}}
    walk = next(one for one in said if isinstance(one, Task))
    page = answer({"repository": {"nameWithOwner": "o/n", "pullRequests": rows}})
    assert not [one for one in github_pulls.read(walk, page, None) if isinstance(one, Cursor)]  # type: ignore[arg-type]
