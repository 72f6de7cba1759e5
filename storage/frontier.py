"""Tasks: add, lease with a fencing token, park, expire; and the questions the store raises itself.

A task is `due` until leased, `done` until a source brings it again and its time has come, `parked` until a moment
named by an outcome, `gone` for good. Only `intake.take` finishes a task, together with what its visit yielded.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, func, or_, select, update

from spiders.records import Task
from spiders.spec import Want
from storage import abroad, wants
from storage.engine import batched, upsert
from storage.model import TaskState
from storage.outcomes import is_worth_another
from storage.subjects import Keyer, without_suppressed
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
    (default 24); a parked one keeps waiting, a gone one stays gone, one that was given up is tried once a week.
    A cursor or validator the task brings is kept.
    every_hours: by source, or by `source/kind` where a kind of question has its own time.
    keyer: leave out tasks that name a suppressed person; one that names others too loses only that person.
    """
    wanted = {one.key: one for one in tasks}
    if keyer is not None:
        wanted = {one.key: one for one in without_suppressed(tx, wanted.values(), keyer)}
    known = _known(tx, wanted)
    fresh = {key: one for key, one in wanted.items() if key not in known}
    again = [key for key, row in known.items() if _is_due_again(row, wanted[key], now, every_hours)]
    upsert(tx, task, (_row(one) for one in fresh.values()), change=_as_it_is)
    for keys in batched(sorted(again), _BATCH):
        tx.execute(update(task).where(task.c.key.in_(keys)).values(state=TaskState.DUE, due_at=now))
    brought = [key for key in known if wanted[key].cursor is not None]
    for key in sorted(brought):
        tx.execute(update(task).where(task.c.key == key).values(cursor=wanted[key].cursor))
    return len(fresh) + len(again)


def coming(
    tx: Connection, tasks: Iterable[Task], *, now: datetime, every_hours: Mapping[str, float]
) -> list[Task]:
    """Return those tasks that `add` would make due, each with the lease it would get next; changes nothing."""
    wanted = {one.key: one for one in tasks}
    known = _known(tx, wanted)
    due = (
        one
        for key, one in wanted.items()
        if key not in known or _is_due_again(known[key], one, now, every_hours)
    )
    return [replace(one, lease=known[one.key].lease + 1 if one.key in known else 1) for one in due]


def waiting(
    tx: Connection, source: str, kinds: Collection[str], *, now: datetime, every_hours: Mapping[str, float]
) -> list[Task]:
    """Return the tasks of a source that may be leased now, or that `revive` would make due; changes nothing.

    kinds: those that come round by themselves. Each carries the lease it would get next.
    """
    done = and_(task.c.state == TaskState.DONE, task.c.depth > 0)
    rounds = [
        and_(done, task.c.kind == kind, task.c.succeeded_at <= now - _age(every_hours, source, kind))
        for kind in sorted(kinds)
    ]
    rows = tx.execute(
        select(task).where(task.c.source == source, or_(_is_ready(now), *rounds)).order_by(task.c.key)
    )
    return [replace(_task(row), lease=row.lease + 1) for row in rows]


def revive(
    tx: Connection, source: str, kinds: Collection[str], *, now: datetime, every_hours: Mapping[str, float]
) -> int:
    """Make tasks of these kinds due again whose time has come, and return how many.

    Only tasks that were found on pages: a seed comes from the configuration every night, or no more.
    """
    total = 0
    for kind in sorted(kinds):
        done = and_(task.c.source == source, task.c.kind == kind, task.c.state == TaskState.DONE)
        is_old = task.c.succeeded_at <= now - _age(every_hours, source, kind)
        found = update(task).where(done, is_old, task.c.depth > 0)
        total += tx.execute(found.values(state=TaskState.DUE, due_at=now)).rowcount
    return total


def _as_it_is(_: Any) -> dict[str, Any]:
    return {}


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
    keyer: tasks that name a suppressed person are removed from the frontier instead; for one that names others too
    a task about those takes its place.
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
        allowed = without_suppressed(tx, leased, keyer)
        leased = _instead(tx, leased, allowed, owner=owner, until=now + timedelta(seconds=for_s))
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
    return tx.execute(select(func.count()).where(task.c.source == source, _is_ready(now))).scalar_one()


def put_asked(
    tx: Connection,
    want: Want,
    rows: Collection[Mapping[str, Any]],
    *,
    now: datetime,
    source: str | None = None,
) -> None:
    """Remember that answers of `wants.wanted` were handed to a source; call it where the tasks are added."""
    name, kept = wants.SUBJECT[want], abroad.memory(want, source)
    upsert(tx, asked, ({"want": kept, "subject": str(row[name]), "asked_at": now} for row in rows))


def wanted(
    tx: Connection, want: Want, *, now: datetime, ttl_days: float, limit: int, source: str | None = None
) -> list[dict[str, Any]]:
    """Return what the store would like to know: see `storage.wants`. Follow up with `put_asked`."""
    return wants.wanted(tx, want, now=now, ttl_days=ttl_days, limit=limit, source=source)


def _instead(
    tx: Connection, leased: list[Task], allowed: list[Task], *, owner: str, until: datetime
) -> list[Task]:
    """Return what may be asked of what was leased; a lesser task takes the place, and the lease, of a greater one."""
    before, after = {one.key for one in leased}, {one.key for one in allowed}
    for batch in batched(sorted(before - after), _BATCH):
        tx.execute(task.delete().where(task.c.key.in_(batch)))
    known = _known(tx, {one.key: one for one in allowed if one.key not in before})
    lesser = [one for one in allowed if one.key not in before and one.key not in known]
    lease = {"state": TaskState.LEASED, "owner": owner, "leased_until": until}
    upsert(tx, task, ({**_row(one), **lease, "lease": one.lease} for one in lesser))
    return [one for one in allowed if one.key not in known]


def _known(tx: Connection, wanted: Mapping[str, Task]) -> dict[str, Row[Any]]:
    """Return state, last success, last outcome and lease of the tasks that are in the frontier, by key."""
    known: dict[str, Row[Any]] = {}
    columns = (task.c.key, task.c.state, task.c.succeeded_at, task.c.lease, task.c.outcome, task.c.visited_at)
    for keys in batched(sorted(wanted), _BATCH):
        known.update({row.key: row for row in tx.execute(select(*columns).where(task.c.key.in_(keys)))})
    return known


def _is_ready(now: datetime) -> ColumnElement[bool]:
    return and_(task.c.state.in_([TaskState.DUE, TaskState.PARKED]), task.c.due_at <= now)


def _is_due_again(row: Row[Any], one: Task, now: datetime, every_hours: Mapping[str, float]) -> bool:
    at = row.succeeded_at
    is_old = at is None or now - at >= _age(every_hours, one.source, one.kind)
    return (row.state == TaskState.DONE and is_old) or is_worth_another(row, now)


def _age(every_hours: Mapping[str, float], source: str, kind: str) -> timedelta:
    """Return how old an answer may be before it is asked again."""
    hours = every_hours.get(f"{source}/{kind}", every_hours.get(source, _DEFAULT_HOURS))
    return timedelta(hours=hours * _EARLY)


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
