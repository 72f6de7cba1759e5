"""Who is what in another system: the external id of each lead there, and digests of what it last took.

A row is written before the system is asked and answered after it, so that a crash between the two leaves a row that
says so: the lead is looked for there before it is made again.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, func, select

from storage.engine import batched, upsert
from storage.tables import export_link, person_alias

INTENDED: Final = "intended"
HELD: Final = "held"
GONE: Final = "gone"
OPTED_OUT: Final = "opted_out"
SUPPRESSED: Final = "suppressed"
_BATCH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One lead in one system. external_id: None until it answered. fields: digest of each field as it last took it."""

    connector: str
    person: str
    external_id: str | None
    state: str
    payload: str | None
    export: str
    at: datetime
    fields: Mapping[str, str] = field(default_factory=dict)


def of(tx: Connection, connector: str, people: Collection[str]) -> dict[str, Link]:
    """Return what a system holds of some people, by living key; of two that became one, the one it answered for."""
    living = func.coalesce(person_alias.c.person, export_link.c.person).label("living")
    found: dict[str, Link] = {}
    for batch in batched(sorted(set(people)), _BATCH):
        query = (
            select(export_link, living)
            .join(person_alias, person_alias.c.alias == export_link.c.person, isouter=True)
            .where(export_link.c.connector == connector, living.in_(batch))
            .order_by(export_link.c.external_id.is_not(None), export_link.c.at.desc(), export_link.c.person)
        )
        for row in tx.execute(query):
            values = dict(row._mapping)
            key = values.pop("living")
            found[key] = Link(**values)
    return found


def held(tx: Connection, connector: str, *, limit: int, after: str = "") -> list[Link]:
    """Return the leads a system has answered for, by key, at most `limit`, behind `after`."""
    query = (
        select(export_link)
        .where(export_link.c.connector == connector, export_link.c.external_id.is_not(None))
        .where(export_link.c.person > after, export_link.c.state.in_([HELD, OPTED_OUT]))
        .order_by(export_link.c.person)
        .limit(limit)
    )
    return [Link(**row._mapping) for row in tx.execute(query)]


def people_held(tx: Connection) -> list[str]:
    """Return the living keys of everybody whom any system holds and was not told to leave alone, in order."""
    living = func.coalesce(person_alias.c.person, export_link.c.person)
    query = (
        select(living)
        .select_from(
            export_link.join(person_alias, person_alias.c.alias == export_link.c.person, isouter=True)
        )
        .where(export_link.c.state.in_([INTENDED, HELD]))
        .distinct()
        .order_by(living)
    )
    return list(tx.execute(query).scalars())


def put(tx: Connection, rows: Iterable[Link]) -> None:
    """Write what is known of some leads in a system. Changes export_link."""
    upsert(tx, export_link, [{name: getattr(one, name) for name in Link.__slots__} for one in rows])


def drop(tx: Connection, connector: str, people: Collection[str]) -> None:
    """Forget leads a system refused: it holds nothing of them. Changes export_link."""
    for batch in batched(sorted(people), _BATCH):
        theirs = (export_link.c.connector == connector) & export_link.c.person.in_(batch)
        tx.execute(export_link.delete().where(theirs, export_link.c.external_id.is_(None)))


def remove(tx: Connection, one: Link) -> None:
    """Forget a lead that a system let go of: should it be sent again, it is made again. Changes export_link."""
    theirs = (export_link.c.connector == one.connector) & (export_link.c.person == one.person)
    tx.execute(export_link.delete().where(theirs))
