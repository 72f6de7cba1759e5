"""What the store need not keep: visits no fact speaks of, questions never asked again, facts taken back long ago."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, delete, exists, or_, select

from storage import wishes
from storage.engine import batched, upsert
from storage.forget import forget_identities
from storage.model import TaskState
from storage.statements import taken_back
from storage.tables import (
    claim,
    held,
    moved,
    run,
    run_step,
    signal,
    source_count,
    source_health,
    statement,
    task,
    vanishing,
    visit,
    withdrawal,
    work,
)

WITHDRAWN_DAYS = 30  # TRUST F32: what a source took back stays as long, unseen, in case it was a mistake
RUN_DAYS = 400  # a year can be compared with the last
_TASK_DAYS = 30
_TASK_TURNS = 3  # a question its source did not bring back in so many turns is not brought back
_DEFAULT_HOURS = 24.0
_VANISHING_DAYS = 7  # longer than any run
_BATCH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Trimmed:
    """How many rows went: visits, tasks, facts taken back, identities of which nothing else was known, runs."""

    visits: int
    tasks: int
    facts: int
    identities: int
    runs: int


def trim(
    tx: Connection,
    *,
    now: datetime,
    keep_pages_days: float,
    every_hours: Mapping[str, float],
    run_days: int = RUN_DAYS,
) -> Trimmed:
    """Remove what nothing refers to any more; facts that stand keep their visits, so sources can take them back.

    keep_pages_days: longest of all sources: younger visits say which pages are whose. every_hours: by source,
    or by `source/kind` where a kind of question has its own time. run_days: how long runs are remembered.
    Changes visit, task, run and its tables, vanishing, and the facts that fell more than `WITHDRAWN_DAYS` ago.
    """
    facts, identities = _withdrawn(tx, now - timedelta(days=WITHDRAWN_DAYS))
    return Trimmed(
        visits=_visits(tx, now - timedelta(days=keep_pages_days)),
        tasks=_tasks(tx, now, every_hours),
        facts=facts,
        identities=identities,
        runs=_runs(tx, now, timedelta(days=run_days)),
    )


def _withdrawn(tx: Connection, before: datetime) -> tuple[int, int]:
    """Remove facts that fell long ago. The withdrawals stay: an answer from before must not bring anything back."""
    gone = 0
    fallen: set[str] = set()
    sides = ((claim, claim.c.left), (claim, claim.c.right))
    for table, key in ((statement, statement.c.identity), (work, work.c.id), (signal, signal.c.id), *sides):
        fell = taken_back(table, key, before=before)
        if table is statement:
            fallen.update(tx.execute(select(key).where(fell).distinct()).scalars())
        if table is claim and key is claim.c.right:
            refusal = claim.c.kind.in_([wishes.REFUSED, wishes.REFUSED_LINE])  # outlives the post it stood in
            gone += tx.execute(delete(table).where(fell, ~refusal)).rowcount
            continue
        gone += tx.execute(delete(table).where(fell)).rowcount
    silent: set[str] = set()
    for batch in batched(sorted(fallen), _BATCH):
        said = tx.execute(select(statement.c.identity).where(statement.c.identity.in_(batch)).distinct())
        silent |= set(batch) - set(said.scalars())
    for batch in batched(sorted(silent), _BATCH):
        rows = [
            dict(row._mapping) for row in tx.execute(select(withdrawal).where(withdrawal.c.id.in_(batch)))
        ]
        forget_identities(tx, batch)
        upsert(tx, withdrawal, rows)
    return gone, len(silent)


def _visits(tx: Connection, before: datetime) -> int:
    tables = (statement, claim, work, signal, moved)
    needed = or_(*(exists().where(table.c.visit == visit.c.key) for table in tables))
    return tx.execute(delete(visit).where(visit.c.fetched_at < before, ~needed)).rowcount


def _tasks(tx: Connection, now: datetime, every_hours: Mapping[str, float]) -> int:
    """Remove questions answered for good: pages of a walk, batches of names. What may be asked conditionally stays."""
    known = tx.execute(
        select(task.c.source, task.c.kind).distinct().order_by(task.c.source, task.c.kind)
    ).all()
    gone = 0
    for source, kind in known:
        hours = every_hours.get(f"{source}/{kind}", every_hours.get(source, _DEFAULT_HOURS))
        turns = timedelta(hours=hours) * _TASK_TURNS
        before = now - max(timedelta(days=_TASK_DAYS), turns)
        plain = and_(task.c.etag.is_(None), task.c.last_modified.is_(None), task.c.cursor.is_(None))
        old = and_(task.c.state == TaskState.DONE, task.c.succeeded_at < before)
        gone += tx.execute(
            delete(task).where(task.c.source == source, task.c.kind == kind, old, plain)
        ).rowcount
    return gone


def _runs(tx: Connection, now: datetime, kept: timedelta) -> int:
    over = now - timedelta(days=_VANISHING_DAYS)
    settled = and_(vanishing.c.state != "held", vanishing.c.at < over)
    ours = and_(vanishing.c.run == held.c.run, vanishing.c.source == held.c.asked)
    tx.execute(delete(held).where(exists().where(ours, settled)))
    tx.execute(delete(vanishing).where(settled))
    old = select(run.c.id).where(run.c.started_at < now - kept).scalar_subquery()
    for table in (run_step, source_health, source_count):
        tx.execute(delete(table).where(table.c.run.in_(old)))
    return tx.execute(delete(run).where(run.c.started_at < now - kept)).rowcount
