"""Which of a lead's values goes into which field of a target: edited, tried on one lead, saved, given back."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response

from sourcing.access import Scope
from sourcing.errors import ConfigError
from sourcing.export import edited, mapping, order
from sourcing.export.connectors.files import KINDS
from sourcing.export.edited import Line
from sourcing.export.mapping import VALUES, Kind, Mapping, Value
from sourcing.export.order import Order
from sourcing.web.auth import Asking, Desk, needs
from sourcing.web.desk import Desk as Open
from sourcing.web.showing import done, render

router = APIRouter(dependencies=[Depends(needs(Scope.ADMIN))])
SPARE = 3
"""Empty rows for fields that are not there yet."""
_PAGE = "/exports/mappings/{target}"
_TEXTS = Annotated[list[str] | None, Form()]


@router.get(_PAGE)
def edit(request: Request, desk: Desk, who: Asking, target: str) -> Response:
    """Show a mapping as rows, and what would be in each field of one lead."""
    now = mapping.of(desk.settings, target)
    return _page(request, desk, now, edited.lines(now), shown=now, blind=who.preferences.blind)


@router.post(_PAGE)
def change(
    request: Request,
    desk: Desk,
    who: Asking,
    target: str,
    version: Annotated[int, Form()],
    do: Annotated[str, Form()] = "try",
    field: _TEXTS = None,
    value: _TEXTS = None,
    once: _TEXTS = None,
) -> Response:
    """Try what the rows say on one lead, save it, or go back to what the files say. do: try, save, reset."""
    here = _PAGE.format(target=target)
    if do == "reset":
        edited.reset(desk.store, desk.settings, target, actor=who.actor, now=desk.now())
        return done(request, here, "The mapping is again what its files say.")
    rows = [
        Line(field=theirs, value=ours, once=theirs in (once or ()))
        for theirs, ours in zip(field or (), value or (), strict=False)
    ]
    try:
        if do == "save":
            by: dict[str, Any] = {"actor": who.actor, "now": desk.now()}
            made = edited.save(desk.store, desk.settings, target, rows, version=version, **by)
            return done(request, here, f"Saved as {made.label}; exports use it from now on.")
        shown = edited.draft(desk.settings, target, rows)
    except ConfigError as error:
        now = mapping.of(desk.settings, target)
        return _page(request, desk, now, rows, mistake=str(error), status=422)
    now = mapping.of(desk.settings, target)
    return _page(request, desk, now, rows, shown=shown, blind=who.preferences.blind)


def _page(
    request: Request,
    desk: Open,
    now: Mapping,
    rows: list[Line],
    *,
    shown: Mapping | None = None,
    mistake: str | None = None,
    blind: bool = False,
    status: int = 200,
) -> Response:
    kept = [row for row in rows if row.field.strip()]
    tried, why = ([], "") if shown is None or blind else _tried(desk, shown)
    return render(
        request,
        "mapping.html",
        status=status,
        title="Mapping",
        one=now,
        rows=[*kept, *[Line(field="", value="")] * SPARE],
        values=sorted(VALUES),
        tried=tried,
        why=why,
        mistake=mistake,
        is_saved=edited.path_of(desk.settings, now.name).is_file(),
    )


def _tried(desk: Open, shown: Mapping) -> tuple[list[tuple[str, str, Value]], str]:
    """Return what would be in each field for the first person who may go there, or why there is none."""
    is_file = shown.kind is Kind.FILE
    why = "nobody is ranked yet"
    for spec in desk.specialisms:
        wanted = Order(
            query="",
            specialism=spec,
            limit=1,
            connector=KINDS[0] if is_file else shown.name,
            preset=shown.name if is_file else order.PRESET,
        )
        prepared = order.prepare(desk.store, desk.settings, wanted, now=desk.now())
        if prepared.leads:
            return edited.tried(shown, prepared.leads[0]), ""
        why = next((row.reason for row in prepared.rows), why)
    return [], why
