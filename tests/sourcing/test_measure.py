"""Metrics against figures worked out by hand, and intervals that widen with little to go on."""

import math

import pytest

from sourcing.ranking import measure


def test_gains_are_those_of_the_places() -> None:
    """Grades 3 and 1 behind a stranger: 7/log2(3) + 1/log2(4), out of 7/log2(2) + 1/log2(3)."""
    grades = measure.graded(["x", "a", "b"], {"a": 3, "b": 1})
    assert grades == [0, 3, 1]
    got = 7 / math.log2(3) + 1 / math.log2(4)
    best = 7 + 1 / math.log2(3)
    assert measure.ndcg(grades, [1, 3], 10) == pytest.approx(got / best)
    assert measure.ndcg(grades, [1, 3], 1) == 0
    assert measure.ndcg([0, 0], [], 10) == 0


def test_places_count_whoever_stands_there() -> None:
    grades = [1, 0, 2, 0, 0]
    assert measure.precision(grades, 10) == pytest.approx(0.2)
    assert measure.precision(grades, 3, least=2) == pytest.approx(1 / 3)
    assert (measure.hit(grades, 2, least=2), measure.hit(grades, 3, least=2)) == (0, 1)
    assert measure.recall(grades, [1, 2, 2], 5) == pytest.approx(2 / 3)
    assert measure.average_precision(grades, [1, 2, 2]) == pytest.approx((1 + 2 / 3) / 3)
    assert measure.reciprocal(grades, least=2) == pytest.approx(1 / 3)


def test_a_person_named_twice_takes_two_places_and_gains_once() -> None:
    assert measure.graded(["a", "a", "b"], {"a": 2, "b": 1}) == [2, 0, 1]


def test_an_interval_holds_its_mean_and_narrows_with_more_clusters() -> None:
    few = measure.interval([0.2, 0.8, 0.5])
    many = measure.interval([0.2, 0.8, 0.5] * 20)
    assert few.low < few.mean < few.high
    assert many.mean == pytest.approx(few.mean) and many.high - many.low < few.high - few.low
    assert measure.interval([0.2, 0.8, 0.5]) == few, "the same figures, the same interval"
    assert measure.interval([]) == measure.Interval(mean=0, low=0, high=0)


def test_a_paired_difference_sees_what_single_intervals_hide() -> None:
    """Clusters differ much, but one run is a little better in each of them."""
    theirs = {str(number): number / 10 for number in range(10)}
    ours = {name: value + 0.02 for name, value in theirs.items()}
    assert measure.interval(list(ours.values())).low < measure.interval(list(theirs.values())).high
    better = measure.difference(ours, theirs)
    assert better.mean == pytest.approx(0.02) and better.low > 0


def test_orders_of_the_same_people_are_compared_in_pairs() -> None:
    people = [f"p{number:03}" for number in range(200)]
    gold = dict.fromkeys(people[:10], 2)
    orders = {"good": people, "bad": people[::-1], "middling": [*people[5:60], *people[:5], *people[60:]]}

    def metric(grades: object, ideal: object) -> float:
        return measure.ndcg(grades, ideal, 20)  # type: ignore[arg-type]

    found = measure.over_people(orders, gold, metric, depth=20, resamples=300)
    assert found["good"].value.mean == 1 and found["bad"].value.mean == 0
    assert found["good"].over["bad"].low > 0.9
    assert found["good"].over["middling"].low > 0 > found["bad"].over["middling"].mean
    assert found["middling"].value.low < found["middling"].value.mean <= found["middling"].value.high
