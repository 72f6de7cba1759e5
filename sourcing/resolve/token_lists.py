"""Columns of lists of tokens, numbered as they come and laid out as Arrow has them: no Python object per token.

A token stands in a column of weights in as many copies as it is worth; a copy is a number of its own.
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

_UNIT: Final = 16  # tokens are numbered in steps: room for the copies
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
        """Return the copies of the tokens of each row, one per step of what the token is worth."""
        return _spread(_copied(self.numbers, _copies(worth, step, most), numbers), self.rows)


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
    """Return lists of numbers as a column of their copies. worth: by number; at most so many copies."""
    copies = _copies(worth, step, most)
    return _chunked(_copied(piece, copies, numbers) for piece in _pieces(lists))


def _pieces(lists: Iterable[Sequence[int]]) -> Iterator[list[Sequence[int]]]:
    rest = iter(lists)
    while piece := list(islice(rest, _PIECE)):
        yield piece


def _copies(worth: Sequence[float], step: int, most: int) -> "np.ndarray[Any, Any]":
    import numpy as np

    return np.array([min(most, int(bits / step + 0.5)) for bits in worth], dtype=np.int64)


def _numbered(lists: Sequence[Sequence[int]], numbers: "np.ndarray[Any, Any] | None") -> "pa.Array":
    flat, ends = _flat(lists)
    return _listed(flat if numbers is None else numbers[flat], ends)


def _copied(
    lists: Sequence[Sequence[int]],
    copies: "np.ndarray[Any, Any]",
    numbers: "np.ndarray[Any, Any] | None",
) -> "pa.Array":
    import numpy as np

    flat, ends = _flat(lists)
    times = copies[flat]
    before = np.concatenate([[0], np.cumsum(times)])
    told = flat if numbers is None else numbers[flat]
    return _listed(np.repeat(told * _UNIT - before[:-1], times) + np.arange(before[-1]), before[ends])


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

    return _chunked(
        lists.take(pa.array(rows[first : first + _PIECE], pa.int64()))
        for first in range(0, len(rows), _PIECE)
    )


def _chunked(pieces: "Iterable[pa.Array]") -> "pa.ChunkedArray":
    import pyarrow as pa

    return pa.chunked_array(list(pieces), type=pa.large_list(pa.int32()))
