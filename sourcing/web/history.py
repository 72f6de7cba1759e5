"""What was done, and Undo: the newest deeds of everybody, each to be taken back while nothing came after it."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from sourcing import history
from sourcing.settings import pepper
from sourcing.web.auth import Asking, Desk
from sourcing.web.desk import Desk as Open
from sourcing.web.showing import called, done, render
from storage.subjects import PepperKeyer

router = APIRouter()
SHOWN = 100


@router.get("/history")
def index(request: Request, desk: Desk, who: Asking, mine: bool = False) -> Response:
    """Show what was done last."""
    with desk.store.read() as tx:
        deeds = history.recent(tx, limit=SHOWN, actor=who.actor if mine else None)
        deeds = history.covered(tx, deeds) if who.preferences.blind else deeds
    return render(request, "history.html", title="History", deeds=deeds, mine=mine)


@router.post("/undo")
def undo(
    request: Request,
    desk: Desk,
    who: Asking,
    deed: Annotated[str, Form()],
    back: Annotated[str, Form()] = "",
    to: Annotated[str, Form()] = "",
) -> Response:
    """Take a deed back and return to where it was done."""
    told = history.undo(desk.store, deed, actor=who.actor, now=desk.now(), way=way(desk))
    with desk.store.read() as tx:
        (shown,) = history.covered(tx, [told]) if who.preferences.blind else [told]
    whom = f"{called(desk, who, told.people)}: " if told.people else ""
    return done(request, back or to or "/history", f"Undone. {whom}{shown.text}.")


def way(desk: Open) -> history.Way:
    """Return what undoing needs of this server."""
    settings = desk.settings
    keyer = PepperKeyer(pepper(settings))
    return history.Way(home=settings.home, roots=settings.roots, keyer=keyer)
