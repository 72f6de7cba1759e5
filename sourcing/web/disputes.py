"""What somebody says is wrong about a person: a piece of evidence, or who they are taken for; each comes with Undo."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from sourcing import feedback, review
from sourcing.errors import BadInput
from sourcing.review import Answered
from sourcing.settings import pepper
from sourcing.web import desk as desks
from sourcing.web.auth import Asking, Desk
from sourcing.web.showing import done, local
from sourcing.web.triage import UNDO
from storage import persons
from storage.subjects import PepperKeyer

router = APIRouter()


@router.post("/people/{key}/wrong")
def wrong(
    request: Request,
    desk: Desk,
    who: Asking,
    key: str,
    signal: Annotated[str, Form()],
    reason: Annotated[str, Form()] = "",
    exclude: Annotated[bool, Form()] = False,
    to: Annotated[str, Form()] = "",
) -> Response:
    """Say that a piece of evidence is wrong; excluded, the score is made anew without it."""
    undo = feedback.wrong(
        desk.store,
        key,
        signal,
        exclude=exclude,
        reason=reason,
        actor=who.actor,
        now=desk.now(),
        home=desk.settings.home,
        roots=desk.settings.roots,
    )
    back = to or f"/people/{key}"
    told = "The evidence is left out; the score was made anew." if exclude else "The evidence is reported."
    return done(
        request, back, told, undo=UNDO if undo else None, undo_fields={"deed": undo or "", "to": local(back)}
    )


@router.post("/people/{key}/split")
def split(
    request: Request,
    desk: Desk,
    who: Asking,
    key: str,
    identities: Annotated[list[str] | None, Form()] = None,
    reason: Annotated[str, Form()] = "",
) -> Response:
    """Say that some identities are somebody else."""
    if not identities:
        raise BadInput("tick the identities that are somebody else")
    done_ = review.split(
        desk.store, key, identities, reason=reason, actor=who.actor, now=desk.now(), keyer=_keyer(desk)
    )
    told = "These are two people now; notes, stages and lists stay where they were."
    return _judged(request, desk, key, done_, told)


@router.post("/people/{key}/merge")
def merge(
    request: Request,
    desk: Desk,
    who: Asking,
    key: str,
    other: Annotated[str, Form()],
    reason: Annotated[str, Form()] = "",
) -> Response:
    """Say that somebody else is this person."""
    done_ = review.same(
        desk.store, key, other.strip(), reason=reason, actor=who.actor, now=desk.now(), keyer=_keyer(desk)
    )
    return _judged(request, desk, key, done_, "These are one person now.")


def _judged(request: Request, desk: desks.Desk, key: str, answered: Answered, told: str) -> Response:
    """Return the way back to a person after a judgement, with Undo."""
    with desk.store.read() as tx:
        back = f"/people/{persons.resolve_key(tx, key)}"
    fields = {"deed": answered.deed or "", "back": back}
    return done(request, back, told, undo=UNDO if answered.deed else None, undo_fields=fields)


def _keyer(desk: desks.Desk) -> PepperKeyer:
    return PepperKeyer(pepper(desk.settings))
