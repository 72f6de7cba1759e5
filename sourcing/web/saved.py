"""Saved searches: who is new in each, and how to end one."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from sourcing import searches
from sourcing.errors import BadInput
from sourcing.web.auth import Asking, Desk
from sourcing.web.showing import done, render

router = APIRouter()


@router.get("/saved")
def index(request: Request, desk: Desk) -> Response:
    """Show the saved searches with who is new in each."""
    with desk.store.read() as tx:
        found = searches.ls(tx, now=desk.now())
    return render(request, "saved.html", title="Saved searches", found=found)


@router.post("/saved")
def save(
    request: Request,
    desk: Desk,
    who: Asking,
    name: Annotated[str, Form()],
    query: Annotated[str, Form()] = "",
    specialism: Annotated[str, Form()] = "",
    sort: Annotated[str, Form()] = "established",
    back: Annotated[str, Form()] = "/saved",
) -> Response:
    """Save a search."""
    if specialism and specialism not in desk.specialisms:
        raise BadInput(f"no specialism {specialism!r}: choose one that is ranked")
    now = desk.now()
    found = searches.save(
        desk.store,
        name.strip(),
        query,
        specialism=specialism or None,
        actor=who.actor,
        now=now,
        sort=sort or "established",
    )
    return done(request, back, f"Saved. {found:,} are under it now; whoever comes later is told as new.")


@router.post("/saved/remove")
def remove(request: Request, desk: Desk, who: Asking, name: Annotated[str, Form()]) -> Response:
    """Forget a saved search."""
    searches.remove(desk.store, name, actor=who.actor, now=desk.now())
    return done(request, "/saved", "The saved search is gone; nobody in it is.")
