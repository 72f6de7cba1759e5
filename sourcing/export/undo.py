"""Taking an export back: its files go, what it made in another system goes there, the rest is told to do by hand.

Only what nothing happened to since is taken back: a lead that was sent again, changed hands or wants silence is a
person's business. A crash at any moment leaves rows that say how far it came; asked again, it goes on from there.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final

from sourcing.errors import BadInput
from sourcing.export import delivery, mapping
from sourcing.export.connectors import base, files
from sourcing.export.connectors.base import ByHand, Connector
from sourcing.export.plan import Action
from sourcing.export.wire import Refused, Unsure
from sourcing.settings import Settings
from spiders.door import Door
from storage import audit, exports, links, persons
from storage.engine import Store
from storage.links import Link
from storage.model import Export, ExportRow

DOWNLOADED: Final = "export.download"
_UNSENT: Final = "nothing was sent"
_UNSETTLED: Final = (
    "planned",
    "waiting",
    base.FAILED,
)  # of these only what was made before it failed is there
_OVER: Final = (exports.BLOCKED, exports.UNDONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chore:
    """What somebody has to do by hand. person: None for what is not about one. external_id: the system's own."""

    person: str | None
    external_id: str | None
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """What was taken back. files: removed here. withdrawn: leads that the system let go of. chores: what is left."""

    export: str
    files: int
    withdrawn: int
    chores: tuple[Chore, ...]

    @property
    def sentence(self) -> str:
        """Return it for people."""
        left = f"; {len(self.chores)} to do by hand" if self.chores else ""
        return f"Taken back: {self.files} files removed, {self.withdrawn} leads withdrawn{left}."


def undo(
    store: Store, settings: Settings, number: str, *, actor: str, now: datetime, door: Door | None = None
) -> Undone:
    """Take an export back as far as that is possible, and return what is left to do.

    Writes the audit log first, then export_row and export_link. Raises NotFound, BadInput if it is taken back already,
    Locked while it is sent, NoCredentials and RetryLater with what is left still to be taken back.
    """
    with delivery.alone(store, number, doing="taking back", now=now) as beat:
        return _undone(store, settings, number, actor=actor, now=now, door=door, beat=beat)


def _undone(
    store: Store,
    settings: Settings,
    number: str,
    *,
    actor: str,
    now: datetime,
    door: Door | None,
    beat: Callable[[], None],
) -> Undone:
    with store.begin() as tx:
        one = exports.get(tx, number)
        rows = [row for row in one.rows if row.state not in _OVER]
        if not rows:
            raise BadInput(f"nothing of {number!r} is to be taken back: it is already, or nothing left")
        detail = {"connector": one.connector, "rows": len(rows)}
        audit.append(tx, at=now, actor=actor, action="export.undo", subject=number, detail=detail)
    if one.connector in files.KINDS:
        return _files(store, settings, one, rows)
    with delivery.opened(settings, mapping.of(settings, one.connector), now=now, door=door) as connector:
        return _records(store, connector, one, rows, now=now, beat=beat)


def _files(store: Store, settings: Settings, one: Export, rows: Sequence[ExportRow]) -> Undone:
    """Remove what an export wrote, unless a later one wrote there since."""
    chores: list[Chore] = []
    removed = 0
    if files.writer_of(Path(one.destination)) in (one.id, None):
        removed = files.remove(settings.home, one)
    if Path(one.destination).is_file():
        why = "was written again or changed since, and stays"
        chores.append(Chore(person=None, external_id=None, what=f"{Path(one.destination).name} {why}"))
    with store.begin() as tx:
        takers = sorted({entry.actor for entry in audit.of_action(tx, DOWNLOADED) if entry.subject == one.id})
        exports.settle(tx, one.id, [replace(row, state=exports.UNDONE, result="taken back") for row in rows])
    chores += [
        Chore(person=None, external_id=None, what=f"{taker} downloaded the file: ask for it to be deleted")
        for taker in takers
    ]
    return Undone(export=one.id, files=removed, withdrawn=0, chores=tuple(chores))


def _records(
    store: Store,
    connector: Connector,
    one: Export,
    rows: Sequence[ExportRow],
    *,
    now: datetime,
    beat: Callable[[], None],
) -> Undone:
    chores: list[Chore] = []
    withdrawn = 0
    for row in rows:
        beat()
        with store.read() as tx:
            key = persons.merged(tx, [row.person]).get(row.person, row.person)
            held = links.of(tx, connector.fields.name, [key]).get(key)
        state, said, stands = _taken_back(connector, one, row, held)
        with store.begin() as tx:
            exports.settle(tx, one.id, [replace(row, state=state, result=said)])
            if held is not None and stands is not None:
                links.put(tx, [replace(held, state=stands, at=now)])
            elif state == exports.UNDONE and held is not None and row.action == Action.CREATE:
                links.remove(tx, held)
        if state == exports.BY_HAND:
            known = held.external_id if held is not None else None
            chores.append(Chore(person=key, external_id=known, what=said))
        elif said != _UNSENT:
            withdrawn += 1
    return Undone(export=one.id, files=0, withdrawn=withdrawn, chores=tuple(chores))


def _taken_back(
    connector: Connector, one: Export, row: ExportRow, held: Link | None
) -> tuple[str, str, str | None]:
    """Let the system let go of a lead if it was made by this export.

    Returns the state of its row, what was said, and the state of its link if somebody decided about it there.
    """
    is_ours = held is not None and held.export == one.id and row.action == Action.CREATE
    if row.action == Action.SKIP or (held is None and row.state != exports.OK):
        return exports.UNDONE, _UNSENT, None
    if row.state in _UNSETTLED and not is_ours:
        return exports.UNDONE, _UNSENT, None
    if (why := _kept(row, held, one)) is not None:
        return exports.BY_HAND, why, None
    assert held is not None
    try:
        known = held.external_id or connector.find(held.person)
        if known is None:
            return exports.UNDONE, "is not there", None
        if any(each.opted_out for each in connector.outcomes([known])):
            return (
                exports.BY_HAND,
                "wants no more, as it says there: leave it, so that it is remembered",
                links.OPTED_OUT,
            )
        message = f"undo_{one.id}_{held.person}"
        return exports.UNDONE, connector.take_back(known, held.person, message=message), None
    except ByHand as error:
        return exports.BY_HAND, str(error), None
    except Refused as error:
        if connector.is_gone(error):
            return exports.UNDONE, "was gone there already", links.GONE
        return exports.BY_HAND, f"remove it there: {error}", None
    except Unsure as error:
        return exports.BY_HAND, f"look whether it is gone there: {error}", None


def _kept(row: ExportRow, held: Link | None, one: Export) -> str | None:
    """Return why a lead is not taken back by a program, as what is to be done; None if it is."""
    if held is None:
        return "look whether it is there"
    if row.action != Action.CREATE:
        return "it was there before: look at its history there for what this export changed"
    if held.export != one.id:
        return f"{held.export} sent it again since: take that one back, or remove it there"
    if held.state not in (links.HELD, links.INTENDED):
        return f"it is {held.state.replace('_', ' ')} there: leave that as it is, or remove it there"
    return None


def is_possible(one: Export) -> bool:
    """Return whether something of an export can still be taken back."""
    return any(row.state not in _OVER for row in one.rows)
