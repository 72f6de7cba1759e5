"""Pages read again by a newer reader: what it says takes the place of what an older one said of the same pages.

The store ends up as if the newer reader had read them at first. What it no longer says falls, unless another page or
another source says it as well; withdrawals and names that moved stay as they are known.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, exists, select

from spiders.records import Visit
from storage import facts, intake
from storage.engine import batched
from storage.identifiers import Keyer
from storage.intake import Taken
from storage.tables import claim, identity, signal, statement, work
from storage.tables import visit as visit_table

_BATCH = 500
_EVER_HOURS = 24.0 * 36_525  # a question that is known already is asked when its own time comes


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A visit as it is in the store. page: digest of its answer. reader: module and version that read it."""

    key: str
    task: str
    page: str | None
    fetched_at: datetime
    reader: str


def by_others(tx: Connection, source: str, *, reader: str) -> list[Read]:
    """Return the visits of a source that another reader, or another version of it, has read; newest first."""
    columns = [visit_table.c[name] for name in ("key", "task", "page", "fetched_at", "reader")]
    rows = tx.execute(
        select(*columns)
        .where(visit_table.c.source == source, visit_table.c.reader != reader)
        .order_by(visit_table.c.fetched_at.desc(), visit_table.c.key)
    )
    return [Read(**row._mapping) for row in rows]


def replace(
    tx: Connection,
    visits: Sequence[tuple[str | None, Visit]],
    *,
    now: datetime,
    run: str | None,
    keyer: Keyer,
) -> tuple[int, Taken]:
    """Store visits, all of one moment, in the place of what an older reader said of the same pages.

    Returns how many facts fell, identities counted once, and what was stored.

    visits: each with the key of its row, None if it left none. Call it moment by moment, newest first: a fact that only
    an older page has left then comes back with that page. Known questions are not made due by it.
    """
    keys = [(key or facts.digest_of(one.task.key, f"{one.task.lease} {one.at}"), one) for key, one in visits]
    spoken, fallen = _forget(tx, [key for key, _ in keys])
    taken = Taken()
    for key, one in keys:
        hours = {found.source: _EVER_HOURS for found in one.tasks}
        more = intake.keep(tx, one, now=now, run=run, keyer=keyer, every_hours=hours, key=key)
        names = ("new", "changed", "unchanged", "suppressed", "tasks")
        taken = Taken(**{name: getattr(taken, name) + getattr(more, name) for name in names})
    for batch in batched(sorted(spoken), _BATCH):
        said = exists().where(statement.c.identity == identity.c.id)
        tx.execute(delete(identity).where(identity.c.id.in_(batch), ~said))
    return len(spoken) + fallen, taken


def _forget(tx: Connection, keys: Sequence[str]) -> tuple[set[str], int]:
    """Remove the facts whose newest version some visits brought; return the identities, and how many others."""
    spoken: set[str] = set()
    fallen = 0
    for batch in batched(keys, _BATCH):
        query = select(statement.c.identity).where(statement.c.visit.in_(batch)).distinct()
        spoken.update(tx.execute(query).scalars())
        tx.execute(delete(statement).where(statement.c.visit.in_(batch)))
        for table in (claim, work, signal):
            fallen += tx.execute(delete(table).where(table.c.visit.in_(batch))).rowcount
    return spoken, fallen
