"""People, works and signals as numbers in the order of their names: for what is joined and sorted by the million.

A name is some sixty letters, a number is one word of the machine. The order is that of names, so ties break alike.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What the numbers of a snapshot stand for: keys of people, ids of works and of signals, by number."""

    people: pa.Array
    works: pa.Array
    signals: pa.Array

    def person(self, numbers: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
        """Return the keys of people."""
        return self.people.take(numbers)

    def evidence(self, lists: pa.ChunkedArray) -> pa.ListArray:
        """Return lists of signal ids for lists of numbers; null stays null."""
        whole = lists.combine_chunks() if isinstance(lists, pa.ChunkedArray) else lists
        named = self.signals.take(whole.flatten())
        lengths = np.diff(whole.offsets.to_numpy())
        filled = np.where(whole.is_null().to_numpy(zero_copy_only=False), 0, lengths)
        offsets = pa.array(np.concatenate([[0], np.cumsum(filled)]), pa.int32())
        return pa.ListArray.from_arrays(offsets, named, mask=whole.is_null())


def numbered(signals: ir.Table, docs: ir.Table) -> tuple[ir.Table, ir.Table, Names]:
    """Return signals and documents with numbers for `person`, `work` and `signal`, and what these stand for.

    Signals of works without a document are left out. said_of: the work's number, else one that no work has. mark: a
    digest of the signal's name. id: the document's name.
    """
    people, named = _ranked(signals, "person"), _ranked(signals, "signal")
    works = _ranked(docs, "work")
    rows = signals.inner_join(people, "person").inner_join(named, "signal").inner_join(works, "work")
    alone = -1 - rows.said_of.hash().abs()
    rows = rows.mutate(said_of=ibis.ifelse(rows.said_of == rows.work, rows.no_work, alone))
    return (
        _instead(rows.mutate(mark=rows.signal.hash()), "person", "signal", "work"),
        _instead(docs.inner_join(works, "work").mutate(id=ibis._.work), "work"),
        Names(
            people=_column(people, "person"), works=_column(works, "work"), signals=_column(named, "signal")
        ),
    )


def _ranked(rows: ir.Table, name: str) -> ir.Table:
    """Return (name, no_name): every name with its place in their order, from 0."""
    every = rows.select(name).distinct()
    return every.mutate(**{f"no_{name}": ibis.row_number().over(order_by=every[name])}).cache()


def _instead(rows: ir.Table, *names: str) -> ir.Table:
    """Return rows with numbers in the place of names."""
    kept: Mapping[str, ir.Value] = {name: rows[f"no_{name}"] for name in names}
    return rows.mutate(**kept).drop(*(f"no_{name}" for name in names))


def _column(ranked: ir.Table, name: str) -> pa.Array:
    found = ranked.order_by(f"no_{name}").select(name).to_pyarrow()[name]
    return found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found
