"""Exports: what, where, a preview of every row, then the hand-over; and what left before. Nothing leaves unseen."""

from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import FileResponse, Response

from sourcing.access import Scope
from sourcing.errors import BadInput, BadQuery, ConfigError, UnknownName
from sourcing.export import mapping, order, preview, undo
from sourcing.export.connectors import files
from sourcing.export.connectors.files import KINDS, file_name
from sourcing.export.mapping import Kind
from sourcing.export.order import PRESET, Order
from sourcing.export.plan import Plan
from sourcing.marking import silent
from sourcing.web.auth import Asking, Desk, needs
from sourcing.web.desk import Desk as Open
from sourcing.web.showing import done, render
from spiders.errors import RetryLater
from storage import audit, exports, lists, persons
from storage.model import Export

router = APIRouter()
SHOWN = 30
PREVIEWED = 200
LIMIT = 500
"""People of a query that are exported at most."""
_EXPORT = Depends(needs(Scope.EXPORT))
_MEDIA = {
    "csv": "text/csv",
    "ndjson": "application/x-ndjson",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class Asked:
    """What is to be exported: a shortlist or some of it, chosen people, or a query; and where to."""

    def __init__(
        self, *, list_: str, keys: tuple[str, ...], query: str, spec: str, to: str, preset: str, notes: bool
    ) -> None:
        self.list, self.keys, self.query, self.spec = list_, keys, query.strip(), spec
        self.to, self.preset, self.notes = to, preset, notes

    @property
    def is_something(self) -> bool:
        """Return whether anything was chosen."""
        return bool(self.list or self.keys or (self.query and self.spec))

    @property
    def address(self) -> str:
        """Return it as the query of an address."""
        chosen: list[tuple[str, str]] = [
            ("list", self.list), ("q", self.query), ("spec", self.spec), ("to", self.to), ("preset", self.preset)
        ]  # fmt: skip
        chosen += [("keys", key) for key in self.keys] + [("notes", "true" if self.notes else "")]
        return urlencode([(name, value) for name, value in chosen if value])


def _asked(
    list_: Annotated[str, Query(alias="list")] = "",
    keys: Annotated[list[str] | None, Query()] = None,
    q: Annotated[str, Query(max_length=2_000)] = "",
    spec: str = "",
    to: str = KINDS[0],
    preset: str = PRESET,
    notes: bool = False,
) -> Asked:
    return Asked(list_=list_, keys=tuple(keys or ()), query=q, spec=spec, to=to, preset=preset, notes=notes)


InAddress = Annotated[Asked, Depends(_asked)]
"""What an address asks for."""


@router.get("/exports")
def index(request: Request, desk: Desk, who: Asking, asked: InAddress) -> Response:
    """Show what an export would do, and what was exported."""
    prepared: Plan | None = None
    mistake: str | None = None
    if asked.is_something and who.may(Scope.EXPORT):
        try:
            prepared = _planned(desk, asked)
        except (BadInput, BadQuery, UnknownName, ConfigError) as error:
            mistake = str(error)
    if prepared is not None:
        desk.displayed.put(who.actor, preview.explained(prepared.rows[:PREVIEWED]))
    roots = mapping.places(desk.settings)
    with desk.store.read() as tx:
        past = exports.history(tx, limit=SHOWN)
        roles = lists.ls(tx)
    return render(
        request,
        "exports.html",
        title="Exports",
        asked=asked,
        prepared=prepared,
        previewed=PREVIEWED,
        why=lambda row: preview.why(row, blind=who.preferences.blind),
        mistake=mistake,
        past=past,
        roles=roles,
        kinds=KINDS,
        systems=[mapping.load(name, roots) for name in mapping.names(roots, Kind.SYSTEM)],
        presets=[mapping.load(name, roots) for name in mapping.names(roots, Kind.FILE)],
        limit=LIMIT,
    )


@router.post("/exports", dependencies=[_EXPORT])
def push(
    request: Request,
    desk: Desk,
    who: Asking,
    list_: Annotated[str, Form(alias="list")] = "",
    keys: Annotated[list[str] | None, Form()] = None,
    q: Annotated[str, Form()] = "",
    spec: Annotated[str, Form()] = "",
    to: Annotated[str, Form()] = KINDS[0],
    preset: Annotated[str, Form()] = PRESET,
    notes: Annotated[bool, Form()] = False,
    plan: Annotated[str, Form(max_length=64)] = "",
) -> Response:
    """Hand over what was previewed; who was blocked since is left out. plan: digest of the preview."""
    asked = Asked(list_=list_, keys=tuple(keys or ()), query=q, spec=spec, to=to, preset=preset, notes=notes)
    if not asked.is_something:
        raise BadInput("choose a shortlist, people or a query to export")
    number = order.send(
        desk.store,
        desk.settings,
        _planned(desk, asked),
        actor=who.actor,
        now=desk.now(),
        expect=plan or None,
        shown=desk.displayed.of(who.actor),
        door=None if to in KINDS else desk.opened_door,
    )
    return done(request, f"/exports/{number}", _told(desk, number))


@router.get("/exports/plan/file", dependencies=[_EXPORT])
def plan_file(desk: Desk, who: Asking, asked: InAddress) -> Response:
    """Hand over what an export would do, row by row; writes the audit log. It is no export: nothing is remembered."""
    if not asked.is_something:
        raise BadInput("choose a shortlist, people or a query to export")
    prepared = _planned(desk, asked)
    order.looked(desk.store, prepared, actor=who.actor, now=desk.now())
    with desk.store.begin() as tx:
        detail = {"connector": prepared.connector, "rows": len(prepared.rows)}
        audit.append(
            tx,
            at=desk.now(),
            actor=who.actor,
            action="export.plan",
            subject=prepared.digest[:16],
            detail=detail,
        )
    name = file_name(f"plan {prepared.what}", kind="csv")
    return Response(
        preview.as_csv(prepared, blind=who.preferences.blind),
        media_type=_MEDIA["csv"],
        headers={"content-disposition": f"attachment; filename*=utf-8''{quote(name, safe='')}"},
    )


@router.get("/exports/{number}")
def show(request: Request, desk: Desk, number: str) -> Response:
    """Show what happened to each row of an export."""
    with desk.store.read() as tx:
        one = exports.get(tx, number)
    is_open = one.connector not in KINDS and any(row.state not in exports.CLOSED for row in one.rows)
    return render(
        request,
        "export.html",
        title="Export",
        one=one,
        is_open=is_open,
        is_file=one.connector in KINDS,
        can_undo=undo.is_possible(one),
        by_hand=[row for row in one.rows if row.state == exports.BY_HAND],
        is_there=_file(desk, one) is not None,
        previewed=PREVIEWED,
    )


@router.post("/exports/{number}/retry", dependencies=[_EXPORT])
def retry(request: Request, desk: Desk, who: Asking, number: str) -> Response:
    """Send the rows that are not done, and no other."""
    one, left = order.left(desk.store, desk.settings, number, now=desk.now())
    try:
        order.resume(
            desk.store,
            desk.settings,
            one,
            left,
            actor=who.actor,
            now=desk.now(),
            shown=desk.displayed.of(who.actor),
            door=desk.opened_door,
        )
    except RetryLater as error:
        return done(
            request, f"/exports/{number}", f"{one.connector} asks for patience: {error}. Try again later."
        )
    return done(request, f"/exports/{number}", _told(desk, number))


@router.post("/exports/{number}/undo", dependencies=[_EXPORT])
def take_back(request: Request, desk: Desk, who: Asking, number: str) -> Response:
    """Remove the files of an export, or let the system let go of what it made there; what is left is shown to do."""
    try:
        found = undo.undo(
            desk.store, desk.settings, number, actor=who.actor, now=desk.now(), door=desk.opened_door
        )
    except RetryLater as error:
        return done(request, f"/exports/{number}", f"Not all is taken back: {error}. Try again later.")
    return done(request, f"/exports/{number}", found.sentence)


@router.get("/exports/{number}/file", dependencies=[_EXPORT])
def file(desk: Desk, who: Asking, number: str) -> Response:
    """Hand the file over; writes the audit log."""
    with desk.store.begin() as tx:
        one = exports.get(tx, number)
        audit.append(tx, at=desk.now(), actor=who.actor, action="export.download", subject=number, detail={})
        if _is_stale(tx, one):
            raise BadInput("somebody in it is not to be handed over any more: export again, without them")
    path = _file(desk, one)
    if path is None:
        raise BadInput("the file is not here any more: export again, unchanged rows stay what they were")
    return FileResponse(path, media_type=_MEDIA[one.connector], filename=path.name)


def _planned(desk: Open, asked: Asked) -> Plan:
    chosen = bool(asked.list or asked.keys)
    wanted = Order(
        shortlist=asked.list or None,
        keys=asked.keys or None,
        query=None if chosen else asked.query,
        specialism=asked.spec or None,
        connector=asked.to,
        preset=asked.preset,
        notes=asked.notes,
        limit=LIMIT,
    )
    return order.prepare(desk.store, desk.settings, wanted, now=desk.now())


def _told(desk: Open, number: str) -> str:
    """Return how an export ended, in a sentence."""
    with desk.store.read() as tx:
        found = exports.states(tx, number)
    others = [f"{count} {state}" for state, count in found.items() if state not in exports.CLOSED]
    return ", ".join([f"Exported {found.get('ok', 0):,}", *others]) + "."


def _is_stale(tx: Any, one: Export) -> bool:
    """Return whether a file holds somebody who was erased since, asked not to be approached or is kept out."""
    if len(one.rows) < sum(one.counts.values()):
        return True
    left = [persons.resolve_key(tx, row.person) for row in one.rows if row.payload is not None]
    return bool(silent(tx, left, blind=True))


def _file(desk: Open, one: Export) -> Path | None:
    """Return the file an export wrote into our own folder; None if a later one wrote there, or it was taken back."""
    folder = (desk.settings.home / "exports").resolve()
    path = Path(one.destination).resolve()
    is_its = files.writer_of(path) == one.id and not all(row.state == exports.UNDONE for row in one.rows)
    return path if path.parent == folder and path.is_file() and is_its else None
