"""Who was told what is held about them, and since when they are due to be: listed, handed over, contacted."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, func, select

from storage import persons
from storage.engine import batched, upsert
from storage.model import MarkKind
from storage.tables import export, export_row, mark, notice, person, person_alias, shortlist_item

CONTACTED = ("contacted", "replied", "hired")
"""Stages behind the first contact."""
_BATCH = 500
_WORKDAYS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """What runs for a person. collected_at: when they came into the store.

    used_at: when they were first listed, handed over or contacted; None = none of these yet. contacted_at: the last
    contact, None = none. told_at: when they were told last, None = never.
    """

    person: str
    collected_at: datetime
    used_at: datetime | None = None
    contacted_at: datetime | None = None
    told_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What the clocks are read by. notice_days: from the first use, or with from_collection from the collecting, on.

    advance_business_days: how long before a hand-over a person is told; 0 = it need not be before.
    """

    notice_days: int
    from_collection: bool = False
    advance_business_days: int = 0


def due_at(clock: Clock, rules: Rules) -> datetime | None:
    """Return until when a person must be told; None while no clock runs. The first contact is the latest moment."""
    began = clock.collected_at if rules.from_collection else clock.used_at
    if began is None:
        return None
    latest = began + timedelta(days=rules.notice_days)
    return latest if clock.contacted_at is None else min(latest, clock.contacted_at)


def is_overdue(clock: Clock, rules: Rules, now: datetime) -> bool:
    """Return whether a person should have been told by now and was not."""
    due = due_at(clock, rules)
    return clock.told_at is None and due is not None and due < now


def blocks(tx: Connection, people: Collection[str], *, rules: Rules, now: datetime) -> dict[str, str]:
    """Return why people may not be handed over for want of a notice, by living key; who may is left out (P04)."""
    found: dict[str, str] = {}
    for key, clock in clocks(tx, people).items():
        if is_overdue(clock, rules, now):
            found[key] = f"was to be told what is held by {due_at(clock, rules):%Y-%m-%d} and was not"
        elif rules.from_collection and clock.told_at is None:
            found[key] = "was not told yet: the chosen profile hands nobody over before"
        elif rules.advance_business_days:
            days = rules.advance_business_days
            ready = None if clock.told_at is None else business_days_after(clock.told_at, days)
            if ready is None or now < ready:
                found[key] = f"is handed over {days} business days after being told, not before"
    return found


def business_days_after(at: datetime, days: int) -> datetime:
    """Return the moment so many working days later, Monday to Friday; holidays are not known here."""
    left, moment = days, at
    while left:
        moment += timedelta(days=1)
        left -= moment.weekday() < _WORKDAYS
    return moment


def put(tx: Connection, key: str, *, language: str, actor: str, now: datetime) -> None:
    """Remember that a person was told. Raises NotFound."""
    living = persons.resolve_key(tx, key)
    upsert(tx, notice, [{"person": living, "told_at": now, "actor": actor, "language": language}])


def used(tx: Connection) -> set[str]:
    """Return the living keys of everybody who was listed, handed over or contacted."""
    return {row.living for name, query in _events(None) if name == "used_at" for row in tx.execute(query)}


def clocks(tx: Connection, people: Collection[str] | None = None) -> dict[str, Clock]:
    """Return the clocks of some people by living key, of everybody in the store if none are named.

    Reads what was done to people, never their facts; a key merged into another counts for the living one.
    """
    found: dict[str, dict[str, Any]] = {}
    for chosen in _batches(people):
        query = select(person.c.key, person.c.first_seen).where(*_among(person.c.key, chosen))
        merged = select(person_alias.c.alias)
        for row in tx.execute(query.where(person.c.key.not_in(merged))):
            found[row.key] = {"collected_at": row.first_seen}
        for name, query in _events(chosen):
            for row in tx.execute(query):
                if row.living in found:
                    found[row.living][name] = _earlier(found[row.living].get(name), row.at, name)
    return {key: Clock(person=key, **told) for key, told in sorted(found.items())}


def _events(chosen: Collection[str] | None) -> Iterator[tuple[str, Any]]:
    """Yield what starts or stops a clock: its name, and the query of (living, at) for it."""
    hand_over = export_row.join(export, export.c.id == export_row.c.export)
    contact = (mark.c.kind == str(MarkKind.STAGE), mark.c.value.in_(CONTACTED))
    left = (export_row.c.action != "blocked",)
    yield "used_at", _moments(shortlist_item, shortlist_item, func.min(shortlist_item.c.added_at), chosen)
    yield "used_at", _moments(export_row, hand_over, func.min(export.c.at), chosen, *left)
    yield "used_at", _moments(mark, mark, func.min(mark.c.at), chosen, *contact)
    yield "contacted_at", _moments(mark, mark, func.max(mark.c.at), chosen, *contact)
    yield "told_at", _moments(notice, notice, func.max(notice.c.told_at), chosen)


def _moments(
    table: Table, rows: Any, moment: Any, chosen: Collection[str] | None, *where: ColumnElement[bool]
) -> Any:
    living = func.coalesce(person_alias.c.person, table.c.person)
    joined = rows.join(person_alias, person_alias.c.alias == table.c.person, isouter=True)
    return (
        select(living.label("living"), moment.label("at"))
        .select_from(joined)
        .where(*_among(living, chosen), *where)
        .group_by(living)
    )


def _among(column: Any, chosen: Collection[str] | None) -> list[ColumnElement[bool]]:
    return [] if chosen is None else [column.in_(chosen)]


def _batches(people: Collection[str] | None) -> Iterator[Collection[str] | None]:
    if people is None:
        yield None
    else:
        yield from batched(sorted(set(people)), _BATCH)


def _earlier(old: datetime | None, new: datetime, name: str) -> datetime:
    if old is None:
        return new
    return min(old, new) if name == "used_at" else max(old, new)
