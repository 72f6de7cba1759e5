"""Whom a shortlist reaches: how much of it comes from few sources, places and institutions, beside all there are (F5).

It shows, and changes nothing: nobody is moved up or down for where they are.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sourcing.errors import BadInput
from storage import lists, spread

TOP = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One source, region or institution. share: 0–1 of the people of whom it is known; of_all: the same for everybody.

    Somebody of two sources counts for both, so that shares need not sum to 1.
    """

    value: str
    people: int
    share: float
    of_all: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """How one thing is spread over a list. by: source, region or institution. parts: the largest, at most five.

    known, unknown: people of the list with and without it. top_share, top_share_of_all: 0–1, who is in one of these
    five, of the list, and who is in one of the five largest among everybody; None where it is known of nobody.
    """

    by: str
    parts: tuple[Part, ...]
    known: int
    unknown: int
    top_share: float | None
    top_share_of_all: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """The spread of a shortlist. people: on it. everybody: with a listed score in its specialism."""

    shortlist: str
    specialism: str
    people: int
    everybody: int
    spreads: tuple[Spread, ...]


def of(tx: Any, name: str) -> Reach:
    """Return how a shortlist is spread. Raises NotFound, BadInput for a list without a specialism to compare with."""
    found = lists.show(tx, name)
    if found.specialism is None:
        raise BadInput(f"{name!r} is for no specialism: there is nobody to compare it with")
    chosen = [item.person for item in found.items]
    everybody = spread.listed(tx, found.specialism)
    mine, all_ = spread.of(tx, chosen), spread.of(tx, everybody)
    return Reach(
        shortlist=name,
        specialism=found.specialism,
        people=len(chosen),
        everybody=len(everybody),
        spreads=tuple(_spread(by, chosen, mine[by], all_[by]) for by in spread.KINDS),
    )


def _spread(
    by: str, chosen: Sequence[str], mine: Mapping[str, Sequence[str]], everybody: Mapping[str, Sequence[str]]
) -> Spread:
    counted, of_all = _counted(mine), _counted(everybody)
    largest = _largest(counted)
    return Spread(
        by=by,
        parts=tuple(
            Part(
                value=value,
                people=counted[value],
                share=counted[value] / len(mine),
                of_all=of_all[value] / len(everybody) if everybody else 0.0,
            )
            for value in largest
        ),
        known=len(mine),
        unknown=len(set(chosen)) - len(mine),
        top_share=_share(mine, largest),
        top_share_of_all=_share(everybody, _largest(of_all)),
    )


def _counted(held: Mapping[str, Sequence[str]]) -> Counter[str]:
    return Counter(value for values in held.values() for value in set(values))


def _largest(counted: Counter[str]) -> list[str]:
    return sorted(counted, key=lambda value: (-counted[value], value))[:TOP]


def _share(held: Mapping[str, Sequence[str]], values: Sequence[str]) -> float | None:
    """Return how many people have one of some values, 0–1; None if nobody has any."""
    if not held:
        return None
    return sum(not set(values).isdisjoint(each) for each in held.values()) / len(held)
