"""People under a search tree, best first: groups of people are combined, then the ranking is walked to fill a page.

Words come from groups where many people share them, else from the full-text index; both databases give the same people.
What was read stays in memory until the store changes (`storage.memory`).
"""

from collections.abc import Iterator
from datetime import date
from itertools import chain, islice

import numpy as np
from sqlalchemy import Connection, func, or_, select

from storage import among, memory, order, shown, walk
from storage.groups import Group
from storage.index import reindex as reindex
from storage.matching import Matcher, is_scored, meets
from storage.memory import State
from storage.model import Found
from storage.order import LOWER as LOWER
from storage.order import RISING as RISING
from storage.query import And, Field, FieldName, Not, Or, Range, Tree
from storage.sets import Mask
from storage.tables import search_person

After = tuple[float, str]
"""A place in a result: the sorted value of somebody, -1 without a score, and the key."""

_SLICE = 256
_BATCH = 2_000


def find(
    tx: Connection,
    tree: Tree | None,
    *,
    specialism: str | None,
    limit: int,
    after: After | None = None,
    before: After | None = None,
    sort: str = LOWER,
) -> list[Found]:
    """Return people under a search tree (None = all), best score first, then by key; at most `limit`.

    specialism: whose scores to sort by; None takes each person's best. sort: the column of score to sort by.
    after, before: the place of the last, or the first, one seen; only those behind it, or right in front of it, come.
    Hidden people, and those a specialism's gates keep out of lists, come only when the tree asks for `hidden`.
    People who asked not to be approached, or are kept out of everything, never come. While the ranking is switched off
    nobody has a score, and who worked last comes first.
    """
    asked = _Asked(tx, memory.state(tx), tree, specialism, sort)
    found: list[Found] = []
    places = asked.walk(after if before is None else before, back=before is not None, page=limit)
    while batch := list(islice(places, limit - len(found))):
        found += shown.people(tx, asked.state, batch, specialism, sort)
    return found if before is None else found[::-1]


def place_of(one: Found, sort: str = LOWER) -> After:
    """Return where somebody stands in a result, as `find` takes it."""
    return (shown.NOBODY if one.score is None else float(getattr(one.score, sort)), one.person)


def count(tx: Connection, tree: Tree | None, *, specialism: str | None) -> int:
    """Return how many people `find` would return without a limit."""
    return group(tx, tree, specialism=specialism).count()


def everybody(tx: Connection, tree: Tree | None, *, specialism: str | None, sort: str = LOWER) -> Mask:
    """Return whom `find` would return without a limit, as a byte for each place."""
    return group(tx, tree, specialism=specialism, sort=sort).mask()


def group(tx: Connection, tree: Tree | None, *, specialism: str | None, sort: str = LOWER) -> Group:
    """Return whom `find` would return without a limit, as a group."""
    asked = _Asked(tx, memory.state(tx), tree, specialism, sort)
    found = asked.group & asked.matcher.everybody()
    for one in asked.ranges:
        found &= asked.matcher.of(one)
    return found


def conjuncts(tree: Tree | None) -> tuple[Tree, ...]:
    """Return the parts that all have to hold."""
    match tree:
        case None:
            return ()
        case And():
            return tuple(chain.from_iterable(conjuncts(part) for part in tree.parts))
        case _:
            return (tree,)


class _Asked:
    """One search: the group of people it is about, and the ranges that are looked at along the ranking."""

    def __init__(
        self, tx: Connection, state: State, tree: Tree | None, specialism: str | None, sort: str
    ) -> None:
        self._tx, self._sort, self.state = tx, sort, state
        self._ranking = order.ANY if specialism is None else specialism
        self.matcher = Matcher(tx, state, specialism, sort)
        parts = conjuncts(tree)
        is_off = self.matcher.is_off
        self.ranges = [one for one in parts if isinstance(one, Range) and is_scored(one) and not is_off]
        listed = Field(name=FieldName.SPEC, value=self._ranking)
        self._is_scored = listed in parts or bool(self.ranges)
        self.group = self.matcher.all_of([part for part in parts if part not in self.ranges])
        self.group -= self.matcher.silent()
        if not mentions_hidden(tree):
            self.group -= self.matcher.hidden()
            if listed not in parts:
                self.group -= self.matcher.unlisted()

    def walk(self, start: After | None, *, back: bool, page: int) -> Iterator[int]:
        """Yield the places of people behind a place, best first; or of those before it, the nearest first.

        While the ranking is switched off they come by the day of their newest work instead, those of one day by key.
        """
        if self.matcher.is_off:
            yield from self._recent(None if start is None else start[1], back)
            return
        is_behind = start is not None and start[0] == shown.NOBODY
        scored = self._scored(None if is_behind else start, back, page)
        rest = self._unscored(start[1] if start is not None and is_behind else None, back)
        if back:
            yield from chain(rest if is_behind or start is None else (), scored)
        else:
            yield from chain(() if is_behind else scored, rest)

    def _scored(self, start: After | None, back: bool, page: int) -> Iterator[int]:
        mine = walk.ranking(self._tx, self.state.memory, self._ranking, self._sort)
        first = len(mine.places) if back else 0
        if start is not None:
            at, behind = walk.behind(self._tx, self.state.memory, self._ranking, self._sort, *start)
            first = at if back else behind
        for numbers in mine.of(self.group, first, back=back, page=page):
            for begin in range(0, len(numbers), _SLICE):
                part = numbers[begin : begin + _SLICE]
                for one in self.ranges:
                    known = walk.values(self._tx, self.state.memory, self._ranking, self._sort)
                    part = part[meets(known.all.only(part), one)]
                yield from mine.places[part].tolist()

    def _unscored(self, start: str | None, back: bool) -> Iterator[int]:
        if self._is_scored:
            return
        rest = self.group & self.matcher.everybody()
        rest = rest - self.matcher.listed() - self.matcher.unlisted()
        left = rest.count()
        key = search_person.c.person
        while left:
            query = (
                select(search_person.c.no, key)
                .order_by(key.desc() if back else key)
                .limit(_BATCH)
                .where(*([] if start is None else [key < start if back else key > start]))
            )
            if left <= _BATCH:
                query = query.where(among.is_in(self._tx.dialect.name, search_person.c.no))
            members = rest.members().tolist() if left <= _BATCH else ()
            rows = self._tx.execute(query, among.bound(self._tx, members)).all()
            if not rows:
                return
            start = rows[-1].person
            places = np.array([row.no for row in rows], dtype=np.uint32)
            hits = places[(places < rest.size) & rest.has(np.minimum(places, rest.size - 1))]
            left -= len(hits)
            yield from hits.tolist()

    def _recent(self, start: str | None, back: bool) -> Iterator[int]:
        """Yield the places of people from the newest work on, ties by key, behind somebody or before them."""
        people = (self.group & self.matcher.everybody()).mask()
        on, key = func.coalesce(search_person.c.active_on, date.min), search_person.c.person
        query = select(search_person.c.no).order_by(*((on, key.desc()) if back else (on.desc(), key)))
        if start is not None:
            theirs = select(on).where(key == start).scalar_subquery()
            further = (on > theirs, key < start) if back else (on < theirs, key > start)
            query = query.where(or_(further[0], (on == theirs) & further[1]))
        for place in self._tx.execute(query).scalars():
            if place < len(people) and people[place]:
                yield place


def mentions_hidden(tree: Tree | None) -> bool:
    """Return whether a tree says of hidden people whether they should come."""
    match tree:
        case And() | Or():
            return any(mentions_hidden(part) for part in tree.parts)
        case Not():
            return mentions_hidden(tree.part)
        case Field():
            return tree.name is FieldName.HIDDEN
        case _:
            return False
