"""What to say to somebody: hooks, warm paths, a draft nobody has sent, and that somebody was written to."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response
from pydantic import Field

from sourcing import touches
from sourcing.access import Scope
from sourcing.errors import BadInput
from sourcing.lists import NAME_MAX
from sourcing.marking import REASON_MAX
from sourcing.outreach import model, talk
from sourcing.outreach.draft import FACT_MAX, LANGUAGE, TEMPLATE
from sourcing.outreach.hooks import HOOKS_MAX
from sourcing.outreach.talk import Talk, Wanted
from sourcing.touches import Approach
from sourcing.web.api import shapes
from sourcing.web.api.calls import Asked, Call, Key, NoneMatch, Once
from sourcing.web.api.people import covered, viewed
from sourcing.web.auth import needs

router = APIRouter(prefix="/people", tags=["talk"])
RoleName = Annotated[shapes.Line, Field(max_length=NAME_MAX)]


class HookShape(shapes.Shape):
    """Something to talk about. avoid: what not to say of it. url: None where it would tell who somebody is."""

    on: date
    says: str
    asks: str
    avoid: list[str]
    url: str | None
    source: str


class TouchShape(shapes.Shape):
    """How somebody was approached. what: the role it was for, None = none was named."""

    kind: str
    what: str | None
    actor: str
    at: datetime


class HooksShape(shapes.Shape):
    """What to talk about, best first. abstains: why there is nothing. refused: why nobody may write now."""

    person: str
    hooks: list[HookShape]
    abstains: str | None
    avoid: list[str]
    touches: list[TouchShape]
    refused: list[str]


class StepShape(shapes.Shape):
    """Two people and a work of both. left, right: keys. url: None in blind mode."""

    left: str
    right: str
    left_name: str | None
    right_name: str | None
    left_did: str
    right_did: str
    title: str
    url: str | None
    at: datetime | None


class PathsShape(shapes.Shape):
    """Ways from the team to a person, shortest first. why_none: in words, None if there is one."""

    person: str
    paths: list[list[StepShape]]
    why_none: str | None


class DraftOrder(shapes.Body):
    """What a draft is for. list: the role. hook: which, from 1. reword: let the configured model word the opening."""

    list: RoleName
    hook: Annotated[int, Field(ge=1, le=HOOKS_MAX)] = 1
    fact: Annotated[shapes.Line, Field(max_length=FACT_MAX)] | None = None
    language: shapes.Line = LANGUAGE
    reword: bool = False


class DraftShape(shapes.Shape):
    """A message nobody has sent. by: template or model. note: why a model's words were not taken."""

    person: str
    subject: str
    body: str
    by: str
    note: str | None


class Contact(shapes.Body):
    """That somebody was written to. list: for which role. anyway: although a rule says no; the log keeps that."""

    reason: Annotated[shapes.Line, Field(max_length=REASON_MAX)]
    list: RoleName | None = None
    anyway: bool = False


class ContactShape(shapes.Shape):
    """What was kept. deed: for undo."""

    person: str
    deed: str | None


@router.get("/{key}/hooks", response_model=HooksShape, summary="What to talk about with a person")
def hooks(
    call: Asked,
    key: Key,
    role: Annotated[
        str | None, Query(alias="list", max_length=NAME_MAX, description="For which role.")
    ] = None,
    etag: NoneMatch = None,
) -> Response:
    """Return recent public threads of theirs with a question about each, or why there is nothing to say."""
    found, sheet = _talk(call, key, role), viewed(call, key)
    cover = covered(call, sheet)

    def bare(text: str) -> str:
        return text if cover is None else cover.text(text)

    shown = [
        HookShape.of(
            one,
            says=bare(one.says),
            asks=bare(one.asks),
            avoid=list(one.avoid),
            url=one.url if cover is None else cover.address(one.url),
        )
        for one in found.hooks.hooks
    ]
    shape = HooksShape(
        person=found.person.key,
        hooks=shown,
        abstains=found.hooks.abstains,
        avoid=list(found.hooks.avoid),
        touches=[TouchShape.of(one) for one in found.touches],
        refused=[bare(one) for one in found.refused],
    )
    return call.answer(shape)


@router.get("/{key}/paths", response_model=PathsShape, summary="Who could introduce us to a person")
def paths(call: Asked, key: Key, etag: NoneMatch = None) -> Response:
    """Return ways from the team to a person through works that two people had a part in, at most two steps."""
    found, sheet = _talk(call, key, None), viewed(call, key)
    cover = covered(call, sheet)
    hidden = {"left_name": None, "right_name": None, "url": None}
    ways = [
        [
            StepShape.of(step, **({} if cover is None else {**hidden, "title": cover.text(step.title)}))
            for step in steps
        ]
        for steps in found.paths.paths
    ]
    return call.answer(PathsShape(person=found.person.key, paths=ways, why_none=found.paths.why_none))


@router.post(
    "/{key}/draft",
    response_model=DraftShape,
    summary="A draft of a first message",
    dependencies=[Depends(needs(Scope.EXPORT))],
)
def draft(call: Asked, key: Key, body: DraftOrder) -> Response:
    """Write a draft for somebody else to send; refused where nobody may write now, or nothing is fresh."""
    if call.blind:
        raise BadInput("a letter names whom it is for: turn blind mode off first")
    viewed(call, key)
    settings = call.desk.settings
    wanted = Wanted(
        shortlist=body.list, hook=body.hook, fact=body.fact, template=TEMPLATE, language=body.language
    )
    found, made = talk.draft(call.desk.store, settings, key, wanted, actor=call.actor, now=call.now)
    if body.reword:
        made = model.reworded(made, model.of(settings, call.desk.opened_door), settings)
    shape = DraftShape(
        person=found.person.key, subject=made.subject, body=made.body, by=made.by, note=made.note
    )
    return call.answer(shape)


@router.post(
    "/{key}/contacted",
    status_code=201,
    response_model=ContactShape,
    summary="Say that somebody was written to",
)
def contacted(call: Asked, key: Key, body: Contact, once: Once = None) -> Response:
    """Keep that somebody was written to; refused within the cool-down and above the caps."""
    about = Approach(what=body.list, actor=call.actor, now=call.now, limits=call.desk.settings.outreach)

    def act() -> ContactShape:
        deed = touches.contacted(
            call.desk.store,
            key,
            about,
            reason=body.reason,
            anyway=body.anyway,
            look=call.desk.guard(call.who),
        )
        return ContactShape(person=key, deed=deed)

    return call.once(body, act)


def _talk(call: Call, key: str, role: str | None) -> Talk:
    with call.read() as tx:
        return talk.of(tx, call.desk.settings, key, actor=call.actor, now=call.now, shortlist=role)
