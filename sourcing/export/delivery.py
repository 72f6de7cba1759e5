"""Handing people over to a system: the intent is written, the system asked, its answer written; nothing goes twice.

A crash at any moment leaves rows that say how far they came: what is left is sent by `order.resume`, and a lead that
was sent and never answered for is looked for there before it is made again (TRUST F40).
"""

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sourcing.errors import ExportBlocked, NoCredentials
from sourcing.export import blocks, filing, plan
from sourcing.export.connectors import registry
from sourcing.export.connectors.base import FAILED, GONE, OK, UNSURE, Connector, Line, Parcel, Result
from sourcing.export.connectors.files import payload_digest
from sourcing.export.lead import Occasion, as_mapping
from sourcing.export.mapping import Mapping
from sourcing.export.plan import Action, Plan, Planned
from sourcing.export.wire import Refused, Unsure
from sourcing.settings import Settings, secret
from spiders.door import Door
from spiders.errors import RetryLater
from storage import exports, links, persons, recalls, runs
from storage.engine import Store
from storage.links import Link
from storage.model import ExportRow
from storage.subjects import Keyer

SILENT_S = 900  # longer than any batch: who says nothing for so long is dead
PLAN_AGAIN = "something changed since the plan: plan again"
LOOKS_MAX = 3  # how often an unanswered lead is looked for and made again in one run
Tell = Callable[[int, int], None]


@contextmanager
def opened(
    settings: Settings,
    fields: Mapping,
    *,
    now: datetime,
    door: Door | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Connector]:
    """Open a system. door: None = one of our own, closed at the end. Raises NoCredentials naming the variable."""
    assert fields.secret is not None
    value = secret(fields.secret)
    if value is None:
        raise NoCredentials(f"{fields.name} needs {fields.secret} (or {fields.secret}_FILE): set it")
    own = door or Door(user_agent="sourcer")
    try:
        yield registry.open_(Line(fields=fields, door=own, secret=value, now=now, sleep=sleep))
    finally:
        if door is None:
            own.close()


@contextmanager
def alone(store: Store, number: str, *, doing: str, now: datetime) -> Iterator[Callable[[], None]]:
    """Keep sending an export and taking it back apart; gives what says that it goes on. Raises Locked.

    Whoever does the same goes on with it: after a crash nobody waits for the one that died.
    """
    name, started = f"export:{number}", time.monotonic()

    def beat() -> None:
        with store.begin() as tx:
            runs.lock(tx, name, doing, now + timedelta(seconds=time.monotonic() - started), SILENT_S)

    beat()
    try:
        yield beat
    finally:
        with store.begin() as tx:
            runs.unlock(tx, name, doing)


def push(
    store: Store,
    prepared: Plan,
    connector: Connector,
    *,
    actor: str,
    now: datetime,
    keyer: Keyer,
    tell: Tell,
    export: str | None = None,
) -> str:
    """Send a plan's rows and return the export's id. export: one whose rows these are, None = a new one.

    Raises ExportBlocked if no row may leave, Locked while it is taken back; NoCredentials, RetryLater with the rest of
    the rows left to be sent.
    """
    with store.begin() as tx:
        rows = plan.rechecked(tx, prepared.rows, prepared.occasion, keyer, now=now)
        here = {one.key: one for one in plan.living(tx, [row.person for row in rows]).values()}
        recalls.queue_suppressed(tx, blocks.left_alone(tx, here, keyer))
        if not any(row.lead is not None for row in rows):
            raise ExportBlocked("nothing to export: every row is blocked or there is none; see --dry-run")
        number = export or f"export-{now:%Y%m%dT%H%M%S}-{prepared.digest[:6]}"
        if export is None:
            filing.record(
                tx,
                prepared,
                rows,
                number=number,
                digest=prepared.digest,
                actor=actor,
                now=now,
                finished_at=None,
            )
        else:
            exports.settle(tx, number, [_row(row, "blocked", row.reason) for row in rows if row.lead is None])
            unchanged = [row for row in rows if row.action is Action.SKIP]
            exports.settle(tx, number, [_row(row, OK, "unchanged") for row in unchanged])
    wanted = [row for row in rows if row.action in (Action.CREATE, Action.UPDATE)]
    done = 0
    with alone(store, number, doing="sending", now=now) as beat:
        for batch in _batches(wanted, connector):
            beat()
            _send(store, connector, batch, prepared.occasion, number=number, now=now, keyer=keyer)
            done += len(batch)
            tell(done, len(wanted))
    with store.begin() as tx:
        exports.finish(tx, number, now=now)
    return number


def _send(
    store: Store,
    connector: Connector,
    batch: Sequence[Planned],
    occasion: Occasion,
    *,
    number: str,
    now: datetime,
    keyer: Keyer,
) -> None:
    """Send one batch between two transactions: the intent first, what was said second."""
    name = connector.fields.name
    with store.begin() as tx:  # hours may lie between the first batch and this one
        rows = plan.rechecked(tx, batch, occasion, keyer, now=now)
        exports.settle(tx, number, [_row(row, "blocked", row.reason) for row in rows if row.lead is None])
        rows = [row for row in rows if row.lead is not None]
        seen = links.of(tx, name, [row.person for row in rows])
        merged = persons.merged(tx, [row.person for row in rows])
        old = {row.person for row in rows if row.person in merged or seen.get(row.person) != row.link}
        exports.settle(tx, number, [_row(row, "planned", PLAN_AGAIN) for row in rows if row.person in old])
        rows = [row for row in rows if row.person not in old]
        exports.settle(tx, number, [_row(row, "intended", None) for row in rows])
        links.put(tx, [_intended(row, name, number, now) for row in rows if _is_new(row)])
    if not rows:
        return
    waiting: Exception | None = None
    try:
        results = _said(connector, [_parcel(row, connector) for row in rows], number)
    except (NoCredentials, RetryLater) as error:
        waiting = error
        results = [Result(person=_key(row), state="waiting", said=str(error)) for row in rows]
    said = {one.person: one for one in results}
    with store.begin() as tx:
        _settle(tx, connector, rows, said, number=number, now=now)
    if waiting is not None:
        raise waiting


def _settle(
    tx: Any,
    connector: Connector,
    rows: Sequence[Planned],
    said: dict[str, Result],
    *,
    number: str,
    now: datetime,
) -> None:
    """Write what was said of each lead. Of who was erased meanwhile nothing is, but that the lead there has to go."""
    held: list[Link] = []
    never: list[str] = []
    arrived: dict[str, str | None] = {}
    here = plan.living(tx, [row.person for row in rows])
    for row in rows:
        key = _key(row)
        one = said.get(key, Result(person=key, state=UNSURE, said="not spoken of in the answer"))
        known = one.external_id or (row.link.external_id if row.link is not None else None)
        if row.person not in here:
            if known is not None or one.state != FAILED:
                arrived[key] = known
            continue
        exports.settle(tx, number, [_row(row, FAILED if one.state == GONE else one.state, one.said)])
        if one.state == OK:
            held.append(_held(row, connector, known, number, now))
        elif one.state == GONE and row.link is not None:
            held.append(replace(row.link, state=links.GONE, at=now))
        elif one.external_id is not None:  # made there, but not to its end: sent again, not made again
            before = row.link or _intended(row, connector.fields.name, number, now)
            held.append(replace(before, external_id=known, state=links.HELD, at=now))
        elif one.state == FAILED and _is_new(row):
            never.append(row.person)
    recalls.queue_arrived(tx, connector.fields.name, arrived)
    links.put(tx, held)
    links.drop(tx, connector.fields.name, never)


def _said(connector: Connector, parcels: Sequence[Parcel], number: str) -> list[Result]:
    """Return what the system says of each parcel: a message it refuses whole is halved until the bad one is alone."""
    try:
        return connector.push(parcels, message=_message(number, parcels))
    except Refused as error:
        if len(parcels) == 1:
            return [Result(person=parcels[0].person, state=FAILED, said=str(error))]
        middle = len(parcels) // 2
        return [*_said(connector, parcels[:middle], number), *_said(connector, parcels[middle:], number)]
    except Unsure as error:
        return [_looked_for(connector, one, number, error) for one in parcels]


def _looked_for(connector: Connector, parcel: Parcel, number: str, error: Unsure) -> Result:
    """Return what became of a lead that was sent and not answered for: found there, or made, or still unsure."""
    if connector.is_keyed:  # sent again by whoever resumes: the system knows it by its key
        return Result(person=parcel.person, state=UNSURE, said=str(error))
    again = replace(parcel, is_unsure=True)
    for _ in range(LOOKS_MAX):
        try:
            return connector.push([again], message=_message(number, [again]))[0]
        except Unsure as last:
            error = last
        except Refused as refused:
            return Result(person=parcel.person, state=FAILED, said=str(refused))
    return Result(person=parcel.person, state=UNSURE, said=str(error))


def _batches(rows: Sequence[Planned], connector: Connector) -> Iterator[list[Planned]]:
    """Yield rows as messages: what is made and what is changed apart, none larger than the system takes."""
    is_bulk = connector.bulk_above is not None and len(rows) > connector.bulk_above
    most = len(rows) if is_bulk else connector.batch_max
    for is_new in (True, False):
        batch: list[Planned] = []
        size = 0
        for row in rows:
            if (row.link is None or row.link.external_id is None) is not is_new:
                continue
            weight = _weight(row) if connector.bytes_max is not None else 0
            is_full = len(batch) == most
            if batch and (
                is_full or (connector.bytes_max is not None and size + weight > connector.bytes_max)
            ):
                yield batch
                batch, size = [], 0
            batch.append(row)
            size += weight
        if batch:
            yield batch


def _weight(row: Planned) -> int:
    assert row.lead is not None
    return len(json.dumps(as_mapping(row.lead), default=str, ensure_ascii=False).encode()) + 2


def _parcel(row: Planned, connector: Connector) -> Parcel:
    assert row.lead is not None
    values = connector.fields.row(row.lead)
    return Parcel(
        person=_key(row),
        external_id=row.link.external_id if row.link is not None else None,
        fields={theirs: values[theirs] for theirs in row.changes},
        lead=row.lead,
        is_unsure=row.link is not None and row.link.payload is None,
    )


def _message(number: str, parcels: Sequence[Parcel]) -> str:
    """Return the id of a message: the same when an export sends the same leads with the same content again."""
    whole = hashlib.sha256(number.encode())
    for one in parcels:
        whole.update(f"\0{one.person}\0{payload_digest(one.lead)}".encode())
    return f"msg_{whole.hexdigest()[:32]}"


def _key(row: Planned) -> str:
    """Return the key by which a system knows a lead: if it never answered, the one it was sent under, merged or not."""
    is_unsure = row.link is not None and row.link.external_id is None
    return row.link.person if row.link is not None and is_unsure else row.person


def _is_new(row: Planned) -> bool:
    return row.link is None or row.link.external_id is None


def _row(row: Planned, state: str, result: str | None) -> ExportRow:
    return ExportRow(person=row.person, action=row.action, payload=row.payload, result=result, state=state)


def _intended(row: Planned, connector: str, number: str, now: datetime) -> Link:
    return Link(
        connector=connector, person=row.person, external_id=None, state=links.INTENDED, payload=None,
        export=number, at=now,
    )  # fmt: skip


def _held(row: Planned, connector: Connector, known: str | None, number: str, now: datetime) -> Link:
    assert row.lead is not None
    return Link(
        connector=connector.fields.name, person=row.person, external_id=known,
        state=links.HELD, payload=row.payload, export=number, at=now, fields=connector.fields.digests(row.lead),
    )  # fmt: skip
