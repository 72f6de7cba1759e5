"""Whether people are treated alike: the spread of a shortlist, impact ratios of supplied counts, what is measured."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from sourcing.errors import BadInput
from sourcing.fairness import allowed, held, impact, reach
from sourcing.web.auth import Desk
from sourcing.web.showing import render

router = APIRouter()
COUNTS_MAX = 20_000


@router.get("/lists/{name}/reach")
def spread(request: Request, desk: Desk, name: str) -> Response:
    """Show how much of a shortlist comes from few sources, regions and institutions."""
    with desk.store.read() as tx:
        found = reach.of(tx, name)
    return render(request, "reach.html", title="Reach", found=found)


@router.get("/fairness")
def look(request: Request) -> Response:
    """Show what a ranking may look at, and ask for counts."""
    return _page(request, counts="", tables=[], mistake=None)


@router.post("/fairness")
def ratios(request: Request, counts: Annotated[str, Form(max_length=COUNTS_MAX)] = "") -> Response:
    """Show impact ratios of supplied counts; nothing is kept of them."""
    try:
        return _page(request, counts=counts, tables=impact.tables(impact.read(counts)), mistake=None)
    except BadInput as error:
        return _page(request, counts=counts, tables=[], mistake=str(error))


def _page(request: Request, *, counts: str, tables: list[impact.Table], mistake: str | None) -> Response:
    return render(
        request,
        "fairness.html",
        title="Fairness",
        counts=counts,
        tables=tables,
        warnings=impact.warnings(tables),
        mistake=mistake,
        features=allowed.load(held.root()).features,
    )
