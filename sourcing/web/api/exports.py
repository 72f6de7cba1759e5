"""Exports: planned first, sent as planned, to files and systems; what left, and what is left to send."""

from datetime import datetime
from pathlib import PurePath
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from fastapi.responses import Response
from pydantic import Field, model_validator

from sourcing.access import Scope
from sourcing.export import order, plan, preview, undo
from sourcing.export.connectors.files import KINDS
from sourcing.web.api import shapes
from sourcing.web.api.calls import Asked, NoneMatch, Once
from sourcing.web.api.cursors import pack, unpack, unpack_moment
from sourcing.web.api.people import Cursor, known_specialism
from sourcing.web.auth import needs
from storage import exports, persons
from storage.model import Export

router = APIRouter(prefix="/exports", tags=["exports"])
KEYS_MAX = 10_000
_ID = Annotated[str, Path(min_length=1, max_length=40, pattern=r"^[A-Za-z0-9-]+$")]


class NewExport(shapes.Body):
    """What to hand over: a shortlist, the best of a query, or keys; one of them. dry_run: plan only.

    specialism: whose scores go along; a shortlist has its own. to: a kind of file or a system. preset: columns of a
    file. plan: digest of the plan that was looked at; another one by now is refused.
    """

    shortlist: shapes.Line | None = None
    query: shapes.Query | None = None
    keys: Annotated[list[shapes.Line], Field(min_length=1, max_length=KEYS_MAX)] | None = None
    specialism: shapes.Line | None = None
    to: shapes.Line = "csv"
    preset: shapes.Line = order.PRESET
    notes: bool = False
    plan: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    limit: Annotated[int, Field(ge=1, le=order.PEOPLE_MAX)] = 500
    dry_run: bool = False

    @model_validator(mode="after")
    def _says_one(self) -> "NewExport":
        if sum(part is not None for part in (self.shortlist, self.query, self.keys)) != 1:
            raise ValueError("give one of shortlist, query and keys")
        return self


class Kept(shapes.Shape):
    """A field that the policy keeps here. rule: which one; terms: address of the source's terms, null if unknown."""

    field: str
    rule: str
    why: str
    terms: str | None


class PlannedRow(shapes.Shape):
    """What happens to one person: create, update, skip or blocked, and the reason. changes: fields a system is sent.

    why: what speaks for them, strongest first.
    """

    person: str
    name: str | None
    action: str
    reason: str
    why: list[str]
    changes: list[str]
    withheld: list[Kept]


class Planned(shapes.Shape):
    """A plan, and the id of the export if it was sent. file: its name below home/exports; the system's name.

    plan: its digest, to be sent along. states: how far the rows came, if it was sent.
    """

    export: str | None
    plan: str
    states: dict[str, int]
    connector: str
    specialism: str
    file: str
    counts: dict[str, int]
    rows: list[PlannedRow]


class ExportLine(shapes.Shape):
    """One hand-over. digest: of the file, or of the plan. finished_at: null if it was cut short."""

    export: str
    what: str
    connector: str
    file: str
    specialism: str | None
    actor: str
    at: datetime
    digest: str | None
    mapping: str | None
    finished_at: datetime | None
    counts: dict[str, int]


class ExportsPage(shapes.Shape):
    """Hand-overs, newest first."""

    exports: list[ExportLine]
    next: str | None


class SentRow(shapes.Shape):
    """What happened to one person. person: the key they have now; payload: digest of what left, None if blocked."""

    person: str
    action: str
    payload: str | None
    state: str
    result: str | None


class SentRows(shapes.Shape):
    """The rows of one hand-over, by person. People erased since are not among them."""

    export: str
    rows: list[SentRow]
    next: str | None


class SentStates(shapes.Shape):
    """How far the rows of a hand-over came: ok, failed, unsure, waiting, planned, blocked, undone, by_hand."""

    export: str
    states: dict[str, int]


class Chore(shapes.Shape):
    """What somebody has to do by hand. person: null for what is not about one. external_id: the system's own."""

    person: str | None
    external_id: str | None
    what: str


class TakenBack(shapes.Shape):
    """What became of a hand-over that is taken back. files: removed here. withdrawn: leads the system let go of."""

    export: str
    files: int
    withdrawn: int
    chores: list[Chore]


@router.post(
    "",
    status_code=201,
    response_model=Planned,
    responses={200: {"model": Planned, "description": "Planned only."}},
    dependencies=[Depends(needs(Scope.EXPORT))],
    summary="Plan an export, or send it",
)
def create(call: Asked, body: NewExport, once: Once = None) -> Response:
    """Plan what would happen to each person; without dry_run, write the file and remember what left."""
    known_specialism(call, body.specialism)
    store, settings = call.desk.store, call.desk.settings
    wanted = order.Order(
        shortlist=body.shortlist,
        query=body.query,
        keys=None if body.keys is None else tuple(body.keys),
        specialism=body.specialism,
        connector=body.to,
        preset=body.preset,
        notes=body.notes,
        limit=body.limit,
    )

    def act() -> Planned:
        planned = order.prepare(store, settings, wanted, now=call.now)
        number = None
        if body.dry_run:
            order.looked(store, planned, actor=call.actor, now=call.now)
        else:
            door = None if body.to in KINDS else call.desk.opened_door
            number = order.send(
                store, settings, planned, actor=call.actor, now=call.now, expect=body.plan, door=door
            )
        return _planned(call, planned, number)

    if body.dry_run:
        return call.answer(act())
    return call.once(body, act)


@router.post(
    "/{export}/retry",
    response_model=SentStates,
    dependencies=[Depends(needs(Scope.EXPORT))],
    summary="Send the rows of a hand-over that are not done",
)
def retry(call: Asked, export: _ID, once: Once = None) -> Response:
    """Send what is left of a hand-over to a system, and nothing that was answered for."""
    store, settings = call.desk.store, call.desk.settings

    def act() -> SentStates:
        one, left = order.left(store, settings, export, now=call.now)
        order.resume(store, settings, one, left, actor=call.actor, now=call.now, door=call.desk.opened_door)
        with call.read() as tx:
            return SentStates(export=export, states=exports.states(tx, export))

    return call.once(None, act)


@router.post(
    "/{export}/undo",
    response_model=TakenBack,
    dependencies=[Depends(needs(Scope.EXPORT))],
    summary="Take a hand-over back",
)
def take_back(call: Asked, export: _ID, once: Once = None) -> Response:
    """Remove its files, or let the system let go of what it made there; what is left is a list of chores."""
    store, settings = call.desk.store, call.desk.settings

    def act() -> TakenBack:
        door = call.desk.opened_door
        found = undo.undo(store, settings, export, actor=call.actor, now=call.now, door=door)
        return TakenBack.of(found, chores=[Chore.of(one) for one in found.chores])

    return call.once(None, act)


@router.get("", response_model=ExportsPage, summary="What was handed over")
def ls(
    call: Asked,
    size: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Cursor = None,
    etag: NoneMatch = None,
) -> Response:
    """Return hand-overs, newest first."""
    after = None if cursor is None else unpack_moment(cursor)
    with call.read() as tx:
        found = exports.history(tx, limit=size + 1, after=after)
    part = found[:size]
    more = pack(part[-1].at.isoformat(), part[-1].id) if len(found) > size else None
    return call.answer(ExportsPage(exports=[_line(one) for one in part], next=more))


@router.get("/{export}/rows", response_model=SentRows, summary="The people of a hand-over")
def rows(
    call: Asked,
    export: _ID,
    size: Annotated[int, Query(ge=1, le=1_000)] = 500,
    cursor: Cursor = None,
    etag: NoneMatch = None,
) -> Response:
    """Return what happened to each person of a hand-over."""
    (last,) = unpack(cursor, str) if cursor is not None else ("",)
    with call.read() as tx:
        found = [row for row in exports.get(tx, export).rows if row.person > last]
        part = found[:size]
        living = {row.person: persons.resolve_key(tx, row.person) for row in part}
    return call.answer(
        SentRows(
            export=export,
            rows=[SentRow.of(row, person=living[row.person]) for row in part],
            next=pack(part[-1].person) if len(found) > size else None,
        )
    )


def _planned(call: Asked, planned: plan.Plan, number: str | None) -> Planned:
    states: dict[str, int] = {}
    if number is not None:
        with call.read() as tx:
            states = exports.states(tx, number)
    return Planned.of(
        planned,
        export=number,
        plan=planned.digest,
        states=states,
        file=PurePath(planned.destination).name,
        rows=[
            PlannedRow.of(
                row,
                action=row.action.value,
                why=list(preview.why(row, blind=call.blind)),
                changes=list(row.changes),
                withheld=[Kept.of(held) for held in row.withheld],
                **(_unnamed(row) if call.blind else {}),
            )
            for row in planned.rows
        ],
    )


def _unnamed(row: plan.Planned) -> dict[str, str | None]:
    """Return what is sent instead in blind mode: why somebody is blocked may hold an address of theirs."""
    return {"name": None, "reason": "blocked" if row.action is plan.Action.BLOCKED else row.reason}


def _line(one: Export) -> ExportLine:
    return ExportLine.of(one, export=one.id, file=PurePath(one.destination).name)
