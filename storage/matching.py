"""A search tree as sets of people: words, values of fields, marks, dates; values are always bound."""

from collections.abc import Callable, Sequence
from datetime import date
from functools import reduce
from operator import and_, or_
from typing import Any, assert_never

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Select, bindparam, func, select

from storage import among, fulltext, groups, memory, order, sets, wishes
from storage import people as marks
from storage.facts import digest_of
from storage.groups import Group, Mask
from storage.index import EVERYBODY
from storage.memory import State
from storage.model import MarkKind
from storage.query import And, Field, FieldName, Not, Or, Range, RangeName, Tree, Words
from storage.recalls import FILES
from storage.tables import (
    dismissed,
    export,
    export_row,
    known,
    mark,
    person_alias,
    search_person,
    search_set,
    seen,
    shortlist_item,
)
from storage.words import BEGINNING_MAX, HANDLES, LOC, NAMES, ORG, STATED, WORKS, beginning, tokens

ANYWHERE = (NAMES, HANDLES, WORKS)
CONTACTED = ("contacted", "replied", "hired")
"""Stages behind the first contact."""
"""Connectors that write a file instead of telling another system."""
_EPOCH = date(1970, 1, 1).toordinal()
_DAYS_MAX = 65_535
_SILENT = "silent"


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
_DISMISSED = _people(dismissed.c.person, dismissed.c.place == bindparam("place"))
_SHOWN = _people(seen.c.person, seen.c.search == bindparam("name"))
_KNOWN = _people(known.c.person)
_KNOWN_SO = _people(known.c.person, known.c.state == bindparam("state"))
_SENT = _people(export_row.c.person, export_row.c.action != "blocked")
_SENT_ON = _SENT.where(
    export_row.c.export.in_(select(export.c.id).where(export.c.connector.not_in(FILES)).scalar_subquery())
)


class Matcher:
    """Turns a tree into the group of people it holds for.

    specialism: whose scores and levels are meant, None = the best. size: how many places there are.

    A group may hold empty places where something is denied; `everybody` clears them. While the ranking is switched off
    (is_off) nobody has a score or a level to be found by; whose work is on topic is no score and stays.
    """

    def __init__(self, tx: Connection, state: State, specialism: str | None, sort: str) -> None:
        self._tx, self._memory, self._marked = tx, state.memory, state.marked
        self.is_off = memory.is_off(tx, state)
        self._ranking = order.ANY if specialism is None else specialism
        self._sort = sort
        self.size = self._memory.size

    def of(self, tree: Tree) -> Group:
        """Return who a tree, or a part of one, holds for."""
        match tree:
            case And():
                return self.all_of(tree.parts)
            case Or():
                return reduce(or_, map(self.of, tree.parts), groups.nobody(self.size))
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

    def all_of(self, parts: Sequence[Tree]) -> Group:
        """Return who all parts hold for, everybody and empty places for none; the rarest part goes first."""
        found = sorted(map(self.of, parts), key=lambda one: one.nbytes)
        return reduce(and_, found) if found else groups.every(self.size)

    def everybody(self) -> Group:
        """Return everybody who is looked up."""
        return self._set(*EVERYBODY)

    def listed(self) -> Group:
        """Return whom the ranking lists."""
        return self._set(order.LISTED, self._ranking)

    def unlisted(self) -> Group:
        """Return whom the ranking scored and keeps out."""
        return self._set(order.UNLISTED, self._ranking)

    def hidden(self) -> Group:
        """Return hidden people."""
        return self._of(_MARKED, kind=str(MarkKind.HIDDEN))

    def silent(self) -> Group:
        """Return who asks not to be approached or is kept out of everything."""
        if _SILENT not in self._marked:
            query = select(search_person.c.no).where(
                among.is_in(self._tx.dialect.name, search_person.c.person)
            )
            keys = among.bound(self._tx, wishes.keys(self._tx) | marks.kept_out(self._tx))
            self._marked[_SILENT] = groups.of(self._tx.execute(query, keys).scalars(), self.size)
        return self._marked[_SILENT]

    def _set(self, field: str, value: str) -> Group:
        found = self._memory.get(("set", field, value), lambda: sets.group(self._tx, field, value, self.size))
        return groups.nobody(self.size) if found is None else found

    def _of(self, query: Select[Any], **values: Any) -> Group:
        name = (query, *values.items())
        if name not in self._marked:
            self._marked[name] = groups.of(self._tx.execute(query, values).scalars(), self.size)
        return self._marked[name]

    def _words(
        self,
        one: Words | Field,
        text: str,
        columns: tuple[str, ...],
        *,
        before: str = "",
        side_by_side: bool = False,
    ) -> Group:
        found = tuple(before + word for word in tokens(text))
        if not found:
            return groups.nobody(self.size)
        near = one.within is not None
        if len(found) > 1 and (near or one.phrase or side_by_side):
            return self._text(found, columns, one.prefix, one.within)
        last = len(found) - 1
        return reduce(
            and_, (self._word(word, columns, one.prefix and at == last) for at, word in enumerate(found))
        )

    def _word(self, word: str, columns: tuple[str, ...], prefix: bool) -> Group:
        if not prefix or len(word) <= BEGINNING_MAX:
            kept = beginning(word) if prefix else word
            found = self._memory.get(
                ("word", columns, kept), lambda: sets.group_any(self._tx, columns, kept, self.size)
            )
            if found is not None:
                return found
        return self._text((word,), columns, prefix, None)

    def _text(
        self, words: tuple[str, ...], columns: tuple[str, ...], prefix: bool, within: int | None
    ) -> Group:
        def read() -> Group:
            places = fulltext.find(self._tx, words, columns, prefix=prefix, within=within)
            return groups.of(places, self.size)

        return self._memory.get(("text", words, columns, prefix, within), read)

    def _field(self, one: Field) -> Group:
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
                return self._no_one() if self.is_off else self._set(order.LEVEL, f"{self._ranking}/{value}")
            case FieldName.TAG:
                return self._of(_MARKED_SO, kind=str(MarkKind.TAG), hash=digest_of(one.value))
            case FieldName.STAGE:
                return self._of(_MARKED_SO, kind=str(MarkKind.STAGE), hash=digest_of(one.value))
            case FieldName.LIST:
                return self._of(_ON, name=one.value)
            case FieldName.IN:
                found = self._of({"crm": _SENT_ON, "export": _SENT}.get(value, _ON_ANY))
                return found | self._of(_KNOWN) if value == "crm" else found
            case FieldName.CONTACTED:
                parts = [
                    self._of(_MARKED_SO, kind=str(MarkKind.STAGE), hash=digest_of(stage))
                    for stage in CONTACTED
                ]
                contacted = reduce(or_, parts, self._of(_KNOWN_SO, state="contacted"))
                return contacted if value == "yes" else ~contacted
            case FieldName.SHOWN:
                return self._of(_SHOWN, name=one.value)
            case FieldName.DISMISSED:
                return self._of(_DISMISSED, place=one.value)
            case FieldName.HIDDEN if value == "yes":
                return self.hidden()
            case FieldName.HIDDEN:
                return ~self.hidden() if value == "no" else groups.every(self.size)
            case _:
                return self._valued(str(one.name), value, one.prefix)

    def _valued(self, field: str, value: str, prefix: bool) -> Group:
        if not prefix:
            return self._set(field, value)
        query = select(search_set.c.value).where(
            search_set.c.field == field, search_set.c.value.startswith(value, autoescape=True)
        )
        values = self._tx.execute(query.distinct()).scalars().all()
        return reduce(or_, (self._set(field, each) for each in values), groups.nobody(self.size))

    def _range(self, one: Range) -> Group:
        if is_scored(one) and self.is_off:
            return self._no_one()
        if is_scored(one):
            parts = order.stretches(self._tx, self._ranking, self._sort)
            found = [part.places[meets(part, one)] for part in parts]
            return groups.of(np.concatenate([np.zeros(0, dtype=np.uint32), *found]), self.size)
        days = self._days(str(one.name))
        if one == Range(name=RangeName.NEW):  # since the last day on which anything was read
            newest = max(1, int(self._days(str(RangeName.SEEN)).max(initial=0)))
            return groups.of_mask(days >= newest)
        return groups.of_mask(_between(days, one, _day) & (days > 0))

    def _no_one(self) -> Group:
        return groups.nobody(self.size)

    def _days(self, name: str) -> NDArray[np.uint16]:
        return self._memory.get(("days", name), lambda: sets.days(self._tx, name, self.size))


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
