"""Queries with letters shuffled, cut and doubled: answered, or refused at a column; never an error of the store."""

import random
from typing import Any

import pytest

GOOD = (
    "attention kernels",
    "attention OR retrieval -agents",
    '"paged attention"~3',
    "quant*",
    "name:ana org:lab loc:london",
    "country:de OR (country:gb city:london)",
    "score:>=50 confidence:0.2..0.9",
    "active:2026-01-01.. -seen:..2026-11-01",
    "new: has:papers source:github*",
    "tag:kernels stage:reviewing list:role in:crm contacted:yes",
    "hidden:all level:staff",
    'evidence:"int8 quantisation" skill:cuda hours:1',
    "spec:inference-performance -(lang:cuda framework:x target:y)",
    'dismissed:"search:mine" shown:mine',
)
PIECES = (
    *"()\"-*:~.<>=\\'%;_&#+?", "..", " AND ", " OR ", " NOT ", "~3", "score:", "new:", "\x00", "\ud800", "森", "é", "²",
    "9" * 30, "' OR 1=1--", "); DROP TABLE person;--", "{}", "$1", ":name", "\\u0000",
)  # fmt: skip


def spoilt(chance: random.Random) -> str:
    text = chance.choice(GOOD)
    for _ in range(chance.randint(1, 4)):
        at, end = sorted(chance.randint(0, len(text)) for _ in range(2))
        ways = (
            text[:at] + chance.choice(PIECES) + text[at:],
            text[:at] + text[min(end, at + 4) :],
            text[:at] + text[at:end] * 2 + text[end:],
            f"{text} {chance.choice(GOOD)}",
        )
        text = chance.choice(ways)
    return text


def tried(caller: Any, number: int, seed: int) -> tuple[int, int]:
    """Ask spoilt queries and return how many were answered, and how many refused."""
    chance, answered, refused = random.Random(seed), 0, 0
    for _ in range(number):
        query = spoilt(chance).encode("utf-8", "replace").decode()
        answer = caller.client.get("/api/v1/people", params={"q": query})
        assert answer.status_code in (200, 400), (query, answer.text)
        if answer.status_code == 200:
            answered += 1
        else:
            refused += 1
            problem = answer.json()
            assert 1 <= problem["column"] <= len(query) + 1 and "; " in problem["detail"], (query, problem)
    return answered, refused


def test_two_hundred_spoilt_queries_are_answered_or_refused_at_a_column(caller) -> None:
    assert min(tried(caller, 200, seed=5)) > 40


@pytest.mark.slow
@pytest.mark.row("T19")
def test_five_thousand_spoilt_queries_are_answered_or_refused_at_a_column(caller) -> None:
    number = {"sqlite": 5_000, "postgresql": 1_000}[caller.desk.store.dialect]
    assert min(tried(caller, number, seed=6)) > number // 5


@pytest.mark.parametrize(
    ("query", "column"),
    [("(" * 30 + "a", 22), ("a " * 101, 201), ("a" * 2_001, 2_001), ("a " * 10_000, 2_001), ("a b\x00c", 4)],
    ids=["deep", "many", "long", "endless", "nul"],
)
def test_a_query_too_long_or_too_deep_is_refused_at_its_column(caller, query: str, column: int) -> None:
    answer = caller.client.get("/api/v1/people", params={"q": query})
    assert (answer.status_code, answer.json()["column"]) == (400, column)
