"""Triage and discussion of code: who closed and labelled other people's issues, who took part in review threads.

Source: https://docs.github.com/graphql/reference/objects#issue and #pullrequestreviewthread (2026-07)
Yields: Work (post per issue, pull_request), Identity per account, Signal (reviewed, with a note), next Task
Cursor: newest `updatedAt` per repository and walk, `owner/name:issues` and `owner/name:threads`
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from pydantic import BaseModel, Field

from spiders.clients import fields, github, names, rows, upkeep, watermarks
from spiders.errors import SkipRecord
from spiders.records import (
    Counted,
    Identity,
    IdentityKind,
    Page,
    Provenance,
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

_NEWEST: Final = "orderBy: {field: UPDATED_AT, direction: DESC}"
_WALKS: Final = (  # 1 and 4 points a page; more entries answer 502 on big repositories
    watermarks.Walk(kind="issues", field="issues", given=_NEWEST, at="updatedAt", first=25, suffix=":issues"),
    watermarks.Walk(
        kind="threads", field="pullRequests", given=f"states: [MERGED], {_NEWEST}", at="updatedAt", first=20,
        suffix=":threads",
    ),
)  # fmt: skip
_FIELD: Final = {"issues": "issues", "threads": "pullRequests"}
_OVERLAP: Final = timedelta(hours=1)  # issues move between pages while we read
_TRIAGE: Final = {"LabeledEvent": "triage_labelled", "ClosedEvent": "triage_closed"}  # strongest last


class Seeds(BaseModel, extra="forbid"):
    """repositories: `owner/name`."""

    repositories: list[str] = Field(default_factory=list)


def start(seeds: Seeds, cursor: Mapping[str, str]) -> Iterator[Task]:
    """Yield the question in which repositories issues or changes moved; those are walked back to the last visit."""
    yield from watermarks.start(seeds.repositories, _WALKS, cursor)


def ask(task: Task) -> Request:
    """Return the question of a task."""
    if task.kind == watermarks.KIND:
        return watermarks.ask(task, _WALKS)
    return upkeep.walk(upkeep.ISSUES if task.kind == "issues" else upkeep.THREADS, task)


def read(task: Task, page: Page, via: Via) -> Iterator[Yield]:
    """Yield what a page of issues or pull requests says, and the next page."""
    if task.kind == watermarks.KIND:
        for news in watermarks.read(task, page, _WALKS):
            yield Counted(what="repository_renamed") if isinstance(news, tuple) else news
        return
    found, missing = upkeep.connection(task, page, _FIELD[task.kind])
    yield from missing
    if found is None:
        return
    read_one = _read_issue if task.kind == "issues" else _read_pull
    told: set[str] = set()
    name = task.params["repository"]
    items = github.entries(found)
    for place, item in enumerate(items):
        read_row = rows.guarded(f"{task.kind} {place} of {name}", read_one(name, item, via))
        yield from rows.once(read_row, told)
    moments = upkeep.moments(items, "updatedAt", page.fetched_at)
    key = f"{name}:{task.kind}"
    yield from upkeep.onward(task, found, moments, key=key, overlap=_OVERLAP)


def _read_issue(repository: str, issue: Any, via: Via) -> Iterator[Yield]:
    """Yield the triage of one issue by people other than its author, each with the most they did."""
    number, title = _named(fields.as_table(issue, "nodes"))
    seen = via(f"https://github.com/{repository}/issues/{number}")
    author = github.actor(issue.get("author"), seen)
    done: dict[str, tuple[Identity, str, datetime | None]] = {}
    events = list(github.nodes(issue.get("timelineItems")))
    for event in events:
        word = _TRIAGE.get(str(event.get("__typename")))
        who = github.actor(event.get("actor"), seen)
        if word is None:
            yield Counted(what=f"event_{str(event.get('__typename'))[:40]}")
        elif who is None:
            yield Counted(what="triage_without_account")
        elif word == "triage_closed" and event.get("closer") is not None:
            yield Counted(what="closed_by_a_change")  # merging closed it: github_pulls tells of that
        elif (author is None or who.id != author.id) and (who.id not in done or word == "triage_closed"):
            done[who.id] = (who, word, upkeep.occurred(event, "createdAt"))
    unread = int((issue.get("timelineItems") or {}).get("totalCount") or 0) - len(events)
    if unread > 0:
        yield Counted(what="event_not_read", times=unread)
    if not done:
        return
    yield Work(
        id=f"github:{repository}#{number}",
        kind=WorkKind.POST,
        title=title,
        url=seen.url,
        tags=tuple(fields.needed(label, "name") for label in github.nodes(issue.get("labels"))),
        published_on=fields.day(fields.needed(issue, "createdAt")),
        part_of=f"github:{repository}",
        via=seen,
    )
    for who, word, at in done.values():
        yield from _did(repository, number, who, word, at, 1.0, "items", seen)


def _read_pull(repository: str, pull: Any, via: Via) -> Iterator[Yield]:
    """Yield who took part in how many review threads of somebody else's change."""
    number, title = _named(fields.as_table(pull, "nodes"))
    seen = via(f"https://github.com/{repository}/pull/{number}")
    author = github.actor(pull.get("author"), seen)
    merged = upkeep.occurred(pull, "mergedAt")
    people: dict[str, Identity] = {}
    threads: dict[str, int] = {}
    latest: dict[str, datetime | None] = {}
    unread = int((pull.get("reviewThreads") or {}).get("totalCount") or 0)
    for thread in github.nodes(pull.get("reviewThreads")):
        unread -= 1
        inside: set[str] = set()
        for comment in github.nodes(thread.get("comments")):
            who = github.actor(comment.get("author"), seen)
            if who is None:
                yield Counted(what="comment_without_account")
                continue
            if author is not None and who.id == author.id:
                continue
            moments = (upkeep.occurred(comment, "createdAt"), latest.get(who.id))
            people[who.id] = who
            inside.add(who.id)
            latest[who.id] = max((at for at in moments if at is not None), default=None)
        for one in inside:
            threads[one] = threads.get(one, 0) + 1
    if unread > 0:
        yield Counted(what="thread_not_read", times=unread)
    if not people:
        return
    yield Work(
        id=f"github:{repository}#{number}",
        kind=WorkKind.PULL_REQUEST,
        title=title,
        url=seen.url,
        published_on=None if merged is None else merged.date(),
        part_of=f"github:{repository}",
        via=seen,
    )
    for one, who in people.items():
        yield from _did(
            repository, number, who, "review_thread", latest[one], float(threads[one]), "threads", seen
        )


def _did(
    repository: str,
    number: int,
    who: Identity,
    word: str,
    at: datetime | None,
    value: float,
    unit: str,
    seen: Provenance,
) -> Iterator[Yield]:
    yield who
    if who.kind is IdentityKind.BOT:
        yield Counted(what=f"machine_{word}")
    yield Signal(
        id=f"github:{word}:{repository}#{number}:{who.id.removeprefix('github:')}",
        identity=who.id,
        work=f"github:{repository}#{number}",
        kind=SignalKind.REVIEWED,
        value=value,
        unit=unit,
        occurred_at=at,
        note=word,
        via=seen,
    )


def _named(item: Mapping[str, Any]) -> tuple[int, str]:
    number, title = item["number"], item["title"]
    if not isinstance(number, int) or not isinstance(title, str):
        raise SkipRecord("number or title is of another type")
    return number, names.plain(title, 500) or f"#{number}"
