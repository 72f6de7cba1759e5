"""What to say to one person: hooks, who could introduce us, a draft for somebody else to send, and that it was sent."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from sourcing import access, blind, touches
from sourcing.access import Scope, Who
from sourcing.errors import BadInput, NotAllowed, UnknownName
from sourcing.marking import expect_shown
from sourcing.outreach import model, talk
from sourcing.outreach.draft import LANGUAGE, TEMPLATE, Draft
from sourcing.outreach.talk import Wanted
from sourcing.touches import Approach
from sourcing.web import desk as desks
from sourcing.web.auth import Asking, Desk, needs
from sourcing.web.showing import called, done, render
from storage import lists
from storage import people as marks

router = APIRouter()
Role = Annotated[str | None, Query(max_length=80)]


@router.get("/people/{key}/talk")
def one(
    request: Request, desk: Desk, who: Asking, key: str, role: Annotated[str, Query(alias="list")] = ""
) -> Response:
    """Show what there is to begin a talk with."""
    values = _told(desk, who, key, role or None)
    living = values["talk"].person.key
    if living != key:
        return RedirectResponse(f"/people/{living}/talk", status_code=308)
    return render(request, "talk.html", **values)


@router.post("/people/{key}/talk", dependencies=[Depends(needs(Scope.EXPORT))])
def draft(
    request: Request,
    desk: Desk,
    who: Asking,
    key: str,
    role: Annotated[str, Form(alias="list")] = "",
    hook: Annotated[int, Form()] = 1,
    fact: Annotated[str, Form()] = "",
    language: Annotated[str, Form()] = LANGUAGE,
    reword: Annotated[bool, Form()] = False,
) -> Response:
    """Show the same with a draft of a first message; nothing is sent from here."""
    wanted = Wanted(
        shortlist=role or None, hook=hook, fact=fact.strip() or None, template=TEMPLATE, language=language
    )
    made: Draft | None = None
    mistake: str | None = None
    try:
        if who.preferences.blind:
            raise BadInput("a letter names whom it is for: turn blind mode off first")
        _, made = talk.draft(desk.store, desk.settings, key, wanted, actor=who.actor, now=desk.now())
        if reword:
            made = model.reworded(made, model.of(desk.settings, desk.opened_door), desk.settings)
    except (BadInput, NotAllowed, UnknownName) as error:
        mistake = str(error)
    values = _told(desk, who, key, role or None)
    return render(request, "talk.html", **values | {"draft": made, "mistake": mistake, "asked": wanted})


@router.post("/people/{key}/contacted")
def contacted(
    request: Request,
    desk: Desk,
    who: Asking,
    key: str,
    role: Annotated[str, Form(alias="list")] = "",
    reason: Annotated[str, Form()] = "",
    anyway: Annotated[bool, Form()] = False,
) -> Response:
    """Remember that somebody was written to."""
    about = Approach(what=role or None, actor=who.actor, now=desk.now(), limits=desk.settings.outreach)
    look = desk.guard(who)
    deed = touches.contacted(desk.store, key, about, reason=reason, anyway=anyway, look=look)
    back = f"/people/{key}/talk"
    assert deed is not None  # being written to again changes something, too
    return done(
        request,
        back,
        f"{called(desk, who, [key])}: contacted.",
        undo="/undo",
        undo_fields={"deed": deed, "back": back},
    )


def _told(desk: desks.Desk, who: Who, key: str, role: str | None) -> dict[str, Any]:
    """Return what the page shows. Raises NotFound, also for who is kept out of everything."""
    now = desk.now()
    with desk.store.read() as tx:
        found = talk.of(tx, desk.settings, key, actor=who.actor, now=now, shortlist=role)
        living = found.person.key
        expect_shown(key, marks.marks(tx, living))
        cover = blind.covers(tx, [living])[living] if who.preferences.blind else None
        roles = lists.ls(tx)
        held = set(lists.holding(tx, living))
    access.seen(desk.store, who, living, owner=desk.settings.operator.actor, now=now)
    return {
        "title": "Talk",
        "talk": found,
        "cover": cover,
        "roles": [one.name for one in roles if one.name in held]
        + [one.name for one in roles if one.name not in held],
        "role": role,
        "draft": None,
        "mistake": None,
        "asked": Wanted(shortlist=role),
        "has_model": bool(desk.settings.outreach.model.url),
    }
