"""What a set of people looks like as a whole: by place and specialism, by month of their latest work, by stage."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from sqlalchemy import Connection, func, select

from storage import order, sets
from storage.model import MarkKind
from storage.query import FieldName, RangeName
from storage.sets import Mask
from storage.tables import mark, person_alias, person_identity, search_person

_EPOCH = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """People by place and specialism. places, specialisms: most people first. cells: of anybody only.

    field: what the places are: hubs, or countries where nobody has a hub. placed: how many of all have one.
    """

    field: FieldName
    placed: int
    places: Sequence[str]
    specialisms: Sequence[str]
    cells: Mapping[tuple[str, str], int]


def grid(tx: Connection, people: Mask, *, places_max: int, specialisms_max: int) -> Grid:
    """Return how many of some people each place has for each specialism that lists them.

    Somebody may be listed in several specialisms, and stands in no row without a known place.
    """
    field, placed = FieldName.HUB, sets.counts(tx, str(FieldName.HUB), people)
    if not placed:
        field, placed = FieldName.COUNTRY, sets.counts(tx, str(FieldName.COUNTRY), people)
    places = _most(placed, places_max)
    listed = sets.counts(tx, order.LISTED, people)
    listed.pop(order.ANY, None)
    chosen = _most(listed, specialisms_max)
    cells: dict[tuple[str, str], int] = {}
    for slug in chosen:
        members = sets.load(tx, order.LISTED, slug, len(people))
        if members is not None:
            found = sets.counts(tx, str(field), people & members)
            cells |= {(place, slug): found[place] for place in places if place in found}
    return Grid(field=field, placed=sum(placed.values()), places=places, specialisms=chosen, cells=cells)


def months(tx: Connection, people: Mask) -> dict[str, int]:
    """Return how many of some people were last active in each month, `2026-09` → 12, oldest first."""
    found = sets.days(tx, str(RangeName.ACTIVE), len(people))[people]
    known, counts = np.unique(found[found > 0], return_counts=True)
    by_month: Counter[str] = Counter()
    for day, number in zip(known.tolist(), counts.tolist(), strict=True):
        by_month[date.fromordinal(_EPOCH + day).isoformat()[:7]] += number
    return dict(sorted(by_month.items()))


def identities(tx: Connection, people: Mask) -> int:
    """Return how many accounts and bylines some people have together."""
    query = (
        select(search_person.c.no, func.count())
        .join(person_identity, person_identity.c.person == search_person.c.person)
        .group_by(search_person.c.no)
    )
    return sum(number for place, number in tx.execute(query) if people[place])


def looked_at(tx: Connection, people: Mask, *, first: str) -> int:
    """Return how many of some people were moved to a stage behind the first."""
    living = func.coalesce(person_alias.c.person, mark.c.person)
    query = (
        select(search_person.c.no)
        .select_from(mark.outerjoin(person_alias, person_alias.c.alias == mark.c.person))
        .join(search_person, search_person.c.person == living)
        .where(mark.c.kind == str(MarkKind.STAGE), mark.c.value != first)
        .distinct()
    )
    return sum(bool(people[place]) for place in tx.execute(query).scalars())


def _most(counted: Mapping[str, int], most: int) -> list[str]:
    return sorted(counted, key=lambda value: (-counted[value], value))[:most]
