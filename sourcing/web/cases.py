"""Requests people made about themselves, for whoever answers them: what is due, what was proved, who must be told."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response

from sourcing.access import Scope
from sourcing.errors import BadInput
from sourcing.privacy import cases, corrections, notices
from sourcing.web.auth import Asking, Desk, needs
from sourcing.web.showing import done, render
from storage import cases as requests
from storage.cases import PROVE_DAYS, State
from storage.corrections import ATTRIBUTES

router = APIRouter()
_ADMIN = [Depends(needs(Scope.ADMIN))]
_SHOWN = 200
_PAGE = "/requests"


@router.get(_PAGE)
def ls(request: Request, desk: Desk) -> Response:
    """Show open requests, proved ones and those due first, and who is to be told what is held."""
    now = desk.now()
    with desk.store.read() as tx:
        found = requests.ls(tx, only_open=True, limit=_SHOWN, since=now - timedelta(days=PROVE_DAYS))
    due = notices.due(desk.store, desk.settings, now=now)
    return render(
        request, "cases.html", title="Requests and notices", cases=found, due=due[:_SHOWN], due_all=len(due),
        attributes=ATTRIBUTES,
    )  # fmt: skip


@router.post(_PAGE + "/{case}/prove", dependencies=_ADMIN)
def prove(
    request: Request,
    desk: Desk,
    who: Asking,
    case: str,
    key: Annotated[str, Form()],
    reason: Annotated[str, Form()],
) -> Response:
    """Take an operator's word that control was shown."""
    cases.prove_by_hand(
        desk.store, desk.settings, case, key.strip(), reason=reason, actor=who.actor, now=desk.now()
    )
    return done(request, _PAGE, "Control is kept as shown; what could be done at once was done.")


@router.post(_PAGE + "/{case}/correct", dependencies=_ADMIN)
def correct(
    request: Request,
    desk: Desk,
    who: Asking,
    case: str,
    attribute: Annotated[str, Form()],
    wrong: Annotated[str, Form()],
    right: Annotated[str, Form()] = "",
) -> Response:
    """Correct what somebody says is wrong, and answer their request."""
    with desk.store.read() as tx:
        found = requests.get(tx, case)
    if not found.is_open:
        raise BadInput("this request was answered already")
    if found.person is None:
        raise BadInput("nobody showed yet that this account is theirs: nothing is corrected before")
    corrections.correct(
        desk.store, found.person, attribute, wrong=wrong, right=right.strip() or None, reason="asked by the person",
        actor=who.actor, now=desk.now(),
    )  # fmt: skip
    outcome = "It was corrected, and stays so whatever is found again."
    cases.close(
        desk.store, desk.settings, case, state=State.DONE, outcome=outcome, actor=who.actor, now=desk.now()
    )
    return done(request, _PAGE, "Corrected, and the request is answered.")


@router.post(_PAGE + "/{case}/close", dependencies=_ADMIN)
def close(
    request: Request,
    desk: Desk,
    who: Asking,
    case: str,
    outcome: Annotated[str, Form()],
    refuse: Annotated[bool, Form()] = False,
) -> Response:
    """Answer a request; evidence of a dispute that is refused counts again."""
    state = State.REFUSED if refuse else State.DONE
    cases.close(
        desk.store, desk.settings, case, state=state, outcome=outcome, actor=who.actor, now=desk.now()
    )
    return done(request, _PAGE, "The request is answered.")
