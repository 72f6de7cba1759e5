"""Messages owed to systems that hold copies: that somebody was erased, or must not be contacted; each is sent once."""

import secrets
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, func, or_, select, update

from storage.engine import batched, upsert
from storage.tables import export, export_link, export_row, person_alias, recall

ERASED: Final = "lead.erased"
SUPPRESSED: Final = "lead.suppressed"
DUE: Final = "due"
DONE: Final = "done"
FILES: Final = ("csv", "xlsx", "ndjson")
"""Kinds of files: a copy that was handed over as one cannot be called back by a program."""
_BATCH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Recall:
    """One message owed. person, external_id: None once the system has answered. due_at: not before; None = at once."""

    id: str
    connector: str
    event: str
    person: str | None
    external_id: str | None
    state: str = DUE
    tries: int = 0
    due_at: datetime | None = None
    result: str | None = None


def queue_erased(tx: Connection, keys: Collection[str]) -> int:
    """Owe every system that holds one of some people the message to erase them; return how many are owed.

    keys: all keys of the people. Changes recall; call it in the transaction that removes the people. Who received a
    file is owed a message, too: a person must give it to them.
    """
    rows: list[Recall] = []
    for batch in batched(sorted(set(keys)), _BATCH):
        held = tx.execute(select(export_link).where(export_link.c.person.in_(batch)))
        rows += [_recall(row.connector, ERASED, row.person, row.external_id) for row in held]
        query = (
            select(export.c.connector, export_row.c.person)
            .join(export, export.c.id == export_row.c.export)
            .where(
                export_row.c.person.in_(batch),
                export_row.c.action != "blocked",
                export.c.connector.in_(FILES),
            )
            .distinct()
        )
        rows += [_recall(row.connector, ERASED, row.person, None) for row in tx.execute(query)]
        told = recall.c.person.in_(batch) & (recall.c.event == SUPPRESSED) & (recall.c.state == DUE)
        tx.execute(recall.delete().where(told))  # to be erased says more
    _put(tx, rows)
    return len(rows)


def queue_arrived(tx: Connection, connector: str, arrived: Mapping[str, str | None]) -> None:
    """Owe a system the message to erase leads that came there while their people were erased here. Changes recall.

    arrived: the system's id by key, None = it did not say one.
    """
    for batch in batched(sorted(arrived), _BATCH):
        before = (recall.c.connector == connector) & recall.c.person.in_(batch) & (recall.c.event == ERASED)
        tx.execute(recall.delete().where(before, recall.c.state == DUE, recall.c.external_id.is_(None)))
    _put(tx, [_recall(connector, ERASED, key, arrived[key]) for key in sorted(arrived)])


def queue_suppressed(tx: Connection, keys: Collection[str]) -> int:
    """Owe every system that holds one of some people the message not to contact them; return how many are new.

    keys: living keys; what is held under a key of before a merge is meant, too. Changes recall and export_link,
    so that the same is never owed twice.
    """
    rows: list[Recall] = []
    for batch in batched(sorted(set(keys)), _BATCH):
        aliases = select(person_alias.c.alias).where(person_alias.c.person.in_(batch))
        names = [*batch, *tx.execute(aliases).scalars()]
        held = export_link.c.person.in_(names) & export_link.c.state.in_(["intended", "held"])
        found = tx.execute(select(export_link).where(held))
        rows += [_recall(row.connector, SUPPRESSED, row.person, row.external_id) for row in found]
        tx.execute(update(export_link).where(held).values(state="suppressed"))
    _put(tx, rows)
    return len(rows)


def due(tx: Connection, *, now: datetime, limit: int) -> list[Recall]:
    """Return messages to systems that are owed now, those tried least first; those of files are not among them."""
    query = (
        select(recall)
        .where(recall.c.state == DUE, recall.c.connector.not_in(FILES))
        .where(or_(recall.c.due_at.is_(None), recall.c.due_at <= now))
        .order_by(recall.c.tries, recall.c.id)
        .limit(limit)
    )
    return [Recall(**row._mapping) for row in tx.execute(query)]


def by_hand(tx: Connection, *, limit: int) -> list[Recall]:
    """Return messages that a person must give to who received a file, by id."""
    query = select(recall).where(recall.c.state == DUE, recall.c.connector.in_(FILES)).order_by(recall.c.id)
    return [Recall(**row._mapping) for row in tx.execute(query.limit(limit))]


def put_off(tx: Connection, one: Recall, *, until: datetime, result: str) -> None:
    """Note that a message was sent in vain and when it is sent again. Changes recall."""
    values = {"tries": one.tries + 1, "due_at": until, "result": result}
    tx.execute(update(recall).where(recall.c.id == one.id).values(**values))


def finish(tx: Connection, ids: Iterable[str], *, result: str) -> int:
    """Note that messages arrived, and forget of whom they spoke; return how many there were. Changes recall."""
    values = {"state": DONE, "person": None, "external_id": None, "due_at": None, "result": result}
    gone = 0
    for batch in batched(sorted(ids), _BATCH):
        owed = recall.c.id.in_(batch) & (recall.c.state == DUE)
        gone += tx.execute(update(recall).where(owed).values(tries=recall.c.tries + 1, **values)).rowcount
    return gone


def counts(tx: Connection) -> dict[tuple[str, str, str], int]:
    """Return how many messages there are by connector, event and state."""
    columns = (recall.c.connector, recall.c.event, recall.c.state)
    query = select(*columns, func.count()).group_by(*columns).order_by(*columns)
    return {(row[0], row[1], row[2]): row[3] for row in tx.execute(query)}


def _recall(connector: str, event: str, person: str, external_id: str | None) -> Recall:
    return Recall(
        id=secrets.token_hex(12), connector=connector, event=event, person=person, external_id=external_id
    )


def _put(tx: Connection, rows: Iterable[Recall]) -> None:
    upsert(tx, recall, [{name: getattr(one, name) for name in Recall.__slots__} for one in rows])
