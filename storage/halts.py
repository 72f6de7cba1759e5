"""The ranking switched off by a person: while it is, no query that shows scores finds one (TRUST P13).

What was computed stays; switched on again, everything is as it was. Who only counts or computes reads it all the same.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Connection, delete, exists, select

from storage.engine import upsert
from storage.tables import halt

RANKING: Final = "ranking"


@dataclass(frozen=True, slots=True, kw_only=True)
class Halt:
    """Who switched the ranking off, why, and since when."""

    actor: str
    reason: str
    at: datetime


def standing(tx: Connection) -> Halt | None:
    """Return that the ranking is switched off; None if it is not."""
    columns = (halt.c.actor, halt.c.reason, halt.c.at)
    row = tx.execute(select(*columns).where(halt.c.name == RANKING)).first()
    return None if row is None else Halt(**row._mapping)


def goes_on() -> ColumnElement[bool]:
    """Return the condition that the ranking is not switched off: part of every query whose scores are shown."""
    return ~exists().where(halt.c.name == RANKING)


def put(tx: Connection, *, actor: str, reason: str, now: datetime) -> None:
    """Switch the ranking off; changes halt."""
    upsert(tx, halt, [{"name": RANKING, "actor": actor, "reason": reason, "at": now}])


def lift(tx: Connection) -> None:
    """Switch the ranking on again; changes halt."""
    tx.execute(delete(halt).where(halt.c.name == RANKING))
