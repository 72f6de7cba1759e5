"""What was written since the last ranking snapshot: the database itself marks signals and works as they change.

Triggers (migration 0015) see every writer, so nobody has to remember. A mark goes with its row, and of rows that are
gone it is only kept that there are some: nobody who was erased is named here.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, delete, select

from storage.tables import changed

_SINCE, _GONE = "since", "gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What was written. since: the name of the snapshot that it counts from, None if nothing was marked yet.

    signals, works: ids of rows made or written otherwise; works also where one of several rows went. gone: tables, of
    these two, of which rows went.
    """

    since: str | None
    signals: frozenset[str]
    works: frozenset[str]
    gone: frozenset[str]


def take(tx: Connection, snapshot: str) -> Changes:
    """Return what was written since the snapshot before, and mark from now on what is written since this one.

    snapshot: a name never used before. Changes changed. Read the store for the snapshot after this transaction: what
    is written in between is in the snapshot and once more in the next. The first time it waits for whoever writes.
    """
    first = tx.execute(select(changed.c.id).where(changed.c.kind == _SINCE)).first() is None
    if first and tx.dialect.name == "postgresql":
        # nothing marks what a transaction wrote that began before the first snapshot and ends after it; in the order
        # in which visits are taken, so that neither waits for the other
        tx.exec_driver_sql("LOCK TABLE work, signal, work_twin IN SHARE ROW EXCLUSIVE MODE")
    rows = tx.execute(delete(changed).returning(changed.c.kind, changed.c.id)).all()
    tx.execute(changed.insert().values(kind=_SINCE, id=snapshot))
    by_kind: dict[str, set[str]] = {}
    for kind, one in rows:
        by_kind.setdefault(kind, set()).add(one)
    return Changes(
        since=next(iter(by_kind.get(_SINCE, ())), None),
        signals=frozenset(by_kind.get("signal", ())),
        works=frozenset(by_kind.get("work", ())),
        gone=frozenset(by_kind.get(_GONE, ())),
    )


def has_gone(tx: Connection) -> bool:
    """Return whether rows went since the last `take`."""
    return tx.execute(select(changed.c.id).where(changed.c.kind == _GONE)).first() is not None
