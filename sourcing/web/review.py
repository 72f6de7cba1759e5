"""Possible duplicates side by side, most at stake first: the same person, not the same, or later, by one key."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from sourcing import blind, review
from sourcing.errors import BadInput
from sourcing.review import Question, Side
from sourcing.settings import pepper
from sourcing.web import words
from sourcing.web.auth import Asking, Desk
from sourcing.web.lists import told
from sourcing.web.showing import render
from storage.subjects import PepperKeyer

router = APIRouter()
WAITING = 20
SHOWN = 6  # values of a kind on one side
_OWN = ("Also known as", "Links", "Says of itself", "Logins")
"""What two accounts of one person seldom share."""
_REASON = {"same": "compared side by side: one person", "different": "compared side by side: two people"}


@router.get("/review")
def index(
    request: Request, desk: Desk, who: Asking, pair: str | None = None, later: bool = False
) -> Response:
    """Show the question with most at stake, or the one asked for, and those that wait behind it."""
    now = desk.now()
    with desk.store.read() as tx:
        waiting, total = review.questions(tx, limit=WAITING, now=now, later=later)
        question = review.get(tx, pair, now=now) if pair else (waiting[0] if waiting else None)
        sides = (question.left, question.right) if question is not None else ()
        keys = {one.person for one in sides if one.person is not None}
        covers = blind.covers(tx, keys) if who.preferences.blind else {}
    rows = _rows(question) if question is not None else []
    return render(
        request,
        "review.html",
        title="Review",
        question=question,
        rows=rows,
        waiting=waiting,
        total=total,
        later=later,
        covers=covers,
        reasons=_REASON,
    )


@router.post("/review")
def answer(
    request: Request,
    desk: Desk,
    who: Asking,
    say: Annotated[str, Form()],
    left: Annotated[str, Form()],
    right: Annotated[str, Form()],
    reason: Annotated[str, Form()] = "",
) -> Response:
    """Take an answer and go on to the next question."""
    by: dict[str, Any] = {"actor": who.actor, "now": desk.now()}
    keyer = PepperKeyer(pepper(desk.settings))
    why = reason.strip() or _REASON.get(say, "")
    match say:
        case "same":
            deed = review.same(desk.store, left, right, reason=why, keyer=keyer, **by).deed
            words = "Joined: they are one person now."
        case "different":
            deed = review.different(desk.store, left, right, reason=why, keyer=keyer, **by).deed
            words = "Kept apart, for good."
        case "later":
            deed = review.later(desk.store, left, right, **by).deed
            words = f"Asked again in {review.LATER_DAYS} days."
        case _:
            raise BadInput(f"cannot answer {say!r}: same, different or later")
    return told(request, "/review", words, deed)


def _rows(question: Question) -> list[tuple[str, list[str], list[str], str]]:
    """Return what both sides say, by what it is: (what, left, right, agree or differ, empty for what cannot)."""
    left, right = (_facts(side) for side in (question.left, question.right))
    rows = []
    for what in left:
        mine, theirs = left[what], right[what]
        if mine or theirs:
            same = {one.casefold() for one in mine} & {one.casefold() for one in theirs}
            told = "agree" if same else "differ" if mine and theirs and what not in _OWN else ""
            rows.append((what, _short(mine), _short(theirs), told))
    return rows


def _short(values: list[str]) -> list[str]:
    more = len(values) - SHOWN
    return values if more <= 0 else [*values[:SHOWN], f"and {more} more"]


def _facts(side: Side) -> dict[str, list[str]]:
    view = side.view
    told: dict[str, list[str]] = {
        "Names": list(view.names) if view else [],
        "Logins": list(view.handles) if view else [],
        "Works at": list(view.affiliations) if view else [],
        "Place": [view.location] if view and view.location else [],
        "Homepages": list(view.homepages) if view else [],
        "Links": list(view.links) if view else [],
        "ORCID": list(view.orcids) if view else [],
        "Says of itself": [view.summary] if view and view.summary else [],
        "Also known as": [words.shortened(one) for one in side.others],
    }
    return told
