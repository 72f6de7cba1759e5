"""Exports: what, where, a preview of every row, then the file; and what left before. Nothing leaves unseen."""

from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import FileResponse, Response

from sourcing.access import Scope
from sourcing.errors import BadInput, BadQuery, UnknownName
from sourcing.export import plan
from sourcing.export.connectors.files import KINDS, file_name
from sourcing.export.lead import Occasion
from sourcing.export.plan import Plan, Target
from sourcing.lists import silent
from sourcing.query import parse
from sourcing.settings import pepper
from sourcing.web.auth import Asking, Desk, needs
from sourcing.web.desk import Desk as Open
from sourcing.web.showing import done, render
from storage import audit, exports, lists, persons
from storage.model import Export
from storage.subjects import PepperKeyer

router = APIRouter()
SHOWN = 30
PREVIEWED = 200
LIMIT = 500
"""People of a query that are exported at most."""
_EXPORT = Depends(needs(Scope.EXPORT))
_MEDIA = {"csv": "text/csv", "ndjson": "application/x-ndjson"}


@router.get("/exports")
def index(
    request: Request,
    desk: Desk,
    who: Asking,
    list_: Annotated[str, Query(alias="list")] = "",
    keys: Annotated[list[str] | None, Query()] = None,
    q: Annotated[str, Query(max_length=2_000)] = "",
    spec: str = "",
    to: str = KINDS[0],
) -> Response:
    """Show what an export would do, and what was exported."""
    asked = Asked(list_=list_, keys=tuple(keys or ()), query=q, spec=spec, to=to)
    prepared: Plan | None = None
    mistake: str | None = None
    if asked.is_something and who.may(Scope.EXPORT):
        try:
            prepared = _planned(desk, asked)
        except (BadInput, BadQuery, UnknownName) as error:
            mistake = str(error)
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
        mistake=mistake,
        past=past,
        roles=roles,
        kinds=KINDS,
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
) -> Response:
    """Write the file that was previewed; who was blocked since is left out."""
    asked = Asked(list_=list_, keys=tuple(keys or ()), query=q, spec=spec, to=to)
    if not asked.is_something:
        raise BadInput("choose a shortlist, people or a query to export")
    prepared = _planned(desk, asked)
    keyer = PepperKeyer(pepper(desk.settings))
    number = plan.push(desk.store, prepared, actor=who.actor, now=desk.now(), keyer=keyer)
    return done(request, f"/exports/{number}", f"Exported {len(prepared.leads):,}.")


@router.get("/exports/{number}")
def show(request: Request, desk: Desk, number: str) -> Response:
    """Show what happened to each row of an export."""
    with desk.store.read() as tx:
        one = exports.get(tx, number)
    is_there = _file(desk, one.destination) is not None
    return render(request, "export.html", title="Export", one=one, is_there=is_there, previewed=PREVIEWED)


@router.get("/exports/{number}/file", dependencies=[_EXPORT])
def file(desk: Desk, who: Asking, number: str) -> Response:
    """Hand the file over; writes the audit log."""
    with desk.store.begin() as tx:
        one = exports.get(tx, number)
        audit.append(tx, at=desk.now(), actor=who.actor, action="export.download", subject=number, detail={})
        if _is_stale(tx, one):
            raise BadInput("somebody in it is not to be handed over any more: export again, without them")
    path = _file(desk, one.destination)
    if path is None:
        raise BadInput("the file is not here any more: export again, unchanged rows stay what they were")
    return FileResponse(path, media_type=_MEDIA[one.connector], filename=path.name)


class Asked:
    """What is to be exported: a shortlist or some of it, chosen people, or a query."""

    def __init__(self, *, list_: str, keys: tuple[str, ...], query: str, spec: str, to: str) -> None:
        self.list, self.keys, self.query, self.spec, self.to = list_, keys, query.strip(), spec, to

    @property
    def is_something(self) -> bool:
        """Return whether anything was chosen."""
        return bool(self.list or self.keys or (self.query and self.spec))

    @property
    def what(self) -> str:
        """Return it as it is remembered."""
        if self.list:
            return self.list
        return f"{len(self.keys)} chosen people" if self.keys else f"query: {self.query}"


def _planned(desk: Open, asked: Asked) -> Plan:
    settings = desk.settings
    if asked.to not in KINDS:
        raise UnknownName("connector", asked.to, KINDS)
    with desk.store.read() as tx:
        spec, keys = _people(tx, asked)
        if spec not in desk.specialisms:
            raise BadInput("say whose scores to send: choose a specialism")
        name = file_name(asked.list or spec, kind=asked.to)
        target = Target(connector=asked.to, destination=settings.home / "exports" / name, what=asked.what)
        occasion = Occasion(
            specialism=spec,
            now=desk.now(),
            keep_days=settings.privacy.keep_exports_days,
            notice_days=settings.privacy.notice_days,
            shortlist=asked.list or None,
        )
        return plan.plan(tx, keys, target, occasion, keyer=PepperKeyer(pepper(settings)))


def _people(tx: Any, asked: Asked) -> tuple[str, list[str]]:
    if asked.list:
        found = lists.show(tx, asked.list)
        keys = [item.person for item in found.items if not asked.keys or item.person in asked.keys]
        return asked.spec or found.specialism or "", keys
    if asked.keys:
        return asked.spec, list(dict.fromkeys(asked.keys))
    return asked.spec, plan.keys_of_query(tx, parse(asked.query), specialism=asked.spec, limit=LIMIT)


def _is_stale(tx: Any, one: Export) -> bool:
    """Return whether a file holds somebody who was erased since, asked not to be approached or is kept out."""
    if len(one.rows) < sum(one.counts.values()):
        return True
    left = [persons.resolve_key(tx, row.person) for row in one.rows if row.payload is not None]
    return bool(silent(tx, left, blind=True))


def _file(desk: Open, destination: str) -> Path | None:
    """Return a file that this server wrote into its own folder, None for any other."""
    folder = (desk.settings.home / "exports").resolve()
    path = Path(destination).resolve()
    return path if path.parent == folder and path.is_file() else None
