"""Tables of counts that tell nothing of a few people: small cells are withheld, and as many others as hide them.

A withheld cell must not come back by subtraction from totals. Rows and columns are points of a graph, withheld cells
its edges, totals included: a cell can be computed exactly if its edge is on no cycle (Gusfield, A graph theoretic
approach to statistical data security, 1988). Every withheld cell is therefore closed into a cycle of withheld ones, by
the path that withholds the fewest people.
"""

import heapq
from collections.abc import Collection, Iterable, Mapping

SMALLEST = 5
"""Counts from 1 to below this are withheld: fewer people can be told apart by who knows the field."""

TOTAL = "total"
"""The row and the column of totals."""

OTHERS = "others"
"""The row or column of all that have fewer than `SMALLEST` people: that anybody is there at all tells of them too."""

Cell = tuple[str, str]


def grouped(
    counts: Mapping[Cell, int], *, rows: bool = True, columns: bool = False, keep: Collection[str] = ()
) -> dict[Cell, int]:
    """Return a table without totals, small rows, or columns, put together as `OTHERS`. keep: names left alone."""
    small: list[set[str]] = []
    for axis, is_wanted in enumerate((rows, columns)):
        totals: dict[str, int] = {}
        for cell, count in counts.items():
            totals[cell[axis]] = totals.get(cell[axis], 0) + count
        few = {name for name, count in totals.items() if count < SMALLEST and name not in keep}
        small.append(few if is_wanted else set())
    table: dict[Cell, int] = {}
    for (row, column), count in counts.items():
        cell = (OTHERS if row in small[0] else row, OTHERS if column in small[1] else column)
        table[cell] = table.get(cell, 0) + count
    return table


def with_totals(counts: Mapping[Cell, int]) -> dict[Cell, int]:
    """Return a table with a row and a column of totals, and the total of all in their corner."""
    table = {cell: count for cell, count in counts.items() if count}
    for (row, column), count in list(table.items()):
        for cell in ((row, TOTAL), (TOTAL, column), (TOTAL, TOTAL)):
            table[cell] = table.get(cell, 0) + count
    return table


def withheld(table: Mapping[Cell, int]) -> frozenset[Cell]:
    """Return the cells of a table with totals that must not be shown; cells without anybody are always shown.

    Afterwards no withheld cell follows from what is shown, and none stands with too few others for a shown total.
    """
    hidden = {cell for cell, count in table.items() if 0 < count < SMALLEST}
    while True:
        grown = _closed(table, hidden)
        grown |= _padded(table, grown)
        if grown == hidden:
            return frozenset(hidden)
        hidden = grown


def _closed(table: Mapping[Cell, int], hidden: Collection[Cell]) -> set[Cell]:
    """Return the cells to hide so that each lies on a cycle, as far as the table has other cells to hide it with."""
    found = set(hidden)
    for cell in sorted(hidden):
        found |= _path(table, found, cell)
    return found


def _path(table: Mapping[Cell, int], hidden: Collection[Cell], cell: Cell) -> set[Cell]:
    """Return the cells of the cheapest way round a cell, from its row to its column; empty if there is none."""
    around: dict[str, list[tuple[str, Cell]]] = {}
    for row, column in table:
        if (row, column) != cell and table[row, column] > 0:
            around.setdefault(f"r{row}", []).append((f"c{column}", (row, column)))
            around.setdefault(f"c{column}", []).append((f"r{row}", (row, column)))
    start, goal = f"r{cell[0]}", f"c{cell[1]}"
    waiting: list[tuple[int, str, tuple[Cell, ...]]] = [(0, start, ())]
    done: set[str] = set()
    while waiting:
        cost, at, way = heapq.heappop(waiting)
        if at == goal:
            return set(way)
        if at in done:
            continue
        done.add(at)
        for beside, edge in around.get(at, ()):
            if beside not in done:
                price = 0 if edge in hidden else table[edge]
                heapq.heappush(waiting, (cost + price, beside, (*way, edge)))
    return set()


def _padded(table: Mapping[Cell, int], hidden: Collection[Cell]) -> set[Cell]:
    """Return further cells to hide where what is hidden beside a shown total is itself fewer than `SMALLEST`."""
    found = set[Cell]()
    for line, total in _lines(table):
        inside = [cell for cell in line if cell in hidden]
        if total in hidden or not inside or sum(table[cell] for cell in inside) >= SMALLEST:
            continue
        shown = sorted((table[cell], cell) for cell in line if cell not in hidden)
        found.add(shown[0][1] if shown else total)
    return found


def _lines(table: Mapping[Cell, int]) -> Iterable[tuple[list[Cell], Cell]]:
    rows, columns = {row for row, _ in table}, {column for _, column in table}
    for row in sorted(rows):
        yield sorted(cell for cell in table if cell[0] == row and cell[1] != TOTAL), (row, TOTAL)
    for column in sorted(columns):
        yield sorted(cell for cell in table if cell[1] == column and cell[0] != TOTAL), (TOTAL, column)
