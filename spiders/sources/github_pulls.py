"""Merged pull requests and their reviews, by account.

Source: https://docs.github.com/graphql/reference/objects#pullrequest and /rest/repos (2026-07)
Yields: Work (repository, pull_request), Moved, Identity, Signal (authored, merged, reviewed), next Task
Cursor: newest `updatedAt` read per repository, set once a walk has reached the previous one
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from pydantic import BaseModel, Field

from spiders.clients import fields, github, names, rows, upkeep, watermarks
from spiders.errors import RetryLater, SkipRecord
from spiders.records import (
    Counted,
    Identity,
    IdentityKind,
    Page,
    Quarantined,
    Request,
    Signal,
    SignalKind,
    Task,
    Via,
    Work,
    WorkKind,
    Yield,
)

VERSION = 1

_WALKS: Final = (
    watermarks.Walk(
        kind="pulls",
        field="pullRequests",
        given="states: [MERGED], orderBy: {field: UPDATED_AT, direction: DESC}",
        at="updatedAt",
        first=25,  # 100 answered 502 on big repositories, 25 did not (2026-09-06)
    ),
)
_OVERLAP: Final = timedelta(hours=1)  # pull requests move between pages while we read


class Seeds(BaseModel, extra="forbid"):
    """repositories: `owner/name`."""

    repositories: list[str] = Field(default_factory=list)


def start(seeds: Seeds, cursor: Mapping[str, str]) -> Iterator[Task]:
    """Yield what each repository is, and the question where something was merged since the last visit."""
    for name in seeds.repositories:
        yield _repository(name)
    yield from watermarks.start(seeds.repositories, _WALKS, cursor)


def ask(task: Task) -> Request:
    """Return the question of a task."""
    if task.kind == "repository":
        return Request(url=task.url, headers={"Accept": "application/vnd.github+json"})
    if task.kind == watermarks.KIND:
        return watermarks.ask(task, _WALKS)
    owner, _, name = task.params["repository"].partition("/")
    variables = {
        "owner": owner,
        "name": name,
        "first": task.params["first"],
        "after": task.params.get("after"),
    }
    return github.post(github.PULLS, variables)


def read(task: Task, page: Page, via: Via) -> Iterator[Yield]:
    """Yield what an answer says, by the name the repository was asked by; `Moved` says what it is called now."""
    if task.kind == "repository":
        yield from _read_repository(task, page, via)
        return
    if task.kind == watermarks.KIND:
        for news in watermarks.read(task, page, _WALKS):
            yield _repository(*news) if isinstance(news, tuple) else news
        return
    data, errors = github.answer(page)
    repository = data.get("repository")
    if repository is None:
        yield Counted(what="repository_not_found")
        return
    if errors:
        yield Counted(what="partial_answer", times=len(errors))
    connection = repository.get("pullRequests")
    if not isinstance(connection, dict) or "nodes" not in connection:
        raise RetryLater("GitHub left the pull requests out of its answer")
    pulls = github.entries(connection)
    lost = len(connection["nodes"] or ()) - len(pulls)
    if (lost or any(error.get("type") == "RESOURCE_LIMITS_EXCEEDED" for error in errors)) and (
        first := int(task.params["first"])
    ) > 1:  # too much for one question: the same page again, in smaller pieces
        yield Counted(what="asked_again_for_less")
        smaller = {**task.params, "first": first // 2, "since": task.params.get("since") or task.cursor}
        yield Task(source=task.source, kind=task.kind, url=task.url, params=smaller, priority=task.priority)
        return
    if lost:
        yield Counted(what="pull_request_left_out", times=lost)
    elif not pulls and connection.get("totalCount", 0) > 0 and not task.params.get("after"):
        raise RetryLater("an empty page although pull requests are promised")
    told: set[str] = set()
    name = task.params["repository"]
    for place, pull in enumerate(pulls):
        found = rows.guarded(f"pull request {place} of {name}", _read_pull(name, pull, via))
        yield from rows.once(found, told)
    moments = upkeep.moments(pulls, "updatedAt", page.fetched_at)
    yield from upkeep.onward(task, connection, moments, key=name, overlap=_OVERLAP)


def _repository(name: str, called: str | None = None) -> Task:
    """Return the question what a repository is. called: a new name of it, so that it is asked at once."""
    params = {"repository": name} if called is None else {"repository": name, "called": called}
    return Task(
        source="github_pulls", kind="repository", url=f"{github.API}/repos/{name}", params=params, priority=50
    )


def _read_pull(repository: str, pull: Any, via: Via) -> Iterator[Yield]:
    number, title = fields.as_table(pull, "nodes").get("number"), pull.get("title")
    if not isinstance(number, int) or not isinstance(title, str):
        raise SkipRecord("number or title is missing or of another type")
    seen = via(f"https://github.com/{repository}/pull/{number}")
    at = upkeep.occurred(pull, "mergedAt")
    if at is None:
        yield Counted(what="date_unreadable")
    work = f"github:{repository}#{number}"
    yield Work(
        id=work,
        kind=WorkKind.PULL_REQUEST,
        title=names.plain(title, 500) or f"Pull request #{number}",
        url=seen.url,
        tags=tuple(fields.needed(label, "name") for label in github.nodes(pull.get("labels"))),
        paths=tuple(fields.needed(file, "path") for file in github.nodes(pull.get("files"))),
        published_on=None if at is None else at.date(),
        part_of=f"github:{repository}",
        via=seen,
    )

    def did(
        kind: SignalKind, who: Identity, when: datetime | None, note: str | None = None
    ) -> Iterator[Identity | Signal]:
        yield who
        yield Signal(
            id=f"github:{kind}:{repository}#{number}:{who.id.removeprefix('github:')}",
            identity=who.id,
            work=work,
            kind=kind,
            occurred_at=when,
            note=note,
            via=seen,
        )

    author = github.actor(pull.get("author"), seen)
    if author is None:
        yield Counted(what="author_without_account")
    else:
        yield from did(SignalKind.AUTHORED, author, at)
    merger = github.actor(pull.get("mergedBy"), seen)
    if merger is not None and merger.kind != IdentityKind.BOT and (author is None or merger.id != author.id):
        yield from did(SignalKind.MERGED, merger, at)
    reviews, left_out = github.strongest(pull.get("reviews"), seen)
    for reviewer, state, when in reviews:
        if author is None or reviewer.id != author.id:
            yield from did(SignalKind.REVIEWED, reviewer, fields.moment(when) if when else at, state.lower())
    for what in left_out:
        yield Counted(what=what)


def _read_repository(task: Task, page: Page, via: Via) -> Iterator[Yield]:
    from spiders.clients import (
        github_objects as objects,
    )  # all of PyGithub, for a repository's own answer only

    repository = objects.repository(page)
    name = task.params["repository"]
    try:
        full_name = objects.field(repository, "full_name")
        if not isinstance(full_name, str) or not isinstance(objects.field(repository, "id"), int):
            raise SkipRecord("full_name or id is missing")
        home = f"https://github.com/{full_name}"
        description = objects.field(repository, "description")
        created, parent = objects.field(repository, "created_at"), objects.field(repository, "parent")
        yield Work(
            id=f"github:{name}",
            kind=WorkKind.REPOSITORY,
            title=full_name,
            url=home,
            text=names.plain(description, 1_000),
            tags=tuple(objects.field(repository, "topics") or ()),
            published_on=created.date() if created is not None else None,  # older commits were made elsewhere
            part_of=f"github:{objects.field(parent, 'full_name')}"
            if parent is not None
            else None,  # a fork's
            via=via(home),
        )
        for what in ("archived", "fork"):
            if objects.field(repository, what):
                yield Counted(what=f"repository_{what}")
        yield github.moved(name, full_name, objects.field(repository, "id"), via(home))
        if full_name.lower() != name.lower():
            yield Counted(what="repository_renamed")
    except SkipRecord as error:
        yield Quarantined(where=name, reason=str(error))
