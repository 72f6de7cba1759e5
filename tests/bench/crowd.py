"""Invented people by the million as search knows them, and invented questions about them; seeded, nobody real."""

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from itertools import product
from typing import Any

import numpy as np

from storage.documents import Document

_SYLLABLES = [a + b for a, b in product("bdfgklmnprstvz", "aeiou")]
TITLES, TITLE_WORDS = 8, 7
FACETS = {"country": 60, "hub": 40, "lang": 30, "framework": 40, "source": 20, "has": 8}
"""How many values each field has; they are shared as unevenly as words."""
SPECIALISMS = tuple(f"specialism-{number:02}" for number in range(18))
SPECIALISMS_EACH = 2
_DAY = date(2026, 11, 23)
_VOCABULARY, _FIRST, _LAST = 30_000, 2_000, 40_000


@cache
def word(number: int) -> str:
    """Return an invented word; the same for the same number."""
    parts = []
    number += len(_SYLLABLES)
    while number:
        number, rest = divmod(number, len(_SYLLABLES))
        parts.append(_SYLLABLES[rest])
    return "".join(parts)


class Crowd:
    """People by number, 0 to size - 1; number 17 is the same person in every run."""

    def __init__(self, size: int, seed: int) -> None:
        self.size, self._seed = size, seed

    def batches(self, each: int = 2_000) -> Iterator[dict[str, Document]]:
        """Yield documents by key in the order of keys."""
        for start in range(0, self.size, each):
            numbers = range(start, min(start + each, self.size))
            random = np.random.default_rng((self._seed, start))
            titles = _uneven(random, _VOCABULARY, (len(numbers), TITLES, TITLE_WORDS), 0.9)
            firsts = _uneven(random, _FIRST, (len(numbers), 1), 0.8)[:, 0]
            lasts = _uneven(random, _LAST, (len(numbers), 1), 0.6)[:, 0]
            values = {name: _uneven(random, most, (len(numbers), 2), 1.0) for name, most in FACETS.items()}
            days = random.integers(0, 2_000, len(numbers))
            yield {
                key_of(number): _document(
                    number,
                    [" ".join(map(word, title)) for title in titles[at].tolist()],
                    f"{word(int(firsts[at]))} {word(int(lasts[at]) + _VOCABULARY)}",
                    {(name, f"{name}{value}") for name in FACETS for value in set(values[name][at].tolist())},
                    _DAY - timedelta(days=int(days[at])),
                )
                for at, number in enumerate(numbers)
            }

    def scores(self) -> Iterator[dict[str, Any]]:
        """Yield a row of a score for each person and specialism, as the table has it without its moment."""
        random = np.random.default_rng((self._seed, -1 % 2**32))
        chosen = random.integers(0, len(SPECIALISMS), (self.size, SPECIALISMS_EACH))
        values = np.round(100 * random.beta(1.5, 4, (self.size, SPECIALISMS_EACH)), 1)
        sure = np.round(random.beta(3, 2, (self.size, SPECIALISMS_EACH)), 2)
        for number in range(self.size):
            for at, which in enumerate(dict.fromkeys(chosen[number].tolist())):
                value, confidence = float(values[number, at]), float(sure[number, at])
                yield {
                    "specialism": SPECIALISMS[which],
                    "person": key_of(number),
                    "version": "1",
                    "value": value,
                    "lower": round(value * confidence, 3),
                    "confidence": confidence,
                    "level": ("unknown", "mid", "senior", "staff")[number % 4],
                    "listed": value >= 5,
                }


def key_of(number: int) -> str:
    """Return the key of a person; keys sort as numbers do."""
    return "p_" + base64.b32hexencode(number.to_bytes(7, "big")).decode().lower().rstrip("=")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One search: words that must all be there, values, a phrase. kind: filter, words, phrase, prefix or mixed."""

    kind: str
    specialism: str | None = None
    words: tuple[str, ...] = ()
    phrase: tuple[str, ...] = ()
    prefix: str | None = None
    values: tuple[tuple[str, str], ...] = ()


def questions(crowd: Crowd, number: int, seed: int) -> list[Question]:
    """Return random questions. Words and values are those of random people: so common ones are asked more often."""
    random = np.random.default_rng((seed, 7))
    people = [
        one for batch in Crowd(min(crowd.size, 20_000), crowd._seed).batches() for one in batch.values()
    ]
    found = []
    for at in range(number):
        one = people[int(random.integers(len(people)))]
        title = one.titles[int(random.integers(len(one.titles)))].split()
        values = sorted(one.facets)
        chosen = tuple(
            values[int(n)] for n in random.choice(len(values), int(random.integers(1, 3)), replace=False)
        )
        specialism = SPECIALISMS[int(random.integers(len(SPECIALISMS)))] if at % 2 else None
        start = int(random.integers(len(title) - 1))
        kind = (
            "filter",
            "words",
            "filter",
            "words",
            "filter",
            "words",
            "mixed",
            "words",
            "phrase",
            "prefix",
        )[at % 10]
        match kind:
            case "filter":
                more = {"values": chosen}
            case "words":
                many = int(random.integers(1, 4))
                more = {"words": tuple(title[:many]) if at % 8 else (str(next(iter(one.names))).split()[1],)}
            case "phrase":
                more = {"phrase": tuple(title[start : start + 2])}
            case "prefix":
                more = {"prefix": title[start][: int(random.integers(2, 6))]}
            case _:
                more = {"values": chosen[:1], "words": tuple(title[:1])}
        found.append(Question(kind=kind, specialism=specialism, **more))
    return found


def _document(
    number: int, titles: list[str], name: str, facets: set[tuple[str, str]], active_on: date
) -> Document:
    return Document(
        name=name,
        names={name: None},
        handles={f"h{number}": None},
        titles=titles,
        facets=facets,
        active_on=active_on,
        seen_on=_DAY,
        new_on=_DAY,
    )


def _uneven(random: np.random.Generator, most: int, shape: tuple[int, ...], power: float) -> Any:
    """Return numbers below `most`, the n-th as often as 1 / n to a power: so words are shared (Zipf)."""
    weights = 1 / np.arange(1, most + 1) ** power
    edges = np.cumsum(weights / weights.sum())
    return np.minimum(np.searchsorted(edges, random.random(shape)), most - 1)
