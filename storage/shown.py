"""People by their places in the sets, with the score a search goes by."""

import json
from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    Select,
    and_,
    any_,
    bindparam,
    func,
    select,
    union_all,
)

from storage import wishes
from storage.model import Found, MarkKind, Score
from storage.order import SORTS
from storage.tables import mark, person_alias, score, search_person

NOBODY = -1.0
"""Where somebody without a score stands."""
_SCORES = (
    "specialism",
    "version",
    "value",
    "lower",
    "upper",
    "confidence",
    "level",
    "listed",
    "as_of",
    "run",
)
_FIRST = 3  # columns of a row before those of its score


def ranked(
    tx: Connection, places: Sequence[int], specialism: str | None, sort: str, *, is_scored: bool
) -> list[tuple[float, str, int]]:
    """Return (sorted value, negative; key; place) of some people, best first. is_scored: only who has a score."""
    at = list(SORTS).index(sort)
    best: dict[int, tuple[bool, float, str, str]] = {}
    for place, key, name, listed, *values in _rows(tx, "place", places, specialism):
        if name is not None:
            rank = (not listed, -values[at], name, key)
        elif is_scored:
            continue
        else:
            rank = (True, -NOBODY, "", key)
        best[place] = min(rank, best.get(place, rank))
    return sorted((value, key, place) for place, (_, value, _, key) in best.items())


def people(tx: Connection, places: Sequence[int], specialism: str | None, sort: str) -> dict[int, Found]:
    """Return people by place with the score of the specialism, or their best (None); empty places are left out."""
    by = _FIRST + len(_SCORES) + list(SORTS).index(sort)
    listed = _FIRST + _SCORES.index("listed")
    best: dict[int, Any] = {}
    for row in _rows(tx, "whole", places, specialism):
        held = best.get(row[0])
        if held is None or (not row[listed], -row[by], row[_FIRST]) < (
            not held[listed],
            -held[by],
            held[_FIRST],
        ):
            best[row[0]] = row
    return {
        place: Found(
            person=row[1],
            name=row[2],
            score=None
            if row[_FIRST] is None
            else Score(person=row[1], **dict(zip(_SCORES, row[_FIRST:], strict=False))),
        )
        for place, row in best.items()
    }


def kept_out(tx: Connection, keys: Sequence[str], *, hidden: bool) -> set[str]:
    """Return those of some people, by key, who ask not to be approached, and who are hidden if that counts."""
    sqlite = tx.dialect.name == "sqlite"
    asked = {"keys": json.dumps(keys) if sqlite else list(keys)}
    found = set(tx.execute(_refusing(sqlite), asked).scalars())
    return found.union(tx.execute(_hidden(sqlite), asked).scalars()) if hidden else found


def _rows(tx: Connection, what: str, places: Sequence[int], specialism: str | None) -> Sequence[Any]:
    sqlite = tx.dialect.name == "sqlite"
    asked: dict[str, Any] = {"places": json.dumps(places) if sqlite else list(places)}
    if specialism is not None:
        asked["specialism"] = specialism
    return tx.execute(_query(what, specialism is not None, sqlite), asked).all()


@cache
def _query(what: str, is_named: bool, sqlite: bool) -> Select[Any]:
    """Return the query of people with a named score or all theirs; the list of places is one bound value."""
    here = _among(search_person.c.no, "places", sqlite)
    theirs = score.c.person == search_person.c.person
    if is_named:
        theirs = and_(theirs, score.c.specialism == bindparam("specialism"))
    sorts = [score.c[name] for name in SORTS]
    columns: list[Any] = [search_person.c.no, search_person.c.person]
    if what == "place":
        columns += [score.c.specialism, score.c.listed, *sorts]
    else:
        columns += [search_person.c.name, *(score.c[name] for name in _SCORES)]
        columns += [column.label(f"by_{column.name}") for column in sorts]
    return select(*columns).join_from(search_person, score, theirs, isouter=True).where(here)


@cache
def _refusing(sqlite: bool) -> Select[Any]:
    """Return the query of those among some people who refuse; building it anew for every search takes milliseconds."""
    asked = wishes.people().subquery("asked")
    return select(asked.c.person).where(_among(asked.c.person, "keys", sqlite))


@cache
def _hidden(sqlite: bool) -> Select[Any]:
    """Return the query of those among some people who are hidden, under their key or one merged into it."""
    is_hidden = mark.c.kind == str(MarkKind.HIDDEN)
    own = select(mark.c.person).where(_among(mark.c.person, "keys", sqlite), is_hidden)
    merged = (
        select(person_alias.c.person)
        .join(mark, mark.c.person == person_alias.c.alias)
        .where(_among(person_alias.c.person, "keys", sqlite), is_hidden)
    )
    return select(union_all(own, merged).subquery().c.person)


def _among(column: ColumnElement[Any], name: str, sqlite: bool) -> ColumnElement[bool]:
    """Return the condition that a column is one of a list that is bound as one value."""
    if sqlite:
        return column.in_(select(func.json_each(bindparam(name)).table_valued("value").c.value))
    return column == any_(bindparam(name, type_=ARRAY(column.type)))
