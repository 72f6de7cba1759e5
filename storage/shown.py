"""People by their places in the sets, with the score a search goes by."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, and_, bindparam, select

from storage import among, halts
from storage.memory import State
from storage.model import WIDTH_MAX, Found, Score
from storage.tables import score, search_person

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


def _read(tx: Connection, places: Sequence[int], specialism: str | None, sort: str) -> dict[int, Found]:
    values = among.bound(tx, places)
    if specialism is not None:
        values["specialism"] = specialism
    found: dict[int, Found] = {}
    best: dict[int, tuple[bool, bool, float, str]] = {}
    for row in tx.execute(_query(specialism is not None, sort, tx.dialect.name), values):
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
def _query(is_named: bool, sort: str, dialect: str) -> Select[Any]:
    """Return the query of people with a named score or all theirs."""
    theirs = and_(score.c.person == search_person.c.person, halts.goes_on())
    if is_named:
        theirs = and_(theirs, score.c.specialism == bindparam("specialism"))
    columns = (search_person.c.no, search_person.c.person, search_person.c.name)
    by = score.c[sort].label("by_sorted")
    return (
        select(*columns, by, *(score.c[name] for name in _SCORES))
        .join_from(search_person, score, theirs, isouter=True)
        .where(among.is_in(dialect, search_person.c.no))
    )
