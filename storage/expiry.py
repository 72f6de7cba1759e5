"""Who is past the time they may be kept, whatever the crawls still find of them: reading again extends nothing."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, func, select

from storage import notices
from storage.engine import batched
from storage.notices import Rules
from storage.tables import (
    export,
    export_row,
    feedback,
    mark,
    person_alias,
    person_identity,
    shortlist_item,
    signal,
)

_BATCH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Periods:
    """How many days people are kept. pool: after their newest public work or the last thing a recruiter did with them.

    listed: on a shortlist. contacted: after the last contact, in any case.
    """

    pool_days: int
    listed_days: int
    contacted_days: int


def unlist(tx: Connection, periods: Periods, now: datetime) -> int:
    """Take people off shortlists they have been on for too long and return how many places became free."""
    old = shortlist_item.c.added_at < now - timedelta(days=periods.listed_days)
    return tx.execute(delete(shortlist_item).where(old)).rowcount


def due(tx: Connection, periods: Periods, rules: Rules, now: datetime) -> list[str]:
    """Return the living keys of people who must go, sorted.

    Past the pool's days since their newest evidence, since recruiters did something with them and since they came; or
    past the days after the last contact; or, where the notice is due from the collecting on, never told in time.
    Reads the signals of those only who came long enough ago.
    """
    told = notices.clocks(tx)
    limit = now - timedelta(days=periods.pool_days)
    last_contact = now - timedelta(days=periods.contacted_days)
    found = {
        key
        for key, clock in told.items()
        if (clock.contacted_at is not None and clock.contacted_at < last_contact)
        or (rules.from_collection and notices.is_overdue(clock, rules, now))
    }
    old = [key for key, clock in told.items() if clock.collected_at < limit and key not in found]
    return sorted(found | (set(old) - _lively(tx, old, limit, now)))


def _lively(tx: Connection, people: Sequence[str], limit: datetime, now: datetime) -> set[str]:
    """Return those of some people who did something in public, or with whom something was done, since a moment."""
    found: set[str] = set()
    for batch in batched(people, _BATCH):
        evidence = (
            select(person_identity.c.person)
            .join(signal, signal.c.identity == person_identity.c.identity)
            .where(person_identity.c.person.in_(batch), signal.c.occurred_at.between(limit, now))
        )
        found.update(tx.execute(evidence.distinct()).scalars())
        for rows, at in (
            (mark, mark.c.at),
            (shortlist_item, shortlist_item.c.added_at),
            (feedback, feedback.c.at),
            (export_row, None),
        ):
            found.update(tx.execute(_since(rows, at, batch, limit)).scalars())
    return found


def _since(table: Any, at: Any, people: Collection[str], limit: datetime) -> Any:
    living = func.coalesce(person_alias.c.person, table.c.person)
    rows = table.join(person_alias, person_alias.c.alias == table.c.person, isouter=True)
    if at is None:
        rows, at = rows.join(export, export.c.id == export_row.c.export), export.c.at
    return select(living).select_from(rows).where(living.in_(people), at >= limit).distinct()
