"""What a hiring manager sees who opens a link to a shortlist: the people and why, and nothing to press."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from sourcing import board, shares
from sourcing.settings import pepper
from sourcing.web.auth import Desk
from sourcing.web.showing import render

router = APIRouter()


@router.get("/shared/{token}")
def shared(request: Request, desk: Desk, token: str) -> Response:
    """Show a shortlist as its link allows."""
    now = desk.now()
    link = shares.open_(desk.store, token, secret=pepper(desk.settings), now=now)
    with desk.store.read() as tx:
        shown = board.show(tx, link.shortlist, now=now, blind=link.blind)
    titles = desk.specialisms
    spec = shown.shortlist.specialism
    return render(
        request,
        "shared.html",
        title="Shortlist" if link.blind else link.shortlist,
        board=shown,
        link=link,
        blind=link.blind,
        of=titles.get(spec, spec) if spec else None,
    )
