"""Saved searches: who is new under one since it was saved or last shown. Each act is audited, one transaction."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

import numpy as np

from sourcing import people
from sourcing.errors import UnknownName
from sourcing.lists import check_name
from sourcing.people import Hit
from sourcing.query import parse
from storage import audit, saved, search
from storage.engine import Store
from storage.model import Found
from storage.query import And, Field, FieldName, Not, Tree
from storage.saved import Saved

SORTS = {"established": search.LOWER, "rising": search.RISING}
TOP = 3
_PAGE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Fresh:
    """A saved search and what is new in it. people: how many are under it. top: the first new ones, best first."""

    saved: Saved
    people: int
    new: int
    top: tuple[Hit, ...]


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
    """Remember that people were displayed and return how many were new. Raises NotFound."""
    with store.begin() as tx:
        return saved.see(tx, name, keys, shown=True, now=now)


def ls(tx: Any, *, now: datetime, top: int = TOP) -> list[Fresh]:
    """Return all saved searches by name with what is new in each. top: how many new people each is shown with."""
    return [fresh(tx, one, now=now, top=top) for one in saved.ls(tx)]


def fresh(tx: Any, one: Saved, *, now: datetime, top: int = TOP) -> Fresh:
    """Return what is new in one saved search."""
    everybody = search.everybody(
        tx, people.in_specialism(tree(one), one.specialism), specialism=one.specialism
    )
    total = int(np.count_nonzero(everybody))
    known = [place for place in saved.places(tx, one.name) if place < len(everybody)]
    everybody = everybody.copy()
    everybody[known] = False
    count = int(np.count_nonzero(everybody))
    found: Sequence[Found] = _unseen(tx, one, top) if count and top else []
    return Fresh(saved=one, people=total, new=count, top=tuple(people.shown(tx, found, now=now, reasons=1)))


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
