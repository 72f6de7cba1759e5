"""Merged pull requests and their reviews, by account.

Source: https://docs.github.com/graphql/reference/objects#pullrequest and /rest/repos (2026-07)
Yields: Work (repository, pull_request), Identity per account, Signal (authored, merged, reviewed), next Task
Cursor: newest `updatedAt` read per repository, set once a walk has reached the previous one
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from github.Repository import Repository
from pydantic import BaseModel, Field

from spiders.clients import github, names
from spiders.errors import RetryLater, SkipRecord, SourceChanged
from spiders.records import (
    Counted,
    Cursor,
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

_FIRST: Final = 25  # pull requests a page; 100 answered 502 on big repositories, 25 did not (2026-09-06)
_OVERLAP: Final = timedelta(hours=1)  # pull requests move between pages while we read


class Seeds(BaseModel, extra="forbid"):
    """repositories: `owner/name`."""

    repositories: list[str] = Field(default_factory=list)


def start(seeds: Seeds, cursor: Mapping[str, str]) -> Iterator[Task]:
    """Yield two tasks per repository: what it is, and what was merged since the last visit."""
    for name in seeds.repositories:
        yield Task(
            source="github_pulls",
            kind="repository",
            url=f"{github.API}/repos/{name}",
            params={"repository": name},
            priority=50,
        )
        yield Task(
            source="github_pulls",
            kind="pulls",
            url=github.GRAPHQL,
            params={"repository": name, "first": _FIRST},
            cursor=cursor.get(name),
        )


def ask(task: Task) -> Request:
    """Return the question of a task."""
    if task.kind == "repository":
        return Request(url=task.url, headers={"Accept": "application/vnd.github+json"})
    owner, _, name = task.params["repository"].partition("/")
    variables = {
        "owner": owner,
        "name": name,
        "first": task.params["first"],
        "after": task.params.get("after"),
    }
    return github.post(github.PULLS, variables)


def read(task: Task, page: Page, via: Via) -> Iterator[Yield]:
    """Yield what an answer says; a repository keeps the name it was asked by, so old and new name are one."""
    if task.kind == "repository":
        yield from _read_repository(task, page, via)
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
    pulls = list(github.nodes(connection))
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
    for pull in pulls:
        try:
            for found in _read_pull(task.params["repository"], pull, via):
                if not isinstance(found, Identity):
                    yield found
                elif found.id not in told:
                    told.add(found.id)
                    yield found
        except (SkipRecord, KeyError, TypeError, ValueError) as error:
            yield Quarantined(
                where=f"pull request {pull.get('number')}", reason=f"{type(error).__name__} {error}"
            )
    yield from _next(task, connection, pulls)


def _next(task: Task, connection: Mapping[str, Any], pulls: list[dict[str, Any]]) -> Iterator[Task | Cursor]:
    """Yield the next page until the watermark, then the new watermark: a walk cut short moves nothing."""
    since = task.params.get("since") or task.cursor
    updated = [str(pull.get("updatedAt")) for pull in pulls if pull.get("updatedAt")]
    newest = task.params.get("newest") or (max(updated) if updated else None)
    info = connection.get("pageInfo")
    if not isinstance(info, dict):
        raise SourceChanged("pullRequests came without pageInfo")
    reached = since is not None and bool(updated) and _moment(min(updated)) < _moment(since) - _OVERLAP
    if info.get("hasNextPage") and not reached:
        after = info.get("endCursor")
        if not after or after == task.params.get("after"):
            raise SourceChanged("the paging cursor of pullRequests repeats itself")
        params = {**task.params, "after": after, "since": since, "newest": newest}
        yield Task(source=task.source, kind=task.kind, url=task.url, params=params, priority=task.priority)
    elif newest is not None:
        yield Cursor(key=task.params["repository"], value=newest)


def _read_pull(repository: str, pull: dict[str, Any], via: Via) -> Iterator[Yield]:
    number, title, merged_at = pull["number"], pull["title"], pull["mergedAt"]
    if not isinstance(number, int) or not isinstance(title, str) or not isinstance(merged_at, str):
        raise SkipRecord("number, title or mergedAt is of another type")
    seen = via(f"https://github.com/{repository}/pull/{number}")
    at = _moment(merged_at)
    work = f"github:{repository}#{number}"
    yield Work(
        id=work,
        kind=WorkKind.PULL_REQUEST,
        title=names.plain(title, 500) or f"Pull request #{number}",
        url=seen.url,
        tags=tuple(str(label["name"]) for label in github.nodes(pull.get("labels"))),
        paths=tuple(str(file["path"]) for file in github.nodes(pull.get("files"))),
        published_on=at.date(),
        part_of=f"github:{repository}",
        via=seen,
    )

    def did(
        kind: SignalKind, who: Identity, when: datetime, note: str | None = None
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
            yield from did(SignalKind.REVIEWED, reviewer, _moment(when) if when else at, state.lower())
    for what in left_out:
        yield Counted(what=what)


def _read_repository(task: Task, page: Page, via: Via) -> Iterator[Yield]:
    repository = github.typed(Repository, github.load(page))
    name = task.params["repository"]
    try:
        full_name = github.field(repository, "full_name")
        if not isinstance(full_name, str) or not isinstance(github.field(repository, "id"), int):
            raise SkipRecord("full_name or id is missing")
        home = f"https://github.com/{full_name}"
        description = github.field(repository, "description")
        yield Work(
            id=f"github:{name}",
            kind=WorkKind.REPOSITORY,
            title=full_name,
            url=home,
            text=names.plain(description, 1_000),
            tags=tuple(github.field(repository, "topics") or ()),
            via=via(home),
        )
        for what in ("archived", "fork"):
            if github.field(repository, what):
                yield Counted(what=f"repository_{what}")
        if full_name.lower() != name.lower():
            yield Counted(what="repository_renamed")
    except SkipRecord as error:
        yield Quarantined(where=name, reason=str(error))


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
