"""A group of people as a search combines it: a sorted list of places where they are few, else a bit for each place."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Places = NDArray[np.uint32]
Bits = NDArray[np.uint64]

_WORD = 64
# Up to here numbers take less room than bits, and are looked up in another group faster than they are made into bits.
_FEW_OF = 128
_FEW = 256
_SCATTERED = 4_096  # from so many on it is faster to write a byte for each place and pack them


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Group:
    """Some of `size` places. Exactly one of places (sorted) and bits (the lowest first, none behind size) is there.

    Never changed once made: searches at the same time share them.
    """

    size: int
    places: Places | None = None
    bits: Bits | None = None

    @property
    def nbytes(self) -> int:
        """Return what it takes in memory."""
        held = self.bits if self.places is None else self.places
        return 0 if held is None else held.nbytes

    def count(self) -> int:
        """Return how many there are."""
        return len(self.places) if self.places is not None else int(np.bitwise_count(self._bits()).sum())

    def has(self, places: NDArray[Any]) -> Mask:
        """Return for each of some places, all below size, whether it is in here."""
        if self.places is None:
            octets = self._bits().view(np.uint8)
            held: Mask = (octets[places >> 3] >> (places & 7).astype(np.uint8) & 1).view(np.bool_)
            return held
        if not len(self.places):
            return np.zeros(len(places), dtype=np.bool_)
        if len(self.places) > _FEW < len(places):
            return Group(size=self.size, bits=self._bits()).has(places)
        at = np.minimum(np.searchsorted(self.places, places), len(self.places) - 1)
        found: Mask = self.places[at] == places
        return found

    def members(self) -> Places:
        """Return the places, sorted."""
        if self.places is not None:
            return self.places
        bits = self._bits()
        words = np.flatnonzero(bits)
        if not len(words):
            return np.zeros(0, dtype=np.uint32)
        each = np.unpackbits(bits[words].view(np.uint8), bitorder="little").view(np.bool_).reshape(-1, _WORD)
        rows, columns = np.nonzero(each)
        return (words[rows] * _WORD + columns).astype(np.uint32)

    def mask(self) -> Mask:
        """Return it as a byte for each place."""
        if self.places is None:
            octets = self._bits().view(np.uint8)
            return np.unpackbits(octets, count=self.size, bitorder="little").view(np.bool_)
        found = np.zeros(self.size, dtype=np.bool_)
        found[self.places] = True
        return found

    def __and__(self, other: "Group") -> "Group":
        """Return who is in both."""
        if self.places is not None:
            return Group(size=self.size, places=self.places[other.has(self.places)])
        if other.places is not None:
            return Group(size=self.size, places=other.places[self.has(other.places)])
        return Group(size=self.size, bits=self._bits() & other._bits())

    def __or__(self, other: "Group") -> "Group":
        """Return who is in either."""
        if self.places is not None and other.places is not None:
            return of(np.concatenate([self.places, other.places]), self.size)
        return Group(size=self.size, bits=self._bits() | other._bits())

    def __sub__(self, other: "Group") -> "Group":
        """Return who is in here and not in the other."""
        if self.places is not None:
            return Group(size=self.size, places=self.places[~other.has(self.places)])
        return Group(size=self.size, bits=self._bits() & ~other._bits())

    def __invert__(self) -> "Group":
        """Return every place that is not in here, empty ones too."""
        return every(self.size) - self

    def _bits(self) -> Bits:
        return self.bits if self.bits is not None else _packed(self.members(), self.size)


def nobody(size: int) -> Group:
    """Return the empty group."""
    return Group(size=size, places=np.zeros(0, dtype=np.uint32))


def every(size: int) -> Group:
    """Return every place."""
    return of_octets(~blank(size), size)


def of(places: Iterable[int] | NDArray[Any], size: int) -> Group:
    """Return the group of some places in any order; those outside are left out."""
    given = places if isinstance(places, np.ndarray) else np.fromiter(places, dtype=np.int64)
    known = np.sort(given[given < size].astype(np.uint32))
    known = known[np.diff(known, prepend=np.uint32(size)) != 0]  # each once
    if len(known) <= max(_FEW, size // _FEW_OF):
        return Group(size=size, places=known)
    return Group(size=size, bits=_packed(known, size))


def of_mask(mask: Mask) -> Group:
    """Return the group of the places that are true."""
    return of(np.flatnonzero(mask), len(mask))


def blank(size: int) -> NDArray[np.uint8]:
    """Return room for the bits of a group, eight places a byte, to be filled and given to `of_octets`."""
    return np.zeros(_words(size) * 8, dtype=np.uint8)


def of_octets(octets: NDArray[np.uint8], size: int) -> Group:
    """Return the group of filled bits; those behind the last place are left out."""
    octets[-(-size // 8) :] = 0
    if size % 8:
        octets[size // 8] &= (1 << size % 8) - 1
    return Group(size=size, bits=octets.view(np.uint64))


def _words(size: int) -> int:
    return -(-size // _WORD)


def _packed(places: Places, size: int) -> Bits:
    if len(places) < _SCATTERED:
        octets = blank(size)
        np.bitwise_or.at(octets, places >> 3, np.left_shift(1, places & 7).astype(np.uint8))
        return octets.view(np.uint64)
    room = np.zeros(_words(size) * _WORD, dtype=np.bool_)
    room[places] = True
    return np.packbits(room, bitorder="little").view(np.uint64)
