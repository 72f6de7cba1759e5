"""Shortlists, each for one role with an owner and a status: every act is an audit entry, a deed and one transaction."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from sourcing.errors import BadInput, NotAllowed, UnknownName
from sourcing.marking import Guard, Keys, given, silent, stage_of, stage_reason
from sourcing.query import parse
from storage import acts, audit, lists, persons
from storage import people as marks
from storage.acts import Part
from storage.engine import Store
from storage.model import ShortlistItem

NAME_MAX = 80
PERSON_MAX = 64
STATUSES = ("open", "paused", "filled", "closed")
CONTACT = ("contacted", "replied", "hired")
"""Stages that hold everywhere: somebody who was written to for one role was written to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """What an act on a list did. people: whom it changed something for. deed: for `history.undo`, None = nothing."""

    people: int
    deed: str | None


def create(
    store: Store,
    name: str,
    *,
    specialism: str | None,
    actor: str,
    now: datetime,
    owner: str | None = None,
    query: str | None = None,
) -> None:
    """Make an empty shortlist for a role. owner: who answers for it, its maker if None. query: who is looked for.

    Raises BadInput for a name that cannot be kept, BadQuery, Conflict if there is one of that name.
    """
    check_name(name, "shortlist")
    if query is not None:
        parse(query)
    with store.begin() as tx:
        audit.append(tx, at=now, actor=actor, action="list.create", subject=opaque(name), detail={})
        lists.create(
            tx, name, specialism=specialism, actor=actor, now=now, owner=owner or actor, query=query or None
        )


def add(store: Store, name: str, keys: Sequence[str], *, actor: str, now: datetime) -> Changed:
    """Put people at the end of a shortlist; somebody who was dismissed from it comes back.

    Nobody is asked why, or whether they looked: this turns nobody down, and to decide about whoever is on a list, or to
    hand them over, takes a look all the same. Raises NotFound, NotAllowed if one of them asked not to be approached.
    """
    with store.begin() as tx:
        wanted = list(dict.fromkeys(persons.resolve_key(tx, key) for key in keys))
        # who reads the refusal may be one who reads without names
        for key, sentence in silent(tx, wanted, blind=True).items():
            raise NotAllowed("O4", f"{key} {sentence}")
        deed = _begin(tx, "list.add", name, len(keys), actor, now)
        on = {item.person for item in lists.show(tx, name).items}
        lists.add(tx, name, wanted, actor=actor, now=now)
        away = marks.dismissals(tx, f"list:{name}")
        for key in set(wanted) & away.keys():
            marks.recall(tx, key, f"list:{name}")
        fresh = [
            Part(kind="list_add", person=key, before=_dismissed(away.get(key)), after={}, place=name)
            for key in wanted
            if key not in on
        ]
        acts.put(tx, deed, fresh, actor=actor, now=now)
        return Changed(people=len(fresh), deed=deed if fresh else None)


def remove(
    store: Store,
    name: str,
    keys: Sequence[str],
    *,
    actor: str,
    now: datetime,
    reason: str | None = None,
    guard: Guard | None = None,
) -> Changed:
    """Take people off a shortlist; where there is a guard that decides about them, for a reason.

    guard: asked for each person who would go (`oversight.guard`), but for those of whom nothing is shown. Raises
    NotFound, NotAllowed without a reason (P11), and what `guard` raises.
    """
    why = given(reason) if guard is not None or reason else None
    with store.begin() as tx:
        deed = _begin(tx, "list.remove", name, len(keys), actor, now)
        on = {item.person: item for item in lists.show(tx, name).items}
        wanted = list(dict.fromkeys(persons.resolve_key(tx, key) for key in keys))
        gone = [on[key] for key in wanted if key in on]
        if guard is not None:
            left_alone = silent(tx, wanted, blind=True)
            for item in gone:
                if item.person not in left_alone:
                    guard(tx, item.person)
        lists.remove(tx, name, wanted)
        parts = [_removed(item, name, reason=why) for item in gone]
        acts.put(tx, deed, parts, actor=actor, now=now)
        return Changed(people=len(parts), deed=deed if parts else None)


def dismiss(
    store: Store,
    name: str,
    keys: Sequence[str],
    *,
    reason: str,
    actor: str,
    now: datetime,
    guard: Guard | None = None,
) -> Changed:
    """Take people off a shortlist and keep them away from it; one deed, so that Undo brings both back.

    guard: asked for each person who would be dismissed (`oversight.guard`). Raises NotFound, NotAllowed without a
    reason (P11), and what `guard` raises.
    """
    why, where = given(reason), f"list:{name}"
    with store.begin() as tx:
        deed = _begin(tx, "list.dismiss", name, len(keys), actor, now)
        on = {item.person: item for item in lists.show(tx, name).items}
        away = marks.dismissals(tx, where)
        wanted = list(dict.fromkeys(persons.resolve_key(tx, key) for key in keys))
        parts = []
        for key in wanted:
            if key not in away:
                if guard is not None:
                    guard(tx, key)
                marks.dismiss(tx, key, where, actor=actor, reason=why, now=now)
                after = {"place": where}
                parts.append(Part(kind="dismiss", person=key, before={}, after=after, place=name, reason=why))
            if key in on:
                parts.append(_removed(on[key], name))
        lists.remove(tx, name, [key for key in wanted if key in on])
        acts.put(tx, deed, parts, actor=actor, now=now)
        return Changed(people=len({part.person for part in parts}), deed=deed if parts else None)


def move(store: Store, name: str, key: str, position: int, *, actor: str, now: datetime) -> Changed:
    """Put somebody at a place of a shortlist, 1-based; behind the last is the last. Raises NotFound."""
    with store.begin() as tx:
        living = persons.resolve_key(tx, key)
        deed = _begin(tx, "list.move", name, 1, actor, now)
        was = lists.move(tx, name, living, position)
        part = Part(
            kind="list_move",
            person=living,
            before={"position": was},
            after={"position": position},
            place=name,
        )
        acts.put(tx, deed, [part] if was != position else [], actor=actor, now=now)
        return Changed(people=int(was != position), deed=deed if was != position else None)


def set_stage(
    store: Store,
    name: str,
    keys: Keys,
    stage: str,
    *,
    actor: str,
    reason: str | None,
    now: datetime,
    guard: Guard | None = None,
) -> Changed:
    """Move people of a shortlist to a stage for this role; a stage of contact becomes the person's, too.

    guard: asked for each person whose stage would change (`touches.guard`, `oversight.guard`). Raises NotFound,
    UnknownName, NotAllowed without a reason (P11), and what `guard` raises.
    """
    why = stage_reason(stage, reason)

    def change(tx: Any, item: ShortlistItem) -> Part | None:
        marked = stage_of(marks.marks(tx, item.person))
        if (item.stage or marked) == stage:
            return None
        if guard is not None:
            guard(tx, item.person)
        before = {"item": item.stage, "person": marked}
        lists.change_item(tx, name, item.person, stage=stage)
        if stage in CONTACT:
            marks.stage(tx, item.person, stage, actor=actor, reason=why, now=now)
        return Part(
            kind="list_stage",
            person=item.person,
            before=before,
            after={"stage": stage},
            place=name,
            reason=why,
        )

    return _each(store, name, keys, change, action="list.stage", actor=actor, now=now)


def set_reviewer(
    store: Store, name: str, keys: Keys, reviewer: str | None, *, actor: str, now: datetime
) -> Changed:
    """Ask somebody to look at people of a shortlist; None asks nobody. Raises NotFound, BadInput."""
    who = _named(reviewer) if reviewer else None

    def change(tx: Any, item: ShortlistItem) -> Part | None:
        if item.reviewer == who:
            return None
        lists.change_item(tx, name, item.person, reviewer=who)
        return Part(
            kind="list_reviewer",
            person=item.person,
            before={"reviewer": item.reviewer},
            after={"reviewer": who},
            place=name,
        )

    return _each(store, name, keys, change, action="list.reviewer", actor=actor, now=now)


def set_status(
    store: Store, name: str, status: str, *, actor: str, reason: str | None, now: datetime
) -> Changed:
    """Open, pause, fill or close a role. Raises NotFound, UnknownName, NotAllowed without a reason (P11)."""
    if status not in STATUSES:
        raise UnknownName("status", status, STATUSES)
    return _role(store, name, "status", status, given(reason), actor=actor, now=now)


def set_owner(
    store: Store, name: str, owner: str, *, actor: str, reason: str | None, now: datetime
) -> Changed:
    """Say who answers for a role. Raises NotFound, BadInput, NotAllowed without a reason (P11)."""
    return _role(store, name, "owner", _named(owner), given(reason), actor=actor, now=now)


def set_query(store: Store, name: str, query: str, *, actor: str, now: datetime) -> Changed:
    """Say who is looked for, in the query language; empty for nothing. Raises NotFound, BadQuery."""
    if query.strip():
        parse(query)
    return _role(store, name, "query", query.strip() or None, None, actor=actor, now=now)


def stage_in(item: ShortlistItem, marked: str | None) -> str:
    """Return the stage somebody is in on a list. marked: the one on the person."""
    return item.stage or marked or "new"


def check_name(name: str, what: str) -> None:
    """Raise BadInput for a name that cannot be kept or written in an address."""
    if not name.strip(" .") or len(name) > NAME_MAX or not name.isprintable() or "/" in name:
        raise BadInput(f"a {what}'s name has 1 to {NAME_MAX} visible characters and no slash")


def opaque(name: str) -> str:
    """Return what the audit log calls a list: it may be named after somebody, so the log holds a digest."""
    return f"list:{sha256(name.encode()).hexdigest()[:16]}"


def _begin(tx: Any, action: str, name: str, people: int, actor: str, now: datetime) -> str:
    deed = acts.fresh()
    detail = {"people": people, "deed": deed}
    audit.append(tx, at=now, actor=actor, action=action, subject=opaque(name), detail=detail)
    return deed


def _each(
    store: Store,
    name: str,
    keys: Keys,
    change: Callable[[Any, ShortlistItem], Part | None],
    *,
    action: str,
    actor: str,
    now: datetime,
) -> Changed:
    wanted = [keys] if isinstance(keys, str) else list(keys)
    with store.begin() as tx:
        deed = _begin(tx, action, name, len(wanted), actor, now)
        on = {item.person: item for item in lists.show(tx, name).items}
        living = dict.fromkeys(persons.resolve_key(tx, key) for key in wanted)
        lists.expect(tx, name, living)
        parts = [part for key in living if (part := change(tx, on[key])) is not None]
        acts.put(tx, deed, parts, actor=actor, now=now)
    return Changed(people=len(parts), deed=deed if parts else None)


def _role(
    store: Store, name: str, what: str, value: str | None, reason: str | None, *, actor: str, now: datetime
) -> Changed:
    with store.begin() as tx:
        deed = _begin(tx, f"list.{what}", name, 0, actor, now)
        before = getattr(lists.show(tx, name), what)
        if before == value:
            return Changed(people=0, deed=None)
        lists.change(tx, name, **{what: value})
        part = Part(
            kind="role", person=None, before={what: before}, after={what: value}, place=name, reason=reason
        )
        acts.put(tx, deed, [part], actor=actor, now=now)
    return Changed(people=0, deed=deed)


def _named(who: str) -> str:
    text = " ".join(who.split())
    if not text or len(text) > PERSON_MAX or not text.isprintable():
        raise BadInput(f"name somebody of the team: 1 to {PERSON_MAX} visible characters")
    return text


def _dismissed(was: tuple[str, str, datetime] | None) -> dict[str, Any]:
    if was is None:
        return {}
    reason, actor, at = was
    return {"dismissed": {"reason": reason, "actor": actor, "at": at.isoformat()}}


def _removed(item: ShortlistItem, name: str, *, reason: str | None = None) -> Part:
    before = _as_it_was(item)
    return Part(kind="list_remove", person=item.person, before=before, after={}, place=name, reason=reason)


def _as_it_was(item: ShortlistItem) -> dict[str, Any]:
    return {
        "position": item.position,
        "stage": item.stage,
        "reviewer": item.reviewer,
        "actor": item.actor,
        "added_at": item.added_at.isoformat(),
    }
