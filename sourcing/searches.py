"""Saved searches: who is new, risen, fallen or gone under one since it was last shown. Each act is one transaction."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

import numpy as np

from sourcing import people
from sourcing.errors import UnknownName
from sourcing.lists import check_name
from sourcing.marking import silent
from sourcing.people import Hit
from sourcing.query import parse
from storage import audit, rankings, saved, search
from storage.engine import Store
from storage.groups import Mask
from storage.model import Found, MarkKind
from storage.people import dismissals, marks_of
from storage.query import And, Field, FieldName, Not, Tree
from storage.rankings import Since
from storage.saved import Saved, Seen

SORTS = {"established": search.LOWER, "rising": search.RISING}
TOP = 3
MOVED_MIN = 1.0  # points: what is less shows as the same number
_PAGE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Fresh:
    """A saved search and what is new in it. people: how many are under it. top: the first new ones, best first.

    risen, fallen, gone: how many of those it has shown moved by a point or more since, or are not under it any more.
    """

    saved: Saved
    people: int
    new: int
    top: tuple[Hit, ...]
    risen: int = 0
    fallen: int = 0
    gone: int = 0

    @property
    def is_still(self) -> bool:
        """Return whether nothing changed."""
        return not (self.new or self.risen or self.fallen or self.gone)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moves:
    """Whom a saved search knows and who moved since they were displayed: largest change first, then by key.

    gone: by key; without those a recruiter hid or dismissed, which is no news, and those of whom nothing is shown.
    """

    risen: tuple[Since, ...]
    fallen: tuple[Since, ...]
    gone: tuple[str, ...]


def save(
    store: Store,
    name: str,
    query: str,
    *,
    specialism: str | None,
    actor: str,
    now: datetime,
    sort: str = "established",
) -> int:
    """Save a search and return how many people are under it now: who comes later is new.

    Raises BadInput for a name that cannot be kept, BadQuery, UnknownName, Conflict if there is one of that name.
    """
    check_name(name, "saved search")
    if sort not in SORTS:
        raise UnknownName("sort", sort, SORTS)
    parse(query)
    with store.begin() as tx:
        audit.append(tx, at=now, actor=actor, action="search.save", subject=opaque(name), detail={})
        one = Saved(name=name, query=query, specialism=specialism, actor=actor, created_at=now, sort=sort)
        saved.put(tx, one)
        keys = people.every_key(tx, tree(one), specialism=specialism, limit=None)
        saved.see(tx, name, keys, shown=False, now=now)
    return len(keys)


def remove(store: Store, name: str, *, actor: str, now: datetime) -> None:
    """Forget a saved search and whom it has shown; writes the audit log. Raises NotFound."""
    with store.begin() as tx:
        audit.append(tx, at=now, actor=actor, action="search.remove", subject=opaque(name), detail={})
        saved.remove(tx, name)


def tree(one: Saved) -> Tree:
    """Return what a saved search asks for: its query, without those dismissed in it."""
    away = Field(name=FieldName.DISMISSED, value=f"search:{one.name}")
    return And(parts=(parse(one.query), Not(part=away)))


def new(tx: Any, name: str, *, limit: int, now: datetime) -> list[Hit]:
    """Return those under a saved search whom it has not shown, best first, at most `limit`. Raises NotFound."""
    one = saved.get(tx, name)
    return people.shown(tx, _unseen(tx, one, limit), now=now)


def new_keys(tx: Any, name: str) -> list[str]:
    """Return the keys of all whom a saved search has not shown, best first. Raises NotFound."""
    one = saved.get(tx, name)
    known = saved.seen_of(tx, name)
    return [
        key
        for key in people.every_key(tx, tree(one), specialism=one.specialism, limit=None)
        if key not in known
    ]


def see(store: Store, name: str, keys: Collection[str], *, now: datetime) -> int:
    """Remember that people were displayed, as they stand now, and return how many were new. Raises NotFound.

    Who is not under the search any more is forgotten by it: should they come back, they are new.
    """
    with store.read() as tx:
        one = saved.get(tx, name)
        under = _everybody(tx, one)
        gone = {each.person for each in saved.standing(tx, name, keys) if not _is_in(under, each.place)}
        kept = [] if one.specialism is None else rankings.times(tx, one.specialism)
    with store.begin() as tx:
        saved.unsee(tx, name, gone)
        since = kept[-1][1] if kept else None
        return saved.see(tx, name, set(keys) - gone, shown=True, now=now, since=since)


def ls(tx: Any, *, now: datetime, top: int = TOP) -> list[Fresh]:
    """Return all saved searches by name with what is new in each. top: how many new people each is shown with."""
    return [fresh(tx, one, now=now, top=top) for one in saved.ls(tx)]


def fresh(tx: Any, one: Saved, *, now: datetime, top: int = TOP) -> Fresh:
    """Return what is new in one saved search."""
    under, known = _everybody(tx, one), saved.standing(tx, one.name)
    unseen = under.copy()
    unseen[[each.place for each in known if each.place < len(under)]] = False
    count = int(np.count_nonzero(unseen))
    found: Sequence[Found] = _unseen(tx, one, top) if count and top else []
    moved = _moves(tx, one, under, known)
    return Fresh(
        saved=one,
        people=int(np.count_nonzero(under)),
        new=count,
        top=tuple(people.shown(tx, found, now=now, reasons=1)),
        risen=len(moved.risen),
        fallen=len(moved.fallen),
        gone=len(moved.gone),
    )


def moves(tx: Any, name: str) -> Moves:
    """Return who moved under a saved search, or left it, since they were displayed. Raises NotFound."""
    one = saved.get(tx, name)
    return _moves(tx, one, _everybody(tx, one), saved.standing(tx, name))


def _moves(tx: Any, one: Saved, under: Mask, known: Sequence[Seen]) -> Moves:
    here = {each.person: each.at for each in known if _is_in(under, each.place)}
    away = sorted({each.person for each in known} - here.keys())
    told: list[Since] = []
    if one.specialism is not None:
        found = rankings.since(tx, one.specialism, here, figure=SORTS[one.sort])
        told = [each for each in found if each.after is not None and abs(_step(each)) >= MOVED_MIN]
        told.sort(key=lambda each: (-abs(_step(each)), each.person))
    ours = silent(tx, away, blind=True).keys() | marks_of(tx, away, (MarkKind.HIDDEN,)).keys()
    if away:
        ours |= dismissals(tx, f"search:{one.name}").keys()
    return Moves(
        risen=tuple(each for each in told if _step(each) > 0),
        fallen=tuple(each for each in told if _step(each) < 0),
        gone=tuple(key for key in away if key not in ours),
    )


def _step(one: Since) -> float:
    return (one.after or 0.0) - one.before


def _everybody(tx: Any, one: Saved) -> Mask:
    asked = people.in_specialism(tree(one), one.specialism)
    return search.everybody(tx, asked, specialism=one.specialism)


def _is_in(under: Mask, place: int) -> bool:
    return place < len(under) and bool(under[place])


def opaque(name: str) -> str:
    """Return what the audit log calls a saved search: it may be named after somebody."""
    return f"search:{sha256(name.encode()).hexdigest()[:16]}"


def _unseen(tx: Any, one: Saved, limit: int) -> list[Found]:
    known = saved.seen_of(tx, one.name)
    asked, sort = people.in_specialism(tree(one), one.specialism), SORTS[one.sort]
    found: list[Found] = []
    after: search.After | None = None
    while len(found) < limit:
        page = search.find(tx, asked, specialism=one.specialism, limit=_PAGE, after=after, sort=sort)
        found += [each for each in page if each.person not in known]
        if len(page) < _PAGE:
            break
        after = search.place_of(page[-1], sort)
    return found[:limit]
