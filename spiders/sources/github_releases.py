"""Releases of projects: who published which version.

Source: https://docs.github.com/graphql/reference/objects#release (2026-07)
Yields: Work (one per release), Identity per account, Signal (released), next Task
Cursor: newest `createdAt` read per repository, set once a walk has reached the previous one; `…#number` of releases
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, Final

from pydantic import BaseModel, Field

from spiders.clients import fields, github, names, rows, upkeep, watermarks
from spiders.errors import SkipRecord
from spiders.records import (
    Counted,
    IdentityKind,
    Page,
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
        kind="releases",
        field="releases",
        given="orderBy: {field: CREATED_AT, direction: DESC}",
        at="createdAt",
        first=50,
        counted=True,  # a draft of last week that is published today is not the newest
    ),
)
_OVERLAP: Final = timedelta(days=30)  # a draft keeps its date of creation and is published later


class Seeds(BaseModel, extra="forbid"):
    """repositories: `owner/name`."""

    repositories: list[str] = Field(default_factory=list)


def start(seeds: Seeds, cursor: Mapping[str, str]) -> Iterator[Task]:
    """Yield the question which repositories released something; those are walked back to the last visit."""
    yield from watermarks.start(seeds.repositories, _WALKS, cursor)


def ask(task: Task) -> Request:
    """Return the question of a task."""
    return (
        watermarks.ask(task, _WALKS) if task.kind == watermarks.KIND else upkeep.walk(upkeep.RELEASES, task)
    )


def read(task: Task, page: Page, via: Via) -> Iterator[Yield]:
    """Yield what a page of releases says, and the next page."""
    if task.kind == watermarks.KIND:
        for news in watermarks.read(task, page, _WALKS):
            yield Counted(what="repository_renamed") if isinstance(news, tuple) else news
        return
    found, missing = upkeep.connection(task, page, "releases")
    yield from missing
    if found is None:
        return
    told: set[str] = set()
    name = task.params["repository"]
    releases = github.entries(found)
    for place, release in enumerate(releases):
        read_row = rows.guarded(f"release {place} of {name}", _read_release(name, release, via))
        yield from rows.once(read_row, told)
    moments = upkeep.moments(releases, "createdAt", page.fetched_at)
    yield from upkeep.onward(task, found, moments, key=name, overlap=_OVERLAP)


def _read_release(repository: str, row: Any, via: Via) -> Iterator[Yield]:
    release = fields.as_table(row, "nodes")
    if release.get("isDraft"):
        yield Counted(what="release_draft")
        return
    number = release.get("databaseId")
    tag, url = fields.needed(release, "tagName"), fields.needed(release, "url")
    if not isinstance(number, int):
        raise SkipRecord("databaseId is missing or of another type")
    at = upkeep.occurred(release, "publishedAt")
    seen = via(url)
    work = f"github:{repository}:release:{tag}"
    title = names.plain(fields.text(release, "name"), 200)
    yield Work(
        id=work,
        kind=WorkKind.PACKAGE,
        title=f"{repository} {tag}",
        url=url,
        text=title if title != tag else None,
        published_on=None if at is None else at.date(),
        part_of=f"github:{repository}",
        via=seen,
    )
    author = github.actor(release.get("author"), seen)
    if author is None:
        yield Counted(what="release_without_account")
        return
    yield author
    if author.kind is IdentityKind.BOT:
        yield Counted(what="machine_release")
    yield Signal(
        id=f"github:released:{number}",
        identity=author.id,
        work=work,
        kind=SignalKind.RELEASED,
        occurred_at=at,
        note="prerelease" if release.get("isPrerelease") else None,
        via=seen,
    )
