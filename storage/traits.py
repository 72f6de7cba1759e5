"""What works say of what somebody does: repositories, areas of code, topics, venues, which two people may share."""

from collections import Counter
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any

from storage.facts import digest_of
from storage.tables import work

VALUES_MAX = 30
"""Values of a kind kept for search, most frequent first: enough to meet who does the same."""
WORKS_MAX = 400
_FOLDERS = 2  # owner/name/src/attention is an area, src/attention/paged/v2 only a part of one
_NOTHING = ("docs", "doc", ".github", "examples")
TOLD = (work.c.id.label("work_id"), work.c.part_of, work.c.venue, work.c.tags, work.c.paths)
"""Columns of work that traits are read from."""


class Kind(StrEnum):
    """A kind of evidence two people may share."""

    REPOSITORY = "repo"
    AREA = "area"
    TOPIC = "topic"
    VENUE = "venue"


_NAMED = (Kind.REPOSITORY, Kind.AREA)  # may name somebody: kept for search as digests only


class Traits:
    """How often each value of each kind was met in somebody's works, newest works first, `WORKS_MAX` at most."""

    def __init__(self) -> None:
        self.counts: Mapping[Kind, Counter[str]] = {kind: Counter() for kind in Kind}
        self._works = 0

    def add(self, row: Any) -> None:
        """Count one work. row: has the columns of `TOLD`, unknown ones None."""
        self._works += 1
        if row.work_id is None or self._works > WORKS_MAX:
            return
        repository = repository_of(row.part_of or row.work_id)
        if repository is not None:
            self.counts[Kind.REPOSITORY][repository] += 1
            areas = {area for path in row.paths or () if (area := _area(repository, path)) is not None}
            self.counts[Kind.AREA].update(areas)
        if row.venue:
            self.counts[Kind.VENUE][row.venue.casefold()] += 1
        self.counts[Kind.TOPIC].update({topic.casefold() for topic in row.tags or () if topic.strip()})

    def values(self, kind: Kind) -> list[str]:
        """Return the values of a kind, most frequent first, `VALUES_MAX` at most."""
        ordered = sorted(self.counts[kind].items(), key=lambda one: (-one[1], one[0]))
        return [value for value, _ in ordered[:VALUES_MAX]]

    def pairs(self) -> Iterator[tuple[str, str]]:
        """Yield field and value of each trait as search keeps it."""
        for kind in Kind:
            for value in self.values(kind):
                yield kind.value, kept(kind, value)


def kept(kind: Kind, value: str) -> str:
    """Return a value as search keeps it: a repository may bear its owner's name, so only its digest is."""
    return digest_of(value) if kind in _NAMED else value


def repository_of(name: str) -> str | None:
    """Return the repository, lower case, that a work's id or the id of what contains it names; None for others."""
    scheme, _, native = name.partition(":")
    found = native.partition("#")[0].partition("@")[0].lower()
    return found if scheme in ("github", "git") and found.count("/") == 1 else None


def _area(repository: str, path: str) -> str | None:
    folders = path.split("/")[:-1][:_FOLDERS]
    return "/".join((repository, *folders)) if folders and folders[0] not in _NOTHING else None
