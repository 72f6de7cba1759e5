"""Today: what is new, what is to do, how the shortlists stand; a failed or late run comes first."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from sourcing import today as verbs
from sourcing.web.auth import Desk
from sourcing.web.showing import render

router = APIRouter()


@router.get("/")
def today(request: Request, desk: Desk) -> Response:
    """Show the page to open in the morning. Nothing is marked as seen by it."""
    now = desk.now()
    with desk.store.read() as tx:
        board = verbs.board(tx, desk.settings, desk.questions, now=now)
    return render(request, "today.html", title="Today", board=board, night=board.night, now=now)
