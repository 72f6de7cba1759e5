"""The columns that models compare: the same whether made alone or together, in order, and worth what they say."""

from datetime import UTC, datetime

import pytest

from sourcing.resolve import namesakes, neutral, token_lists
from sourcing.resolve.columns import SETS
from sourcing.resolve.crowds import Circles
from sourcing.resolve.token_lists import TokenLists

NOW = datetime(2026, 11, 23, tzinfo=UTC)
RECORDS = [
    {"record_id": "a", "source": "papers", "name": "Mira Okafor", "coauthors": ["Jan Sedlak", "Tuva Berg"],
     "titles": ["Sparse lanterns"], "work": "w1", "venue": "Elm 2024", "affiliation": "University of Nowhere",
     "domain": "nowhere.edu", "first_seen": "2024-07-01"},
    {"record_id": "b", "source": "papers", "name": "Okafor, Mira", "coauthors": ["Tuva Berg"], "keywords": "light; ice",
     "titles": ["Lantern fields"], "work": "w2", "world": "two", "first_seen": "2022-07-01"},
    {"record_id": "c", "source": "git", "name": "Jan Sedlak", "email": "jan.sedlak@nowhere.edu", "repos": ["o/lamp"],
     "commits": 3, "world": None, "coauthors": None},
    {"record_id": "d", "source": "git", "name": "miraok", "aliases": ["Mira Okafor"], "email": "miraok@mail.example",
     "repos": ["o/lamp", "o/oil"], "login": "miraok"},
    {"record_id": "e", "source": "papers", "name": None, "work": "w1"},
]  # fmt: skip


@pytest.fixture(scope="module")
def bundle() -> neutral.Bundle:
    return neutral.bundle([neutral.Record.model_validate(row) for row in RECORDS], now=NOW)


@pytest.mark.parametrize("called", sorted(SETS))
def test_a_column_made_alone_is_the_one_made_with_all(bundle: neutral.Bundle, called: str) -> None:
    chosen, shares = SETS[called], namesakes.count([], {})
    whole = chosen.make(bundle.mentions, shares, bundle.digest)
    assert set(whole.column_names) == chosen.columns
    assert whole["rid"].to_pylist() == list(range(len(bundle.mentions)))
    assert whole["world"].to_pylist() == [one.world for one in bundle.mentions]
    for name in chosen.columns:
        alone = chosen.make(bundle.mentions, shares, bundle.digest, {"rid", name})
        assert alone[name].to_pylist() == whole[name].to_pylist(), name


@pytest.mark.parametrize("called", sorted(SETS))
def test_nobody_is_a_table_without_rows(bundle: neutral.Bundle, called: str) -> None:
    table = SETS[called].make([], namesakes.count([], {}), bundle.digest)
    assert (len(table), set(table.column_names)) == (0, SETS[called].columns)


def test_what_two_lists_share_tells_what_it_is_worth() -> None:
    lists = TokenLists()
    for words in (("ice", "light", "of"), ("light",), (), ("light", "ice")):
        lists.add(words)
    worth = token_lists.worth(lists.counted(lists.rows), 8)
    assert worth == [2.0, pytest.approx(1.415, abs=1e-3), 3.0]
    bits = {"step": 1, "most": 5}
    rows = [set(row) for row in lists.weighed([9.0, 1.4, 0.3], **bits).to_pylist()]
    shared = [[sum(one & other) % token_lists.WORTH for other in rows] for one in rows]
    assert shared == [[6, 1, 0, 6], [1, 1, 0, 1], [0, 0, 0, 0], [6, 1, 0, 6]]
    assert lists.sums([9.0, 1.4, 0.3], **bits).to_pylist() == [6, 1, 0, 6]
    assert [len(row) for row in rows] == [2, 1, 0, 2]  # what is worth nothing is left out
    assert lists.filled() == 3


def test_a_hub_and_a_huge_paper_say_nothing_of_who_stands_around() -> None:
    names = [str(number) for number in range(700)]
    pairs = [frozenset({0, 1}), frozenset({1, 2}), frozenset(range(100, 200)), frozenset({0, 100})]
    hub = [frozenset({3, number, number + 1}) for number in range(200, 640)]
    circles = Circles([*pairs, *hub, frozenset({0, 3})], [9.0] * 700, names)
    assert circles.around(0, [1]) == [2]
    assert circles.around(0, [100]) == []
    assert circles.around(0, [3]) == []


def test_of_a_wide_circle_those_of_most_co_authors_are_kept_and_then_the_rarest() -> None:
    papers = [frozenset({1, *range(start, start + 50)}) for start in (10, 60, 110, 160)]
    papers += [frozenset({2, *range(start, start + 50)}) for start in (110, 160)]
    worth = [20.0 if number < 60 else 9.0 for number in range(300)]
    found = Circles(papers, worth, [str(number) for number in range(300)]).around(0, [1, 2])
    assert set(found) == {*range(110, 210), *range(10, 60)}
