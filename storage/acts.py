"""What recruiters did, part by part, with what was there before: shown as history, and taken back.

A deed is what was done in one go: one note, or a tag on twenty people. Its parts are kept under the key each person had
then and are read through aliases; erasing a person removes theirs.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, or_, select, update

from storage.engine import batched
from storage.errors import NotFound
from storage.tables import act, person_alias

_BATCH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What a deed changed for one person, or on one list (person None). before, after: as its kind has them."""

    kind: str
    person: str | None
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    place: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Act(Part):
    """One part of a deed as it is remembered. undone_at, undone_by: None while it holds."""

    deed: str
    number: int
    at: datetime
    actor: str
    undone_at: datetime | None = None
    undone_by: str | None = None


def fresh() -> str:
    """Return an id for a deed that is about to be done."""
    return secrets.token_hex(6)


def put(tx: Connection, deed: str, parts: Sequence[Part], *, actor: str, now: datetime) -> None:
    """Remember a deed; one without parts changed nothing and is not remembered."""
    rows = [
        {
            "deed": deed,
            "number": number,
            "at": now,
            "actor": actor,
            "kind": part.kind,
            "person": part.person,
            "place": part.place,
            "before": dict(part.before),
            "after": dict(part.after),
            "reason": part.reason,
        }
        for number, part in enumerate(parts, start=1)
    ]
    if rows:
        tx.execute(act.insert(), rows)


def get(tx: Connection, deed: str) -> list[Act]:
    """Return the parts of a deed in their order. Raises NotFound."""
    rows = tx.execute(select(act).where(act.c.deed == deed).order_by(act.c.number)).all()
    if not rows:
        raise NotFound(f"nothing was done under {deed!r}; see `sourcer person history`")
    return [_act(row) for row in rows]


def undone(tx: Connection, deed: str, *, actor: str, now: datetime) -> bool:
    """Remember that a deed is taken back and return whether it was not before: of two who try, one is told yes."""
    still = (act.c.deed == deed) & act.c.undone_at.is_(None)
    return tx.execute(update(act).where(still).values(undone_at=now, undone_by=actor)).rowcount > 0


def holds(tx: Connection, deed: str) -> None:
    """Remember that a deed still holds: taking it back did not work."""
    tx.execute(update(act).where(act.c.deed == deed).values(undone_at=None, undone_by=None))


def of_people(tx: Connection, keys: Sequence[str], *, limit: int) -> list[Act]:
    """Return what was done to some people, and to keys merged into them, newest first, at most `limit`."""
    found: list[Act] = []
    for batch in batched(sorted(set(keys)), _BATCH):
        aliases = select(person_alias.c.alias).where(person_alias.c.person.in_(batch))
        query = select(act).where(or_(act.c.person.in_(batch), act.c.person.in_(aliases)))
        found += [_act(row) for row in tx.execute(_newest(query).limit(limit))]
    found.sort(key=lambda one: (one.at, one.deed), reverse=True)
    return found[:limit]


def recent(tx: Connection, *, limit: int, actor: str | None = None, place: str | None = None) -> list[Act]:
    """Return what was done last, newest first. actor: by whom. place: on which list or in which search."""
    query = select(act)
    if actor is not None:
        query = query.where(act.c.actor == actor)
    if place is not None:
        query = query.where(act.c.place == place)
    return [_act(row) for row in tx.execute(_newest(query).limit(limit))]


def _newest(query: Any) -> Any:
    return query.order_by(act.c.at.desc(), act.c.deed.desc(), act.c.number)


def _act(row: Row[Any]) -> Act:
    return Act(**row._mapping)
