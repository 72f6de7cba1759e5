"""A ranking in memory, and the walk along it: the best of a group of people without looking at the others."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, select

from storage import order
from storage.groups import Group, Places
from storage.memory import Memory
from storage.order import Stretch
from storage.tables import search_person

Numbers = NDArray[np.signedinteger[Any]]
"""Where people stand in a ranking; 0 = the best."""

_NOWHERE = np.uint32(0xFFFFFFFF)
# Of so few people each is looked up in the ranking; of more it is faster to walk along it. A walk to a page of them
# passes `page * ranking / people` people, and to pass one costs what to look one up does (measured).
_FEW = 256
_ROWS_MAX = 1 << 30
_STEP_MIN, _STEP_MAX = 512, 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ranking:
    """Everybody in a ranking, best first. numbers: where each place stands, `_NOWHERE` for who is not in it."""

    places: Places
    numbers: Places

    @property
    def nbytes(self) -> int:
        """Return what it takes in memory."""
        return self.places.nbytes + self.numbers.nbytes

    def find(self, place: int) -> int | None:
        """Return where a place stands, None if it is not in here."""
        found = self.numbers[place]
        return None if found == _NOWHERE else int(found)

    def of(self, group: Group, first: int, *, back: bool, page: int) -> Iterator[Numbers]:
        """Yield where people of a group stand from a number on, or those before it, the nearest first.

        page: how many are wanted, for choosing the faster way.
        """
        count, total = group.count(), len(self.places)
        if count <= max(_FEW, (page * total) ** 0.5):
            found = self.numbers[group.members()]
            ranked: Numbers = np.sort(found[found != _NOWHERE]).astype(np.int64)
            at = int(np.searchsorted(ranked, first))
            yield ranked[:at][::-1] if back else ranked[at:]
            return
        size = min(max(_STEP_MIN, 2 * page * total // count), _STEP_MAX)
        while first > 0 if back else first < total:
            low, high = (max(0, first - size), first) if back else (first, min(total, first + size))
            hits = np.flatnonzero(group.has(self.places[low:high])) + low
            yield hits[::-1] if back else hits
            first, size = (low if back else high), min(2 * size, _STEP_MAX)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Values:
    """What everybody in a ranking is ranked by, best first. sure: how many stand at the front by falling values.

    Whoever stands behind them is of too little evidence to be compared.
    """

    all: Stretch
    sure: int

    @property
    def nbytes(self) -> int:
        """Return what it takes in memory."""
        whole = self.all
        return whole.places.nbytes + whole.lowers.nbytes + whole.points.nbytes + whole.confidences.nbytes


def ranking(tx: Connection, memory: Memory, name: str, sort: str) -> Ranking:
    """Return a ranking, kept in memory. Reads 4 bytes for each of its people the first time."""

    def read() -> Ranking:
        parts = [part for _, part in order.places(tx, name, sort, 0, _ROWS_MAX)]
        places = np.concatenate([np.zeros(0, dtype=np.uint32), *parts])
        places = places[places < memory.size]
        numbers = np.full(memory.size, _NOWHERE)
        numbers[places] = np.arange(len(places), dtype=np.uint32)
        return Ranking(places=places, numbers=numbers)

    return memory.get(("ranking", name, sort), read)


def values(tx: Connection, memory: Memory, name: str, sort: str) -> Values:
    """Return what a ranking goes by, kept in memory. Reads 28 bytes for each of its people the first time."""

    def read() -> Values:
        whole = order.joined(list(order.stretches(tx, name, sort)))
        whole = whole.only(whole.places < memory.size)
        return Values(all=whole, sure=int((~whole.unsure).sum()))

    return memory.get(("values", name, sort), read)


def behind(tx: Connection, memory: Memory, name: str, sort: str, value: float, key: str) -> tuple[int, int]:
    """Return where somebody stood who had this sorted value and key: (number, number behind them)."""
    mine = ranking(tx, memory, name, sort)
    known = values(tx, memory, name, sort)
    place = tx.execute(select(search_person.c.no).where(search_person.c.person == key)).scalar()
    number = None if place is None or place >= memory.size else mine.find(place)
    if number is not None and known.all.lowers[number] == value:
        return number, number + 1
    rising = known.all.lowers[: known.sure][::-1]
    low = known.sure - int(np.searchsorted(rising, value, "right"))
    high = known.sure - int(np.searchsorted(rising, value, "left"))
    while low < high:  # equal values stand by key
        middle = (low + high) // 2
        query = select(search_person.c.person).where(search_person.c.no == int(mine.places[middle]))
        other = tx.execute(query).scalar()
        if other is not None and other < key:
            low = middle + 1
        else:
            high = middle
    return low, low
