"""What became of leads, as the systems they were handed to say: for the backtest and for whoever asks.

Read only for people whom a system holds; a system that is asked again replaces what it said.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, func, select

from storage.engine import batched, upsert
from storage.tables import export, export_link, person_alias, placement

OPEN, HIRED = "open", "hired"
OUTCOMES: Final = (OPEN, HIRED, "rejected", "withdrawn")
_BATCH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """How far a lead is in a system. stage: its own word. outcome: one of `OUTCOMES`. changed_at: as it says."""

    connector: str
    person: str
    stage: str | None
    outcome: str
    changed_at: datetime | None
    seen_at: datetime


def put(tx: Connection, rows: Iterable[Placement]) -> None:
    """Write what systems say of leads. Changes placement."""
    upsert(tx, placement, [{name: getattr(one, name) for name in Placement.__slots__} for one in rows])


def of(tx: Connection, people: Collection[str]) -> dict[str, list[Placement]]:
    """Return what systems say of some people, by living key and then by connector; who is in none is left out."""
    living = func.coalesce(person_alias.c.person, placement.c.person).label("living")
    found: dict[str, list[Placement]] = {}
    for batch in batched(sorted(set(people)), _BATCH):
        query = (
            select(placement, living)
            .join(person_alias, person_alias.c.alias == placement.c.person, isouter=True)
            .where(living.in_(batch))
            .order_by(living, placement.c.connector, placement.c.person)
        )
        for row in tx.execute(query):
            values = dict(row._mapping)
            found.setdefault(values.pop("living"), []).append(Placement(**values))
    return found


def every(tx: Connection) -> list[Placement]:
    """Return all there is, under living keys, by key and connector."""
    living = func.coalesce(person_alias.c.person, placement.c.person).label("living")
    query = (
        select(placement, living)
        .join(person_alias, person_alias.c.alias == placement.c.person, isouter=True)
        .order_by(living, placement.c.connector)
    )
    return [
        Placement(**{name: row._mapping[name] for name in Placement.__slots__} | {"person": row.living})
        for row in tx.execute(query)
    ]


def decided(tx: Connection, *, after: datetime) -> dict[str, dict[str, bool]]:
    """Return who was hired of the leads that were decided on since a moment, by specialism and living key.

    The specialism is that of the hand-over that brought them there. Who is still open, or was decided on before, is
    left out; hired in one system counts although another one turned them down.
    """
    living = func.coalesce(person_alias.c.person, placement.c.person).label("living")
    held = (export_link.c.connector == placement.c.connector) & (export_link.c.person == placement.c.person)
    query = (
        select(living, export.c.specialism, placement.c.outcome)
        .select_from(
            placement.join(export_link, held)
            .join(export, export.c.id == export_link.c.export)
            .join(person_alias, person_alias.c.alias == placement.c.person, isouter=True)
        )
        .where(placement.c.outcome != OPEN, export.c.specialism.is_not(None))
        .where(func.coalesce(placement.c.changed_at, placement.c.seen_at) > after)
        .order_by(export.c.specialism, living)
    )
    found: dict[str, dict[str, bool]] = {}
    for row in tx.execute(query):
        mine = found.setdefault(row.specialism, {})
        mine[row.living] = mine.get(row.living, False) or row.outcome == HIRED
    return found
