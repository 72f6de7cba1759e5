"""How wide a score may be read, and that "cannot tell" is a place of its own."""

from pathlib import Path

import numpy as np
import pytest
from snapshots import AS_OF, World, by_person, pack

from sourcing import people
from sourcing.query import parse
from sourcing.ranking import certainty, score
from storage import intake, persons, scores, search
from storage.engine import Store
from storage.model import Score


def upper(value: float, unknown: float, sure: float) -> float:
    return float(certainty.upper(np.array([value]), unknown=np.array([unknown]), sure=np.array([sure]))[0])


@pytest.mark.parametrize(
    ("value", "unknown", "sure", "high"),
    [
        (62, 0.0, 0.9, 65.8),  # all observed, well supported
        (62, 0.25, 0.9, 88.3),  # a quarter of the weight was never looked at: all of it may be there
        (10, 0.4, 0.1, 95.0),
        (0, 1.0, 0.0, 100.0),
        (100, 0.5, 0.5, 100.0),
    ],
)
def test_what_was_not_observed_may_be_there(value: float, unknown: float, sure: float, high: float) -> None:
    assert upper(value, unknown, sure) == pytest.approx(high)


def test_an_interval_narrows_with_evidence_and_holds_its_score() -> None:
    spreads = [upper(40, 0.2, sure) - 40 * sure for sure in (0.1, 0.3, 0.6, 0.9)]
    assert spreads == sorted(spreads, reverse=True)
    for value in (0, 30, 99):
        for unknown in (0, 0.5, 1):
            assert value <= upper(value, unknown, 0.5) <= 100


@pytest.mark.slow
def test_one_signal_gives_a_wide_band_and_no_place_at_the_top(tmp_path: Path) -> None:
    """FEATURES K6: thirty months of steady work stand before one fresh, perfectly fitting change."""
    world = World()
    world.change("once", days=1, title="Paged attention KV cache speculative decoding")
    for month in range(30):
        world.change("steady", days=200 + month * 30)
        work = world.change("other", days=201 + month * 30)
        world.change("steady", days=200 + month * 30, kind="merged", work=work)
    found = by_person(score.evaluate(world.write(tmp_path), pack(), as_of=AS_OF, spill=tmp_path / "spill"))
    once, steady = found["once"], found["steady"]
    assert once.upper - once.lower > 85 and not certainty.is_told(once.lower, once.upper)
    assert certainty.is_told(steady.lower, steady.upper) and steady.lower > 5 * once.lower
    assert all(one.lower <= one.value <= one.upper <= 100 for one in found.values())


def test_who_cannot_be_placed_comes_apart_and_without_a_rank(store: Store, make, now, keyer) -> None:
    ids = [f"github:{number}" for number in range(1, 4)]
    with store.begin() as tx:
        visit = make.visit(*(make.identity(one, name=f"Person {one[-1]}") for one in ids))
        intake.take(tx, visit, now=now, run=None, keyer=keyer)
        persons.rebuild(tx, [frozenset({one}) for one in ids], now, keyer=keyer)
        search.reindex(tx, None)
        owners = persons.owners(tx, ids)
        told = ((ids[0], 50.0, 70.0), (ids[1], 20.0, 99.0), (ids[2], 10.0, 40.0))  # the second is too wide
        found = [
            Score(person=owners[one], specialism="inference", version="v", value=low + 1, lower=low, upper=high,
                  rising=low, rising_lower=low, confidence=0.5, as_of=now)
            for one, low, high in told
        ]  # fmt: skip
        scores.put(tx, "inference", "v", found, None, now)
        hits = people.find(tx, parse(""), specialism="inference", limit=9, now=now)
    assert [(hit.person, hit.rank) for hit in hits] == [
        (owners[ids[0]], 1),
        (owners[ids[2]], 2),
        (owners[ids[1]], None),
    ]
