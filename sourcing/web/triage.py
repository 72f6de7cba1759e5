"""What is done to people from a list or a page: each act is one form, answered by the way back with Undo."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, assert_never
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from sourcing import feedback, lists, marking, oversight, searches, touches
from sourcing import people as verbs
from sourcing.access import Who
from sourcing.errors import BadInput
from sourcing.web import desk as desks
from sourcing.web.auth import Asking, Desk
from sourcing.web.showing import called, done, local
from sourcing.web.view import Order, View, tree_of
from storage import lists as stored_lists
from storage import persons, scores

router = APIRouter()
COMPARED = (2, 5)
UNDO = "/undo"


class Do(StrEnum):
    """What can be done to people."""

    STAGE = "stage"
    TAG = "tag"
    NOTE = "note"
    HIDE = "hide"
    SHOW = "show"
    GOOD = "good"
    BAD = "bad"
    NO_THUMB = "neither"
    SHORTLIST = "shortlist"
    COMPARE = "compare"
    EXPORT = "export"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """What a form says should be done. keys: to whom; more fields as the act needs them."""

    do: Do
    keys: Sequence[str]
    spec: str | None
    stage: str
    reason: str
    tag: str
    note: str
    scope: str
    place: str
    shortlist: str
    fresh: str


@router.post("/people/act")
def act(
    request: Request,
    desk: Desk,
    who: Asking,
    do: Annotated[Do | None, Form()] = None,
    one: Annotated[str, Form()] = "",
    keys: Annotated[list[str] | None, Form()] = None,
    which: Annotated[str, Form()] = "picked",
    to: Annotated[str, Form()] = "/people",
    q: Annotated[str, Form()] = "",
    spec: Annotated[str, Form()] = "",
    sort: Annotated[Order, Form()] = Order.ESTABLISHED,
    search: Annotated[str, Form()] = "",
    new: Annotated[bool, Form()] = False,
    stage: Annotated[str, Form()] = "",
    reason: Annotated[str, Form()] = "",
    tag: Annotated[str, Form()] = "",
    note: Annotated[str, Form()] = "",
    scope: Annotated[str, Form()] = "everywhere",
    place: Annotated[str, Form()] = "",
    shortlist: Annotated[str, Form()] = "",
    fresh: Annotated[str, Form()] = "",
) -> Response:
    """Do one thing to the people picked, or to all a query finds; `one` is a button that names both: `good:p_…`."""
    chosen = list(dict.fromkeys(keys or ()))
    if one:
        said, _, key = one.partition(":")
        do, chosen = Do(said) if said in set(Do) else None, [key]
    elif which == "all":
        view = View(q=q, spec=spec or None, sort=sort, search=search or None, new=new and bool(search))
        with desk.store.read() as tx:
            chosen = verbs.every_key(tx, tree_of(view), specialism=view.spec, limit=None)
    if do is None:
        raise BadInput("choose what to do")
    if not chosen:
        raise BadInput("nobody is selected: tick the people first, or choose all")
    deed = Deed(
        do=do,
        keys=chosen,
        spec=spec or None,
        stage=stage,
        reason=reason,
        tag=tag,
        note=note,
        scope=scope,
        place=place or search,
        shortlist=shortlist,
        fresh=fresh.strip(),
    )
    if do in (Do.COMPARE, Do.EXPORT):
        return RedirectResponse(_elsewhere(deed), status_code=303)
    undo, told = _done(desk, who, deed)
    whom = called(desk, who, chosen)
    if undo is None:
        return done(request, to, f"{whom}: nothing changed, it was so already.")
    return done(request, to, f"{whom}: {told}", undo=UNDO, undo_fields={"deed": undo, "back": local(to)})


@router.post("/people/seen")
def seen(
    desk: Desk, search: Annotated[str, Form()], keys: Annotated[list[str] | None, Form()] = None
) -> Response:
    """Remember that people of a saved search were displayed."""
    searches.see(desk.store, search, keys or [], now=desk.now())
    return Response(status_code=204)


def _elsewhere(deed: Deed) -> str:
    fields = [("keys", key) for key in deed.keys] + ([("spec", deed.spec)] if deed.spec else [])
    if deed.do is Do.EXPORT:
        return f"/exports?{urlencode(fields)}"
    least, most = COMPARED
    if not least <= len(deed.keys) <= most:
        raise BadInput(f"compare takes {least} to {most} people; {len(deed.keys)} are selected")
    return f"/compare?{urlencode(fields)}"


def _done(desk: desks.Desk, who: Who, deed: Deed) -> tuple[str | None, str]:
    """Do it and return the deed, None if nothing changed, and what was done in words."""
    store, actor, now = desk.store, who.actor, desk.now()
    match deed.do:
        case Do.STAGE:
            guard = oversight.both(
                desk.guard(who, deed.stage),
                touches.guard(deed.stage, desk.settings.outreach, actor=actor, now=now),
            )
            return marking.set_stage(
                store, deed.keys, deed.stage, reason=deed.reason, actor=actor, now=now, guard=guard
            ), f"stage {deed.stage}."
        case Do.TAG:
            add, remove = _tags(deed.tag)
            return marking.tag(
                store, deed.keys, add=add, remove=remove, actor=actor, now=now
            ), f"tags {deed.tag.strip()}."
        case Do.NOTE:
            return marking.note(store, deed.keys, deed.note, actor=actor, now=now), "note kept."
        case Do.HIDE:
            return _hidden(desk, who, deed)
        case Do.SHOW:
            return marking.show_again(store, deed.keys, actor=actor, now=now), "shown again."
        case Do.GOOD | Do.BAD | Do.NO_THUMB:
            return _thumbed(desk, who, deed)
        case Do.SHORTLIST:
            return _listed(desk, who, deed)
        case Do.COMPARE | Do.EXPORT:
            raise AssertionError(deed.do)
        case _:
            assert_never(deed.do)


def _hidden(desk: desks.Desk, who: Who, deed: Deed) -> tuple[str | None, str]:
    where = {"search": f"in the search {deed.place!r}", "shortlist": f"on the list {deed.place!r}"}
    undo = marking.hide(
        desk.store,
        deed.keys,
        reason=deed.reason,
        scope=deed.scope,
        place=deed.place or None,
        actor=who.actor,
        now=desk.now(),
        guard=desk.guard(who),
    )
    return undo, f"hidden {where.get(deed.scope, 'everywhere')}."


def _thumbed(desk: desks.Desk, who: Who, deed: Deed) -> tuple[str | None, str]:
    value = {Do.GOOD: "up", Do.BAD: "down"}.get(deed.do)
    subject = deed.spec
    if subject is None:
        with desk.store.read() as tx:
            held = scores.of_person(tx, persons.resolve_key(tx, deed.keys[0]))
        subject = next((one.specialism for one in sorted(held, key=_placed)), None)
    if subject is None:
        raise BadInput("a thumb is for a specialism: choose one first, this person has no score")
    undo = feedback.thumb(desk.store, deed.keys, value, subject=subject, actor=who.actor, now=desk.now())
    said = {"up": "a good fit", "down": "a poor fit"}.get(value or "", "no thumb any more")
    return undo, f"{said} for {desk.specialisms.get(subject, subject)}."


def _listed(desk: desks.Desk, who: Who, deed: Deed) -> tuple[str | None, str]:
    name = deed.fresh or deed.shortlist
    if not name:
        raise BadInput("choose a shortlist, or name a new one")
    with desk.store.read() as tx:
        is_fresh = bool(deed.fresh) and deed.fresh not in {one.name for one in stored_lists.ls(tx)}
    if is_fresh:  # whoever writes the name of a list that is there means that list
        lists.create(desk.store, deed.fresh, specialism=deed.spec, actor=who.actor, now=desk.now())
    changed = lists.add(desk.store, name, deed.keys, actor=who.actor, now=desk.now())
    return changed.deed, f"put on {name!r}."


def _tags(text: str) -> tuple[list[str], list[str]]:
    """Return the tags to put on and to take off: `kernels, -intern`."""
    said = [one.strip() for one in text.split(",") if one.strip()]
    if not said:
        raise BadInput("write a tag, or several with commas between; -tag takes one off")
    add = [one.removeprefix("+").strip() for one in said if not one.startswith("-")]
    return add, [one[1:].strip() for one in said if one.startswith("-")]


def _placed(one: Any) -> tuple[bool, float, str]:
    return (not one.listed, -one.lower, one.specialism)
