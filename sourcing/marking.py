"""What a recruiter puts on people: stage, tags, notes, hiding. Each is an audit entry, a deed and one transaction.

Every verb takes one key or several and returns the id of the deed, which `history.undo` takes back; None where nothing
changed.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sourcing.errors import BadInput, NotAllowed, UnknownName
from storage import acts, audit, persons, saved, wishes
from storage import lists as shortlists
from storage import people as marks
from storage.acts import Part
from storage.engine import Store
from storage.errors import NotFound
from storage.model import Hiding, Mark, MarkKind

STAGES = ("new", "reviewing", "shortlisted", "contacted", "replied", "rejected", "hired")
SCOPES = ("search", "shortlist", "everywhere")
NOTE_MAX = 10_000
TAG_MAX = 60
REASON_MAX = 500
PLACES = {"search": "search", "shortlist": "list"}
"""How the place of a narrow hiding begins, by its scope."""

SILENT = "is on the list of people not to be contacted"

Keys = str | Sequence[str]
Guard = Callable[[Any, str], None]
"""Called in the transaction of a change for each person, by living key; raises NotAllowed to refuse it."""


def set_stage(
    store: Store,
    keys: Keys,
    stage: str,
    *,
    actor: str,
    reason: str | None,
    now: datetime,
    guard: Guard | None = None,
) -> str | None:
    """Move people to a stage. Raises NotFound, UnknownName, NotAllowed without a reason (P11), and what `guard` raises.

    guard: asked for each person whose stage would change (`touches.guard`, `oversight.guard`).
    """
    why = stage_reason(stage, reason)

    def change(tx: Any, key: str) -> Part | None:
        before = stage_of(marks.marks(tx, key))
        if before == stage:
            return None
        if guard is not None:
            guard(tx, key)
        marks.stage(tx, key, stage, actor=actor, reason=why, now=now)
        return Part(kind="stage", person=key, before={"stage": before}, after={"stage": stage}, reason=why)

    return done(store, keys, change, action="person.stage", detail={"stage": stage}, actor=actor, now=now)


def tag(
    store: Store, keys: Keys, *, add: Sequence[str], remove: Sequence[str], actor: str, now: datetime
) -> str | None:
    """Put tags on people and take others off. Raises NotFound, BadInput for a tag that cannot be kept."""
    for one in (*add, *remove):
        if not one.strip() or len(one) > TAG_MAX or not one.isprintable():
            raise BadInput(f"a tag has 1 to {TAG_MAX} visible characters")

    def change(tx: Any, key: str) -> Part | None:
        on = {one.value: one.actor for one in marks.marks(tx, key) if one.kind is MarkKind.TAG}
        added, removed = sorted(set(add) - on.keys()), sorted(set(remove) & on.keys())
        if not added and not removed:
            return None
        marks.tag(tx, key, add=added, remove=removed, actor=actor, now=now)
        return Part(
            kind="tag",
            person=key,
            before={"by": {one: on[one] for one in removed}},
            after={"added": added, "removed": removed},
        )

    detail = {"added": len(add), "removed": len(remove)}
    return done(store, keys, change, action="person.tag", detail=detail, actor=actor, now=now)


def note(store: Store, keys: Keys, text: str, *, actor: str, now: datetime) -> str | None:
    """Write a note about people; the audit log has it without the text. Raises NotFound, BadInput."""
    if not text.strip() or len(text) > NOTE_MAX:
        raise BadInput(f"a note has 1 to {NOTE_MAX:,} characters")

    def change(tx: Any, key: str) -> Part:
        was = any(one.kind is MarkKind.NOTE and one.value == text for one in marks.marks(tx, key))
        marks.note(tx, key, text, actor=actor, now=now)
        return Part(kind="note", person=key, before={"was": was}, after={"note": text})

    return done(store, keys, change, action="person.note", detail={}, actor=actor, now=now)


def hide(
    store: Store,
    keys: Keys,
    *,
    reason: str,
    scope: str,
    actor: str,
    now: datetime,
    place: str | None = None,
    guard: Guard | None = None,
) -> str | None:
    """Keep people out of one search, one shortlist or everywhere.

    place: the name of the saved search or of the shortlist, for these scopes. guard: asked for each person who would be
    hidden (`oversight.guard`). Raises NotFound, UnknownName, NotAllowed without a reason, BadInput without a place, and
    what `guard` raises.
    """
    if scope not in SCOPES:
        raise UnknownName("scope", scope, SCOPES)
    why = given(reason)
    if scope == "everywhere":
        return _hide_everywhere(store, keys, why, actor=actor, now=now, guard=guard)
    if not place:
        raise BadInput(f"say which {scope}: hiding in one place needs its name")
    where = f"{PLACES[scope]}:{place}"

    def change(tx: Any, key: str) -> Part | None:
        if scope == "search":
            saved.get(tx, place)
        else:
            shortlists.show(tx, place)
        if key in marks.dismissals(tx, where):
            return None
        if guard is not None:
            guard(tx, key)
        marks.dismiss(tx, key, where, actor=actor, reason=why, now=now)
        return Part(kind="dismiss", person=key, before={}, after={"place": where}, place=place, reason=why)

    return done(store, keys, change, action="person.hide", detail={"scope": scope}, actor=actor, now=now)


def show_again(
    store: Store, keys: Keys, *, actor: str, now: datetime, place: str | None = None
) -> str | None:
    """Undo hiding. place: `search:NAME` or `list:NAME`; None = everywhere.

    Raises NotFound, NotAllowed for who is kept out of everything (P10).
    """

    def change(tx: Any, key: str) -> Part | None:
        if place is not None:
            held = marks.dismissals(tx, place).get(key)
            if held is None:
                return None
            marks.recall(tx, key, place)
            return Part(kind="recall", person=key, before={"reason": held[0]}, after={"place": place})
        theirs = marks.marks(tx, key)
        hidden = hidden_of(theirs)
        if hidden is None:
            return None
        if is_kept_out(theirs):
            raise NotAllowed("P10", f"{key} {SILENT}: that is not undone by showing them")
        marks.unhide(tx, key)
        return Part(kind="unhide", person=key, before=_said(hidden), after={})

    return done(store, keys, change, action="person.unhide", detail={}, actor=actor, now=now)


def done(
    store: Store,
    keys: Keys,
    change: Callable[[Any, str], Part | None],
    *,
    action: str,
    detail: Mapping[str, Any],
    actor: str,
    now: datetime,
) -> str | None:
    """Do one thing to some people: one audit entry, one deed, one transaction; return the deed, None for nothing.

    change: does it to a living key and says what changed, None for nothing. Raises NotFound.
    """
    wanted = [keys] if isinstance(keys, str) else list(keys)
    deed = acts.fresh()
    with store.begin() as tx:
        living = list(dict.fromkeys(persons.resolve_key(tx, key) for key in wanted))
        if not living:
            return None
        told = {**detail, "deed": deed} | ({"people": len(living)} if len(living) > 1 else {})
        subject = living[0] if len(living) == 1 else "people"
        audit.append(tx, at=now, actor=actor, action=action, subject=subject, detail=told)
        parts = [part for key in living if (part := change(tx, key)) is not None]
        acts.put(tx, deed, parts, actor=actor, now=now)
    return deed if parts else None


def given(reason: str | None) -> str:
    """Return a reason as it is kept. Raises NotAllowed without one (P11), BadInput for one too long."""
    text = " ".join((reason or "").split())
    if not text:
        raise NotAllowed("P11", "say why: this is decided by a named person for a reason")
    if len(text) > REASON_MAX:
        raise BadInput(f"a reason has at most {REASON_MAX} characters; write a note for more")
    return text


def stage_reason(stage: str, reason: str | None) -> str:
    """Return the reason of a change of stage. Raises UnknownName for the stage, NotAllowed without a reason."""
    if stage not in STAGES:
        raise UnknownName("stage", stage, STAGES)
    return given(reason)


def stage_of(held: Sequence[Mark]) -> str | None:
    """Return the stage among some marks."""
    return next((one.value for one in held if one.kind is MarkKind.STAGE), None)


def hidden_of(held: Sequence[Mark]) -> Mark | None:
    """Return the mark that hides somebody, if one does."""
    return next((one for one in held if one.kind is MarkKind.HIDDEN), None)


def is_kept_out(held: Sequence[Mark]) -> bool:
    """Return whether somebody is on the suppression list or being erased, by their marks: nothing is shown of them."""
    return any(one.kind is MarkKind.HIDDEN and one.value != Hiding.EVERYWHERE for one in held)


def expect_shown(key: str, held: Sequence[Mark]) -> None:
    """Raise NotFound for somebody who is kept out of everything, as for somebody who is not here."""
    if is_kept_out(held):
        raise NotFound(f"nobody is shown under {key!r}")


def kept_out(tx: Any, keys: Sequence[str]) -> set[str]:
    """Return those of some people, by living key, who are kept out of everything."""
    held = marks.marks_of(tx, keys, (MarkKind.HIDDEN,))
    return {key for key, theirs in held.items() if is_kept_out(theirs)}


def silent(tx: Any, keys: Sequence[str], *, blind: bool) -> Mapping[str, str]:
    """Return why nothing of some people is shown, in words, by living key; who is shown is left out.

    blind: without the address where somebody says so.
    """
    told = {key: asked[0].bare if blind else asked[0].sentence for key, asked in wishes.of(tx, keys).items()}
    return told | dict.fromkeys(kept_out(tx, keys), SILENT)


def everybody_silent(tx: Any) -> set[str]:
    """Return the living keys of all of whom nothing is shown, as `silent` tells why."""
    return wishes.keys(tx) | marks.kept_out(tx)


def _hide_everywhere(
    store: Store, keys: Keys, why: str, *, actor: str, now: datetime, guard: Guard | None
) -> str | None:
    def change(tx: Any, key: str) -> Part | None:
        held = marks.marks(tx, key)
        if is_kept_out(held):
            return None  # it would become a recruiter's own hiding, which may be undone
        if guard is not None:
            guard(tx, key)
        before = hidden_of(held)
        marks.hide(tx, key, actor=actor, reason=why, now=now)
        was = {} if before is None else _said(before)
        return Part(kind="hide", person=key, before=was, after={"scope": "everywhere"}, reason=why)

    return done(
        store, keys, change, action="person.hide", detail={"scope": "everywhere"}, actor=actor, now=now
    )


def _said(hidden: Mark) -> dict[str, Any]:
    return {"scope": hidden.value, "reason": hidden.reason, "actor": hidden.actor}
