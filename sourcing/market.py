"""The market: how many people there are for a specialism, by level and place, and between whom they move.

Counts only, of what people state themselves; fewer than five people are never shown, nor what would tell of them.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from math import sqrt
from operator import itemgetter
from typing import Any

from sourcing import cells
from sourcing.cells import TOTAL
from storage import supply

PLACES = ("country", "region", "hub")
UNKNOWN = "unknown"
"""Who states no place, or one that may be several: a row of its own, never left out."""

_Z = 1.96  # of a 95 % interval
_LEGAL = re.compile(
    r"inc|incorporated|ltd|limited|llc|llp|gmbh|ag|sas?|bv|nv|plc|corp|corporation|co|company|the"
)
_INSIDE = re.compile(
    r"^(?:dep(?:artment|t)|school|faculty|division|group|laborator\w+|lab|chair|team)\b", re.IGNORECASE
)
_HOUSE = re.compile(r"universi|institut|college|academy|polytech|hochschule|école|ecole", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """People of a level at a place. people: None if withheld. evidenced: how many of them are what the evidence says,
    expected from their confidence; low, high: its 95 % interval; all None if withheld.
    """

    place: str
    level: str
    people: int | None
    evidenced: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Listed people who named one organisation and later another. year: the first with the new one.

    left, joined: `total` for all, `others` for several.
    """

    year: int
    left: str
    joined: str
    people: int


def supplied(tx: Any, specialism: str, place: str) -> list[Cell]:
    """Return the people listed by place and level with totals, places by name, others, unknown and total last.

    place: one of `PLACES`. Places with fewer than five people are put together; cells of 1 to 4 people are withheld,
    with as many others as it takes to hide them.
    """
    found = supply.groups(tx, specialism, place)
    counts: Counter[cells.Cell] = Counter()
    for one in found:
        counts[one.place or UNKNOWN, one.level] += one.people
    alone = {row for row, _ in cells.grouped(counts, keep=[UNKNOWN])}
    sums: dict[cells.Cell, tuple[float, float]] = {}
    for one in found:
        where = one.place or UNKNOWN
        where = where if where in alone else cells.OTHERS
        for cell in ((where, one.level), (where, TOTAL), (TOTAL, one.level), (TOTAL, TOTAL)):
            sure, spread = sums.get(cell, (0.0, 0.0))
            sums[cell] = (sure + one.confidence, spread + one.variance)
    table = cells.with_totals(cells.grouped(counts, keep=[UNKNOWN]))
    hidden = cells.withheld(table)
    return [
        _cell(cell, table[cell], *sums[cell], is_hidden=cell in hidden) for cell in sorted(table, key=_order)
    ]


def moves(tx: Any, specialism: str) -> list[Move]:
    """Return how many moved between organisations, newest year first, with the totals of each side.

    Organisations that fewer than five left, or joined, in a year are put together; what would tell of fewer is left
    out. A person counts once for each year in which the organisation most often named differs from that of the last
    year with any.
    """
    by_year: dict[int, Counter[cells.Cell]] = {}
    for _, stated in groupby(supply.iter_affiliations(tx, specialism), key=itemgetter(0)):
        for year, left, joined in _moves((where, year) for _, where, year in stated):
            by_year.setdefault(year, Counter())[left, joined] += 1
    found: list[Move] = []
    for year, counts in sorted(by_year.items(), reverse=True):
        table = cells.with_totals(cells.grouped(counts, columns=True))
        shown = sorted(table.keys() - cells.withheld(table), key=_order)
        found += [
            Move(year=year, left=left, joined=joined, people=table[left, joined]) for left, joined in shown
        ]
    return found


def organisation(stated: str) -> str | None:
    """Return the organisation in an affiliation, in lower case; None if it names none.

    The part that is a house of learning, else the first that is not a department; legal forms are dropped.
    """
    parts = [part.strip(" @.\t") for part in re.split(r"[,;|/()\n]| at | @", stated)]
    parts = [part for part in parts if part and not _INSIDE.match(part)]
    chosen = next((part for part in parts if _HOUSE.search(part)), parts[0] if parts else "")
    said = [
        word for word in re.findall(r"[\w&+.'-]+", chosen.lower()) if not _LEGAL.fullmatch(word.strip("."))
    ]
    return " ".join(said).strip(" .") or None


def _moves(stated: Iterable[tuple[str, int]]) -> list[tuple[int, str, str]]:
    years: dict[int, Counter[str]] = {}
    for text, year in stated:
        name = organisation(text)
        if name is not None:
            years.setdefault(year, Counter())[name] += 1
    found: list[tuple[int, str, str]] = []
    before: Mapping[str, int] = {}
    last: str | None = None
    for year in sorted(years):
        named = years[year]
        usual = min(named, key=lambda name: (-named[name], name))
        if last is not None and usual != last and usual not in before and last not in named:
            found.append((year, last, usual))
        last, before = usual, named
    return found


def _cell(cell: cells.Cell, people: int, sure: float, variance: float, *, is_hidden: bool) -> Cell:
    if is_hidden:
        return Cell(place=cell[0], level=cell[1], people=None, evidenced=None, low=None, high=None)
    half = _Z * sqrt(max(variance, 0.0))
    return Cell(
        place=cell[0],
        level=cell[1],
        people=people,
        evidenced=sure,
        low=max(0.0, sure - half),
        high=min(float(people), sure + half),
    )


def _order(cell: cells.Cell) -> tuple[int, str, int, str]:
    last = (cells.OTHERS, UNKNOWN, TOTAL)
    place, level = (last.index(name) + 1 if name in last else 0 for name in cell)
    return (place, cell[0], level, cell[1])
