"""What sources take back: marked with its moment, held when it is too much at once, dropped when the law says so.

A source that loses its memory for a night looks like thousands of people who left. So what one run finds gone is
counted against what was known of the source, and beyond a share of it nothing is believed until a person has looked.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, delete, func, or_, select, update

from spiders.records import Gone, Identity, Record, Visit
from storage import index, moves
from storage.engine import batched, upsert
from storage.facts import clean
from storage.identifiers import account_of
from storage.model import TaskState
from storage.statements import EVERY_SOURCE, stands, taken_by
from storage.tables import (
    claim,
    held,
    identity,
    person_identity,
    signal,
    statement,
    task,
    vanishing,
    withdrawal,
    work,
)
from storage.tables import visit as visit_table

VANISHED_MAX = 0.05
"""Share of the things known from a source, 0–1, that may vanish in one run before a person must look (TRUST F34)."""
HELD_MIN = 20  # shares below so many records say nothing
_BATCH = 500
_COUNTING, _HELD, _ACCEPTED, _REFUSED = "counting", "held", "accepted", "refused"

Taken = tuple[str, str]
"""Id of what was taken back, and the source whose facts of it fall: every source's for a deleted account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Withdrawals of one run that wait for a person. known: things known from the source before. at: since when."""

    run: str
    source: str
    known: int
    gone: int
    at: datetime


def withdraw(
    tx: Connection, visit: Visit, *, run: str | None, now: datetime, most: float = VANISHED_MAX
) -> None:
    """Mark every fact that came from this task's earlier visits as taken back by the source.

    An account its platform no longer knows is taken back whoever spoke of it; a later fetch that finds it stands.
    """
    found = _facts_of(tx, visit)
    account = account_of(visit.task)
    if account is not None:
        found.add((account, EVERY_SOURCE))
    news = standing(tx, found) if run is not None else set()
    upsert(
        tx,
        withdrawal,
        [{"id": one, "source": source, "seen_at": visit.at} for one, source in found],
        where=lambda new: new.seen_at > withdrawal.c.seen_at,
    )
    count(tx, visit, news, run=run, now=now, most=most)


def named(records: Iterable[Record]) -> set[Taken]:
    """Return what records of a visit say is gone."""
    return {
        (clean(one.id), source)
        for one in records
        if isinstance(one, Gone)
        for source in taken_by(one.id, one.via.source)
    }


def along(tx: Connection, records: Iterable[Record]) -> set[Taken]:
    """Let a place in a byline fall with its paper, whichever of the two words comes first.

    An identity is part of a work if its id continues the work's with a colon: `arxiv:2611.01234:2`.
    Returns the places that stood until now and fell with a paper: they are held with it.
    """
    fallen: dict[Taken, datetime] = {}
    gone = {clean(one.id): one for one in records if isinstance(one, Gone)}
    for batch in batched(sorted(gone), _BATCH):
        query = select(signal.c.work, signal.c.identity, signal.c.source).where(signal.c.work.in_(batch))
        for of, one, source in map(tuple, tx.execute(query.distinct())):
            if one.startswith(f"{of}:") and source == gone[of].via.source:
                fallen[one, source] = gone[of].via.fetched_at
    stood = standing(tx, fallen)
    places = {clean(one.id): one.via.source for one in records if isinstance(one, Identity)}
    works: dict[str, list[Taken]] = {}
    for one, source in places.items():
        works.setdefault(one.rpartition(":")[0], []).append((one, source))
    for batch in batched(sorted(works), _BATCH):
        for row in tx.execute(select(withdrawal).where(withdrawal.c.id.in_(batch))):
            fallen |= {
                (one, row.source): row.seen_at for one, source in works[row.id] if source == row.source
            }
    rows = [{"id": one, "source": source, "seen_at": at} for (one, source), at in sorted(fallen.items())]
    upsert(tx, withdrawal, rows, where=lambda new: new.seen_at > withdrawal.c.seen_at)
    return stood


def standing(tx: Connection, taken: Collection[Taken]) -> set[Taken]:
    """Return those of which something is known that nobody took back yet."""
    found: set[Taken] = set()
    for batch in batched(sorted({one for one, _ in taken}), _BATCH):
        for table, key in ((statement, statement.c.identity), (work, work.c.id), (signal, signal.c.id)):
            query = select(key, table.c.source).where(key.in_(batch), stands(table, key)).distinct()
            for one, source in map(tuple, tx.execute(query)):
                found |= {(one, source), (one, EVERY_SOURCE)} & set(taken)
    return found


def count(
    tx: Connection,
    visit: Visit,
    taken: Collection[Taken],
    *,
    run: str | None,
    now: datetime,
    most: float = VANISHED_MAX,
) -> None:
    """Count what a run found gone; once it is too much, none of it is withdrawn until a person has looked.

    taken: what stood until this visit. most: share of what is known, 0–1, that may vanish.
    Changes held, vanishing and withdrawal. A run without a name counts nothing.
    """
    if run is None or not taken:
        return
    asked = visit.task.source
    row = {"run": run, "source": asked, "gone": 0, "state": _COUNTING, "at": now}
    ours = (vanishing.c.run == run) & (vanishing.c.source == asked)
    if tx.execute(select(vanishing.c.run).where(ours)).first() is None:
        upsert(tx, vanishing, [{**row, "known": _known(tx, asked)}])
    told = {"run": run, "asked": asked, "task": visit.task.key, "seen_at": visit.at}
    upsert(tx, held, ({**told, "id": one, "source": source} for one, source in taken))
    these = (held.c.run == run) & (held.c.asked == asked)
    gone = tx.execute(select(func.count(held.c.id.distinct())).where(these)).scalar_one()
    tx.execute(update(vanishing).where(ours).values(gone=gone))
    too_many = (vanishing.c.gone >= HELD_MIN) & (vanishing.c.gone > most * vanishing.c.known)
    tx.execute(update(vanishing).where(ours, vanishing.c.state == _COUNTING, too_many).values(state=_HELD))
    if tx.execute(select(vanishing.c.state).where(ours)).scalar_one() != _HELD:
        return
    waits = select(held.c.id).where(these, held.c.id == withdrawal.c.id, held.c.source == withdrawal.c.source)
    tx.execute(delete(withdrawal).where(waits.exists()))


def waiting(tx: Connection, run: str | None = None) -> list[Held]:
    """Return withdrawals that wait for a person, oldest first. run: only of this run."""
    query = select(vanishing).where(vanishing.c.state == _HELD).order_by(vanishing.c.at, vanishing.c.source)
    if run is not None:
        query = query.where(vanishing.c.run == run)
    return [
        Held(run=row.run, source=row.source, known=row.known, gone=row.gone, at=row.at)
        for row in tx.execute(query)
    ]


def accept(tx: Connection, source: str) -> int:
    """Believe a source's withdrawals that wait, and return how many; facts fetched since then stand."""
    names = moves.Names.load(tx)
    rows = [
        {"id": names.id(row.id, row.seen_at), "source": row.source, "seen_at": row.seen_at}
        for row in tx.execute(_of(source))
    ]
    for one in rows:  # one at a time: a thing that vanished in two runs is withdrawn once
        upsert(tx, withdrawal, [one], where=lambda new: new.seen_at > withdrawal.c.seen_at)
    _settle(tx, source, _ACCEPTED)
    return len(rows)


def refuse(tx: Connection, source: str, *, now: datetime) -> int:
    """Leave everything as it was known, ask the questions again, and return how many withdrawals were refused."""
    rows = tx.execute(_of(source)).all()
    for batch in batched(sorted({row.task for row in rows}), _BATCH):
        tx.execute(
            update(task)
            .where(task.c.key.in_(batch), task.c.state == TaskState.GONE)
            .values(state=TaskState.DUE, due_at=now, attempts=0, gone_at=None)
        )
    _settle(tx, source, _REFUSED)
    return len(rows)


def drop(tx: Connection, visit: Visit) -> frozenset[str]:
    """Remove at once what this task's visits brought, and return the digests of their pages, to be removed too.

    The withdrawal stays, so that nothing fetched before comes back. Changes every table of facts, and the look-up
    rows of the people concerned.
    """
    visits = _visits(visit)
    pages = tx.execute(select(visit_table.c.page).where(visit_table.c.key.in_(visits))).scalars()
    found, dropped = _facts_of(tx, visit), frozenset(page for page in pages if page is not None)
    account = account_of(visit.task)
    if account is not None:
        found.add((account, EVERY_SOURCE))
    people = _people(tx, visit, account)
    for table in (signal, work, claim, statement):
        tx.execute(delete(table).where(table.c.visit.in_(visits)))
    if account is not None:
        tx.execute(delete(statement).where(statement.c.identity == account))
    tx.execute(delete(identity).where(identity.c.id.in_([one for one, _ in found]), _is_silent()))
    tx.execute(delete(visit_table).where(visit_table.c.task == visit.task.key))
    rows = [{"id": one, "source": source, "seen_at": visit.at} for one, source in found]
    upsert(tx, withdrawal, rows, where=lambda new: new.seen_at > withdrawal.c.seen_at)
    index.put_facets(tx, people, ())  # they may rest on what was withdrawn; the night makes them anew
    index.reindex(tx, people)
    return dropped


def _visits(visit: Visit) -> Any:
    return select(visit_table.c.key).where(visit_table.c.task == visit.task.key).scalar_subquery()


def _facts_of(tx: Connection, visit: Visit) -> set[Taken]:
    rows: set[Taken] = set()
    for table, column in ((statement, statement.c.identity), (work, work.c.id), (signal, signal.c.id)):
        query = select(column, table.c.source).where(table.c.visit.in_(_visits(visit))).distinct()
        rows.update((str(one), str(source)) for one, source in tx.execute(query))
    return rows


def _people(tx: Connection, visit: Visit, account: str | None) -> set[str]:
    """Return the living people of whom a task's visits said something."""
    said = select(statement.c.identity).where(statement.c.visit.in_(_visits(visit)))
    did = select(signal.c.identity).where(
        or_(
            signal.c.visit.in_(_visits(visit)),
            signal.c.work.in_(select(work.c.id).where(work.c.visit.in_(_visits(visit)))),
        )
    )
    concerned = or_(
        person_identity.c.identity.in_(said),
        person_identity.c.identity.in_(did),
        person_identity.c.identity == account,
    )
    return set(tx.execute(select(person_identity.c.person).where(concerned)).scalars())


def _is_silent() -> ColumnElement[bool]:
    return ~select(statement.c.identity).where(statement.c.identity == identity.c.id).exists()


def _known(tx: Connection, source: str) -> int:
    def number(table: Table, key: ColumnElement[Any]) -> int:
        query = select(func.count(key.distinct())).where(table.c.source == source)
        return int(tx.execute(query).scalar_one())

    return number(statement, statement.c.identity) + number(work, work.c.id) + number(signal, signal.c.id)


def _of(source: str) -> Any:
    ours = (vanishing.c.run == held.c.run) & (vanishing.c.source == held.c.asked)
    return select(held).join(vanishing, ours).where(vanishing.c.source == source, vanishing.c.state == _HELD)


def _settle(tx: Connection, source: str, state: str) -> None:
    runs = select(vanishing.c.run).where(vanishing.c.source == source, vanishing.c.state == _HELD)
    tx.execute(delete(held).where(held.c.asked == source, held.c.run.in_(runs.scalar_subquery())))
    tx.execute(
        update(vanishing).where(vanishing.c.source == source, vanishing.c.state == _HELD).values(state=state)
    )
