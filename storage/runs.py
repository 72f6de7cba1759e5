"""Runs and their steps, named locks, and what each source did."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, delete, select, update

from spiders.records import Outcome, Visit
from storage.engine import upsert
from storage.errors import Locked, NotFound
from storage.model import Health, Run, RunStep
from storage.tables import lock as lock_table
from storage.tables import run as run_table
from storage.tables import run_step, source_count, source_health

_TROUBLE = frozenset(Outcome) - {
    Outcome.OK,
    Outcome.UNCHANGED,
    Outcome.NONE_YET,
    Outcome.GONE,
    Outcome.LIMITED,
}


def start(
    tx: Connection, kind: str, *, now: datetime, actor: str, detail: Mapping[str, Any] | None = None
) -> str:
    """Record the beginning of a run and return its id, as `crawl-20261122T021700-1`."""
    stem = f"{kind}-{now:%Y%m%dT%H%M%S}-"
    known = set(tx.execute(select(run_table.c.id).where(run_table.c.id.startswith(stem))).scalars())
    number = 1
    while f"{stem}{number}" in known:
        number += 1
    values = {"id": f"{stem}{number}", "kind": kind, "status": "running", "actor": actor, "started_at": now}
    tx.execute(run_table.insert().values(**values, detail=dict(detail or {})))
    return f"{stem}{number}"


def step(
    tx: Connection,
    run: str,
    name: str,
    *,
    now: datetime,
    status: str,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Record where a step of a run stands. status: running, done, partial, failed, skipped."""
    finished_at = None if status == "running" else now
    row = {
        "run": run,
        "name": name,
        "status": status,
        "started_at": now,
        "finished_at": finished_at,
        "detail": dict(detail or {}),
    }
    upsert(
        tx,
        run_step,
        [row],
        change=lambda new: {"status": new.status, "finished_at": new.finished_at, "detail": new.detail},
    )


def finish(
    tx: Connection, run: str, *, now: datetime, status: str, detail: Mapping[str, Any] | None = None
) -> None:
    """Record the end of a run. status: done, partial, failed, interrupted. Raises NotFound."""
    values: dict[str, Any] = {"status": status, "finished_at": now}
    if detail is not None:
        values["detail"] = dict(detail)
    if not tx.execute(update(run_table).where(run_table.c.id == run).values(**values)).rowcount:
        raise NotFound(f"no run {run!r}; see `sourcer run list`")


def ask_to_stop(tx: Connection, run: str, *, actor: str, now: datetime) -> None:
    """Ask a run that is at work to stop, wherever its process is; asked again, the first time stands."""
    which = (run_table.c.id == run) & (run_table.c.status == "running") & run_table.c.stop_at.is_(None)
    tx.execute(update(run_table).where(which).values(stop_at=now, stop_by=actor))


def is_asked_to_stop(tx: Connection, run: str) -> bool:
    """Return whether somebody asked a run to stop."""
    return tx.execute(select(run_table.c.stop_at).where(run_table.c.id == run)).scalar() is not None


def last(tx: Connection, kind: str | None = None, *, status: str | None = None) -> Run | None:
    """Return the newest run of a kind, with its steps, or None."""
    query = select(run_table).order_by(run_table.c.started_at.desc(), run_table.c.id.desc()).limit(1)
    if kind is not None:
        query = query.where(run_table.c.kind == kind)
    if status is not None:
        query = query.where(run_table.c.status == status)
    row = tx.execute(query).first()
    return None if row is None else _run(row, _steps(tx, row.id))


def get(tx: Connection, run: str) -> Run:
    """Return one run with its steps, oldest first. Raises NotFound."""
    row = tx.execute(select(run_table).where(run_table.c.id == run)).first()
    if row is None:
        raise NotFound(f"no run {run!r}; see `sourcer run list`")
    return _run(row, _steps(tx, run))


def ls(tx: Connection, *, limit: int, after: tuple[datetime, str] | None = None) -> list[Run]:
    """Return runs, newest first, without steps. after: (started_at, id) of the last one seen."""
    query = select(run_table).order_by(run_table.c.started_at.desc(), run_table.c.id.desc()).limit(limit)
    if after is not None:
        older = run_table.c.started_at < after[0]
        query = query.where(older | ((run_table.c.started_at == after[0]) & (run_table.c.id < after[1])))
    return [_run(row, ()) for row in tx.execute(query)]


def lock(tx: Connection, name: str, owner: str, now: datetime, stale_s: float) -> None:
    """Take a named lock, or renew one's own; one without a sign of life for `stale_s` seconds is taken over.

    Raises Locked, naming owner and start, if somebody else holds it.
    """
    row = tx.execute(select(lock_table).where(lock_table.c.name == name).with_for_update()).first()
    if row is not None and row.owner != owner and now - row.beat_at < timedelta(seconds=stale_s):
        raise Locked(name, owner=row.owner, since=row.since)
    since = row.since if row is not None and row.owner == owner else now
    upsert(tx, lock_table, [{"name": name, "owner": owner, "since": since, "beat_at": now}])


def holder(tx: Connection, name: str) -> tuple[str, datetime] | None:
    """Return who holds a named lock and when they last said so; None if nobody does."""
    row = tx.execute(select(lock_table).where(lock_table.c.name == name)).first()
    return None if row is None else (row.owner, row.beat_at)


def unlock(tx: Connection, name: str, owner: str) -> None:
    """Give a lock back; nothing happens if somebody else took it over."""
    tx.execute(delete(lock_table).where(lock_table.c.name == name, lock_table.c.owner == owner))


def put_health(tx: Connection, run: str, visit: Visit, *, records: Mapping[str, int]) -> None:
    """Add one visit to what its source did in a run. records: new, changed, unchanged, suppressed."""
    row = {
        "run": run,
        "source": visit.task.source,
        "visits": 1,
        "requests": visit.cost.requests,
        "points": visit.cost.points,
        "bytes": visit.cost.bytes,
        "seconds": visit.cost.seconds,
        "not_modified": int(visit.outcome is Outcome.UNCHANGED),
        "limited": int(visit.outcome is Outcome.LIMITED),
        "errors": int(visit.outcome in _TROUBLE),
        "quarantined": len(visit.quarantined),
        **records,
    }
    upsert(tx, source_health, [row], change=_added)
    counted = dict(visit.counted)
    for one in visit.quarantined:
        counted[f"quarantined: {one.reason[:80]}"] = counted.get(f"quarantined: {one.reason[:80]}", 0) + 1
    upsert(
        tx,
        source_count,
        [
            {"run": run, "source": visit.task.source, "what": what, "times": times}
            for what, times in counted.items()
        ],
        change=_more_often,
    )


def _added(new: Any) -> dict[str, Any]:
    return {one.name: one + new[one.name] for one in source_health.c if not one.primary_key}


def _more_often(new: Any) -> dict[str, Any]:
    return {"times": source_count.c.times + new.times}


def health(tx: Connection, run: str | None = None) -> list[Health]:
    """Return what each source did, by source: in a run, or in the last run that asked it."""
    query = select(source_health).order_by(source_health.c.source)
    if run is not None:
        query = query.where(source_health.c.run == run)
    else:
        started = (
            select(run_table.c.started_at).where(run_table.c.id == source_health.c.run).scalar_subquery()
        )
        query = query.order_by(None).order_by(source_health.c.source, started)
    newest = {row.source: row for row in tx.execute(query)}
    return [_health(tx, row) for row in newest.values()]


def _health(tx: Connection, row: Row[Any]) -> Health:
    counted = tx.execute(
        select(source_count.c.what, source_count.c.times)
        .where(source_count.c.run == row.run, source_count.c.source == row.source)
        .order_by(source_count.c.what)
    )
    return Health(**row._mapping, counted={row.what: row.times for row in counted})


def _steps(tx: Connection, run: str) -> tuple[RunStep, ...]:
    rows = tx.execute(
        select(run_step).where(run_step.c.run == run).order_by(run_step.c.started_at, run_step.c.name)
    )
    return tuple(
        RunStep(
            name=row.name,
            status=row.status,
            started_at=row.started_at,
            finished_at=row.finished_at,
            detail=row.detail,
        )
        for row in rows
    )


def _run(row: Row[Any], steps: tuple[RunStep, ...]) -> Run:
    return Run(**row._mapping, steps=steps)
