"""What is done to one person: stage, tags, hiding, notes, feedback, merge and split; each can be undone."""

from enum import StrEnum
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import Field

from sourcing import feedback, marking, oversight, review, touches
from sourcing.settings import pepper
from sourcing.web.api import shapes
from sourcing.web.api.calls import Asked, Call, Key, Match, Once, etag, written
from sourcing.web.api.people import known_specialism, person
from storage import audit, persons
from storage.engine import Joined, Store
from storage.subjects import PepperKeyer

router = APIRouter(prefix="/people/{key}", tags=["people"])
TAGS_MAX = 50
IDENTITIES_MAX = 100
Tag = Annotated[shapes.Line, Field(max_length=marking.TAG_MAX)]
Reason = Annotated[shapes.Line, Field(max_length=marking.REASON_MAX)]


class Stage(StrEnum):
    """How far somebody is."""

    NEW = "new"
    REVIEWING = "reviewing"
    SHORTLISTED = "shortlisted"
    CONTACTED = "contacted"
    REPLIED = "replied"
    REJECTED = "rejected"
    HIRED = "hired"


class PersonChange(shapes.Body):
    """What is to be otherwise; what is left out stays. reason: needed for a stage and for hiding. tags: all of them."""

    stage: Stage | None = None
    tags: Annotated[list[Tag], Field(max_length=TAGS_MAX)] | None = None
    hidden: bool | None = None
    reason: Reason | None = None


class NewNote(shapes.Body):
    """A note about a person."""

    text: shapes.Note


class Thumb(shapes.Body):
    """Whether a person fits. subject: what for, a specialism or `list:NAME`. value null: no word any more."""

    kind: Literal["thumb"]
    subject: shapes.Line
    value: Literal["up", "down"] | None


class Wrong(shapes.Body):
    """A piece of evidence is wrong. exclude: it counts for nobody from now on, and the scores are made anew."""

    kind: Literal["wrong"]
    signal: Annotated[shapes.Line, Field(max_length=500)]
    reason: Reason
    exclude: bool = False


Feedback = Annotated[Thumb | Wrong, Field(discriminator="kind")]


class Merge(shapes.Body):
    """Somebody who is the same person: a key or an identity's id."""

    other: shapes.Line
    reason: Reason


class Split(shapes.Body):
    """Identities that are somebody else."""

    identities: Annotated[list[shapes.Line], Field(min_length=1, max_length=IDENTITIES_MAX)]
    reason: Reason


class Changed(shapes.Shape):
    """What a change led to. etag: of the person now. deeds: what `POST /acts/{deed}/undo` takes back."""

    person: shapes.PersonShape
    etag: str
    deeds: list[str]


class Done(shapes.Shape):
    """Something was done to a person. deed: for undo; None if it changed nothing."""

    person: str
    deed: str | None


class Judged(shapes.Shape):
    """Who holds what was judged. persons: how many people there are now. taken_back: opposite judgements of before.

    deed: what `POST /acts/{deed}/undo` takes back.
    """

    deed: str
    person: str
    identities: list[str]
    persons: int
    taken_back: int


@router.patch(
    "",
    response_model=Changed,
    responses={
        412: {"description": "Somebody changed it since it was read."},
        428: {"description": "If-Match is missing."},
    },
    summary="Change stage, tags or hiding",
)
def change(call: Asked, key: Key, body: PersonChange, match: Match = None) -> Response:
    """Change what is sent and leave the rest; the ETag of the person as read must come in If-Match."""
    with call.desk.store.begin() as tx:
        audit.alone(tx)  # nobody changes it between our looking and our writing
        before = person(tx, call, key)
        call.expect(before)
        deeds = [deed for deed in _changes(Joined(tx), call, before, body) if deed is not None]
        now = person(tx, call, before.person)
    return call.answer(Changed(person=now, etag=etag(written(now)), deeds=deeds))


@router.post("/notes", status_code=201, response_model=Done, summary="Write a note")
def note(call: Asked, key: Key, body: NewNote, once: Once = None) -> Response:
    """Write a note; the audit log has it without the text."""

    def act() -> Done:
        deed = marking.note(call.desk.store, key, body.text, actor=call.actor, now=call.now)
        return Done(person=living(call, key), deed=deed)

    return call.once(body, act)


@router.post(
    "/feedback", status_code=201, response_model=Done, summary="Say whether somebody fits, or what is wrong"
)
def say(call: Asked, key: Key, body: Feedback, once: Once = None) -> Response:
    """Keep a thumb, or a word about a piece of evidence."""
    store, settings = call.desk.store, call.desk.settings

    def act() -> Done:
        if isinstance(body, Thumb):
            if not body.subject.startswith("list:"):
                known_specialism(call, body.subject)
            deed = feedback.thumb(
                store, key, body.value, subject=body.subject, actor=call.actor, now=call.now
            )
        else:
            deed = feedback.wrong(
                store, key, body.signal, exclude=body.exclude, reason=body.reason, actor=call.actor,
                now=call.now, home=settings.home, roots=settings.roots,
            )  # fmt: skip
        return Done(person=living(call, key), deed=deed)

    return call.once(body, act)


@router.post("/merge", status_code=201, response_model=Judged, summary="Two people are one")
def merge(call: Asked, key: Key, body: Merge, once: Once = None) -> Response:
    """Say that two people are one; scores follow with the next ranking."""

    def act() -> Judged:
        done = review.same(
            call.desk.store,
            key,
            body.other,
            actor=call.actor,
            reason=body.reason,
            now=call.now,
            keyer=_keyer(call),
        )
        return _judged(done)

    return call.once(body, act)


@router.post("/split", status_code=201, response_model=Judged, summary="Some identities are somebody else")
def split(call: Asked, key: Key, body: Split, once: Once = None) -> Response:
    """Say that identities of a person are somebody else; scores follow with the next ranking."""

    def act() -> Judged:
        done = review.split(
            call.desk.store, key, body.identities, actor=call.actor, reason=body.reason, now=call.now,
            keyer=_keyer(call),
        )  # fmt: skip
        return _judged(done)

    return call.once(body, act)


def living(call: Call, key: str) -> str:
    """Return the key a person has now. Raises NotFound."""
    with call.read() as tx:
        return persons.get(tx, key).key


def _changes(store: Store, call: Call, before: shapes.PersonShape, body: PersonChange) -> list[str | None]:
    key = before.person
    common: dict[str, Any] = {"actor": call.actor, "now": call.now}
    deeds: list[str | None] = []
    if body.tags is not None:
        add, remove = sorted(set(body.tags) - set(before.tags)), sorted(set(before.tags) - set(body.tags))
        if add or remove:
            deeds.append(marking.tag(store, key, add=add, remove=remove, **common))
    if body.stage is not None:
        guard = oversight.both(
            call.desk.guard(call.who, body.stage),
            touches.guard(body.stage, call.desk.settings.outreach, **common),
        )
        deeds.append(marking.set_stage(store, key, body.stage, reason=body.reason, guard=guard, **common))
    if body.hidden is True and not before.hidden:
        look = call.desk.guard(call.who)
        deeds.append(
            marking.hide(store, key, reason=body.reason or "", scope="everywhere", guard=look, **common)
        )
    if body.hidden is False and before.hidden:
        deeds.append(marking.show_again(store, key, **common))
    return deeds


def _judged(answer: review.Answered) -> Judged:
    assert answer.decided is not None  # only what is put off decides nothing
    return Judged.of(answer.decided, deed=answer.deed)


def _keyer(call: Call) -> PepperKeyer:
    return PepperKeyer(pepper(call.desk.settings))
