"""Releases of projects: who published which version.

Source: https://docs.github.com/graphql/reference/objects#release (2026-07)
Yields: Work (one per release), Identity per account, Signal (released), next Task
Cursor: newest `createdAt` read per repository, set once a walk has reached the previous one
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, Final

from pydantic import BaseModel, Field

from spiders.clients import github, names, upkeep
from spiders.errors import SkipRecord
from spiders.records import (
    Counted,
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

_FIRST: Final = 50
_OVERLAP: Final = timedelta(days=30)  # a draft keeps its date of creation and is published later


class Seeds(BaseModel, extra="forbid"):
    """repositories: `owner/name`."""

    repositories: list[str] = Field(default_factory=list)


def start(seeds: Seeds, cursor: Mapping[str, str]) -> Iterator[Task]:
    """Yield one walk per repository: what was released since the last visit."""
    for name in seeds.repositories:
        yield Task(
            source="github_releases",
            kind="releases",
            url=github.GRAPHQL,
            params={"repository": name, "first": _FIRST},
            cursor=cursor.get(name),
        )


def ask(task: Task) -> Request:
    """Return the question of a task."""
    return upkeep.walk(upkeep.RELEASES, task)


def read(task: Task, page: Page, via: Via) -> Iterator[Yield]:
    """Yield what a page of releases says, and the next page."""
    found, missing = upkeep.connection(page, "releases")
    yield from missing
    if found is None:
        return
    told: set[str] = set()
    releases = list(github.nodes(found))
    for release in releases:
        try:
            yield from _read_release(task.params["repository"], release, told, via)
        except (SkipRecord, KeyError, TypeError, ValueError) as error:
            where = f"release {str(release.get('tagName'))[:100]}"
            yield Quarantined(where=where, reason=f"{type(error).__name__} {error}")
    moments = [str(one["createdAt"]) for one in releases if one.get("createdAt")]
    yield from upkeep.onward(task, found, moments, key=task.params["repository"], overlap=_OVERLAP)


def _read_release(repository: str, release: Mapping[str, Any], told: set[str], via: Via) -> Iterator[Yield]:
    number, tag, url = release["databaseId"], release["tagName"], release["url"]
    if release.get("isDraft"):
        yield Counted(what="release_draft")
        return
    if not isinstance(number, int) or not isinstance(tag, str) or not isinstance(url, str):
        raise SkipRecord("databaseId, tagName or url is of another type")
    at = upkeep.moment(release["publishedAt"])
    seen = via(url)
    work = f"github:{repository}:release:{tag}"
    title = names.plain(release.get("name"), 200)
    yield Work(
        id=work,
        kind=WorkKind.PACKAGE,
        title=f"{repository} {tag}",
        url=url,
        text=title if title != tag else None,
        published_on=at.date(),
        part_of=f"github:{repository}",
        via=seen,
    )
    author = github.actor(release.get("author"), seen)
    if author is None:
        yield Counted(what="release_without_account")
        return
    if author.id not in told:
        told.add(author.id)
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
