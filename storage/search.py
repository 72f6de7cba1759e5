"""People under a search tree, best first: sets of people are combined, then the ranking is walked until a page is full.

Words come from sets where many people share them, else from the full-text index; both databases give the same people.
"""

from collections.abc import Iterator, Sequence
from itertools import chain, islice

import numpy as np
from sqlalchemy import Connection, select

from storage import order, sets, shown, wishes
from storage.engine import batched
from storage.index import reindex as reindex
from storage.matching import Matcher, is_scored, meets
from storage.model import Found, Score
from storage.order import LOWER as LOWER
from storage.order import RISING as RISING
from storage.query import And, Field, FieldName, Not, Or, Range, Tree
from storage.sets import Mask
from storage.tables import search_person

After = tuple[float, str]
"""A place in a result: the sorted value of somebody, -1 without a score, and the key."""

# So few people are looked up one by one. Of more it is faster to walk the ranking until it has shown a page of them,
# which takes the longer the rarer they are: in the time to look one up, so many are walked (measured at a million).
_FEW = 64
_WALKED = 15
_ROWS_MAX = 64
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
    People who asked not to be approached never come.
    """
    asked = _Asked(tx, tree, specialism, sort, limit)
    found: list[Found] = []
    people = asked.walk(after if before is None else before, back=before is not None)
    while batch := list(islice(people, limit - len(found))):
        kept_out = shown.kept_out(tx, [one.person for one in batch], hidden=not asked.shows_hidden)
        found += [one for one in batch if one.person not in kept_out]
    return found if before is None else found[::-1]


def place_of(one: Found, sort: str = LOWER) -> After:
    """Return where somebody stands in a result, as `find` takes it."""
    return (shown.NOBODY if one.score is None else float(getattr(one.score, sort)), one.person)


def count(tx: Connection, tree: Tree | None, *, specialism: str | None) -> int:
    """Return how many people `find` would return without a limit."""
    return int(np.count_nonzero(everybody(tx, tree, specialism=specialism)))


def everybody(tx: Connection, tree: Tree | None, *, specialism: str | None, sort: str = LOWER) -> Mask:
    """Return whom `find` would return without a limit, as a set."""
    asked = _Asked(tx, tree, specialism, sort)
    found = asked.mask & asked.matcher.everybody()
    for one in asked.ranges:
        found &= asked.matcher.of(one)
    if not asked.shows_hidden:
        found[list(asked.matcher.hidden())] = False
    keys = wishes.keys(tx)
    for batch in batched(sorted(keys), _BATCH):
        query = select(search_person.c.no).where(search_person.c.person.in_(batch))
        found[list(tx.execute(query).scalars())] = False
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
    """One search: the set of people it is about, and the ranges that are looked at along the ranking."""

    def __init__(
        self, tx: Connection, tree: Tree | None, specialism: str | None, sort: str, page: int = _BATCH
    ) -> None:
        self._tx, self._specialism, self._sort, self._page = tx, specialism, sort, min(page, _BATCH)
        self._ranking = order.ANY if specialism is None else specialism
        self.matcher = Matcher(tx, specialism, sort)
        parts = conjuncts(tree)
        self.ranges = [one for one in parts if isinstance(one, Range) and is_scored(one)]
        listed = Field(name=FieldName.SPEC, value=self._ranking)
        self._is_scored = listed in parts or bool(self.ranges)
        self.mask = ~sets.empty(self.matcher.size)
        for part in parts:
            if part not in self.ranges:
                self.mask &= self.matcher.of(part)
        self.shows_hidden = mentions_hidden(tree)
        if not self.shows_hidden and listed not in parts:
            self.mask &= ~self.matcher.unlisted()

    def walk(self, start: After | None, *, back: bool) -> Iterator[Found]:
        """Yield people behind a place, best first; or those before it, the nearest first."""
        if np.count_nonzero(self.mask) <= max(_FEW, (self.matcher.size / _WALKED) ** 0.5):
            yield from self._few(start, back)
            return
        is_behind = start is not None and start[0] == shown.NOBODY
        scored = self._scored(None if is_behind else start, back)
        rest = self._unscored(start[1] if start is not None and is_behind else None, back)
        if back:
            yield from chain(rest if is_behind or start is None else (), scored)
        else:
            yield from chain(() if is_behind else scored, rest)

    def _few(self, start: After | None, back: bool) -> Iterator[Found]:
        """Yield from a small set: everybody's place in the ranking is looked up, and only a page of people read."""
        places = np.flatnonzero(self.mask).tolist()
        ranked = shown.ranked(self._tx, places, self._specialism, self._sort, is_scored=self._is_scored)
        if start is not None:
            here = (-start[0], start[1])
            ranked = [one for one in ranked if (one[:2] < here if back else one[:2] > here)]
        for one in self._in_order([place for *_, place in (reversed(ranked) if back else ranked)]):
            if all(one.score is not None and _lies(one.score, wanted) for wanted in self.ranges):
                yield one

    def _scored(self, start: After | None, back: bool) -> Iterator[Found]:
        if back and start is None:
            row, offset = order.last(self._tx, self._ranking, self._sort) + 1, 0
        else:
            row, offset = self._locate(start, back)
        at, size = row, 1
        while at >= 0:
            first, last = (max(0, at - size + 1), at) if back else (at, at + size - 1)
            at, size = (first - 1 if back else last + 1), min(size * 2, _ROWS_MAX)
            hits: list[int] = []
            is_more = back
            for number, places, holds in self._stretch(first, last):
                is_more = True
                if number == row:
                    holds[offset:] &= not back
                    holds[:offset] &= back
                hits += places[holds].tolist()
            if not is_more:
                return
            yield from self._in_order(hits[::-1] if back else hits)

    def _stretch(self, first: int, last: int) -> Iterator[tuple[int, sets.Places, Mask]]:
        if not self.ranges:
            for number, places in order.places(self._tx, self._ranking, self._sort, first, last):
                yield number, places, self.mask[places]
            return
        for part in order.stretches(self._tx, self._ranking, self._sort, first, last):
            holds = self.mask[part.places]
            for one in self.ranges:
                holds &= meets(part, one)
            yield part.chunk, part.places, holds

    def _locate(self, start: After | None, back: bool) -> tuple[int, int]:
        """Return the row of the ranking and the number in it where walking begins: behind a place, or at it."""
        if start is None:
            return 0, 0
        value, key = start
        row = order.row_of(self._tx, self._ranking, self._sort, value)
        spot = (row, 0)
        for number in range(row, -1, -1):  # equal values may begin rows earlier
            part = next(order.stretches(self._tx, self._ranking, self._sort, number, number), None)
            if part is None:
                break
            above = int(np.count_nonzero(part.lowers > value))
            tied = part.places[part.lowers == value]
            keys = self._keys(tied.tolist())
            passed = [
                keys.get(place, "") < key if back else keys.get(place, "") <= key for place in tied.tolist()
            ]
            inside = above + sum(passed)
            if number == row or inside < len(part.places):
                spot = (number, inside)
            if above or inside:
                break
        return spot

    def _unscored(self, start: str | None, back: bool) -> Iterator[Found]:
        if self._is_scored:
            return
        rest = self.mask & ~self.matcher.listed() & ~self.matcher.unlisted()
        columns = (search_person.c.no, search_person.c.person)
        key = search_person.c.person
        left = int(np.count_nonzero(rest & self.matcher.everybody()))
        while left:
            query = select(*columns).order_by(key.desc() if back else key).limit(_BATCH)
            if start is not None:
                query = query.where(key < start if back else key > start)
            rows = self._tx.execute(query).all()
            if not rows:
                return
            start = rows[-1].person
            hits = [row.no for row in rows if rest[row.no]]
            left -= len(hits)
            yield from self._in_order(hits)

    def _in_order(self, places: Sequence[int]) -> Iterator[Found]:
        while places:
            batch, places = places[: self._page], places[self._page :]
            found = shown.people(self._tx, batch, self._specialism, self._sort)
            yield from (found[place] for place in batch if place in found)

    def _keys(self, places: Sequence[int]) -> dict[int, str]:
        found: dict[int, str] = {}
        for batch in batched(places, _BATCH):
            query = select(search_person.c.no, search_person.c.person).where(search_person.c.no.in_(batch))
            found.update({row.no: row.person for row in self._tx.execute(query)})
        return found


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


def _lies(one: Score, wanted: Range) -> bool:
    part = order.Stretch(
        places=np.zeros(1, dtype=np.uint32),
        lowers=np.zeros(1),
        points=np.array([one.value]),
        confidences=np.array([one.confidence]),
    )
    return bool(meets(part, wanted)[0])
