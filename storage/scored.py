"""A ranking on its way into the store: scores side by side in columns, of which only those that differ are written."""

import json
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from itertools import repeat
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, Text, cast, delete, select, type_coerce

from storage import bulk
from storage.engine import batched, upsert
from storage.tables import factor_list, points, score

FIGURES = ("value", "lower", "rising", "rising_lower", "upper", "confidence", "level", "listed")
_BATCH = 500


Factors = Sequence[tuple[str, str, str]]
"""Name, feature and unit of each factor, in a specialism's order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """Scores of one specialism. persons: by key, in any order, each once.

    figures: by column of `FIGURES`, in its order, the values in the order of persons. parts: returns what the points
    table keeps, as JSON text, of some of them, by their numbers in `persons`; it is asked for what is written only.
    factors: the lists of factors that parts are of (see `digest_of`).
    """

    persons: Sequence[str]
    figures: Sequence[Sequence[Any]]
    parts: Callable[[Sequence[int]], Sequence[str]]
    factors: Sequence[Factors]


@dataclass(frozen=True, slots=True, kw_only=True)
class Put:
    """What became of a ranking. scores: how many it has. touched: whose stored score is another now, or gone."""

    scores: int
    touched: tuple[str, ...]


def put(
    tx: Connection,
    specialism: str,
    version: str,
    found: Scored,
    *,
    run: str | None,
    as_of: datetime,
    alive: Collection[str],
    people: Collection[str] | None,
) -> Put:
    """Make these the scores of a specialism; changes score and points, and leaves the orders to the caller.

    alive: who may have a score. people: whose scores these are all there are; None for everybody.
    """
    before = _stored(tx, specialism, people)
    moved, alike, gone, number = list[int](), list[int](), set(before), 0
    figures = list(zip(*found.figures, strict=True)) if before else []
    for place, one in enumerate(found.persons):
        if one not in alive:
            continue
        number += 1
        if one in before:
            gone.discard(one)
            (alike if before[one] == (version, *figures[place]) else moved).append(place)
        else:
            moved.append(place)
    moved += _other_parts(tx, specialism, found, alike)
    moved.sort(key=found.persons.__getitem__)
    for batch in batched(sorted(gone), _BATCH):
        for table in (points, score):
            tx.execute(delete(table).where(table.c.specialism == specialism, table.c.person.in_(batch)))
    lists = [{"digest": digest_of(one), "factors": [list(each) for each in one]} for one in found.factors]
    upsert(tx, factor_list, lists, change=lambda _: {})
    at = bulk.moment(tx, as_of)
    persons = [found.persons[place] for place in moved]
    columns = ([values[place] for place in moved] for values in found.figures)
    bulk.put(
        tx,
        score,
        ("specialism", "person", "version", "as_of", "run", *FIGURES),
        zip(repeat(specialism), persons, repeat(version), repeat(at), repeat(run), *columns, strict=False),
    )
    for some, texts in bulk.meanwhile(lambda some: (some, found.parts(some)), batched(moved, bulk.ROWS)):
        keys = [found.persons[place] for place in some]
        rows = zip(repeat(specialism), keys, texts, strict=False)
        bulk.put(tx, points, ("specialism", "person", "parts"), rows)
    return Put(scores=number, touched=(*sorted(gone), *persons))


def digest_of(factors: Factors) -> str:
    """Return what names a list of factors in the parts of scores: they are the same for thousands."""
    return sha256(json.dumps([list(each) for each in factors]).encode()).hexdigest()[:8]


def factors_of(tx: Connection, digests: Collection[str]) -> dict[str, Factors]:
    """Return lists of factors by their digests."""
    query = select(factor_list).where(factor_list.c.digest.in_(sorted(digests)))
    return {row.digest: [tuple(each) for each in row.factors] for row in tx.execute(query)}


def of_people(
    tx: Connection, query: Select[Any], column: ColumnElement[str], people: Collection[str] | None
) -> Iterator[Row[Any]]:
    """Yield the rows of a query about some people, or about everybody (None)."""
    if people is None:
        yield from tx.execute(query)
        return
    for batch in batched(sorted(people), _BATCH):
        yield from tx.execute(query.where(column.in_(batch)))


def _stored(tx: Connection, specialism: str, people: Collection[str] | None) -> dict[str, tuple[Any, ...]]:
    """Return what is stored of each person's score, but for its parts."""
    columns = (score.c.version, *(score.c[name] for name in FIGURES))
    query = select(score.c.person, *columns).where(score.c.specialism == specialism)
    found = bulk.rows(tx, query) if people is None else of_people(tx, query, score.c.person, people)
    return {row[0]: tuple(row[1:]) for row in found}


def _other_parts(tx: Connection, specialism: str, found: Scored, places: Sequence[int]) -> list[int]:
    """Return those of some scores, by their numbers, whose stored parts are others."""
    text = type_coerce(points.c.parts, Text) if tx.dialect.name == "sqlite" else cast(points.c.parts, Text)
    query = select(points.c.person, text).where(points.c.specialism == specialism)
    others = list[int]()
    for some in batched(places, bulk.ROWS):
        new = dict(zip(some, found.parts(some), strict=True))
        by_key = {found.persons[place]: place for place in some}
        stored = dict(tuple(row) for row in of_people(tx, query, points.c.person, by_key))
        others += [place for one, place in by_key.items() if stored.get(one) != new[place]]
    return others
