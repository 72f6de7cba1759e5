"""What became of leads, as the systems they were handed to say: for the backtest and for whoever asks.

Read only for people whom a system holds; a system that is asked again replaces what it said.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, func, select

from storage.engine import batched, upsert
from storage.tables import person_alias, placement

OUTCOMES: Final = ("open", "hired", "rejected", "withdrawn")
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
