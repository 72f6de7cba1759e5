"""The order of every ranking as arrays of places: what a search walks along, best first, until a page is full.

`scores.put` and `index.reindex` keep them in step with the scores. The ranking of the empty name holds each person's
best listed score. Whom a specialism lists, whom it keeps out, and at which level, are kept as sets beside it.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, bindparam, delete, func, select

from storage import bulk, sets
from storage.engine import batched, upsert
from storage.model import WIDTH_MAX
from storage.scored import FIGURES, Scored
from storage.sets import Mask, Places
from storage.tables import score, search_order, search_person, search_set

ANY = ""
"""The name of the ranking by each person's best score."""
LOWER, RISING = "lower", "rising_lower"
SORTS: Mapping[str, str] = {  # the column sorted by, and the score it belongs to
    sort: value for sort, value in ((LOWER, "value"), (RISING, "rising")) if sort in score.c
}
LISTED, UNLISTED, LEVEL = "listed", "unlisted", "level"
ROW = 4_096
"""People in one row of search_order."""
FEW = 0.1  # share of a ranking up to which it is cheaper to change its order than to make it anew
_BATCH = 5_000

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """People of a ranking side by side in arrays; of the stored ones, best first. chunk: the row of the first.

    unsure: of whom too little is known to give a place: they come last, in the order of what is known.
    """

    chunk: int = 0
    places: Places
    lowers: Floats
    points: Floats
    confidences: Floats
    unsure: NDArray[np.bool_]

    def only(self, chosen: NDArray[Any]) -> "Stretch":
        """Return some of the people: a mask, or their numbers in a new order."""
        return Stretch(
            chunk=self.chunk,
            places=self.places[chosen],
            lowers=self.lowers[chosen],
            points=self.points[chosen],
            confidences=self.confidences[chosen],
            unsure=self.unsure[chosen],
        )


_ARRAYS = {"places": "<u4", "lowers": "<f8", "points": "<f8", "confidences": "<f8"}
_KEY = (search_order.c.specialism == bindparam("specialism"), search_order.c.sort == bindparam("sort"))
_BETWEEN = search_order.c.chunk.between(bindparam("first"), bindparam("last"))
_PLACES = (
    select(search_order.c.chunk, search_order.c.places).where(*_KEY, _BETWEEN).order_by(search_order.c.chunk)
)
_WHOLE = select(search_order).where(*_KEY, _BETWEEN).order_by(search_order.c.chunk)
_LAST = select(func.max(search_order.c.chunk)).where(*_KEY)
_AT = select(func.max(search_order.c.chunk)).where(*_KEY, search_order.c.top >= bindparam("value"))
_ANYTHING = 1 << 30


def places(tx: Connection, specialism: str, sort: str, first: int, last: int) -> list[tuple[int, Places]]:
    """Return (row number, places) of some rows of a ranking, both ends included."""
    asked = {"specialism": specialism, "sort": sort, "first": first, "last": last}
    return [(row[0], np.frombuffer(row[1], dtype="<u4")) for row in tx.execute(_PLACES, asked)]


def stretches(
    tx: Connection, specialism: str, sort: str, first: int = 0, last: int = _ANYTHING
) -> Iterator[Stretch]:
    """Yield some rows of a ranking, both ends included, best first."""
    asked = {"specialism": specialism, "sort": sort, "first": first, "last": last}
    for row in tx.execute(_WHOLE, asked):
        arrays = {name: np.frombuffer(row._mapping[name], dtype=kind) for name, kind in _ARRAYS.items()}
        yield Stretch(chunk=row.chunk, unsure=np.arange(len(arrays["places"])) >= row.sure, **arrays)


def last(tx: Connection, specialism: str, sort: str) -> int:
    """Return the number of the last row of a ranking, -1 without any."""
    found = tx.execute(_LAST, {"specialism": specialism, "sort": sort}).scalar()
    return -1 if found is None else int(found)


def row_of(tx: Connection, specialism: str, sort: str, value: float) -> int:
    """Return the last row that begins with at least this value, 0 if none does."""
    found = tx.execute(_AT, {"specialism": specialism, "sort": sort, "value": value}).scalar()
    return int(found or 0)


def refresh(
    tx: Connection,
    specialisms: Collection[str] | None = None,
    *,
    people: Collection[str] | None = None,
) -> None:
    """Bring the orders of some specialisms (None = all) in step with the scores of some people (None = all).

    The order by the best score follows. Changes search_order, and the sets of who is listed at which level. All
    people cost a second per million scores; some of them, a read and a write of the arrays.
    """
    scored = set(tx.execute(select(score.c.specialism).distinct()).scalars())
    known = set(tx.execute(select(search_order.c.specialism).distinct()).scalars()) - {ANY}
    rank = _ranks(tx)
    for name in sorted(scored | known if specialisms is None else set(specialisms)):
        _refresh(tx, name, None if people is None else sorted(people), rank)
    _write_best(tx, sorted(scored), rank)


def follow(
    tx: Connection, touched: Mapping[str, Collection[str]], *, whole: Mapping[str, Scored] | None = None
) -> None:
    """Bring the orders of specialisms in step with the scores of whom a ranking touched, by specialism.

    The order by the best score is left as it is: call `refresh_best` when all is stored. whole: all scores of a
    specialism, of the living, as they were put, so that nobody's is read again.
    """
    moved = {name: people for name, people in touched.items() if people}
    if not moved:
        return
    numbers = {str(key): int(number) for key, number in _people(tx)}
    rank = _ranks(tx, numbers.values())
    for name, people in sorted(moved.items()):
        few = len(people) <= FEW * _people_in(tx, name)
        if not few and whole and name in whole:
            _write_scores(tx, name, _placed(whole[name], numbers), None, rank)
        else:
            _refresh(tx, name, sorted(people) if few else None, rank)


def refresh_best(tx: Connection) -> None:
    """Bring the order by everybody's best score in step with the others; changes search_order and search_set."""
    scored = tx.execute(select(score.c.specialism).distinct()).scalars()
    _write_best(tx, sorted(scored), _ranks(tx))


def _people_in(tx: Connection, specialism: str) -> int:
    """Return about how many people stand in a ranking: full rows of them."""
    return ROW * (last(tx, specialism, LOWER) + 1)


def _refresh(tx: Connection, name: str, people: Sequence[str] | None, rank: Places) -> None:
    moved = None if people is None else np.asarray(_numbers(tx, people), dtype=np.uint32)
    _write_scores(tx, name, _read(tx, name, people), moved, rank)


def _write_scores(tx: Connection, name: str, new: "_Scores", moved: Places | None, rank: Places) -> None:
    for sort in SORTS:
        mine = new.by[sort]
        if moved is not None:
            stored = _all(tx, name, sort)
            mine = joined([stored.only(~np.isin(stored.places, moved)), mine])
        _write(tx, name, sort, mine, rank)
    _put_sets(tx, name, new, moved)


def _ranks(tx: Connection, numbers: Collection[int] | None = None) -> Places:
    """Return everybody's place in the order of keys, by place in the sets. numbers: their places, in that order."""
    known = [number for _, number in _people(tx)] if numbers is None else numbers
    by_key = np.fromiter(known, dtype=np.uint32, count=len(known))
    rank = np.zeros(sets.width(tx), dtype=np.uint32)
    rank[by_key] = np.arange(len(by_key), dtype=np.uint32)
    return rank


def drop(tx: Connection, gone: Collection[int]) -> None:
    """Take places out of every order and every set of who is listed; changes search_order, search_set."""
    if not gone:
        return
    numbers = np.fromiter(gone, dtype=np.uint32)
    for name, sort in tx.execute(select(search_order.c.specialism, search_order.c.sort).distinct()).all():
        for one in list(stretches(tx, name, sort)):
            stay = ~np.isin(one.places, numbers)
            if not stay.all():
                left = one.only(stay)
                upsert(tx, search_order, [_row(name, sort, left, float(one.lowers[0]))])
    fields = search_set.c.field.in_((LISTED, UNLISTED, LEVEL))
    kept = tx.execute(select(search_set.c.field, search_set.c.value).where(fields).distinct()).all()
    sets.change(tx, {}, dict.fromkeys(kept, gone))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scores:
    by: Mapping[str, Stretch]
    listed: Mask
    levels: NDArray[np.str_]


def _read(tx: Connection, specialism: str, people: Collection[str] | None) -> _Scores:
    wanted = [score.c[name] for pair in SORTS.items() for name in pair]
    query = (
        select(
            search_person.c.no,
            score.c.listed,
            score.c.level,
            score.c.confidence,
            (score.c.upper - score.c.lower > WIDTH_MAX).label("unsure"),
            *wanted,
        )
        .join(search_person, search_person.c.person == score.c.person)
        .where(score.c.specialism == specialism)
    )
    rows: list[Any] = []
    for batch in [None] if people is None else batched(people, _BATCH):
        rows += tx.execute(query if batch is None else query.where(score.c.person.in_(batch))).all()
    columns = list(zip(*rows, strict=True)) or [()] * (5 + len(wanted))
    by = {
        sort: Stretch(
            places=np.array(columns[0], dtype=np.uint32),
            confidences=np.array(columns[3], dtype=np.float64),
            unsure=np.array(columns[4], dtype=np.bool_),
            lowers=np.array(columns[5 + 2 * number], dtype=np.float64),
            points=np.array(columns[6 + 2 * number], dtype=np.float64),
        )
        for number, sort in enumerate(SORTS)
    }
    return _Scores(
        by=by, listed=np.array(columns[1], dtype=np.bool_), levels=np.array(columns[2], dtype=np.str_)
    )


def _placed(found: Scored, numbers: Mapping[str, int]) -> _Scores:
    """Return scores by the places of people in the sets; whoever has none yet is left out."""
    kinds: Mapping[str, type] = {"listed": np.bool_, "level": np.str_}
    figures: dict[str, NDArray[Any]] = {
        name: np.array(values, dtype=kinds.get(name, np.float64))
        for name, values in zip(FIGURES, found.figures, strict=True)
    }
    places = np.array([numbers.get(one, -1) for one in found.persons], dtype=np.int64)
    known = np.flatnonzero(places >= 0)
    unsure = figures["upper"] - figures["lower"] > WIDTH_MAX
    by = {
        sort: Stretch(
            places=places.astype(np.uint32),
            confidences=figures["confidence"],
            unsure=unsure,
            lowers=figures[sort],
            points=figures[value],
        ).only(known)
        for sort, value in SORTS.items()
    }
    return _Scores(by=by, listed=figures["listed"][known], levels=figures["level"][known])


def _put_sets(tx: Connection, specialism: str, new: _Scores, moved: Places | None) -> None:
    members = new.by[LOWER].places
    wanted = {
        (LISTED, specialism): members[new.listed],
        (UNLISTED, specialism): members[~new.listed],
        **{
            (LEVEL, f"{specialism}/{level}"): members[(new.levels == level) & new.listed]
            for level in np.unique(new.levels).tolist()
        },
    }
    mine = (search_set.c.field.in_((LISTED, UNLISTED)) & (search_set.c.value == specialism)) | (
        (search_set.c.field == LEVEL) & search_set.c.value.startswith(f"{specialism}/", autoescape=True)
    )
    if moved is None:
        tx.execute(delete(search_set).where(mine))
        sets.put(tx, wanted)
        return
    kept = tx.execute(select(search_set.c.field, search_set.c.value).where(mine).distinct()).all()
    sets.change(tx, {}, dict.fromkeys(kept, moved))
    sets.change(tx, wanted, {})


def _write_best(tx: Connection, specialisms: Sequence[str], rank: Places) -> None:
    """Write the order by each person's best score: a listed one if there is any, then the highest, then by name."""
    size = len(rank)
    for sort in SORTS:
        owner = np.full(size, -1, dtype=np.int32)
        is_listed, lowers = sets.empty(size), np.full(size, -np.inf)
        points, confidences, unsure = np.zeros(size), np.zeros(size), np.ones(size, dtype=np.bool_)
        for number, name in enumerate(specialisms):
            listed = _set(tx, LISTED, name, size)
            for one in stretches(tx, name, sort):
                here, mine = one.places, listed[one.places]
                is_alike = mine == is_listed[here]
                is_surer = is_alike & ~one.unsure & unsure[here]
                is_higher = is_alike & (one.unsure == unsure[here]) & (one.lowers > lowers[here])
                better = (mine & ~is_listed[here]) | is_surer | is_higher | (owner[here] < 0)
                chosen = here[better]
                owner[chosen], is_listed[chosen], lowers[chosen] = number, mine[better], one.lowers[better]
                points[chosen], confidences[chosen] = one.points[better], one.confidences[better]
                unsure[chosen] = one.unsure[better]
        people = np.flatnonzero(owner >= 0).astype(np.uint32)
        best = Stretch(
            places=people, lowers=lowers[people], points=points[people], confidences=confidences[people],
            unsure=unsure[people],
        )  # fmt: skip
        _write(tx, ANY, sort, best, rank)
        if sort == LOWER:
            levels = np.full(size, "", dtype=object)
            for number, name in enumerate(specialisms):
                for level in _levels(tx, name):
                    levels[_set(tx, LEVEL, f"{name}/{level}", size) & (owner == number)] = level
            told = _Scores(by={LOWER: best}, listed=is_listed[people], levels=levels[people].astype(np.str_))
            _put_sets(tx, ANY, told, None)


def _levels(tx: Connection, specialism: str) -> list[str]:
    query = select(search_set.c.value).where(
        search_set.c.field == LEVEL, search_set.c.value.startswith(f"{specialism}/", autoescape=True)
    )
    return [value.rpartition("/")[2] for value in tx.execute(query.distinct()).scalars()]


def _set(tx: Connection, field: str, value: str, size: int) -> Mask:
    found = sets.load(tx, field, value, size)
    return sets.empty(size) if found is None else found


def _all(tx: Connection, specialism: str, sort: str) -> Stretch:
    return joined(list(stretches(tx, specialism, sort)))


def joined(parts: Collection[Stretch]) -> Stretch:
    """Return stretches as one, one behind the other."""
    nothing: dict[str, Any] = {name: np.zeros(0, dtype=kind) for name, kind in _ARRAYS.items()}
    nothing["unsure"] = np.zeros(0, dtype=np.bool_)
    arrays: dict[str, Any] = {
        name: np.concatenate([empty, *(getattr(one, name) for one in parts)])
        for name, empty in nothing.items()
    }
    return Stretch(**arrays)


def _write(tx: Connection, specialism: str, sort: str, found: Stretch, rank: Places) -> None:
    """Write a ranking, best first, ties by person key. rank: place in the order of keys, by place."""
    ordered = found.only(np.lexsort((rank[found.places], -found.lowers, found.unsure)))
    tx.execute(
        delete(search_order).where(search_order.c.specialism == specialism, search_order.c.sort == sort)
    )
    rows = []
    for start in range(0, len(ordered.places), ROW):
        part = replace(
            ordered.only(np.arange(start, min(start + ROW, len(ordered.places)))), chunk=start // ROW
        )
        rows.append(_row(specialism, sort, part, float(part.lowers[0])))
    for batch in batched(rows, 100):
        upsert(tx, search_order, batch)


def _row(specialism: str, sort: str, part: Stretch, top: float) -> dict[str, Any]:
    arrays = {name: getattr(part, name).astype(kind).tobytes() for name, kind in _ARRAYS.items()}
    sure = int(np.count_nonzero(~part.unsure))
    return {"specialism": specialism, "sort": sort, "chunk": part.chunk, "top": top, "sure": sure, **arrays}


def _people(tx: Connection) -> list[Sequence[Any]]:
    """Return everybody's key and place in the sets, in the order of keys."""
    return bulk.rows(tx, select(search_person.c.person, search_person.c.no).order_by(search_person.c.person))


def _numbers(tx: Connection, people: Collection[str]) -> list[int]:
    found: list[int] = []
    for batch in batched(people, _BATCH):
        query = select(search_person.c.no).where(search_person.c.person.in_(batch))
        found += tx.execute(query).scalars()
    return found
