"""What was handed over, to which system, for whom; payload digests tell unchanged rows.

A hand-over to a system is written as planned first; its rows say how far it came, so that what is left can be sent
later and nothing twice.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BindParameter, Connection, Row, bindparam, func, select, update

from storage.engine import batched, upsert
from storage.errors import NotFound
from storage.model import Export, ExportRow
from storage.tables import export, export_row, person_alias

OK, BLOCKED, UNDONE, BY_HAND = "ok", "blocked", "undone", "by_hand"
CLOSED = (OK, BLOCKED, UNDONE, BY_HAND)
"""States of rows that are not sent again: answered, never to leave, taken back, to be taken back by a person."""
_BATCH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One person's part in a hand-over. action: create, update or skip."""

    export: str
    connector: str
    at: datetime
    action: str


def put(tx: Connection, one: Export) -> None:
    """Record a hand-over with its rows; the same id again replaces what was recorded."""
    row = {
        "id": one.id,
        "what": one.what,
        "connector": one.connector,
        "destination": one.destination,
        "actor": one.actor,
        "at": one.at,
        "digest": one.digest,
        "specialism": one.specialism,
        "counts": dict(one.counts),
        "mapping": one.mapping,
        "shortlist": one.shortlist,
        "finished_at": one.finished_at,
    }
    upsert(tx, export, [row])
    upsert(
        tx,
        export_row,
        (
            {
                "export": one.id,
                "person": each.person,
                "action": each.action,
                "payload": each.payload,
                "result": each.result,
                "state": each.state,
            }
            for each in one.rows
        ),
    )


def settle(tx: Connection, export_id: str, rows: Iterable[ExportRow]) -> None:
    """Write how far some rows of a hand-over came. Changes export_row, and adds none: who was erased stays so.

    rows: by living key; a row of before a merge is settled with them.
    """
    said = [{f"its_{name}": getattr(each, name) for name in ExportRow.__slots__} for each in rows]
    if not said:
        return
    person: BindParameter[str] = bindparam("its_person")
    merged = select(person_alias.c.alias).where(person_alias.c.person == person)
    query = update(export_row).where(
        export_row.c.export == export_id, (export_row.c.person == person) | export_row.c.person.in_(merged)
    )
    values: dict[str, BindParameter[str]] = {
        name: bindparam(f"its_{name}") for name in ExportRow.__slots__ if name != "person"
    }
    tx.execute(query.values(**values), said)


def finish(tx: Connection, export_id: str, *, now: datetime) -> None:
    """Write that every row of a hand-over was answered or given up for now. Changes export."""
    tx.execute(update(export).where(export.c.id == export_id).values(finished_at=now))


def states(tx: Connection, export_id: str) -> dict[str, int]:
    """Return how many rows of a hand-over are in each state."""
    query = select(export_row.c.state, func.count()).where(export_row.c.export == export_id)
    return {
        row[0]: row[1] for row in tx.execute(query.group_by(export_row.c.state).order_by(export_row.c.state))
    }


def history(tx: Connection, *, limit: int, after: tuple[datetime, str] | None = None) -> list[Export]:
    """Return hand-overs, newest first, without rows. after: (at, id) of the last one seen."""
    query = select(export).order_by(export.c.at.desc(), export.c.id.desc()).limit(limit)
    if after is not None:
        query = query.where((export.c.at < after[0]) | ((export.c.at == after[0]) & (export.c.id < after[1])))
    return [_export(row, ()) for row in tx.execute(query)]


def before(tx: Connection, moment: datetime) -> list[Export]:
    """Return hand-overs older than a moment to where nothing went since, oldest first, without rows."""
    last = select(export.c.destination).group_by(export.c.destination).having(func.max(export.c.at) < moment)
    query = select(export).where(export.c.at < moment, export.c.destination.in_(last))
    return [_export(row, ()) for row in tx.execute(query.order_by(export.c.at, export.c.id))]


def get(tx: Connection, export_id: str) -> Export:
    """Return one hand-over with its rows, by person. Raises NotFound."""
    row = tx.execute(select(export).where(export.c.id == export_id)).first()
    if row is None:
        raise NotFound(f"no export {export_id!r}; see `sourcer export history`")
    rows = tx.execute(
        select(export_row).where(export_row.c.export == export_id).order_by(export_row.c.person)
    )
    return _export(
        row,
        tuple(ExportRow(**{name: getattr(each, name) for name in ExportRow.__slots__}) for each in rows),
    )


def of_person(tx: Connection, keys: Collection[str]) -> list[Sent]:
    """Return every hand-over that somebody was in, under any of their keys, oldest first; blocked rows never left."""
    query = (
        select(export.c.id.label("export"), export.c.connector, export.c.at, export_row.c.action)
        .join(export_row, export_row.c.export == export.c.id)
        .where(export_row.c.person.in_(sorted(keys)), export_row.c.action != "blocked")
        .order_by(export.c.at, export.c.id)
    )
    return [Sent(**row._mapping) for row in tx.execute(query)]


def last_payloads(
    tx: Connection, connector: str, destination: str, people: Collection[str]
) -> dict[str, str]:
    """Return the digest of what was last handed over for each person to one destination, by living key."""
    living = func.coalesce(person_alias.c.person, export_row.c.person)
    found: dict[str, str] = {}
    for batch in batched(sorted(people), _BATCH):
        rows = tx.execute(
            select(living.label("person"), export_row.c.payload)
            .join(export, export.c.id == export_row.c.export)
            .join(person_alias, person_alias.c.alias == export_row.c.person, isouter=True)
            .where(export.c.connector == connector, export.c.destination == destination)
            .where(living.in_(batch), export_row.c.payload.is_not(None))
            .where(export_row.c.action.in_(["create", "update", "skip"]), export_row.c.state == OK)
            .order_by(export.c.at, export.c.id)
        )
        found.update({row.person: row.payload for row in rows})  # the newest comes last and stays
    return found


def last_sent(tx: Connection, people: Collection[str]) -> dict[str, datetime]:
    """Return when each of some people was handed over last, by living key; who never was is left out."""
    living = func.coalesce(person_alias.c.person, export_row.c.person)
    found: dict[str, datetime] = {}
    for batch in batched(sorted(set(people)), _BATCH):
        query = (
            select(living.label("person"), export.c.at)
            .select_from(export_row)
            .join(export, export.c.id == export_row.c.export)
            .join(person_alias, person_alias.c.alias == export_row.c.person, isouter=True)
            .where(living.in_(batch), export_row.c.action != "blocked")
            .order_by(export.c.at)
        )
        found.update({row.person: row.at for row in tx.execute(query)})
    return found


def _export(row: Row[tuple[object, ...]], rows: tuple[ExportRow, ...]) -> Export:
    return Export(**row._mapping, rows=rows)
