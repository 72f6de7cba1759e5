"""Tasks: add, lease with a fencing token, park, expire; and the questions the store raises itself.

A task is `due` until leased, `done` until a source brings it again and its time has come, `parked` until a moment
named by an outcome, `gone` for good. Only `intake.take` finishes a task, together with what its visit yielded.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, and_, func, select, update

from spiders.records import Task
from spiders.spec import Want
from storage import wants
from storage.engine import batched, upsert
from storage.model import TaskState
from storage.subjects import Keyer, is_suppressed, task_digests
from storage.tables import asked, task

# A night that starts a little earlier than the last one still finds its daily tasks due.
_EARLY = 0.9
_DEFAULT_HOURS = 24.0
_BATCH = 500
_EVER = datetime(
    1970, 1, 1, tzinfo=UTC
)  # a task never asked is due, even after the clock was set back (TRUST F19)


def add(
    tx: Connection,
    tasks: Iterable[Task],
    *,
    now: datetime,
    every_hours: Mapping[str, float],
    keyer: Keyer | None = None,
) -> int:
    """Put tasks into the frontier and return how many of them are newly due.

    A known task becomes due again when it was done and its last success is older than its source's `every_hours`
    (default 24); a parked one keeps waiting, a gone one stays gone. A cursor or validator the task brings is kept.
    keyer: leave out tasks that name a suppressed person.
    """
    wanted = {one.key: one for one in tasks}
    if keyer is not None:
        wanted = {one.key: one for one in _allowed(tx, wanted.values(), keyer)}
    known: dict[str, Row[Any]] = {}
    for keys in batched(sorted(wanted), _BATCH):
        rows = tx.execute(select(task.c.key, task.c.state, task.c.succeeded_at).where(task.c.key.in_(keys)))
        known.update({row.key: row for row in rows})
    fresh = {key: one for key, one in wanted.items() if key not in known}
    again = [
        key
        for key, row in known.items()
        if row.state == TaskState.DONE and _is_old(row.succeeded_at, now, every_hours, wanted[key].source)
    ]
    upsert(tx, task, (_row(one) for one in fresh.values()), change=lambda _: {})
    for keys in batched(sorted(again), _BATCH):
        tx.execute(update(task).where(task.c.key.in_(keys)).values(state=TaskState.DUE, due_at=now))
    brought = [key for key in known if wanted[key].cursor is not None]
    for key in sorted(brought):
        tx.execute(update(task).where(task.c.key == key).values(cursor=wanted[key].cursor))
    return len(fresh) + len(again)


def lease(
    tx: Connection,
    source: str,
    n: int,
    *,
    now: datetime,
    owner: str,
    for_s: float,
    keyer: Keyer | None = None,
) -> list[Task]:
    """Lease up to `n` tasks of a source that may be asked now, by priority, then key; changes their rows.

    Each carries its fencing token in `lease`. Leases end `for_s` seconds after `now`.
    keyer: tasks that name a suppressed person are removed from the frontier instead.
    """
    ready = (
        select(task.c.key)
        .where(task.c.source == source)
        .where(task.c.state.in_([TaskState.DUE, TaskState.PARKED]))
        .where(task.c.due_at <= now)
        .order_by(task.c.priority, task.c.key)
        .limit(n)
        .with_for_update(skip_locked=True)
    )
    keys = tx.execute(ready).scalars().all()
    leased: list[Task] = []
    for batch in batched(keys, _BATCH):
        taken = tx.execute(
            update(task)
            .where(task.c.key.in_(batch))
            .values(
                state=TaskState.LEASED,
                lease=task.c.lease + 1,
                owner=owner,
                leased_until=now + timedelta(seconds=for_s),
            )
            .returning(task)
        )
        leased.extend(_task(row) for row in taken)
    if keyer is not None and leased:
        allowed = {one.key for one in _allowed(tx, leased, keyer)}
        refused = [one.key for one in leased if one.key not in allowed]
        for batch in batched(refused, _BATCH):
            tx.execute(task.delete().where(task.c.key.in_(batch)))
        leased = [one for one in leased if one.key in allowed]
    return sorted(leased, key=lambda one: (one.priority, one.key))


def park(tx: Connection, one: Task, *, until: datetime, reason: str) -> None:
    """Put a task aside until a moment; its lease, if any, ends."""
    tx.execute(
        update(task)
        .where(task.c.key == one.key)
        .values(state=TaskState.PARKED, due_at=until, detail=reason, owner=None, leased_until=None)
    )


def release(tx: Connection, owner: str) -> int:
    """Return every task an owner holds to the frontier and return how many; late visits of them are refused."""
    return tx.execute(
        update(task)
        .where(task.c.state == TaskState.LEASED, task.c.owner == owner)
        .values(state=TaskState.DUE, owner=None, leased_until=None, lease=task.c.lease + 1)
    ).rowcount


def expire(tx: Connection, now: datetime) -> int:
    """Return tasks whose lease has ended to the frontier and return how many; late visits of them are refused."""
    return tx.execute(
        update(task)
        .where(task.c.state == TaskState.LEASED, task.c.leased_until <= now)
        .values(state=TaskState.DUE, owner=None, leased_until=None, lease=task.c.lease + 1)
    ).rowcount


def counts(tx: Connection, source: str) -> dict[str, int]:
    """Return the number of a source's tasks by state; states without tasks are left out."""
    rows = tx.execute(
        select(task.c.state, func.count()).where(task.c.source == source).group_by(task.c.state)
    )
    return {str(state): number for state, number in rows}


def due(tx: Connection, source: str, *, now: datetime) -> int:
    """Return how many tasks of a source may be leased now."""
    ready = and_(task.c.state.in_([TaskState.DUE, TaskState.PARKED]), task.c.due_at <= now)
    return tx.execute(select(func.count()).where(task.c.source == source, ready)).scalar_one()


def put_asked(tx: Connection, want: Want, rows: Collection[Mapping[str, Any]], *, now: datetime) -> None:
    """Remember that answers of `wants.wanted` were handed to a source; call it where the tasks are added."""
    name = {"github_accounts": "id", "unlinked_commits": "digest", "homepages": "url"}[want]
    upsert(tx, asked, ({"want": want, "subject": str(row[name]), "asked_at": now} for row in rows))


def wanted(
    tx: Connection, want: Want, *, now: datetime, ttl_days: float, limit: int, source: str | None = None
) -> list[dict[str, Any]]:
    """Return what the store would like to know: see `storage.wants`. Follow up with `put_asked`."""
    return wants.wanted(tx, want, now=now, ttl_days=ttl_days, limit=limit, source=source)


def _allowed(tx: Connection, tasks: Iterable[Task], keyer: Keyer) -> list[Task]:
    named = {one.key: (one, task_digests(one, keyer)) for one in tasks}
    hits = is_suppressed(tx, set().union(*(digests for _, digests in named.values())))
    return [one for one, digests in named.values() if not digests & hits]


def _is_old(at: datetime | None, now: datetime, every_hours: Mapping[str, float], source: str) -> bool:
    hours = every_hours.get(source, _DEFAULT_HOURS)
    return at is None or now - at >= timedelta(hours=hours * _EARLY)


def _row(one: Task) -> dict[str, Any]:
    return {
        "key": one.key,
        "source": one.source,
        "kind": one.kind,
        "url": one.url,
        "params": dict(one.params),
        "depth": one.depth,
        "priority": one.priority,
        "state": TaskState.DUE,
        "due_at": _EVER,
        "lease": 0,
        "attempts": 0,
        "etag": one.etag,
        "last_modified": one.last_modified,
        "cursor": one.cursor,
    }


def _task(row: Row[Any]) -> Task:
    return Task(
        source=row.source,
        kind=row.kind,
        url=row.url,
        params=row.params,
        depth=row.depth,
        lease=row.lease,
        priority=row.priority,
        etag=row.etag,
        last_modified=row.last_modified,
        cursor=row.cursor,
    )
