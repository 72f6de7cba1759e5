"""What stands beside a list of people: how many have each value of a field, and how their scores are spread."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import Connection, func, select

from storage import memory, order, search, sets, walk
from storage.groups import Group
from storage.model import MarkKind
from storage.order import LOWER
from storage.query import And, Field, FieldName, Or, Tree
from storage.tables import mark, person_alias, search_person, shortlist_item

FIELDS = (
    FieldName.SPEC,
    FieldName.LEVEL,
    FieldName.HUB,
    FieldName.COUNTRY,
    FieldName.LANG,
    FieldName.FRAMEWORK,
    FieldName.TARGET,
    FieldName.HOURS,
    FieldName.SOURCE,
    FieldName.HAS,
    FieldName.STAGE,
    FieldName.TAG,
    FieldName.LIST,
)
"""The fields that are counted, in the order they are shown in."""
VALUES_MAX = 20
Counts = Mapping[FieldName, Mapping[str, int]]


def facets(
    tx: Connection,
    tree: Tree | None,
    *,
    specialism: str | None,
    fields: Collection[FieldName] = FIELDS,
    most: int = VALUES_MAX,
) -> Counts:
    """Return for each field how many of the people found have each value, most first, at most `most` values each.

    What a query itself says of a field does not narrow that field's counts: so they tell what another choice would
    find. Several values of one field chosen with OR count as such a choice. Values nobody has are left out.
    """
    parts = search.conjuncts(tree)
    whole: Group | None = None
    found: dict[FieldName, dict[str, int]] = {}
    for field in fields:
        others = tuple(part for part in parts if not _is_choice(part, field))
        if len(others) == len(parts):
            if whole is None:
                whole = search.group(tx, tree, specialism=specialism)
            people = whole
        else:
            people = search.group(tx, And(parts=others), specialism=specialism)
        counted = _counted(tx, field, people, specialism)
        found[field] = dict(sorted(counted.items(), key=lambda one: (-one[1], one[0]))[:most])
    return found


def histogram(
    tx: Connection, tree: Tree | None, *, specialism: str | None, sort: str = LOWER, parts: int = 10
) -> list[int]:
    """Return how many of the people found have a score in each of `parts` equal parts of 0–100, lowest first.

    The score is the specialism's, or each person's best; people without one are not counted.
    """
    people = search.group(tx, tree, specialism=specialism, sort=sort)
    if memory.is_off(tx, memory.state(tx)):
        return [0] * parts
    ranking = order.ANY if specialism is None else specialism
    known = walk.values(tx, memory.state(tx).memory, ranking, sort).all
    total, _ = np.histogram(known.points[people.has(known.places)], bins=parts, range=(0, 100))
    return [int(number) for number in total]


def _is_choice(part: Tree, field: FieldName) -> bool:
    match part:
        case Field():
            return part.name is field
        case Or():
            return bool(part.parts) and all(_is_choice(one, field) for one in part.parts)
        case _:
            return False


def _counted(tx: Connection, field: FieldName, people: Group, specialism: str | None) -> dict[str, int]:
    match field:
        case FieldName.SPEC:
            found = _counts(tx, order.LISTED, people)
            found.pop(order.ANY, None)
            return found
        case FieldName.LEVEL:
            if memory.is_off(tx, memory.state(tx)):
                return {}
            before = f"{order.ANY if specialism is None else specialism}/"
            found = _counts(tx, order.LEVEL, people)
            return {value.removeprefix(before): n for value, n in found.items() if value.startswith(before)}
        case FieldName.STAGE | FieldName.TAG:
            kind = MarkKind.STAGE if field is FieldName.STAGE else MarkKind.TAG
            return _put_on(tx, mark.c.value, mark.c.person, people, mark.c.kind == str(kind))
        case FieldName.LIST:
            return _put_on(tx, shortlist_item.c.shortlist, shortlist_item.c.person, people)
        case _:
            return _counts(tx, str(field), people)


def _counts(tx: Connection, field: str, people: Group) -> dict[str, int]:
    kept = memory.state(tx).memory
    known = kept.get(("values", field), lambda: _Values(sets.values(tx, field, kept.size)))
    counted = {value: (group & people).count() for value, group in known.groups.items()}
    return {value: number for value, number in counted.items() if number}


@dataclass(frozen=True, slots=True)
class _Values:
    groups: Mapping[str, Group]

    @property
    def nbytes(self) -> int:
        return sum(one.nbytes for one in self.groups.values())


def _put_on(tx: Connection, value: Any, holder: Any, people: Group, *conditions: Any) -> dict[str, int]:
    """Count what recruiters put on people, or on keys merged into them since."""
    living = func.coalesce(person_alias.c.person, holder)
    query = (
        select(value.label("value"), search_person.c.no)
        .select_from(holder.table.outerjoin(person_alias, person_alias.c.alias == holder))
        .join(search_person, search_person.c.person == living)
        .where(*conditions)
        .distinct()
    )
    rows = tx.execute(query).all()
    here = people.has(np.array([row.no for row in rows], dtype=np.uint32))
    return dict(Counter(row.value for row, is_found in zip(rows, here, strict=True) if is_found))
