"""When people were active: how many signals of theirs became public in each month, and the latest."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, func, select

from storage.engine import batched
from storage.tables import person_identity, signal

_BATCH = 500


@dataclass(slots=True, kw_only=True)
class Active:
    """One person's activity. latest: None if nothing has a date. months: signals by month, `2026-09` → 12."""

    latest: datetime | None = None
    months: dict[str, int] = field(default_factory=dict)


def of(tx: Connection, people: Collection[str], *, since: datetime) -> dict[str, Active]:
    """Return the activity of some people behind a moment; who did nothing then is left out. people: living keys."""
    month = _month(tx, signal.c.occurred_at)
    found: dict[str, Active] = {}
    for batch in batched(sorted(set(people)), _BATCH):
        query = (
            select(
                person_identity.c.person,
                month.label("month"),
                func.count().label("signals"),
                func.max(signal.c.occurred_at).label("latest"),
            )
            .join(signal, signal.c.identity == person_identity.c.identity)
            .where(person_identity.c.person.in_(batch), signal.c.occurred_at >= since)
            .group_by(person_identity.c.person, month)
            .order_by(person_identity.c.person, month)
        )
        for row in tx.execute(query):
            one = found.setdefault(row.person, Active())
            one.months[row.month] = row.signals
            one.latest = row.latest if one.latest is None else max(one.latest, row.latest)
    return found


def _month(tx: Connection, moment: ColumnElement[datetime]) -> ColumnElement[str]:
    if tx.dialect.name == "sqlite":
        return func.strftime("%Y-%m", moment)
    return func.to_char(func.timezone("UTC", moment), "YYYY-MM")
