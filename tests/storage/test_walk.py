"""Pages of a thousand people with many ties, and beginnings of words, against reading everybody."""

from datetime import UTC, datetime
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from sqlalchemy import insert

from storage import index, order, search
from storage.documents import Document
from storage.engine import Store
from storage.model import WIDTH_MAX
from storage.query import And, Field, FieldName, Not, Range, RangeName, Tree, Words
from storage.tables import score
from storage.words import COLUMNS

MANY = 1_500
SPECIALISM = "inference"
NOW = datetime(2026, 11, 22, tzinfo=UTC)


def key(number: int) -> str:
    return f"p_{number * 7 % MANY:05}"


def lower(number: int) -> float | None:
    """Nine in ten are scored, and hundreds share a value."""
    return None if number % 10 == 0 else float(number % 4) * 20


def is_unsure(number: int) -> bool:
    """Too little is known of one in eleven to give them a place."""
    return number % 11 == 0


@pytest.fixture
def crowd(store: Store) -> Store:
    """Many people with few different scores; every third in Berlin, every hundredth in Lagos."""
    documents = {
        key(number): Document(
            name=f"Person{number}",
            names={f"Person{number}": None},
            facets={("source", "odd" if number % 2 else "even"), ("has", "papers")}
            | ({("city", "lagos")} if number % 100 == 0 else set())
            | ({("city", "berlin")} if number % 3 == 0 else set()),
        )
        for number in range(MANY)
    }
    ordered = sorted(documents)
    rows = [
        {
            "specialism": SPECIALISM, "person": key(number), "version": "1", "value": value + 10, "lower": value,
            "upper": value + (WIDTH_MAX + 1 if is_unsure(number) else 30),
            "rising": value + 10, "rising_lower": 60 - value, "confidence": 0.5, "level": "mid",
            "listed": number % 7 != 0, "as_of": NOW, "run": None,
        }
        for number in range(MANY) if (value := lower(number)) is not None
    ]  # fmt: skip
    with store.begin() as tx:
        index.fill(tx, [{one: documents[one] for one in ordered}])
        tx.execute(insert(score), rows)
        order.refresh(tx)
    return store


def city(name: str) -> Field:
    return Field(name=FieldName.CITY, value=name)


CASES: list[tuple[Tree | None, Any]] = [
    (None, lambda number: True),
    (city("berlin"), lambda number: number % 3 == 0),
    (city("lagos"), lambda number: number % 100 == 0),
    (Not(part=city("berlin")), lambda number: number % 3 != 0),
    (Range(name=RangeName.SCORE, low=30), lambda number: (lower(number) or 0) >= 20),
    (
        And(parts=(city("berlin"), Range(name=RangeName.SCORE, high=30))),
        lambda number: number % 3 == 0 and lower(number) is not None and (lower(number) or 0) <= 20,
    ),
]


@pytest.mark.parametrize("sort", [search.LOWER, search.RISING])
@pytest.mark.parametrize("case", range(len(CASES)))
def test_pages_go_on_and_back_through_everybody_in_order(crowd: Store, case: int, sort: str) -> None:
    tree, holds = CASES[case]

    def place(number: int) -> tuple[int, float, str]:
        value = lower(number)
        if value is None:
            return (2, 0.0, key(number))
        return (int(is_unsure(number)), -value if sort == search.LOWER else value - 60, key(number))

    kept_out = {number for number in range(MANY) if lower(number) is not None and number % 7 == 0}
    members = [number for number in range(MANY) if holds(number) and number not in kept_out]
    expected = [key(number) for number in sorted(members, key=place)]
    with crowd.read() as tx:
        found: list[str] = []
        after, pages = None, []
        given: dict[str, Any] = {"specialism": SPECIALISM, "limit": 90, "sort": sort}
        while page := search.find(tx, tree, after=after, **given):
            found += [one.person for one in page]
            after = search.place_of(page[-1], sort)
            pages.append(page)
        assert found == expected
        assert search.count(tx, tree, specialism=SPECIALISM) == len(expected)
        for before, page in pairwise(pages):
            back = search.find(tx, tree, before=search.place_of(page[0], sort), **given)
            assert back == before
        gone = search.find(tx, tree, after=(20.0, "p_00500x"), **given)
        if sort == search.LOWER:  # whoever stood there is gone; the page goes on behind the place
            behind = sorted(filter(lambda number: place(number) > (0, -20.0, "p_00500x"), members), key=place)
            assert [one.person for one in gone] == [key(number) for number in behind[:90]]


@pytest.mark.parametrize("shared", [1, 5, 10_000])
def test_beginnings_of_words_find_whom_reading_everybody_finds(store: Store, shared: int) -> None:
    """Whether the beginnings are kept as sets or found in the full-text index, and in whichever column."""
    random = Random(5)
    vocabulary = ["".join(random.choices("ab", k=random.randint(1, 9))) for _ in range(60)]
    texts = {
        f"p_{number:03}": {name: random.sample(vocabulary, random.randint(0, 4)) for name in COLUMNS}
        for number in range(80)
    }
    documents = {
        one: Document(
            names=dict.fromkeys(said["names"]), handles=dict.fromkeys(said["handles"]), titles=said["works"],
            orgs=dict.fromkeys(said["stated"]), places=dict.fromkeys(said["stated"][:1]),
        )
        for one, said in texts.items()
    }  # fmt: skip
    with store.begin() as tx:
        index.fill(tx, [documents], shared=shared)
        order.refresh(tx)
    fields = {
        None: lambda said: said["names"] + said["handles"] + said["works"],
        FieldName.NAME: lambda said: said["names"],
        FieldName.EVIDENCE: lambda said: said["works"],
        FieldName.ORG: lambda said: said["stated"],
        FieldName.LOC: lambda said: said["stated"][:1],
    }
    starts = sorted({word[:length] for word in vocabulary for length in range(1, 9)})
    with store.read() as tx:
        for name, read in fields.items():
            for start in starts[:: 1 if name is None else 5]:
                tree: Tree = (
                    Words(text=start, prefix=True)
                    if name is None
                    else Field(name=name, value=start, prefix=True)
                )
                found = [one.person for one in search.find(tx, tree, specialism=None, limit=100)]
                expected = [
                    one for one, said in texts.items() if any(word.startswith(start) for word in read(said))
                ]
                assert found == expected, (name, start)
