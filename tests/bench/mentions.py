"""Invented bylines in the neutral format: people in circles who write papers together, some of one name.

Names, words and places are made of syllables; nobody is meant. Shape as conference files have it: most people once,
a few often, four co-authors, an institution on every second byline. People are of countries with names of their own,
of one size, so that as many records share a name at any number of records.
"""

import json
from bisect import bisect
from collections.abc import Iterator, Sequence
from itertools import accumulate, count, product
from pathlib import Path
from random import Random
from typing import Final, TextIO

_STARTS: Final = [
    "b", "br", "d", "dr", "f", "g", "gr", "h", "j", "k", "kr", "l", "m", "n", "p", "r", "s", "sh", "st", "t", "tr",
    "v", "w", "y", "z",
]  # fmt: skip
_VOWELS: Final = ["a", "e", "i", "o", "u", "ai", "ei", "ou"]
_ENDS: Final = ["", "l", "m", "n", "r", "s", "x"]
_VENUES: Final = ("Alder", "Birch", "Cedar", "Dogwood", "Elm", "Fir")
_ROLES: Final = ("PhD student", "Professor", "Researcher", "Postdoc", "Engineer", "MS student")
_PER_PERSON: Final = 1.15  # bylines, on average; many people of a circle have none
_CIRCLE: Final = 9  # people who write together
_COUNTRY: Final = 30_000  # people who draw their names from one stock


class _Words:
    """A stock of words of which the first are drawn most often."""

    def __init__(self, random: Random, size: int, skew: float, syllables: int) -> None:
        parts = [start + vowel + end for start, vowel, end in product(_STARTS, _VOWELS, _ENDS)]
        found: dict[str, None] = {}
        while len(found) < size:
            found["".join(random.choice(parts) for _ in range(random.randint(1, syllables)))] = None
        self.words = list(found)
        self._sums = list(accumulate(1 / (place + 3) ** skew for place in range(size)))
        self._random = random

    def draw(self) -> str:
        """Return a word."""
        return self.words[bisect(self._sums, self._random.random() * self._sums[-1])]


def write(path: Path, records: int, seed: int) -> None:
    """Write so many records, the same for the same seed."""
    with path.open("w", encoding="utf-8") as file:
        _write(file, records, Random(seed))


def _write(file: TextIO, records: int, random: Random) -> None:
    people = max(int(records / _PER_PERSON), 20)
    topics = _Words(random, 20 * int(people**0.5) + 400, 0.9, 4)
    themes = [topics.draw() + "ing" for _ in range(2_000)]
    circles = [
        circle
        for first in range(0, people, _COUNTRY)
        for circle in _circles(random, min(people - first, _COUNTRY), themes)
    ]
    written = 0
    for number in count():
        circle, homes, themes = circles[int(random.random() * len(circles))]
        authors = _byline(random, circle)
        if random.random() < 0.25:
            authors.append(random.choice(circles[int(random.random() * len(circles))][0]))
        year, venue = 2021 + int(random.random() * 4), random.choice(_VENUES)
        title = " ".join(topics.draw() if random.random() < 0.7 else themes.draw() for _ in range(9))
        keywords = "; ".join(themes.draw() for _ in range(random.randint(1, 6)))
        names = [name for name, _ in authors]
        for place, (name, home) in enumerate(authors):
            housed = random.random() < 0.57
            city = homes[home] if housed else None
            file.write(
                json.dumps(
                    {
                        "record_id": f"m{written}",
                        "source": "papers",
                        "name": name,
                        "email": None,
                        "login": None,
                        "homepage": None,
                        "orcid": None,
                        "affiliation": f"University of {city.title()}" if city is not None else None,
                        "domain": f"{city}.edu" if city is not None else None,
                        "position": random.choice(_ROLES) if housed else None,
                        "coauthors": names[:place] + names[place + 1 :],
                        "titles": [title.capitalize()],
                        "keywords": keywords if random.random() < 0.74 else None,
                        "venue": f"{venue} {year}",
                        "work": f"w{number}",
                        "first_seen": f"{year}-07-01",
                        "last_seen": f"{year}-07-01",
                    }
                )
                + "\n"
            )
            written += 1
            if written == records:
                return


class _Themes:
    """A few words that a circle writes about."""

    def __init__(self, random: Random, words: Sequence[str]) -> None:
        self._random, self._words = random, words

    def draw(self) -> str:
        """Return a word."""
        return self._random.choice(self._words)


_Circle = tuple[list[tuple[str, int]], list[str], _Themes]


def _circles(random: Random, people: int, themes: Sequence[str]) -> Iterator[_Circle]:
    """Yield (people as (name, home), institutions, themes) of one country."""
    root = int(people**0.5)
    given = _Words(random, 6 * root + 60, 0.85, 2)
    surnames = _Words(random, 12 * root + 90, 0.8, 3)
    places = _Words(random, 2 * root + 40, 0.8, 3)
    made = 0
    while made < people:
        size = min(random.randint(_CIRCLE - 4, _CIRCLE + 4), people - made)
        circle = [
            (f"{given.draw().title()} {surnames.draw().title()}", int(random.random() ** 2 * 3))
            for _ in range(size)
        ]
        made += size
        yield circle, [places.draw() for _ in range(3)], _Themes(random, random.sample(themes, 8))


def _byline(random: Random, circle: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
    """Return some of a circle, its first members more often than its last."""
    size = min(random.choice((2, 3, 3, 4, 4, 5, 5, 6, 7, 8)), len(circle))
    chosen: dict[int, None] = {}
    while len(chosen) < size:
        chosen[int(random.random() ** 2.2 * len(circle))] = None
    return [circle[place] for place in chosen]
