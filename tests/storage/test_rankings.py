"""Past rankings: kept as what changed, swept, and gone with whoever is erased."""

from dataclasses import replace

import pytest
from sqlalchemy import func, select

from storage import intake, persons, rankings, scores, subjects
from storage.engine import Store
from storage.errors import NotFound
from storage.model import Points, Score
from storage.tables import ranking, ranking_row

SLUG = "inference"
FOUR = [f"github:{number}" for number in range(1, 5)]


@pytest.fixture
def keys(store: Store, make, now, keyer) -> list[str]:
    """Four people, by the number of their account."""
    with store.begin() as tx:
        visit = make.visit(*(make.identity(one, handle=f"h{one[-1]}") for one in FOUR))
        intake.take(tx, visit, now=now, run=None, keyer=keyer)
        persons.rebuild(tx, [frozenset({one}) for one in FOUR], now, keyer=keyer)
        owners = persons.owners(tx, FOUR)
    return [owners[one] for one in FOUR]


def scored(key: str, value: float, now, **more) -> Score:
    part = Points(factor="Code", feature="merged_work", value=value / 10, unit="changes", points=value,
                  evidence=(f"git:a:{key}", f"git:b:{key}"))  # fmt: skip
    given = {"lower": value / 2, "confidence": 0.5, "rising": value, "rising_lower": value / 2, **more}
    return Score(
        person=key, specialism=SLUG, version="inference@1+0", value=value, as_of=now, points=(part,), **given
    )


def rank(store: Store, now, run: str, *found: Score) -> rankings.Ranked:
    """Store a ranking and keep it as a run's."""
    with store.begin() as tx:
        scores.put(tx, SLUG, "inference@1+0", found, run, now)
        rankings.keep(
            tx, run=run, specialism=SLUG, version="inference@1+0", as_of=now, content={"slug": SLUG},
            files={"signals.parquet": "0" * 64}, formula="f" * 16,
        )  # fmt: skip
        return rankings.of_run(tx, run)[0]


def rows(store: Store) -> int:
    with store.read() as tx:
        return tx.execute(select(func.count()).select_from(ranking_row)).scalar_one()


def test_every_kept_ranking_is_read_back_as_it_was(store: Store, now, keys) -> None:
    one, two, three, four = keys
    first = rank(
        store, now, "r1", scored(one, 60, now), scored(two, 50, now), scored(three, 40, now, listed=False)
    )
    second = rank(store, now, "r2", scored(one, 60, now), scored(two, 70, now), scored(four, 10, now))
    third = rank(store, now, "r3", scored(one, 60, now), scored(two, 50, now))
    with store.read() as tx:
        found = {each.run: rankings.rows(tx, each) for each in (first, second, third)}
    assert [list(each) for each in found.values()] == [[one, two], [two, one, four], [one, two]]
    assert (found["r1"][two].value, found["r2"][two].value, found["r3"][two].value) == (50, 70, 50)
    stood = found["r2"][two]
    assert stood.parts == (rankings.Part(factor="Code", value=7.0, points=70.0, items=2),)
    assert stood.evidence == {rankings.mark_of(f"git:a:{two}"), rankings.mark_of(f"git:b:{two}")}
    assert rows(store) == 5, "who stayed as they were has one row for all three"


def test_what_is_past_its_number_goes_and_the_rest_stays_whole(store: Store, now, keys) -> None:
    one, two, *_ = keys
    kept = [
        rank(store, now, f"r{number}", scored(one, 60, now), scored(two, 40 + number, now))
        for number in range(5)
    ]
    with store.begin() as tx:
        assert rankings.sweep(tx, SLUG, 2) == 3
        with pytest.raises(NotFound, match="newest kept: r4"):
            rankings.of_run(tx, "r0")
        assert [each.run for each in rankings.ls(tx)] == ["r4", "r3"]
        assert [each.value for each in rankings.rows(tx, kept[3]).values()] == [60, 43]
    assert rows(store) == 3
    again = rank(store, now, "r5", scored(one, 60, now))
    assert again.number == kept[-1].number + 1, "numbers are never given twice"


def test_erasing_somebody_erases_them_from_every_past_ranking(store: Store, now, keys, keyer) -> None:
    one, two, *_ = keys
    kept = [
        rank(store, now, f"r{number}", scored(one, 60 + number, now), scored(two, 50, now))
        for number in range(2)
    ]
    with store.begin() as tx:
        subjects.erase(tx, one, now, keyer=keyer)
        everything = str([tx.execute(select(table)).all() for table in (ranking, ranking_row)])
        assert one not in everything and two in everything
        assert [list(rankings.rows(tx, each)) for each in kept] == [[two], [two]]


def test_a_merged_persons_own_row_ends_and_lives_again_when_they_part(store: Store, now, keys, keyer) -> None:
    one, two, *_ = keys
    with_both = (scored(one, 60, now), scored(two, 50, now))
    first = rank(store, now, "r1", *with_both)
    with store.begin() as tx:
        persons.rebuild(
            tx, [frozenset(FOUR[:2]), *(frozenset({each}) for each in FOUR[2:])], now, keyer=keyer
        )
    merged = rank(store, now, "r2", replace(with_both[0], value=80.0))
    with store.begin() as tx:
        persons.rebuild(tx, [frozenset({each}) for each in FOUR], now, keyer=keyer)
    parted = rank(store, now, "r3", *with_both)
    with store.read() as tx:
        assert [set(rankings.rows(tx, each)) for each in (first, merged, parted)] == [
            {one, two},
            {one},
            {one, two},
        ]
