"""How people stand in the rising order: what they gained lately, beside what they have done in all."""

from collections.abc import Collection

from sqlalchemy import Connection, select

from storage import halts
from storage.engine import batched
from storage.tables import score

_BATCH = 500


def of(tx: Connection, people: Collection[str]) -> dict[tuple[str, str], tuple[float, float]]:
    """Return (points, cautious points) in the rising order by person and specialism. people: living keys."""
    columns = (score.c.person, score.c.specialism, score.c.rising, score.c.rising_lower)
    found: dict[tuple[str, str], tuple[float, float]] = {}
    for batch in batched(sorted(set(people)), _BATCH):
        rows = tx.execute(select(*columns).where(score.c.person.in_(batch), halts.goes_on()))
        found.update({(row.person, row.specialism): (row.rising, row.rising_lower) for row in rows})
    return found
