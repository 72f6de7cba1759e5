"""What works say about those who made them: co-authors, places, titles and years, for telling people apart."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from typing import Any, Final

from sqlalchemy import Connection, and_, func, select

from spiders.records import SignalKind, WorkKind
from storage.engine import stream
from storage.statements import stands
from storage.tables import signal, statement, work

COAUTHORS_MAX: Final = 200  # of one identity; a collaboration of thousands tells nobody apart
LISTED_MAX: Final = 200  # works, titles and places of one identity
_MADE: Final = (SignalKind.AUTHORED, SignalKind.CO_AUTHORED, SignalKind.PRESENTED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What an identity's works say about it. Tuples: sorted. first, last: days of what it did, None if unknown.

    coauthors: printed names. places: repositories and venues. works: ids. topics: the sources' own keywords. size: how
    many works, also beyond those listed. domains: registrable, institutions' only. role: as printed on a byline.
    """

    coauthors: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    works: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    role: str | None = None
    size: int = 0
    first: date | None = None
    last: date | None = None


def load(tx: Connection, only: Collection[str] | None = None) -> dict[str, Surroundings]:
    """Return the surroundings of every author line and byline, by identity. only: of these, at most some hundreds.

    Reads every signal and its work once, by work. Titles are those of papers: a commit's subject is no topic.
    """
    gathered: dict[str, _Gathered] = {}
    query = _made()
    if only is not None:
        own = select(signal.c.work).where(signal.c.identity.in_(sorted(only)))
        query = query.where(signal.c.work.in_(own))
    for _, group in groupby(stream(tx, query), key=lambda row: row.work):
        _gather(list(group), gathered)
    names = _names(tx) if gathered else {}
    wanted = gathered.keys() if only is None else gathered.keys() & set(only)
    return {one: gathered[one].done(names) for one in sorted(wanted)}


def rows(tx: Connection) -> Iterator[dict[str, Any]]:
    """Yield them as rows of a snapshot, by identity."""
    for one, around in load(tx).items():
        yield {
            "identity": one,
            "coauthors": list(around.coauthors),
            "titles": list(around.titles),
            "places": list(around.places),
            "works": list(around.works),
            "topics": list(around.topics),
            "size": around.size,
            "first": around.first,
            "last": around.last,
        }


@dataclass(slots=True)
class _Gathered:
    coauthors: set[str] = field(default_factory=set)  # identities
    titles: set[str] = field(default_factory=set)
    places: set[str] = field(default_factory=set)
    works: set[str] = field(default_factory=set)
    topics: set[str] = field(default_factory=set)
    size: int = 0
    first: date | None = None
    last: date | None = None

    def done(self, names: dict[str, str]) -> Surroundings:
        return Surroundings(
            coauthors=tuple(sorted({names[one] for one in self.coauthors if one in names})),
            titles=tuple(sorted(self.titles)),
            places=tuple(sorted(self.places)),
            works=tuple(sorted(self.works)),
            topics=tuple(sorted(self.topics)),
            size=self.size,
            first=self.first,
            last=self.last,
        )


def _made() -> Any:
    told = work.alias()
    return (
        select(
            signal.c.work,
            signal.c.identity,
            signal.c.occurred_at,
            told.c.kind,
            told.c.title,
            told.c.tags,
            told.c.venue,
            told.c.part_of,
            told.c.published_on,
        )
        .select_from(signal.outerjoin(told, told.c.id == signal.c.work))
        .where(signal.c.kind.in_([str(kind) for kind in _MADE]))
        .where(~signal.c.identity.startswith("github:"))  # accounts are told apart by their numbers
        .where(stands(signal, signal.c.id), stands(signal, signal.c.work))
        .order_by(signal.c.work, signal.c.identity, told.c.source)
    )


def _gather(rows: list[Any], into: dict[str, _Gathered]) -> None:
    """Note one work with everybody who made it; only the first to come are noted where a bound is reached."""
    people = sorted({row.identity for row in rows})
    for row in rows:
        mine = into.setdefault(row.identity, _Gathered())
        if len(mine.works) < LISTED_MAX:
            mine.works.add(row.work)
        if row.kind == WorkKind.PAPER and len(mine.titles) < LISTED_MAX:
            mine.titles.update([row.title] if row.title else [])
            mine.topics.update(row.tags or ())
        for place in (row.part_of, row.venue):
            if place is not None and len(mine.places) < LISTED_MAX:
                mine.places.add(place)
        days = (None if row.occurred_at is None else row.occurred_at.date(), row.published_on)
        for day in (day for day in days if day is not None):
            mine.first = day if mine.first is None else min(mine.first, day)
            mine.last = day if mine.last is None else max(mine.last, day)
    for one in people:
        into[one].size += 1
        near = into[one].coauthors
        if len(near) + len(people) <= COAUTHORS_MAX:
            near.update(other for other in people if other != one)


def _names(tx: Connection) -> dict[str, str]:
    """One printed name of each identity: the greatest of the newest, so that both databases give the same."""
    newest = (
        select(statement.c.identity, func.max(statement.c.seen_at).label("seen_at"))
        .where(statement.c.attribute == "name")
        .group_by(statement.c.identity)
        .subquery()
    )
    query = (
        select(statement.c.identity, func.max(statement.c.value).label("name"))
        .join(
            newest, and_(newest.c.identity == statement.c.identity, newest.c.seen_at == statement.c.seen_at)
        )
        .where(statement.c.attribute == "name")
        .group_by(statement.c.identity)
    )
    return {row.identity: row.name for row in stream(tx, query)}
