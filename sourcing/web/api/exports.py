"""Exports: planned first, sent as planned; files only, as no other connector is there yet."""

from datetime import datetime
from pathlib import PurePath
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query
from fastapi.responses import Response
from pydantic import Field, model_validator

from sourcing.access import Scope
from sourcing.export import order, plan
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

    specialism: whose scores go along; a shortlist has its own.
    """

    shortlist: shapes.Line | None = None
    query: shapes.Query | None = None
    keys: Annotated[list[shapes.Line], Field(min_length=1, max_length=KEYS_MAX)] | None = None
    specialism: shapes.Line | None = None
    to: Literal["csv", "ndjson"] = "csv"
    limit: Annotated[int, Field(ge=1, le=order.PEOPLE_MAX)] = 500
    dry_run: bool = False

    @model_validator(mode="after")
    def _says_one(self) -> "NewExport":
        assert self.to in KINDS
        if sum(part is not None for part in (self.shortlist, self.query, self.keys)) != 1:
            raise ValueError("give one of shortlist, query and keys")
        return self


class PlannedRow(shapes.Shape):
    """What happens to one person: create, update, skip or blocked, and why."""

    person: str
    name: str | None
    action: str
    reason: str


class Planned(shapes.Shape):
    """A plan, and the id of the export if it was sent. file: its name below home/exports."""

    export: str | None
    connector: str
    specialism: str
    file: str
    counts: dict[str, int]
    rows: list[PlannedRow]


class ExportLine(shapes.Shape):
    """One hand-over. digest: of the file."""

    export: str
    what: str
    connector: str
    file: str
    specialism: str | None
    actor: str
    at: datetime
    digest: str | None
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
    result: str | None


class SentRows(shapes.Shape):
    """The rows of one hand-over, by person. People erased since are not among them."""

    export: str
    rows: list[SentRow]
    next: str | None


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
        limit=body.limit,
    )

    def act() -> Planned:
        planned = order.prepare(store, settings, wanted, now=call.now)
        number = None
        if not body.dry_run:
            number = order.send(store, settings, planned, actor=call.actor, now=call.now)
        return Planned.of(
            planned,
            export=number,
            file=PurePath(planned.destination).name,
            rows=[
                PlannedRow.of(row, action=row.action.value, **(_unnamed(row) if call.blind else {}))
                for row in planned.rows
            ],
        )

    if body.dry_run:
        return call.answer(act())
    return call.once(body, act)


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


def _unnamed(row: plan.Planned) -> dict[str, str | None]:
    """Return what is sent instead in blind mode: why somebody is blocked may hold an address of theirs."""
    return {"name": None, "reason": "blocked" if row.action is plan.Action.BLOCKED else row.reason}


def _line(one: Export) -> ExportLine:
    return ExportLine.of(one, export=one.id, file=PurePath(one.destination).name)
