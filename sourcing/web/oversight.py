"""The ranking switched off for everybody, and on again; and what the chosen profiles of laws ask of this place."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response

from sourcing import jurisdictions, oversight
from sourcing.access import Scope
from sourcing.web.auth import Asking, Desk, needs
from sourcing.web.showing import done, render
from storage import halts

router = APIRouter()
_ADMIN = [Depends(needs(Scope.ADMIN))]
_PAGE = "/oversight"


@router.get(_PAGE)
def show(request: Request, desk: Desk) -> Response:
    """Show whether the ranking is on, and the duties that are kept."""
    with desk.store.read() as tx:
        halt = halts.standing(tx)
    return render(
        request, "oversight.html", title="Oversight", halt=halt, duties=jurisdictions.duties(desk.settings)
    )


@router.post(f"{_PAGE}/stop", dependencies=_ADMIN)
def stop(request: Request, desk: Desk, who: Asking, reason: Annotated[str, Form()] = "") -> Response:
    """Switch the ranking off everywhere."""
    oversight.stop(desk.store, reason=reason, actor=who.actor, now=desk.now())
    return done(request, _PAGE, "The ranking is off: lists stay, without scores.")


@router.post(f"{_PAGE}/resume", dependencies=_ADMIN)
def resume(request: Request, desk: Desk, who: Asking, reason: Annotated[str, Form()] = "") -> Response:
    """Switch the ranking on again."""
    oversight.resume(desk.store, reason=reason, actor=who.actor, now=desk.now())
    return done(request, _PAGE, "The ranking is on.")
