"""Did you mean: the nearest known value for a part of a query that nobody has, as a query that finds somebody."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from sourcing import people
from sourcing.places.gazetteer import fold
from sourcing.query import chips, parse
from sourcing.query.chips import Chip, Need
from storage import named, order, search
from storage.query import Field, FieldName, Words

NEAR_MIN = 0.72
"""Share of letters two spellings have in common, from which one may be meant by the other: `germny`, `berln`."""
HINTS_MAX = 3
LETTERS_MAX = 2  # more or fewer in a name that is meant: others need not be compared
VALUED = (
    FieldName.SPEC,
    FieldName.CITY,
    FieldName.HUB,
    FieldName.COUNTRY,
    FieldName.REGION,
    FieldName.LANG,
    FieldName.FRAMEWORK,
    FieldName.TARGET,
    FieldName.LEVEL,
    FieldName.HAS,
    FieldName.SOURCE,
    FieldName.STAGE,
)
"""Fields whose values are a list that is known; a tag and a list are words of recruiters and may be names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """A query that may be meant instead. said, instead: the part as typed and as it may be meant. people: under it."""

    said: str
    instead: str
    query: str
    people: int


def of(
    tx: Any, query: str, *, specialism: str | None, titles: Mapping[str, str], blind: bool = False
) -> list[Hint]:
    """Return what may be meant by a query that finds nobody, most people first, at most three.

    titles: of specialisms by slug. blind: without names of people. Costs a count for each part and each hint. Raises
    BadQuery.
    """
    found = []
    for chip in chips.read(query):
        if chip.need is Need.NOT or search.count(tx, chip.tree, specialism=specialism):
            continue  # what somebody has is not what keeps everybody away
        for instead in _instead(tx, chip, titles, blind):
            asked = chips.added(chips.without(query, chip.number), instead, need=chip.need)
            whole = people.in_specialism(parse(asked), specialism)
            count = search.count(tx, whole, specialism=specialism)
            if count:
                found.append(Hint(said=chip.label, instead=instead, query=asked, people=count))
    return sorted(found, key=lambda one: (-one.people, one.query))[:HINTS_MAX]


def _instead(tx: Any, chip: Chip, titles: Mapping[str, str], blind: bool) -> list[str]:
    match chip.tree:
        case Field(name=name, value=value) if name in VALUED:
            field = order.LEVEL if name is FieldName.LEVEL else str(name)
            # a level is looked up behind the ranking it is of
            known = {(last := one.rpartition("/")[2]): last for one in named.values(tx, field)}
            if name is FieldName.SPEC:
                known = {slug: slug for slug in titles} | {title: slug for slug, title in titles.items()}
            meant = dict.fromkeys(known[one] for one in _near(value, list(known)) if known[one] != value)
            return [chips.written(str(name), one) for one in meant]
        case Field(name=FieldName.NAME, value=value) if not blind:
            return [chips.written("name", one) for one in _names(tx, value)]
        case Words(text=text) if not blind and " " not in text:
            return [chips.written("name", one) for one in _names(tx, text)]
        case _:
            return []


def _names(tx: Any, said: str) -> list[str]:
    """Return names that are nearly what somebody typed: whole, or of one word if one was typed."""
    found = named.beginning_alike(tx, said)
    words = found if " " in said.strip() else {word for name in found for word in name.split()}
    alike = sorted(one for one in words if abs(len(one) - len(said)) <= LETTERS_MAX)
    return [one for one in _near(said, alike) if fold(one) != fold(said)]


def _near(said: str, known: Sequence[str]) -> list[str]:
    """Return the nearest of some values, at most `HINTS_MAX`, ties by value."""
    wanted = fold(said).replace("-", " ")
    matcher = SequenceMatcher(b=wanted)
    shares = []
    for one in known:
        matcher.set_seq1(fold(one).replace("-", " "))
        if matcher.real_quick_ratio() >= NEAR_MIN and matcher.quick_ratio() >= NEAR_MIN:
            shares.append((matcher.ratio(), one))
    near = sorted((one for one in shares if one[0] >= NEAR_MIN), key=lambda one: (-one[0], one[1]))
    return [one for _, one in near[:HINTS_MAX]]
