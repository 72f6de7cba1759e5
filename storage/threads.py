"""What somebody did in public lately, work by work: where each thing can be opened, and what their part in it was."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select

from spiders.records import SignalKind, WorkKind
from storage import feedback
from storage.engine import batched
from storage.statements import stands
from storage.tables import signal, work, work_twin

_BATCH = 500
_ABOUT = ("kind", "title", "tags", "paths", "venue", "published_on", "part_of")


@dataclass(frozen=True, slots=True, kw_only=True)
class Took:
    """A part somebody took in a work. note: the source's own word. value: how much, in items or threads.

    at: when it became public, None = unknown. position: 1-based place among `of` authors, papers only.
    """

    kind: SignalKind
    note: str | None
    value: float
    at: datetime | None
    position: int | None
    of: int | None
    source: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """One work and the parts one person took in it, newest first; a work told by several sources is here once.

    work: what it counts as. part_of: the containing work. tags, paths: of all descriptions, sorted.
    """

    work: str
    kind: WorkKind
    title: str
    tags: tuple[str, ...]
    paths: tuple[str, ...]
    venue: str | None
    published_on: date | None
    part_of: str | None
    took: tuple[Took, ...]

    def day(self, took: Took) -> date | None:
        """Return the day a part of it became public: of a paper when it was published; None if no source dates it."""
        if took.at is None or (self.kind is WorkKind.PAPER and self.published_on is not None):
            return self.published_on
        return took.at.date()


def of(tx: Connection, identities: Collection[str]) -> list[Thread]:
    """Return all that some identities took part in, by work.

    Left out: what was taken back by its source, and what somebody said is wrong.
    """
    wrong = feedback.excluded(tx)
    rows: list[Row[Any]] = []
    for batch in batched(sorted(identities), _BATCH):
        rows += [row for row in tx.execute(_query(batch)) if row.id not in wrong]
    rows.sort(key=lambda row: (row.counts_as, row.id, row.told))
    found = [_thread(one, list(group)) for one, group in groupby(rows, key=lambda row: row.counts_as)]
    told = _described(tx, {one.work for one in found})
    return [replace(one, **told[one.work]) if one.work in told else one for one in found]


def _query(identities: Collection[str]) -> Select[Any]:
    counts_as = func.coalesce(work_twin.c.canonical, signal.c.work).label("counts_as")
    columns = [
        signal.c[name] for name in ("id", "note", "value", "occurred_at", "position", "of", "source", "url")
    ]
    return (
        select(
            counts_as,
            signal.c.kind.label("did"),
            work.c.source.label("told"),
            *columns,
            *(work.c[name] for name in _ABOUT),
        )
        .join(work, work.c.id == signal.c.work)
        .join(work_twin, work_twin.c.work == signal.c.work, isouter=True)
        .where(signal.c.identity.in_(identities), stands(signal, signal.c.id), stands(work, work.c.id))
    )


def _described(tx: Connection, works: Collection[str]) -> dict[str, dict[str, Any]]:
    """Return what the works themselves are called that parts of them count as, by work."""
    found: dict[str, dict[str, Any]] = {}
    for batch in batched(sorted(works), _BATCH):
        query = select(work.c.id, work.c.kind, work.c.title, work.c.part_of).where(
            work.c.id.in_(select(work_twin.c.canonical).where(work_twin.c.canonical.in_(batch))),
            stands(work, work.c.id),
        )
        for row in tx.execute(query.order_by(work.c.id, work.c.text.is_not(None), work.c.source)):
            found[row.id] = {"kind": WorkKind(row.kind), "title": row.title, "part_of": row.part_of}
    return found


def _thread(counts_as: str, rows: list[Row[Any]]) -> Thread:
    took = {
        row.id: Took(
            kind=SignalKind(row.did),
            note=row.note,
            value=row.value,
            at=row.occurred_at,
            position=row.position,
            of=row.of,
            source=row.source,
            url=row.url,
        )
        for row in rows
    }
    own = next((row for row in rows if row.part_of is not None), rows[0])
    days = [row.published_on for row in rows if row.published_on is not None]
    dated = sorted(
        took, key=lambda one: (took[one].at or datetime.min.replace(tzinfo=UTC), one), reverse=True
    )
    return Thread(
        work=counts_as,
        kind=WorkKind(own.kind),
        title=own.title,
        tags=tuple(sorted({tag for row in rows for tag in row.tags})),
        paths=tuple(sorted({path for row in rows for path in row.paths})),
        venue=next((row.venue for row in rows if row.venue is not None), None),
        published_on=min(days, default=None),
        part_of=own.part_of,
        took=tuple(took[one] for one in dated),
    )
