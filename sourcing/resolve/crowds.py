"""What the mentions of one name say together: one person or many, and who stands around their co-authors."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, NamedTuple, Protocol

TEAM_MAX: Final = 60  # names of a paper whose authors count as each other's circle
CIRCLE_MAX: Final = 150  # co-authors of co-authors of one mention, the most frequent
HUB: Final = 400  # names around one co-author; somebody who wrote with more tells nobody apart
RARE_BITS: Final = 6.0  # a co-author on fewer than one paper in 64 counts for the circle


class Told(NamedTuple):
    """What one mention gives its crowd, as numbers. place: its institution in words, -1 for none."""

    co: tuple[int, ...]
    domains: tuple[int, ...]
    place: int
    year: int | None


class Crowd(NamedTuple):
    """All mentions of one name; see the columns of bylines."""

    mentions: int
    islands: int
    even_co: float | None
    homes: int
    even: float | None
    housed: int
    places: int


def crowd(group: Sequence[Told]) -> Crowd:
    """Return what the mentions of one name say together. Needs at least one."""
    parent = list(range(len(group)))
    _unite(parent, (one.co for one in group))
    isles = [_root(parent, place) for place, one in enumerate(group) if one.co]
    _unite(parent, map(_homes, group))
    homes = [
        _root(parent, place) for place, one in enumerate(group) if one.co or one.domains or one.place >= 0
    ]
    yearly: defaultdict[int | None, set[int]] = defaultdict(set)
    for one in group:
        yearly[one.year].update(one.domains[:1])
    return Crowd(
        mentions=len(group),
        islands=len(set(isles)),
        even_co=_evenness(isles),
        homes=len(set(homes)),
        even=_evenness(homes),
        housed=sum(bool(one.domains or one.place >= 0) for one in group),
        places=max(map(len, yearly.values())),
    )


def _homes(one: Told) -> Iterator[int]:
    """Return what holds mentions of one place together: domains and institutions told apart by their sign."""
    yield from one.domains
    if one.place >= 0:
        yield -1 - one.place


def _unite(parent: list[int], tokens: Iterable[Iterable[int]]) -> None:
    """Join mentions of one token."""
    first: dict[int, int] = {}
    for place, listed in enumerate(tokens):
        for token in listed:
            other = first.setdefault(token, place)
            if other != place:
                parent[_root(parent, place)] = _root(parent, other)


def _root(parent: list[int], one: int) -> int:
    while parent[one] != one:
        parent[one] = parent[parent[one]]
        one = parent[one]
    return one


def _evenness(parts: Sequence[int]) -> float | None:
    """Return the chance that two mentions drawn anew are of one part, half an unseen one added; None for none."""
    total = len(parts)
    return sum(count**2 for count in Counter(parts).values()) / (total + 0.5) ** 2 if total else None


class Worth(Protocol):
    """What an agreement on a name tells, in bits, by its number."""

    def __getitem__(self, name: int, /) -> float:
        """Return the bits."""


class _Asked(dict[int, bool]):
    """What is asked of each name, once."""

    def __init__(self, ask: Callable[[int], bool]) -> None:
        super().__init__()
        self._ask = ask

    def __missing__(self, name: int) -> bool:
        found = self[name] = self._ask(name)
        return found


class Circles:
    """Who wrote with whom, names as numbers. names: readable, by number."""

    def __init__(self, papers: Iterable[frozenset[int]], worth: Worth, names: Sequence[str]) -> None:
        self._worth, self._names = worth, names
        self._of: list[list[frozenset[int]]] = [[] for _ in names]
        for team in papers:
            if len(team) <= TEAM_MAX:
                for name in team:
                    self._of[name].append(team)
        self._tells = _Asked(lambda name: worth[name] > RARE_BITS and self._is_no_hub(name))

    def around(self, name: int, co: Sequence[int]) -> list[int]:
        """Return the co-authors of the rare co-authors of a mention of a name, the most frequent of many."""
        telling = [one for one in co if self._tells[one]]
        near: set[int] = set()
        near.update(*(team for one in telling for team in self._of[one]))
        near.difference_update(co)
        near.discard(name)
        if len(near) <= CIRCLE_MAX:
            return list(near)
        counts = Counter(other for one in telling for other in set().union(*self._of[one]) if other in near)
        found = sorted(
            (-count, -self._worth[other], self._names[other], other) for other, count in counts.items()
        )
        return [other for *_, other in found[:CIRCLE_MAX]]

    def _is_no_hub(self, name: int) -> bool:
        teams = self._of[name]
        return sum(map(len, teams)) <= HUB or len(set().union(*teams)) <= HUB
