"""People by their places in the sets, with the score a search goes by."""

import json
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import numpy as np
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
from storage.memory import State
from storage.model import WIDTH_MAX, Found, MarkKind, Score
from storage.tables import mark, person_alias, score, search_person

NOBODY = -1.0
"""Where somebody without a score stands."""
_SCORES = (
    "specialism",
    "version",
    "value",
    "lower",
    "upper",
    "rising",
    "rising_lower",
    "confidence",
    "level",
    "listed",
    "as_of",
    "run",
)


def people(
    tx: Connection, state: State, places: Sequence[int], specialism: str | None, sort: str
) -> list[Found]:
    """Return people in the order of their places, with the score of the specialism or their best (None).

    Empty places are left out. What was read before in the same state is not read again.
    """
    wanted = [place for place in places if (place, specialism, sort) not in state.found]
    if wanted:
        for place, one in _read(tx, wanted, specialism, sort).items():
            state.found[place, specialism, sort] = one
    held = ((place, specialism, sort) for place in places)
    return [state.found[one] for one in held if one in state.found]


def kept_out(tx: Connection, state: State, keys: Sequence[str], *, hidden: bool) -> set[str]:
    """Return those of some people, by key, who ask not to be approached, and who are hidden if that counts."""
    found = refusing(tx, state).intersection(keys)
    if not hidden:
        return found
    wanted = [key for key in keys if key not in state.hidden]
    if wanted:
        told = set(tx.execute(_hidden(tx.dialect.name == "sqlite"), asked(tx, wanted)).scalars())
        state.hidden.update((key, key in told) for key in wanted)
    return found.union(key for key in keys if state.hidden[key])


def refusing(tx: Connection, state: State) -> set[str]:
    """Return the keys of everybody who asks not to be approached, read once in a state."""
    if state.refusing is None:
        state.refusing = wishes.keys(tx)
    return state.refusing


def asked(tx: Connection, several: Iterable[Any]) -> dict[str, Any]:
    """Return the list `among` looks in, as it is bound."""
    listed = several.tolist() if isinstance(several, np.ndarray) else list(several)
    return {"several": json.dumps(listed) if tx.dialect.name == "sqlite" else listed}


def among(tx: Connection, column: ColumnElement[Any]) -> ColumnElement[bool]:
    """Return the condition that a column is one of a list that is bound as one value (`asked`)."""
    return _among(column, tx.dialect.name == "sqlite")


def _read(tx: Connection, places: Sequence[int], specialism: str | None, sort: str) -> dict[int, Found]:
    values = asked(tx, places)
    if specialism is not None:
        values["specialism"] = specialism
    found: dict[int, Found] = {}
    best: dict[int, tuple[bool, bool, float, str]] = {}
    for row in tx.execute(_query(specialism is not None, sort, tx.dialect.name == "sqlite"), values):
        (
            place,
            person,
            name,
            by,
            special,
            version,
            value,
            lower,
            upper,
            rising,
            rising_lower,
            sure,
            level,
            listed,
            as_of,
            run,
        ) = row
        if special is None:
            found[place] = Found(person=person, name=name, score=None)
            continue
        rank = (not listed, upper - lower > WIDTH_MAX, -by, special)
        if place in best and best[place] < rank:
            continue
        best[place] = rank
        found[place] = Found(
            person=person,
            name=name,
            score=Score(
                person=person, specialism=special, version=version, value=value, lower=lower, upper=upper,
                rising=rising, rising_lower=rising_lower,
                confidence=sure, level=level, listed=listed, as_of=as_of, run=run,
            ),
        )  # fmt: skip
    return found


@cache
def _query(is_named: bool, sort: str, sqlite: bool) -> Select[Any]:
    """Return the query of people with a named score or all theirs."""
    theirs = score.c.person == search_person.c.person
    if is_named:
        theirs = and_(theirs, score.c.specialism == bindparam("specialism"))
    columns = (search_person.c.no, search_person.c.person, search_person.c.name)
    by = score.c[sort].label("by_sorted")
    return (
        select(*columns, by, *(score.c[name] for name in _SCORES))
        .join_from(search_person, score, theirs, isouter=True)
        .where(_among(search_person.c.no, sqlite))
    )


@cache
def _hidden(sqlite: bool) -> Select[Any]:
    """Return the query of those among some people who are hidden, under their key or one merged into it."""
    is_hidden = mark.c.kind == str(MarkKind.HIDDEN)
    own = select(mark.c.person).where(_among(mark.c.person, sqlite), is_hidden)
    merged = (
        select(person_alias.c.person)
        .join(mark, mark.c.person == person_alias.c.alias)
        .where(_among(person_alias.c.person, sqlite), is_hidden)
    )
    return select(union_all(own, merged).subquery().c.person)


def _among(column: ColumnElement[Any], sqlite: bool) -> ColumnElement[bool]:
    if sqlite:
        return column.in_(select(func.json_each(bindparam("several")).table_valued("value").c.value))
    return column == any_(bindparam("several", type_=ARRAY(column.type)))
