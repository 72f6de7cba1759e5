"""A search tree as sets of people: words, values of fields, marks, dates; values are always bound."""

from collections.abc import Callable, Collection, Sequence
from datetime import date
from functools import reduce
from typing import Any, assert_never

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Select, bindparam, func, select

from storage import fulltext, order, sets
from storage.facts import digest_of
from storage.index import EVERYBODY
from storage.model import MarkKind
from storage.query import And, Field, FieldName, Not, Or, Range, RangeName, Tree, Words
from storage.sets import Mask
from storage.tables import export, export_row, mark, person_alias, search_person, search_set, shortlist_item
from storage.words import HANDLES, LOC, NAMES, ORG, STATED, WORKS, tokens

ANYWHERE = (NAMES, HANDLES, WORKS)
CONTACTED = ("contacted", "replied", "hired")
"""Stages behind the first contact."""
FILES = ("csv", "ndjson")
"""Connectors that write a file instead of telling another system."""
_EPOCH = date(1970, 1, 1).toordinal()
_DAYS_MAX = 65_535


def _people(holder: Any, *conditions: Any) -> Select[Any]:
    """Return the query for the places of people, or of keys merged into them, that a row was put on."""
    living = func.coalesce(person_alias.c.person, holder)
    return (
        select(search_person.c.no)
        .select_from(holder.table.outerjoin(person_alias, person_alias.c.alias == holder))
        .join(search_person, search_person.c.person == living)
        .where(*conditions)
    )


_MARKED = _people(mark.c.person, mark.c.kind == bindparam("kind"))
_MARKED_SO = _people(mark.c.person, mark.c.kind == bindparam("kind"), mark.c.hash == bindparam("hash"))
_ON = _people(shortlist_item.c.person, shortlist_item.c.shortlist == bindparam("name"))
_ON_ANY = _people(shortlist_item.c.person)
_SENT = _people(export_row.c.person, export_row.c.action != "blocked")
_SENT_ON = _SENT.where(
    export_row.c.export.in_(select(export.c.id).where(export.c.connector.not_in(FILES)).scalar_subquery())
)


class Matcher:
    """Turns a tree into the set of people it holds for. specialism: whose scores and levels are meant, None = the best.

    size: how many places there are. A set may hold empty places where something is denied; `everybody` clears them.
    """

    def __init__(self, tx: Connection, specialism: str | None, sort: str) -> None:
        self._tx = tx
        self._ranking = order.ANY if specialism is None else specialism
        self._sort = sort
        self.size = sets.width(tx)

    def of(self, tree: Tree) -> Mask:
        """Return who a tree, or a part of one, holds for."""
        match tree:
            case And():
                return reduce(np.logical_and, map(self.of, tree.parts), ~sets.empty(self.size))
            case Or():
                return reduce(np.logical_or, map(self.of, tree.parts), sets.empty(self.size))
            case Not():
                return ~self.of(tree.part)
            case Words():
                return self._words(tree, tree.text, ANYWHERE)
            case Field():
                return self._field(tree)
            case Range():
                return self._range(tree)
            case _:
                assert_never(tree)

    def everybody(self) -> Mask:
        """Return everybody who is looked up."""
        return self._set(*EVERYBODY)

    def listed(self) -> Mask:
        """Return whom the ranking lists."""
        return self._set(order.LISTED, self._ranking)

    def unlisted(self) -> Mask:
        """Return whom the ranking scored and keeps out."""
        return self._set(order.UNLISTED, self._ranking)

    def hidden(self) -> Sequence[int]:
        """Return the places of hidden people."""
        return self._tx.execute(_MARKED, {"kind": str(MarkKind.HIDDEN)}).scalars().all()

    def _set(self, field: str, value: str) -> Mask:
        found = sets.load(self._tx, field, value, self.size)
        return sets.empty(self.size) if found is None else found

    def _of(self, query: Select[Any], **values: Any) -> Mask:
        return sets.of(self._tx.execute(query, values).scalars(), self.size)

    def _words(
        self,
        one: Words | Field,
        text: str,
        columns: Collection[str],
        *,
        before: str = "",
        side_by_side: bool = False,
    ) -> Mask:
        found = [before + word for word in tokens(text)]
        if not found:
            return sets.empty(self.size)
        near = one.within is not None
        if len(found) > 1 and (near or one.phrase or side_by_side):
            places = fulltext.find(self._tx, found, columns, prefix=one.prefix, within=one.within)
            return sets.of(places, self.size)
        last = len(found) - 1
        parts = [self._word(word, columns, one.prefix and at == last) for at, word in enumerate(found)]
        return reduce(np.logical_and, parts)

    def _word(self, word: str, columns: Collection[str], prefix: bool) -> Mask:
        found = None if prefix else sets.load_any(self._tx, columns, word, self.size)
        if found is None:
            return sets.of(fulltext.find(self._tx, [word], columns, prefix=prefix), self.size)
        return found

    def _field(self, one: Field) -> Mask:
        value = one.value.casefold()
        match one.name:
            case FieldName.NAME:
                return self._words(one, one.value, (NAMES,))
            case FieldName.EVIDENCE:
                return self._words(one, one.value, (WORKS,))
            case FieldName.ORG:
                return self._words(one, one.value, (STATED,), before=ORG, side_by_side=True)
            case FieldName.LOC:
                return self._words(one, one.value, (STATED,), before=LOC, side_by_side=True)
            case FieldName.SPEC:
                return self._set(order.LISTED, one.value)
            case FieldName.LEVEL:
                return self._set(order.LEVEL, f"{self._ranking}/{value}")
            case FieldName.TAG:
                return self._of(_MARKED_SO, kind=str(MarkKind.TAG), hash=digest_of(one.value))
            case FieldName.STAGE:
                return self._of(_MARKED_SO, kind=str(MarkKind.STAGE), hash=digest_of(one.value))
            case FieldName.LIST:
                return self._of(_ON, name=one.value)
            case FieldName.IN:
                return self._of({"crm": _SENT_ON, "export": _SENT}.get(value, _ON_ANY))
            case FieldName.CONTACTED:
                parts = [
                    self._of(_MARKED_SO, kind=str(MarkKind.STAGE), hash=digest_of(stage))
                    for stage in CONTACTED
                ]
                contacted = reduce(np.logical_or, parts)
                return contacted if value == "yes" else ~contacted
            case FieldName.HIDDEN:
                hidden = sets.of(self.hidden(), self.size)
                return {"yes": hidden, "no": ~hidden}.get(value, ~sets.empty(self.size))
            case _:
                return self._valued(str(one.name), value, one.prefix)

    def _valued(self, field: str, value: str, prefix: bool) -> Mask:
        if not prefix:
            return self._set(field, value)
        query = select(search_set.c.value).where(
            search_set.c.field == field, search_set.c.value.startswith(value, autoescape=True)
        )
        values = self._tx.execute(query.distinct()).scalars().all()
        return reduce(np.logical_or, (self._set(field, each) for each in values), sets.empty(self.size))

    def _range(self, one: Range) -> Mask:
        if is_scored(one):
            found = sets.empty(self.size)
            for part in order.stretches(self._tx, self._ranking, self._sort):
                found[part.places[meets(part, one)]] = True
            return found
        days = sets.days(self._tx, str(one.name), self.size)
        if one == Range(name=RangeName.NEW):  # since the last day on which anything was read
            return days >= max(1, int(sets.days(self._tx, str(RangeName.SEEN), self.size).max(initial=0)))
        return _between(days, one, _day) & (days > 0)


def is_scored(one: Tree) -> bool:
    """Return whether a part of a tree is a range of what stands beside the people of a ranking."""
    return isinstance(one, Range) and one.name in (RangeName.SCORE, RangeName.CONFIDENCE)


def meets(part: order.Stretch, one: Range) -> Mask:
    """Return which people of a stretch lie in a range of score or confidence."""
    values = part.points if one.name is RangeName.SCORE else part.confidences
    return _between(values, one, float)


def _between(values: NDArray[Any], one: Range, number: Callable[[Any], float]) -> Mask:
    found = np.ones(len(values), dtype=np.bool_)
    if one.low is not None:
        low = number(one.low)
        found &= values > low if one.above else values >= low
    if one.high is not None:
        high = number(one.high)
        found &= values < high if one.below else values <= high
    return found


def _day(value: date) -> int:
    return min(max(value.toordinal() - _EPOCH, 0), _DAYS_MAX)
