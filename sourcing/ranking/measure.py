"""How good an order is, against grades somebody else gave: gains, precision, hits, and intervals around them.

One set of functions for `rank eval`, `rank backtest` and `eval rank`, so that their figures can be compared.
"""

import math
import random
from bisect import bisect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

RESAMPLES = 2000  # RANKING §3
SEED = 7  # fixed: the same run prints the same interval
_TAIL = 0.025
# A person is drawn as often as a Poisson number of mean 1 says: the bootstrap without fixing the size of the sample.
_TIMES = (0.367879, 0.735759, 0.919699, 0.981012, 0.996340, 0.999406, 0.999917)

Metric = Callable[[Sequence[int], Sequence[int]], float]
"""Of (grades by place, every grade that could have been found)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A mean and its 95 % bootstrap interval; all three are 0 without values."""

    mean: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.mean:.3f} [{self.low:.3f}, {self.high:.3f}]"


def dcg(grades: Sequence[int], k: int) -> float:
    """Return the discounted gain of the first `k` places. grades: by place, best place first; gain 2^grade - 1."""
    return sum((2.0**grade - 1) / math.log2(place + 2) for place, grade in enumerate(grades[:k]))


def ndcg(grades: Sequence[int], ideal: Sequence[int], k: int) -> float:
    """Return the gain of the first `k` places as a share of the best possible, 0–1.

    grades: by place. ideal: every grade that could have been found, in any order; 0 if there is none.
    """
    best = dcg(sorted(ideal, reverse=True), k)
    return dcg(grades, k) / best if best else 0.0


def precision(grades: Sequence[int], k: int, *, least: int = 1) -> float:
    """Return the share of the first `k` places with at least grade `least`; empty places count as wrong."""
    return sum(grade >= least for grade in grades[:k]) / k


def hit(grades: Sequence[int], k: int, *, least: int = 1) -> float:
    """Return 1 if anybody of at least grade `least` stands among the first `k`, else 0."""
    return float(any(grade >= least for grade in grades[:k]))


def recall(grades: Sequence[int], ideal: Sequence[int], k: int, *, least: int = 1) -> float:
    """Return how many of those that could stand among the first `k` do, 0–1."""
    wanted = sum(grade >= least for grade in ideal)
    return sum(grade >= least for grade in grades[:k]) / max(1, min(k, wanted))


def average_precision(grades: Sequence[int], ideal: Sequence[int], *, least: int = 1) -> float:
    """Return the mean precision at the places of those wanted, 0–1; whoever is missing adds nothing."""
    wanted = sum(grade >= least for grade in ideal)
    found, total = 0, 0.0
    for place, grade in enumerate(grades, start=1):
        if grade >= least:
            found += 1
            total += found / place
    return total / wanted if wanted else 0.0


def reciprocal(grades: Sequence[int], *, least: int = 1) -> float:
    """Return one over the place of the first with at least grade `least`, 0 if there is none."""
    return next((1 / place for place, grade in enumerate(grades, start=1) if grade >= least), 0.0)


def graded(order: Sequence[str], gold: Mapping[str, int]) -> list[int]:
    """Return the grades of an order by place; whoever is named again keeps the place and gains nothing."""
    seen: set[str] = set()
    found = []
    for one in order:
        found.append(0 if one in seen else gold.get(one, 0))
        seen.add(one)
    return found


def interval(values: Sequence[float], *, resamples: int = RESAMPLES, seed: int = SEED) -> Interval:
    """Return the mean of some values and its bootstrap interval. values: one per cluster (query, topic, date)."""
    if not values:
        return Interval(mean=0.0, low=0.0, high=0.0)
    draw = random.Random(seed)
    size = len(values)
    means = [sum(values[draw.randrange(size)] for _ in values) / size for _ in range(resamples)]
    return _around(sum(values) / size, means)


def difference(
    ours: Mapping[str, float], theirs: Mapping[str, float], *, resamples: int = RESAMPLES, seed: int = SEED
) -> Interval:
    """Return how much better ours is, paired by cluster; better is only what lies above 0 with its whole interval."""
    return interval(
        [value - theirs.get(name, 0.0) for name, value in ours.items()], resamples=resamples, seed=seed
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """How good one order of people is. over: by the name of another order, how much better this one is."""

    value: Interval
    over: Mapping[str, Interval]


def over_people(
    orders: Mapping[str, Sequence[str]],
    gold: Mapping[str, int],
    metric: Metric,
    *,
    depth: int,
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> dict[str, Compared]:
    """Return a metric of several orders of the same people, with intervals, where there are no clusters to draw.

    People are drawn, each as often in every order, so that differences are paired. orders: best first, nobody twice.
    gold: grades above 0. depth: places the metric looks at.
    """
    found = {name: metric(graded(order, gold), list(gold.values())) for name, order in orders.items()}
    drawn: dict[str, list[float]] = {name: [] for name in orders}
    draw = random.Random(seed)
    for _ in range(resamples):
        times: dict[str, int] = {one: bisect(_TIMES, draw.random()) for one in sorted(gold)}
        ideal = [grade for one, grade in gold.items() for _ in range(times[one])]
        for name, order in orders.items():
            grades: list[int] = []
            for one in order:
                if one not in times:
                    times[one] = bisect(_TIMES, draw.random())
                grades += [gold.get(one, 0)] * times[one]
                if len(grades) >= depth:
                    break
            drawn[name].append(metric(grades, ideal))
    return {
        name: Compared(
            value=_around(found[name], values),
            over={
                other: _around(
                    found[name] - found[other], [a - b for a, b in zip(values, drawn[other], strict=True)]
                )
                for other in orders
                if other != name
            },
        )
        for name, values in drawn.items()
    }


def _around(mean: float, drawn: Sequence[float]) -> Interval:
    ordered = sorted(drawn)
    size = len(ordered)
    return Interval(mean=mean, low=ordered[int(_TAIL * size)], high=ordered[int((1 - _TAIL) * size)])
