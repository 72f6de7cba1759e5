"""What a hiring manager sees who opens a link to a shortlist: the people and why, and nothing to press."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from sourcing import board, shares
from sourcing.web.auth import Desk
from sourcing.web.showing import render

router = APIRouter()


@router.get("/shared/{token}")
def shared(request: Request, desk: Desk, token: str) -> Response:
    """Show a shortlist as its link allows."""
    now = desk.now()
    opened = shares.open_(desk.store, desk.settings, token, now=now)
    link = opened.share
    with desk.store.read() as tx:
        shown = board.show(tx, link.shortlist, now=now, blind=link.blind)
    titles = desk.specialisms
    spec = shown.shortlist.specialism
    return render(
        request,
        "shared.html",
        title="Shortlist" if link.blind else link.shortlist,
        board=shown,
        rows=[row for row in shown.rows if row.asked is None and row.item.person not in opened.left_out],
        left_out=len(opened.left_out),
        link=link,
        blind=link.blind,
        of=titles.get(spec, spec) if spec else None,
    )
