"""Sets of people as numpy sees them: one bit a person, kept in chunks of 65,536 places.

A set is small or large: up to 4,096 places of a chunk are kept as 16-bit numbers, more as a bit for each place
(Chambi et al., "Better bitmap performance with Roaring bitmaps", 2016). So a word half a million people share is read
in a fraction of a millisecond, and counting a combination of sets costs no look at the people themselves.
"""

from array import array
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, bindparam, delete, func, select, tuple_

from storage import groups
from storage.engine import batched, upsert
from storage.groups import Group
from storage.groups import Mask as Mask
from storage.groups import Places as Places
from storage.tables import search_date, search_person, search_set
from storage.words import COLUMNS

Key = tuple[str, str]
"""Field and value of a set."""

CHUNK = 1 << 16
_SPARSE_MAX = CHUNK // 16  # from here on a bit for each place is the smaller one
_SPREAD = 64  # of so many places one is enough for marking all to be faster than sorting
_BATCH = 200
_VERSION = ("version", "")  # a set of nobody, whose bits are new with every change
_ONE = select(search_set.c.chunk, search_set.c.bits).where(
    search_set.c.field == bindparam("field"), search_set.c.value == bindparam("value")
)
_FIELDS = select(search_set.c.field, search_set.c.chunk, search_set.c.bits).where(
    search_set.c.value == bindparam("value")
)
_DAYS = select(search_date.c.chunk, search_date.c.days).where(search_date.c.field == bindparam("field"))
_WIDTH = select(func.max(search_person.c.no))


def version(tx: Connection) -> bytes | None:
    """Return the mark of the look-up tables as they are; None if they were never written."""
    return tx.execute(_ONE, dict(zip(("field", "value"), _VERSION, strict=True))).scalars(1).first()


def touch(tx: Connection) -> None:
    """Say that the look-up tables have changed; all functions here that change them do. Changes search_set."""
    field, value = _VERSION
    upsert(tx, search_set, [{"field": field, "value": value, "chunk": 0, "size": 0, "bits": uuid4().bytes}])


def width(tx: Connection) -> int:
    """Return how many places there are; some may be empty."""
    last = tx.execute(_WIDTH).scalar()
    return 0 if last is None else int(last) + 1


def empty(size: int) -> Mask:
    """Return a set of nobody."""
    return np.zeros(size, dtype=np.bool_)


def of(places: Iterable[int], size: int) -> Mask:
    """Return a set of some places; those outside are left out."""
    found = empty(size)
    chosen = np.fromiter(places, dtype=np.int64)
    found[chosen[chosen < size]] = True
    return found


def load(tx: Connection, field: str, value: str, size: int) -> Mask | None:
    """Return the people with a value, None if no set of it is kept."""
    found = group(tx, field, value, size)
    return None if found is None else found.mask()


def group(tx: Connection, field: str, value: str, size: int) -> Group | None:
    """Return the people with a value, None if no set of it is kept."""
    rows = tx.execute(_ONE, {"field": field, "value": value}).all()
    return _grouped(rows, size) if rows else None


def group_any(tx: Connection, fields: Collection[str], value: str, size: int) -> Group | None:
    """Return the people with a word in any of some columns of the full-text index, None if no set of it is kept."""
    rows = [row for row in tx.execute(_FIELDS, {"value": value}) if row[0] in COLUMNS]
    return _grouped([(row[1], row[2]) for row in rows if row[0] in fields], size) if rows else None


def days(tx: Connection, field: str, size: int) -> NDArray[np.uint16]:
    """Return a date of everybody by place, as days since 1970; 0 = unknown."""
    found = np.zeros(size, dtype=np.uint16)
    for chunk, stored in tx.execute(_DAYS, {"field": field}):
        part = np.frombuffer(stored, dtype="<u2")[: max(0, size - chunk * CHUNK)]
        found[chunk * CHUNK : chunk * CHUNK + len(part)] = part
    return found


def put_days(tx: Connection, field: str, known: Mapping[int, int], *, size: int, fresh: bool) -> None:
    """Set a date of some places. fresh: all others become unknown. Changes search_date."""
    found = np.zeros(size, dtype="<u2") if fresh else days(tx, field, size)
    found[np.fromiter(known.keys(), dtype=np.int64)] = np.fromiter(known.values(), dtype=np.uint16)
    tx.execute(delete(search_date).where(search_date.c.field == field))
    rows = [
        {
            "field": field,
            "chunk": start // CHUNK,
            "days": found[start : start + CHUNK].astype("<u2").tobytes(),
        }
        for start in range(0, size, CHUNK)
    ]
    upsert(tx, search_date, rows)
    touch(tx)


def put(tx: Connection, sets: Mapping[Key, Iterable[int]]) -> None:
    """Write whole sets; changes search_set. The fields they belong to hold no set of the same name yet."""
    rows: list[dict[str, Any]] = []
    for (field, value), members in sets.items():
        places = np.unique(_numbers(members))
        if not len(places):
            continue
        numbers, starts = np.unique(places // CHUNK, return_index=True)
        for number, part in zip(numbers, np.split(places, starts[1:]), strict=True):
            rows.append(_row(field, value, int(number), (part % CHUNK).astype(np.uint16)))
        if len(rows) > _BATCH:
            upsert(tx, search_set, rows)
            rows = []
    upsert(tx, search_set, rows)
    touch(tx)


def together(parts: Iterable[Iterable[int]], size: int) -> Places:
    """Return the members of several sets, each once, sorted."""
    arrays = [_numbers(one) for one in parts]
    if sum(map(len, arrays)) < size // _SPREAD:
        return np.unique(np.concatenate(arrays))
    found = empty(size)
    for one in arrays:
        found[one] = True
    return np.flatnonzero(found).astype(np.uint32)


def change(tx: Connection, add: Mapping[Key, Collection[int]], remove: Mapping[Key, Collection[int]]) -> None:
    """Put places into sets and take others out; an emptied set is removed. Changes search_set."""
    parts: defaultdict[tuple[str, str, int], tuple[set[int], set[int]]] = defaultdict(lambda: (set(), set()))
    for side, wanted in enumerate((add, remove)):
        for (field, value), places in wanted.items():
            for place in map(int, places):
                parts[field, value, place // CHUNK][side].add(place % CHUNK)
    primary = tuple_(search_set.c.field, search_set.c.value, search_set.c.chunk)
    for batch in batched(sorted(parts), _BATCH):
        stored = {
            (row.field, row.value, row.chunk): row.bits
            for row in tx.execute(select(search_set).where(primary.in_(batch)))
        }
        rows, gone = [], []
        for key in batch:
            found = _chunk(stored[key]) if key in stored else np.zeros(CHUNK, dtype=np.bool_)
            more, less = parts[key]
            found[list(less)] = False
            found[list(more)] = True
            members = np.flatnonzero(found).astype(np.uint16)
            if len(members):
                rows.append(_row(*key, members))
            elif key in stored:
                gone.append(key)
        upsert(tx, search_set, rows)
        if gone:
            tx.execute(delete(search_set).where(primary.in_(gone)))
    touch(tx)


def kept(tx: Connection, values: Collection[str], fields: Collection[str]) -> set[str]:
    """Return those of some words of which a set is kept in any of some fields."""
    found: set[str] = set()
    for batch in batched(sorted(values), _BATCH):
        query = select(search_set.c.value).where(
            search_set.c.value.in_(batch), search_set.c.field.in_(sorted(fields))
        )
        found.update(tx.execute(query.distinct()).scalars())
    return found


def counts(tx: Connection, field: str, within: Mask) -> dict[str, int]:
    """Return how many of some people have each value of a field; values of nobody are left out."""
    people = groups.of_mask(within)
    found = {value: (one & people).count() for value, one in values(tx, field, len(within)).items()}
    return {value: number for value, number in found.items() if number}


def values(tx: Connection, field: str, size: int) -> dict[str, Group]:
    """Return the people with each value of a field."""
    query = select(search_set.c.value, search_set.c.chunk, search_set.c.bits)
    rows: defaultdict[str, list[tuple[int, bytes]]] = defaultdict(list)
    for value, chunk, bits in tx.execute(query.where(search_set.c.field == field)):
        rows[value].append((chunk, bits))
    return {value: _grouped(theirs, size) for value, theirs in rows.items()}


def _grouped(rows: Iterable[tuple[int, bytes]], size: int) -> Group:
    """Return chunks as one group; several of the same number are put together."""
    rows = [(chunk, bits) for chunk, bits in rows if chunk * CHUNK < size]
    if all(len(bits) < CHUNK // 8 for _, bits in rows):
        parts = [np.frombuffer(bits, dtype="<u2").astype(np.uint32) + chunk * CHUNK for chunk, bits in rows]
        return groups.of(np.concatenate([np.zeros(0, dtype=np.uint32), *parts]), size)
    octets = groups.blank(size)
    for chunk, bits in rows:
        room = octets[chunk * CHUNK // 8 : (chunk + 1) * CHUNK // 8]
        if len(bits) == CHUNK // 8:
            room |= np.frombuffer(bits, dtype=np.uint8)[: len(room)]
        else:
            part = np.zeros(CHUNK, dtype=np.bool_)
            part[np.frombuffer(bits, dtype="<u2")] = True
            room |= np.packbits(part, bitorder="little")[: len(room)]
    return groups.of_octets(octets, size)


def _joined(rows: Iterable[tuple[int, bytes]], size: int) -> Mask:
    found = empty(size)
    for chunk, bits in rows:
        room = found[chunk * CHUNK : (chunk + 1) * CHUNK]
        if len(bits) == CHUNK // 8:
            room |= np.unpackbits(
                np.frombuffer(bits, dtype=np.uint8), count=len(room), bitorder="little"
            ).view(np.bool_)
        else:
            room[np.frombuffer(bits, dtype="<u2")] = True
    return found


def _chunk(bits: bytes) -> Mask:
    return _joined([(0, bits)], CHUNK)


def _numbers(members: Iterable[int]) -> Places:
    if isinstance(members, np.ndarray):
        return members.astype(np.uint32, copy=False)
    return np.frombuffer(members, "I") if isinstance(members, array) else np.fromiter(members, np.uint32)


def _row(field: str, value: str, chunk: int, members: NDArray[np.uint16]) -> dict[str, Any]:
    if len(members) < _SPARSE_MAX:
        bits = members.astype("<u2").tobytes()
    else:
        room = np.zeros(CHUNK, dtype=np.bool_)
        room[members] = True
        bits = np.packbits(room, bitorder="little").tobytes()
    return {"field": field, "value": value, "chunk": chunk, "size": len(members), "bits": bits}
