"""Which groups of a report are not shown: few people, and whatever would tell by subtraction how few.

How many people there are of all groups together is taken as known, and so is how many are of a group that is shown: a
group crossed with another question's adds up to it. Only totals are looked at, so that whoever is chosen changes
nothing of what is shown.
"""

from collections import defaultdict
from collections.abc import Mapping

CELL_MIN = 5  # people below whom a count could tell who somebody is
CROSS = " x "
"""Stands between the questions of a crossed category, and between the answers of its groups."""

Cell = tuple[str, str]


def hidden(totals: Mapping[Cell, int]) -> frozenset[Cell]:
    """Return the (category, group) cells that are not shown. totals: people of each cell.

    Of what adds up to a known number none is hidden, or several, of enough people together.
    """
    out = {cell for cell, total in totals.items() if total < CELL_MIN}
    sums = _sums(totals)
    while any(_hides_more(cells, whole, totals, out) for whole, cells in sums):
        pass
    return frozenset(out)


def is_enough(cells: set[Cell], totals: Mapping[Cell, int]) -> bool:
    """Return whether hidden cells whose sum is known stay hidden."""
    return not cells or (len(cells) > 1 and sum(totals[cell] for cell in cells) >= CELL_MIN)


def _sums(totals: Mapping[Cell, int]) -> list[tuple[Cell | None, set[Cell]]]:
    """Return what adds up to what: the groups of a category to everybody (None), crossed groups to those they cross."""
    whole: defaultdict[str, set[Cell]] = defaultdict(set)
    parts: defaultdict[Cell, dict[str, set[Cell]]] = defaultdict(lambda: defaultdict(set))
    for category, group in totals:
        whole[category].add((category, group))
        questions, answers = category.split(CROSS), group.split(CROSS)
        if len(questions) == len(answers) > 1:
            for one in zip(questions, answers, strict=True):
                if one in totals:
                    parts[one][category].add((category, group))
    return [  # crossed groups first: what they hide is mostly enough for everybody, and not the other way round
        *((one, cells) for one, crossed in parts.items() for cells in crossed.values()),
        *((None, cells) for cells in whole.values()),
    ]


def _hides_more(cells: set[Cell], whole: Cell | None, totals: Mapping[Cell, int], out: set[Cell]) -> bool:
    """Hide the smallest further cell if what is hidden could be computed. Changes out."""
    mine = cells & out
    if bool(mine) if whole in out else is_enough(mine, totals):
        return False
    left = cells - out or ({whole} if whole is not None else set())
    if not left:
        return False
    out.add(min(left, key=lambda cell: (totals[cell], cell)))
    return True
