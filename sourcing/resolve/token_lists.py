"""Columns of lists of tokens, numbered as they come and laid out as Arrow has them: no Python object per token.

In a column of weights a token stands with what it is worth in its last digits, see `WORTH`.
"""

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from math import log2
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

WORTH: Final = 1 << 20
"""In a column of weights a token is its number times this, and its worth added: the sum of what two lists share, modulo
this, is what that is worth together. Room for a hundred thousand words of a row."""
_PIECE: Final = 65_536  # rows laid out at a time


def arrow_type(kind: str) -> "pa.DataType":
    """Return what Arrow calls a kind of column: int64, float64, bool, text or texts."""
    import pyarrow as pa

    kinds = {
        "int64": pa.int64(),
        "float64": pa.float64(),
        "bool": pa.bool_(),
        "text": pa.string(),
        "texts": pa.list_(pa.string()),
    }
    return kinds[kind]


class TokenLists:
    """Lists of words, equal ones kept once: rows name the place of theirs."""

    def __init__(self) -> None:
        self.lists: list[tuple[str, ...]] = []
        self.numbers: list[tuple[int, ...]] = []
        self.rows = array("q")
        self._tokens: dict[str, int] = {}
        self._places: dict[tuple[str, ...], int] = {}

    def add(self, words: tuple[str, ...]) -> int:
        """Give the next row a list of words and return the place of the list."""
        place = self._places.get(words)
        if place is None:
            place = self._places[words] = len(self.lists)
            self.lists.append(words)
            self.numbers.append(tuple(self._tokens.setdefault(word, len(self._tokens)) for word in words))
        self.rows.append(place)
        return place

    def filled(self) -> int:
        """Return how many rows have a list that is not empty."""
        return sum(times for place, times in Counter(self.rows).items() if self.lists[place])

    @property
    def words(self) -> list[str]:
        """Return the words of the tokens, by number."""
        return list(self._tokens)

    def counted(self, groups: Iterable[int]) -> list[int]:
        """Return in how many groups each token is. groups: the list of each."""
        counts = [0] * len(self._tokens)
        for place, times in Counter(groups).items():
            for token in self.numbers[place]:
                counts[token] += times
        return counts

    def column(self, numbers: "np.ndarray[Any, Any] | None" = None) -> "pa.ChunkedArray":
        """Return the tokens of each row. numbers: others to give instead."""
        return _spread(_numbered(self.numbers, numbers), self.rows)

    def weighed(
        self, worth: Sequence[float], *, step: int, most: int, numbers: "np.ndarray[Any, Any] | None" = None
    ) -> "pa.ChunkedArray":
        """Return the tokens of each row with what they are worth, in steps; those worth none are left out."""
        return _spread(_weighed(self.numbers, _steps(worth, step, most), numbers), self.rows)

    def sums(self, worth: Sequence[float], *, step: int, most: int) -> "pa.Array":
        """Return what the tokens of each row are worth together, in steps."""
        import numpy as np
        import pyarrow as pa

        flat, ends = _flat(self.numbers)
        before = np.concatenate([[0], np.cumsum(_steps(worth, step, most)[flat])])
        return pa.array(
            (before[ends[1:]] - before[ends[:-1]])[np.array(self.rows, dtype=np.int64)], pa.int64()
        )


def worth(times: Sequence[int], total: int) -> list[float]:
    """Return log2 of one in how many groups each token is in. times: by token. total: of groups."""
    return [max(log2(total / count), 0.0) if count else 0.0 for count in times]


def column(
    lists: Iterable[Sequence[int]], numbers: "np.ndarray[Any, Any] | None" = None
) -> "pa.ChunkedArray":
    """Return lists of numbers as a column. numbers: others to give instead."""
    return _chunked(_numbered(piece, numbers) for piece in _pieces(lists))


def weighed(
    lists: Iterable[Sequence[int]],
    worth: Sequence[float],
    *,
    step: int,
    most: int,
    numbers: "np.ndarray[Any, Any] | None" = None,
) -> "pa.ChunkedArray":
    """Return lists of numbers as a column of weights. worth: by number, taken in steps, at most so many."""
    steps = _steps(worth, step, most)
    return _chunked((_weighed(piece, steps, numbers) for piece in _pieces(lists)), wide=True)


def _pieces(lists: Iterable[Sequence[int]]) -> Iterator[list[Sequence[int]]]:
    rest = iter(lists)
    while piece := list(islice(rest, _PIECE)):
        yield piece


def _steps(worth: Sequence[float], step: int, most: int) -> "np.ndarray[Any, Any]":
    import numpy as np

    return np.array([min(most, int(bits / step + 0.5)) for bits in worth], dtype=np.int64)


def _numbered(lists: Sequence[Sequence[int]], numbers: "np.ndarray[Any, Any] | None") -> "pa.Array":
    flat, ends = _flat(lists)
    return _listed(flat if numbers is None else numbers[flat], ends)


def _weighed(
    lists: Sequence[Sequence[int]], steps: "np.ndarray[Any, Any]", numbers: "np.ndarray[Any, Any] | None"
) -> "pa.Array":
    import numpy as np
    import pyarrow as pa

    flat, ends = _flat(lists)
    worth = steps[flat]
    told = (flat if numbers is None else numbers[flat]) * WORTH + worth
    before = np.concatenate([[0], np.cumsum(worth > 0)])
    return pa.LargeListArray.from_arrays(pa.array(before[ends]), pa.array(told[worth > 0], pa.int64()))


def _flat(lists: Sequence[Sequence[int]]) -> "tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]":
    """Return all numbers in a row, and where each list begins and the last one ends."""
    import numpy as np

    ends = np.zeros(len(lists) + 1, dtype=np.int64)
    np.cumsum([len(one) for one in lists], out=ends[1:])
    return np.fromiter(chain.from_iterable(lists), dtype=np.int64, count=int(ends[-1])), ends


def _listed(flat: "np.ndarray[Any, Any]", ends: "np.ndarray[Any, Any]") -> "pa.Array":
    import pyarrow as pa

    # half as wide as numbers come: these columns are most of what a large table weighs; one too large raises
    return pa.LargeListArray.from_arrays(pa.array(ends), pa.array(flat).cast(pa.int32()))


def _spread(lists: "pa.Array", rows: Sequence[int]) -> "pa.ChunkedArray":
    """Return the list of each row, some rows at a time: what grows is as large as they are."""
    import pyarrow as pa

    pieces = (
        lists.take(pa.array(rows[first : first + _PIECE], pa.int64()))
        for first in range(0, len(rows), _PIECE)
    )
    return _chunked(pieces, wide=lists.type.value_type == pa.int64())


def _chunked(pieces: "Iterable[pa.Array]", *, wide: bool = False) -> "pa.ChunkedArray":
    import pyarrow as pa

    return pa.chunked_array(list(pieces), type=pa.large_list(pa.int64() if wide else pa.int32()))
