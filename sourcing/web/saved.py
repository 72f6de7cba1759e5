"""Saved searches: who is new, risen, fallen and gone in each, and how to end one."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from sourcing import moves, searches
from sourcing.errors import BadInput
from sourcing.web.auth import Asking, Desk
from sourcing.web.showing import done, render
from storage import saved

router = APIRouter()
SHOWN = 25  # of each way; the rest comes once these were looked at


@router.get("/saved")
def index(request: Request, desk: Desk) -> Response:
    """Show the saved searches with who is new in each."""
    with desk.store.read() as tx:
        found = searches.ls(tx, now=desk.now())
    return render(request, "saved.html", title="Saved searches", found=found)


@router.get("/saved/{name}")
def changes(request: Request, desk: Desk, who: Asking, name: str) -> Response:
    """Show what changed under a saved search since it was last shown; nothing is marked as shown by it."""
    with desk.store.read() as tx:
        one = saved.get(tx, name)
        fresh = searches.fresh(tx, one, now=desk.now(), top=0)
        found = moves.of(tx, name, limit=SHOWN, now=desk.now(), blind=who.preferences.blind)
    ways = {way: [each for each in found if each.way is way] for way in moves.Way}
    return render(request, "changes.html", title=name, one=one, fresh=fresh, ways=ways, counts=_counts(fresh))


@router.post("/saved/seen")
def seen(
    request: Request,
    desk: Desk,
    name: Annotated[str, Form()],
    keys: Annotated[list[str] | None, Form()] = None,
) -> Response:
    """Remember that the changes on a page were looked at."""
    searches.see(desk.store, name, keys or [], now=desk.now())
    return done(request, "/saved", "Looked at: what comes from now on is told.")


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


def _counts(fresh: searches.Fresh) -> dict[moves.Way, int]:
    return {way: getattr(fresh, way) for way in moves.Way}


@router.post("/saved/remove")
def remove(request: Request, desk: Desk, who: Asking, name: Annotated[str, Form()]) -> Response:
    """Forget a saved search."""
    searches.remove(desk.store, name, actor=who.actor, now=desk.now())
    return done(request, "/saved", "The saved search is gone; nobody in it is.")
