"""One visit in: lease checked, suppression applied, facts kept, discovered tasks added, the task finished.

All of it happens in the caller's transaction, so that a visit is in the store completely or not at all.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from spiders.records import Claim, Gone, Identity, Moved, Outcome, Record, Signal, Visit, Work
from storage import corrections, facts, frontier, moves, runs, vanish
from storage.engine import upsert
from storage.errors import Conflict
from storage.forget import forget
from storage.identifiers import (
    Keyer,
    Value,
    identity_values,
    record_values,
    reference_values,
)
from storage.model import TaskState
from storage.outcomes import finished, is_barred, is_confirmed_gone
from storage.subjects import away_until_new, has_suppressed, is_suppressed, let_back, suppress
from storage.tables import cursor, statement, task
from storage.tables import visit as visit_table

_ANSWERED = frozenset({Outcome.OK, Outcome.UNCHANGED, Outcome.NONE_YET})
# Testimony by the platform itself: whoever it names is the suppressed person under another key.
_BINDING = frozenset({"noreply", "platform"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What one visit did to the store, in records. refused: the source said no; ask it nothing more tonight.

    pages: digests of archived answers that must not stay; the caller removes them after the commit.
    barred: the law took the content away; snapshots hold it until the caller removes them.
    """

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    suppressed: int = 0
    tasks: int = 0
    refused: bool = False
    pages: frozenset[str] = frozenset()
    barred: bool = False


def take(
    tx: Connection,
    visit: Visit,
    *,
    now: datetime,
    run: str | None,
    keyer: Keyer,
    every_hours: Mapping[str, float] | None = None,
    vanished_max: float = vanish.VANISHED_MAX,
) -> Taken:
    """Store a visit; taking it twice, or visits in any order, leaves the same store.

    A visit whose task carries no lease comes from an operator's own file: its facts are kept, the frontier is not
    asked. every_hours: per source, when a discovered task that is known becomes due again.
    vanished_max: share of the source's things, 0–1, beyond which what vanishes in one run is held.
    Raises Conflict, and nothing is stored, if the lease is no longer the newest one of the task.
    """
    row = _fence(tx, visit)
    taken = keep(tx, visit, now=now, run=run, keyer=keyer, every_hours=every_hours, vanished_max=vanished_max)
    pages = frozenset[str]()
    if row is not None:
        if is_barred(visit):
            pages = vanish.drop(tx, visit)
        elif is_confirmed_gone(row, visit):
            vanish.withdraw(tx, visit, run=run, now=now, most=vanished_max)
        tx.execute(task.update().where(task.c.key == row.key).values(**finished(row, visit, now)))
    if run is not None:
        names = ("new", "changed", "unchanged", "suppressed")
        runs.put_health(tx, run, visit, records={name: getattr(taken, name) for name in names})
    return replace(taken, refused=visit.outcome is Outcome.REFUSED, pages=pages, barred=is_barred(visit))


def keep(
    tx: Connection,
    visit: Visit,
    *,
    now: datetime,
    run: str | None,
    keyer: Keyer,
    every_hours: Mapping[str, float] | None = None,
    key: str | None = None,
    vanished_max: float = vanish.VANISHED_MAX,
) -> Taken:
    """Store what a visit says, and leave its own task as it is. key: of its row, if it has one already."""
    kept: list[Record] = []
    suppressed = 0
    if visit.outcome in _ANSWERED:
        kept, suppressed = _allowed(tx, visit.records, keyer, now)
    tally = {"new": 0, "changed": 0, "unchanged": 0}
    if kept or key is not None:
        key = _put_visit(tx, visit, key)
    if kept and key is not None:
        renamed = [one for one in kept if isinstance(one, Moved)]
        brought = moves.put(tx, renamed, key) if renamed else 0
        kept, more = _named_as_today(tx, kept, keyer, now)
        suppressed += more
        kept = corrections.applied(tx, kept)
        vanished = vanish.standing(tx, vanish.named(kept)) if run is not None else set()
        tally = facts.put(tx, kept, key)
        vanished |= vanish.along(tx, kept)
        tally["changed"] += brought
        vanish.count(tx, visit, vanished, run=run, now=now, most=vanished_max)
    added = 0
    if visit.outcome in _ANSWERED:
        added = frontier.add(tx, visit.tasks, now=now, every_hours=every_hours or {}, keyer=keyer)
        _put_cursor(tx, visit)
    return Taken(
        new=tally["new"],
        changed=tally["changed"],
        unchanged=tally["unchanged"],
        suppressed=suppressed,
        tasks=added,
    )


def _fence(tx: Connection, visit: Visit) -> Row[Any] | None:
    """Return the task's row if its lease is the one the visit returns; None for a visit without a lease."""
    one = visit.task
    row = tx.execute(select(task).where(task.c.key == one.key).with_for_update()).first()
    if one.lease is None:
        if row is not None and row.state == TaskState.LEASED:
            raise Conflict(f"task {one.key[:12]} is leased to {row.owner}; wait for it to end")
        return None
    if row is None or row.state != TaskState.LEASED or row.lease != one.lease:
        raise Conflict(f"lease {one.lease} of task {one.key[:12]} has ended; the visit is not stored")
    return row


def _named_as_today(
    tx: Connection, records: list[Record], keyer: Keyer, now: datetime
) -> tuple[list[Record], int]:
    """Return the records under the names things bear now; a name of today may be a suppressed person's."""
    names = moves.Names.load(tx)
    facts_only: list[Record] = [one for one in records if not isinstance(one, Moved)]
    told: list[Record] = [names.record(one) for one in facts_only]
    if all(one is other for one, other in zip(told, facts_only, strict=True)):
        return facts_only, 0
    return _allowed(tx, tuple(told), keyer, now)


def _allowed(
    tx: Connection, records: tuple[Record, ...], keyer: Keyer, now: datetime
) -> tuple[list[Record], int]:
    """Return the records that name no suppressed person, and how many do."""
    if not has_suppressed(tx):
        return list(records), 0
    bad = _bad_values(tx, records, keyer)
    if bad and _let_back(tx, records, bad, keyer):
        bad = _bad_values(tx, records, keyer)
    if not bad:
        return list(records), 0
    people = _bad_identities(records, bad)
    _learn(tx, records, people, bad, keyer, now)
    bad |= {("id", one) for one in people}
    owned = {one.id for one in records if isinstance(one, Work) and bad & set(record_values(one))}
    had, has = set[str](), set[str]()
    for one in records:
        if isinstance(one, Signal):
            (had if one.identity in people else has).add(one.work)
    dropped = owned | (had - has)

    def keep(record: Record) -> bool:
        match record:
            case Identity():
                return record.id not in people
            case Claim():
                return not bad & {*reference_values(record.left), *reference_values(record.right)}
            case Work():
                return record.id not in dropped
            case Signal():
                return record.identity not in people and not bad & set(record_values(record))
            case Gone():
                return ("id", record.id) not in bad
            case Moved():
                return not bad & set(record_values(record))

    kept = [one for one in records if keep(one)]
    return kept, len(records) - len(kept)


def _let_back(tx: Connection, records: tuple[Record, ...], bad: set[Value], keyer: Keyer) -> int:
    """Take people off the list who were past retention and of whom a visit tells something newer than that."""
    away = away_until_new(tx, {keyer.digest(*value) for value in bad})
    if not away:
        return 0
    done = {
        reason
        for one in records
        if isinstance(one, Signal) and one.occurred_at is not None
        for reason, since in (away.get(keyer.digest("id", one.identity), ("", one.occurred_at)),)
        if one.occurred_at > since
    }
    return let_back(tx, done)


def _bad_values(tx: Connection, records: tuple[Record, ...], keyer: Keyer) -> set[Value]:
    values = {value for record in records for value in record_values(record)}
    digests = {value: keyer.digest(*value) for value in values}
    hits = is_suppressed(tx, set(digests.values()))
    return {value for value, digest in digests.items() if digest in hits}


def _bad_identities(records: tuple[Record, ...], bad: set[Value]) -> set[str]:
    """Return the ids of suppressed people in a visit: named by any identifier, or by the platform's testimony."""
    binding = [one for one in records if isinstance(one, Claim) and one.kind in _BINDING]
    identities = [one for one in records if isinstance(one, Identity)]
    people = {value for kind, value in bad if kind == "id"}
    while True:
        grown = set(people)
        emails = {value for kind, value in bad if kind == "email"}
        for one in binding:
            if one.right in people:
                grown.add(one.left)
                emails |= {one.left.removeprefix("email:")} if one.left.startswith("email:") else set()
        for identity in identities:
            if bad & set(identity_values(identity)) or emails & set(identity.emails):
                grown.add(identity.id)
        if grown == people:
            return people
        people = grown
        bad |= {("email", digest) for digest in emails}


def _learn(
    tx: Connection,
    records: tuple[Record, ...],
    people: set[str],
    bad: set[Value],
    keyer: Keyer,
    now: datetime,
) -> None:
    """Remember new ids and logins of suppressed people, and remove what an earlier visit stored under them."""
    values: set[Value] = {("id", one) for one in people} | {value for value in bad if value[0] == "email"}
    for one in records:
        if isinstance(one, Identity) and one.id in people:
            values |= {value for value in identity_values(one) if value[0] == "handle"}
    fresh = {value for value in values if value not in bad or value[0] == "email"}
    digests = {keyer.digest(*value) for value in fresh}
    # nobody's own word: whoever may come back with new work still may
    if not suppress(tx, digests, "another key of a suppressed person", now, over_past=False):
        return
    emails = sorted(value for kind, value in values if kind == "email")
    hashes = [facts.digest_of(value) for value in emails]
    bearers = tx.execute(
        select(statement.c.identity).where(statement.c.attribute == "email", statement.c.hash.in_(hashes))
    ).scalars()
    forget(tx, people | set(bearers), values=values)


def _put_visit(tx: Connection, visit: Visit, key: str | None = None) -> str:
    page = visit.page
    # a task that was trimmed and came back counts its leases anew: the moment tells its visits apart
    lease = visit.task.lease
    mark = f"{lease} {visit.at}" if lease is not None else page.sha256 if page else str(visit.at)
    key = key or facts.digest_of(visit.task.key, mark)
    row = {
        "key": key,
        "source": visit.task.source,
        "task": visit.task.key,
        "page": page.sha256 if page is not None else None,
        "fetched_at": page.fetched_at if page is not None else visit.at,
        "reader": visit.reader,
        "terms": visit.terms,
    }
    upsert(tx, visit_table, [row])
    return key


def _put_cursor(tx: Connection, visit: Visit) -> None:
    source = visit.task.source
    rows = [
        {"source": source, "key": key, "value": value, "seen_at": visit.at}
        for key, value in visit.cursor.items()
    ]
    upsert(tx, cursor, rows, where=_seen_later)


def _seen_later(new: Any) -> Any:
    return new.seen_at >= cursor.c.seen_at


def cursors(tx: Connection, source: str) -> dict[str, str]:
    """Return what a source's earlier visits left for its next `start`, by key."""
    rows = tx.execute(select(cursor.c.key, cursor.c.value).where(cursor.c.source == source))
    return {row.key: row.value for row in rows}


def old_pages(tx: Connection, source: str, *, since: datetime, until: datetime) -> set[str]:
    """Return digests of the pages a source answered with in a span of time and nobody since its end."""
    seen = select(visit_table.c.page).where(visit_table.c.page.is_not(None))
    old = seen.where(visit_table.c.source == source, visit_table.c.fetched_at.between(since, until))
    newer = seen.where(visit_table.c.fetched_at > until)
    return set(tx.execute(old).scalars()) - set(tx.execute(newer).scalars())
