"""The market: counts of people with small cells withheld, also from subtraction; moves between organisations."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sourcing import cells, market
from sourcing.__main__ import main
from sourcing.cells import TOTAL
from spiders.records import SignalKind, WorkKind
from storage import index, intake, persons, scores, search
from storage.engine import Store
from storage.model import Points, Score

PACK = "inference-performance"
TABLES = st.dictionaries(
    st.tuples(st.sampled_from("ABCDEF"), st.sampled_from("uvwxyz")), st.integers(0, 30), max_size=30
)


def shown_exactly(table: dict[cells.Cell, int], hidden: frozenset[cells.Cell]) -> set[cells.Cell]:
    """Withheld cells that follow from the shown ones by adding and subtracting: no other value solves all sums."""
    unknown = sorted(hidden)
    at = {cell: number for number, cell in enumerate(unknown)}
    sums = []
    for axis in (0, 1):
        for name in {cell[axis] for cell in table}:
            row = np.zeros(len(unknown))
            for cell in [cell for cell in unknown if cell[axis] == name]:
                row[at[cell]] = -1.0 if cell[1 - axis] == TOTAL else 1.0
            sums.append(row)
    if not unknown:
        return set()
    _, values, right = np.linalg.svd(np.array(sums))
    rank = int((values > 1e-9).sum())
    free = np.abs(right[rank:]).max(axis=0) if rank < len(unknown) else np.zeros(len(unknown))
    return {cell for cell in unknown if free[at[cell]] < 1e-9}


@settings(max_examples=150, deadline=None)
@given(TABLES)
def test_no_withheld_cell_comes_back_by_subtraction(counts: dict[cells.Cell, int]) -> None:
    table = cells.with_totals(counts)
    hidden = cells.withheld(table)
    assert all(count == 0 or count >= cells.SMALLEST for cell, count in table.items() if cell not in hidden)
    assert not shown_exactly(table, hidden)


def test_one_small_cell_takes_three_others_with_it() -> None:
    table = cells.with_totals({("A", "u"): 2, ("A", "v"): 20, ("B", "u"): 30, ("B", "v"): 9, ("C", "v"): 50})
    hidden = cells.withheld(table)
    assert hidden == {("A", "u"), ("A", "v"), ("B", "u"), ("B", "v")}
    assert cells.withheld(cells.with_totals({("A", "u"): 9, ("B", "v"): 8})) == frozenset()


def test_small_rows_are_put_together_and_others_left_alone() -> None:
    counts = {("A", "u"): 9, ("B", "u"): 2, ("C", "v"): 1, ("unknown", "v"): 3}
    assert cells.grouped(counts, keep=["unknown"]) == {
        ("A", "u"): 9, (cells.OTHERS, "u"): 2, (cells.OTHERS, "v"): 1, ("unknown", "v"): 3,
    }  # fmt: skip


@pytest.fixture
def pool(store: Store, make, now, keyer) -> Store:
    """Forty people of two levels in two countries and one alone; twelve left Alpha for Beta, two for Gamma."""
    records = []
    for number in range(1, 41):
        one = f"github:{number}"
        records.append(make.identity(one, name=f"Person{number} Invented"))
        if number <= 14:
            later = "Beta Labs Inc." if number <= 12 else "Gamma AI"
            for year, org in ((2024, "Dept. of CS, Alpha University, Oslo"), (2025, later)):
                byline = f"crossref:10.1/{year}.{number}#1"
                paper = make.work(f"doi:10.1/{year}.{number}", kind=WorkKind.PAPER, source="crossref")
                at = now.replace(year=year)
                records += [
                    make.identity(byline, source="crossref", affiliation=org),
                    paper,
                    make.signal(
                        byline, paper.id, source="crossref", occurred_at=at, kind=SignalKind.AUTHORED
                    ),
                ]
    groups = [
        frozenset(
            {
                f"github:{number}",
                *(f"crossref:10.1/{year}.{number}#1" for year in (2024, 2025) if number <= 14),
            }
        )
        for number in range(1, 41)
    ]
    with store.begin() as tx:
        intake.take(tx, make.visit(*records), now=now, run=None, keyer=keyer)
        persons.rebuild(tx, groups, now, keyer=keyer)
        search.reindex(tx, None)
        keys = [persons.find_by_identity(tx, f"github:{number}").key for number in range(1, 41)]
        earned = Points(factor="merged", feature="merged_work", value=1.0, unit="works", points=50.0)
        scores.put(
            tx, PACK, f"{PACK}@1",
            [
                Score(person=key, specialism=PACK, version=f"{PACK}@1", value=50.0, lower=25.0, as_of=now,
                      confidence=0.5, level="senior" if number % 2 else "mid", points=(earned,))
                for number, key in enumerate(keys)
            ],
            None, now,
        )  # fmt: skip
        places = [(key, "country", "ca" if number < 20 else "ch") for number, key in enumerate(keys[:39])]
        index.put_facets(tx, keys, [*places, (keys[39], "country", "fr")])
    return store


def test_people_are_counted_by_place_and_level_with_an_interval(pool: Store) -> None:
    with pool.read() as tx:
        found = {(one.place, one.level): one for one in market.supplied(tx, PACK, "country")}
        elsewhere = market.supplied(tx, PACK, "hub")
    canada = found["ca", "mid"]
    assert (canada.people, canada.evidenced) == (10, pytest.approx(5.0))
    assert canada.low == pytest.approx(5 - 1.96 * (10 * 0.25) ** 0.5) and canada.high == pytest.approx(
        10 - canada.low
    )
    alone = found[cells.OTHERS, TOTAL]  # the only one in France: neither the country nor the number is told
    assert (alone.people, alone.evidenced, alone.low) == (None, None, None)
    assert sum(one.people is None for one in found.values()) >= 4  # nor can it be subtracted
    assert {place for place, _ in found} == {"ca", "ch", cells.OTHERS, TOTAL}
    assert found[TOTAL, TOTAL].people == 40
    assert {one.place for one in elsewhere} == {market.UNKNOWN, TOTAL}


def test_moves_are_counted_by_year_and_those_of_a_few_are_not_told(pool: Store) -> None:
    with pool.read() as tx:
        found = market.moves(tx, PACK)
    told = {(one.year, one.left, one.joined): one.people for one in found}
    assert told == {(2025, TOTAL, TOTAL): 14, (2025, "alpha university", TOTAL): 14}
    assert "gamma" not in str(found)


@pytest.mark.parametrize(
    ("stated", "name"),
    [
        ("Dept. of Computer Science, University of Example, Oslo, Norway", "university of example"),
        ("@example-labs", "example-labs"),
        ("Example Labs, Inc.", "example labs"),
        ("Senior Engineer at Example GmbH", "senior engineer"),
        ("Laboratory of Things, Institute of Examples", "institute of examples"),
        (" , ", None),
    ],
)
def test_an_affiliation_names_its_house(stated: str, name: str | None) -> None:
    assert market.organisation(stated) == name


def test_the_command_line_shows_counts_axes_and_craft(
    pool: Store, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    address = pool.url.replace("+psycopg", "").replace(":***", "")
    desk = ["--config", str(home / "sourcer.toml"), "--database", address, "--json", "--quiet"]

    def told(*arguments: str) -> list[dict[str, object]]:
        assert main([*desk, *arguments]) == 0
        return json.loads(capsys.readouterr().out)

    assert {row["country"] for row in told("market", "--specialism", PACK)} == {"ca", "ch", "others", "total"}
    assert {row["people"] for row in told("market", "--specialism", PACK, "--moves")} == {14}
    rows = told("rank", "axes", "--specialism", PACK, "--limit", "3")
    assert [(row["theory"], row["practice"], row["bridge"]) for row in rows] == [(0.0, 50.0, False)] * 3
    assert told("rank", "axes", "--specialism", PACK, "--bridge") == []
    assert told("person", "craft", str(rows[0]["person"])) == []
    assert main([*desk, "market", "--specialism", PACK, "--by", "town"]) == 2
