"""Requests of people about themselves: made for somebody who wrote in, listed, proved by an operator, and answered."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from fastapi.responses import Response
from pydantic import Field

from sourcing.access import Scope
from sourcing.privacy import cases
from sourcing.web.api import shapes
from sourcing.web.api.calls import Asked, NoneMatch, Once
from sourcing.web.auth import needs
from storage import cases as requests
from storage.cases import Kind, State

router = APIRouter(prefix="/requests", tags=["privacy"], dependencies=[Depends(needs(Scope.ADMIN))])
MOST = 1_000
_TEXT_MAX = 2_000
Number = Annotated[str, Path(pattern=r"^[0-9a-f]{12}$", description="The number of a request.")]
Text = Annotated[shapes.Note, Field(max_length=_TEXT_MAX)]


class Answer(StrEnum):
    """How a request ends."""

    DONE = "done"
    REFUSED = "refused"


class NewRequest(shapes.Body):
    """What somebody asks for. subject: their account (`github:LOGIN`) or the https address of their homepage.

    signal: address of the evidence that is disputed. request: what is wrong, and what is right.
    """

    kind: Kind
    subject: Annotated[shapes.Line, Field(max_length=300)]
    request: Text | None = None
    signal: Text | None = None


class Proof(shapes.Body):
    """Who asks, and how they showed it: what they ask for is done at once where nobody need decide."""

    person: shapes.Line
    reason: Annotated[shapes.Line, Field(max_length=500)]


class Closing(shapes.Body):
    """The answer. outcome: as the person reads it. Evidence of a refused dispute counts again."""

    state: Answer
    outcome: Annotated[shapes.Line, Field(max_length=500)]


class RequestShape(shapes.Shape):
    """One request. person: the key of who asks, once control was shown. confirm_by: None where no law asks for it."""

    id: str
    kind: Kind
    state: State
    subject: str | None
    person: str | None
    request: str | None
    signal: str | None
    language: str
    opened_at: datetime
    confirm_by: datetime | None
    due_at: datetime
    proved_at: datetime | None
    closed_at: datetime | None
    closed_by: str | None
    outcome: str | None


class Made(RequestShape):
    """A new request. follow: the address under which its asker follows it and proves it.

    It is kept nowhere: null where the request was sent again under its Idempotency-Key.
    """

    follow: str | None


class Requests(shapes.Shape):
    """Requests, proved ones first, then those due first."""

    requests: list[RequestShape]


@router.get("", response_model=Requests, summary="Requests of people about themselves")
def ls(
    call: Asked,
    answered: Annotated[bool, Query(description="Those that were answered, too.")] = False,
    size: Annotated[int, Query(ge=1, le=MOST)] = 100,
    etag: NoneMatch = None,
) -> Response:
    """Return requests with their dates, at most `size`."""
    with call.read() as tx:
        found = requests.ls(tx, only_open=not answered, limit=size)
    return call.answer(Requests(requests=[RequestShape.of(one) for one in found]))


@router.post("", status_code=201, response_model=Made, summary="Make a request for somebody who wrote in")
def make(call: Asked, body: NewRequest, once: Once = None) -> Response:
    """Keep a request; nothing is done before its asker, or an operator for them, showed who they are."""

    def act() -> Made:
        opened = cases.open_case(
            call.desk.store,
            call.desk.settings,
            kind=body.kind,
            subject=body.subject,
            request=body.request or "",
            signal=body.signal or "",
            actor=call.actor,
            now=call.now,
        )
        return Made.of(opened.case, follow=f"{call.desk.base}/privacy/requests/{opened.token}")

    return call.once(body, act, unkept=["follow"])


@router.get("/{number}", response_model=RequestShape, summary="One request")
def show(call: Asked, number: Number, etag: NoneMatch = None) -> Response:
    """Return how a request stands."""
    with call.read() as tx:
        return call.answer(RequestShape.of(requests.get(tx, number)))


@router.post("/{number}/prove", status_code=201, response_model=RequestShape, summary="Say who asks")
def prove(call: Asked, number: Number, body: Proof, once: Once = None) -> Response:
    """Take the caller's word for who asks: whoever asked to be erased is erased at once."""

    def act() -> RequestShape:
        store, settings = call.desk.store, call.desk.settings
        done = cases.prove_by_hand(
            store, settings, number, body.person, reason=body.reason, actor=call.actor, now=call.now
        )
        return RequestShape.of(done)

    return call.once(body, act, erases=True)


@router.post("/{number}/close", status_code=201, response_model=RequestShape, summary="Answer a request")
def close(call: Asked, number: Number, body: Closing, once: Once = None) -> Response:
    """Answer a request: done, or refused with a reason."""

    def act() -> RequestShape:
        store, settings = call.desk.store, call.desk.settings
        state = State(body.state)
        done = cases.close(
            store, settings, number, state=state, outcome=body.outcome, actor=call.actor, now=call.now
        )
        return RequestShape.of(done)

    return call.once(body, act)
