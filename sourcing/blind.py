"""Keeps who somebody is out of what is shown of them: names, logins, places and organisations, in texts and addresses.

For lists read without names (FEATURES F1): the work stays, whoever did it is a key. What is covered is what the
person's own accounts state; a name nobody stated cannot be known.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sourcing.places.gazetteer import fold
from storage import traces
from storage.panels import FIELDS
from storage.query import FieldName

HIDDEN = "▪▪▪"
_STATED = ("name", "handle", "affiliation", "location", "homepage")
_WORD_MIN = 3  # a shorter part of a name is a part of half the words there are
_PRONOUN = re.compile(r"\b(?:she|her|hers|herself|he|him|his|himself)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """What tells who one person is. pattern: None if nothing is known that could."""

    pattern: re.Pattern[str] | None
    folded: frozenset[str]

    def text(self, said: str) -> str:
        """Return a text without what tells who the person is, and without pronouns."""
        bare = said if self.pattern is None else self.pattern.sub(HIDDEN, said)
        return _PRONOUN.sub(HIDDEN, bare)

    def address(self, url: str | None) -> str | None:
        """Return an address unless it spells the person; None if it does."""
        if url is None:
            return None
        parts = set(re.split(r"[^a-z0-9]+", fold(url).replace(" ", "-")))
        whole = f" {fold(url)} "
        tells = any(f" {word} " in whole if " " in word else word in parts for word in self.folded)
        return None if tells or self.text(url) != url else url


def fields(is_blind: bool) -> tuple[FieldName, ...]:
    """Return the fields whose values are counted beside a list: a tag is anybody's words and may be a name."""
    return tuple(one for one in FIELDS if not is_blind or one is not FieldName.TAG)


NOTHING = Cover(pattern=None, folded=frozenset())
"""Covers nothing but pronouns: of somebody who states nothing."""


def covers(tx: Any, keys: Collection[str]) -> Mapping[str, Cover]:
    """Return what tells who each of some people is, by key."""
    names: dict[str, set[str]] = {key: set() for key in keys}
    others: dict[str, set[str]] = {key: set() for key in keys}
    for one in traces.iter_stated(tx, list(names), _STATED):
        (names if one.attribute == "name" else others)[one.person].add(one.value)
    return {key: of(names[key], others[key]) for key in names}


def of(names: Iterable[str], others: Iterable[str] = ()) -> Cover:
    """Return the cover of what somebody states: names whole and word by word, everything else between commas."""
    words = {word for name in names for word in (name.strip(), *re.split(r"[\s,.;/()]+", name))}
    for value in others:
        whole = value.removeprefix("https://").removeprefix("http://").strip(" /@")
        words |= {whole, *(part.strip() for part in whole.split(","))}
    kept = sorted((one for one in words if len(one) >= _WORD_MIN), key=lambda one: (-len(one), one))
    if not kept:
        return NOTHING
    either = "|".join(re.escape(one) for one in kept)
    return Cover(
        pattern=re.compile(rf"(?<!\w)(?:{either})(?!\w)", re.IGNORECASE),
        folded=frozenset(fold(one) for one in kept),
    )
