"""What each field of a query takes: its values, ranges and dates, and what to say when it cannot be read."""

import re
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches

from sourcing.errors import BadQuery
from sourcing.places import canonical, shipped
from storage.query import DATES, Field, FieldName, Or, Range, RangeName, Tree

SKILL = "skill"
"""A field of its own for people, an alternative of others for the store."""
NAMES = tuple(sorted([*FieldName, *RangeName, SKILL]))
WORDED = (FieldName.NAME, FieldName.EVIDENCE, FieldName.ORG, FieldName.LOC)
"""Fields that match words, so that phrases and nearness mean something."""
PLACES = (FieldName.CITY, FieldName.HUB, FieldName.REGION, FieldName.COUNTRY)
_CLOSED: dict[FieldName, tuple[str, ...]] = {
    FieldName.HIDDEN: ("yes", "no", "all"),
    FieldName.CONTACTED: ("yes", "no"),
    FieldName.IN: ("crm", "export", "list"),
}
_SKILLS = (FieldName.LANG, FieldName.FRAMEWORK, FieldName.TARGET)
_HIGHEST = {RangeName.SCORE: 100.0, RangeName.CONFIDENCE: 1.0}
_RANGE = re.compile(r"^(>=|<=|>|<|=)?(.*)$", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """What stands behind the colon. column: where it begins, 1-based. quoted: between quotation marks.

    within: the number behind ~, None without one.
    """

    text: str
    column: int
    quoted: bool = False
    prefix: bool = False
    within: int | None = None


def known(name: str, column: int) -> None:
    """Raise BadQuery with the nearest name if there is no such field."""
    if name not in NAMES:
        near = get_close_matches(name, NAMES, n=1)
        hint = f"did you mean {near[0]}:?" if near else f"known: {', '.join(NAMES)}"
        raise BadQuery(f"unknown field {name!r}", column=column, suggestion=hint)


def read(name: str, value: Value) -> Tree:
    """Return the tree of one field and its value. Raises BadQuery naming the column of the value."""
    if name == SKILL:
        return _skill(value)
    if name in list(RangeName):
        return _range(RangeName(name), value)
    field = FieldName(name)
    if value.within is not None and field not in WORDED:
        raise BadQuery(
            f"{field}: is compared as a whole, nearness means nothing in it",
            column=value.column,
            suggestion=f"leave out ~{value.within}",
        )
    if not any(char.isalnum() for char in value.text):
        raise BadQuery(
            f"{field}:{value.text} has no letter or digit to look for",
            column=value.column,
            suggestion="write a word behind the colon",
        )
    allowed = _CLOSED.get(field)
    if allowed is not None and value.text.casefold() not in allowed:
        listed = f"{field}:{', '.join(allowed[:-1])} or {allowed[-1]}"
        aside = f", or list:{value.text}" if field is FieldName.IN else ""
        raise BadQuery(
            f"{field}:{value.text} is not known", column=value.column, suggestion=f"write {listed}{aside}"
        )
    if field is FieldName.LOC or field in PLACES:
        return _place(field, value)
    return Field(name=field, value=value.text, phrase=value.quoted, prefix=value.prefix, within=value.within)


def _place(field: FieldName, value: Value) -> Tree:
    """Return a place by any of its names; `loc` is what people state, or any place of that name."""
    wanted = PLACES if field is FieldName.LOC else (field,)
    named = [
        Field(name=name, value=found)
        for name in wanted
        if value.within is None and not value.prefix and (found := canonical(name, value.text)) is not None
    ]
    if field is FieldName.LOC:
        stated = Field(
            name=field, value=value.text, phrase=value.quoted, prefix=value.prefix, within=value.within
        )
        return Or(parts=(stated, *named)) if named else stated
    if field is FieldName.COUNTRY and not named and not value.prefix:
        raise BadQuery(
            f"country:{value.text} is no country",
            column=value.column,
            suggestion=_near_country(value.text) or "write its name or its code, as country:de",
        )
    return named[0] if named else Field(name=field, value=value.text, prefix=value.prefix)


def _near_country(text: str) -> str | None:
    titles = {title.casefold(): title for title in shipped().countries.values()}
    near = get_close_matches(text.casefold(), titles, n=1)
    if not near:
        return None
    title = titles[near[0]]
    return f'did you mean country:"{title}"?' if " " in title else f"did you mean country:{title}?"


def _skill(value: Value) -> Tree:
    """Return a language, framework or target of this name, or the words in what somebody made."""
    words = read(FieldName.EVIDENCE, value)
    named = [Field(name=field, value=value.text, prefix=value.prefix) for field in _SKILLS]
    return Or(parts=(*named, words))


def _range(name: RangeName, value: Value) -> Range:
    example = _example(name)
    if name is RangeName.NEW and value.text.casefold() == "yes":
        return Range(name=name)
    match = _RANGE.match(value.text)
    assert match is not None  # the pattern matches every text
    sign, rest = match.groups()
    if value.within is not None or value.prefix:
        raise BadQuery(f"{name}: takes a range", column=value.column, suggestion=f"write {example}")
    if sign is None and ".." in rest:
        low, _, high = rest.partition("..")
        if not low and not high:
            raise BadQuery(f"{name}:.. has no end", column=value.column, suggestion=f"write {example}")
        first, last = _bound(name, low, value), _bound(name, high, value)
        if first is not None and last is not None and first > last:  # type: ignore[operator]
            raise BadQuery(
                f"{name}:{rest} ends before it begins",
                column=value.column,
                suggestion=f"write {name}:{high}..{low}",
            )
        return Range(name=name, low=first, high=last)
    bound = _bound(name, rest, value)
    if bound is None:
        raise BadQuery(f"{name}: needs a value", column=value.column, suggestion=f"write {example}")
    match sign:
        case ">=" | ">":
            return Range(name=name, low=bound, above=sign == ">")
        case "<=" | "<":
            return Range(name=name, high=bound, below=sign == "<")
    return Range(name=name, low=bound, high=bound)


def _bound(name: RangeName, text: str, value: Value) -> float | date | None:
    if not text:
        return None
    is_date = name in DATES
    try:
        number = date.fromisoformat(text) if is_date else float(text)
    except ValueError as error:
        raise BadQuery(
            f"{text!r} is no {'date' if is_date else 'number'}",
            column=value.column,
            suggestion=f"write {_example(name)}",
        ) from error
    highest = _HIGHEST.get(name)
    if highest is not None and isinstance(number, float) and not 0 <= number <= highest:
        raise BadQuery(
            f"{text} lies outside 0–{highest:g}", column=value.column, suggestion=f"write {_example(name)}"
        )
    return number


def _example(name: RangeName) -> str:
    if name in DATES:
        return f"{name}:2026-01-01.."
    return (
        "confidence:>=0.5 or confidence:0.4..0.8"
        if name is RangeName.CONFIDENCE
        else "score:>=70 or score:60..80"
    )
