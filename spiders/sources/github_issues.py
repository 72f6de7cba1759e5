"""Triage and discussion of code: who closed and labelled other people's issues, who took part in review threads.

Source: https://docs.github.com/graphql/reference/objects#issue and #pullrequestreviewthread (2026-07)
Yields: Work (post per issue, pull_request), Identity per account, Signal (reviewed, with a note), next Task
Cursor: newest `updatedAt` per repository and walk, `owner/name:issues` and `owner/name:threads`
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from pydantic import BaseModel, Field

from spiders.clients import github, names, upkeep
from spiders.errors import SkipRecord
from spiders.records import (
    Counted,
    Identity,
    IdentityKind,
    Page,
    Provenance,
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

_FIRST: Final = {"issues": 25, "threads": 20}  # 4–6 points a page; more answers 502 on big repositories
_FIELD: Final = {"issues": "issues", "threads": "pullRequests"}
_OVERLAP: Final = timedelta(hours=1)  # issues move between pages while we read
_TRIAGE: Final = {"LabeledEvent": "triage_labelled", "ClosedEvent": "triage_closed"}  # strongest last


class Seeds(BaseModel, extra="forbid"):
    """repositories: `owner/name`."""

    repositories: list[str] = Field(default_factory=list)


def start(seeds: Seeds, cursor: Mapping[str, str]) -> Iterator[Task]:
    """Yield two walks per repository: what happened to issues, and in review threads, since the last visit."""
    for name in seeds.repositories:
        for kind, first in _FIRST.items():
            yield Task(
                source="github_issues",
                kind=kind,
                url=github.GRAPHQL,
                params={"repository": name, "first": first},
                cursor=cursor.get(f"{name}:{kind}"),
            )


def ask(task: Task) -> Request:
    """Return the question of a task."""
    return upkeep.walk(upkeep.ISSUES if task.kind == "issues" else upkeep.THREADS, task)


def read(task: Task, page: Page, via: Via) -> Iterator[Yield]:
    """Yield what a page of issues or pull requests says, and the next page."""
    found, missing = upkeep.connection(page, _FIELD[task.kind])
    yield from missing
    if found is None:
        return
    read_one = _read_issue if task.kind == "issues" else _read_pull
    told: set[str] = set()
    items = list(github.nodes(found))
    for item in items:
        try:
            for one in read_one(task.params["repository"], item, via):
                if not isinstance(one, Identity):
                    yield one
                elif one.id not in told:
                    told.add(one.id)
                    yield one
        except (SkipRecord, KeyError, TypeError, ValueError) as error:
            yield Quarantined(where=f"number {item.get('number')}", reason=f"{type(error).__name__} {error}")
    moments = [str(item["updatedAt"]) for item in items if item.get("updatedAt")]
    key = f"{task.params['repository']}:{task.kind}"
    yield from upkeep.onward(task, found, moments, key=key, overlap=_OVERLAP)


def _read_issue(repository: str, issue: Mapping[str, Any], via: Via) -> Iterator[Yield]:
    """Yield the triage of one issue by people other than its author, each with the most they did."""
    number, title = _named(issue)
    seen = via(f"https://github.com/{repository}/issues/{number}")
    author = github.actor(issue.get("author"), seen)
    done: dict[str, tuple[Identity, str, datetime]] = {}
    events = issue.get("timelineItems")
    for event in github.nodes(events):
        word = _TRIAGE.get(str(event.get("__typename")))
        who = github.actor(event.get("actor"), seen)
        if word is None:
            yield Counted(what=f"event_{str(event.get('__typename'))[:40]}")
        elif who is None:
            yield Counted(what="triage_without_account")
        elif word == "triage_closed" and event.get("closer") is not None:
            yield Counted(what="closed_by_a_change")  # merging closed it: github_pulls tells of that
        elif (author is None or who.id != author.id) and (who.id not in done or word == "triage_closed"):
            done[who.id] = (who, word, upkeep.moment(event["createdAt"]))
    unread = int((events or {}).get("totalCount") or 0) - len(list(github.nodes(events)))
    if unread > 0:
        yield Counted(what="event_not_read", times=unread)
    if not done:
        return
    yield Work(
        id=f"github:{repository}#{number}",
        kind=WorkKind.POST,
        title=title,
        url=seen.url,
        tags=tuple(str(label["name"]) for label in github.nodes(issue.get("labels"))),
        published_on=upkeep.moment(issue["createdAt"]).date(),
        part_of=f"github:{repository}",
        via=seen,
    )
    for who, word, at in done.values():
        yield from _did(repository, number, who, word, at, 1.0, "items", seen)


def _read_pull(repository: str, pull: Mapping[str, Any], via: Via) -> Iterator[Yield]:
    """Yield who took part in how many review threads of somebody else's change."""
    number, title = _named(pull)
    seen = via(f"https://github.com/{repository}/pull/{number}")
    author = github.actor(pull.get("author"), seen)
    merged = upkeep.moment(pull["mergedAt"])
    people: dict[str, Identity] = {}
    threads: dict[str, int] = {}
    latest: dict[str, datetime] = {}
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
            at = upkeep.moment(comment["createdAt"])
            people[who.id] = who
            inside.add(who.id)
            latest[who.id] = max(at, latest.get(who.id, at))
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
        published_on=merged.date(),
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
    at: datetime,
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
