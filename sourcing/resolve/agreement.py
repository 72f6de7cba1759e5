"""How far persons agree with labels: pairwise and B-cubed precision and recall, with bootstrap intervals."""

import random
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from sourcing.resolve.fit import Label

_ROUNDS: Final = 200
_LISTED_MAX: Final = (
    3_000  # members of one cluster whose pairs are listed; beyond, every stranger counts as wrong
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """A share with its 95 % interval, resampled by labelled person; None where nothing was to be judged."""

    value: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """precision, recall: of pairs; lenient about pairs that the labels call unsure. harmed: share of labelled people
    who share a person with somebody else."""

    labelled: int
    people: int
    precision: Ratio
    recall: Ratio
    b3_precision: float
    b3_recall: float
    harmed: float


def agreement(labels: Mapping[str, Label], persons: Mapping[str, str], *, seed: int = 7) -> Agreement:
    """Return how far persons agree with labels. persons: by record; one left out stands alone. Needs a label."""
    given = {key: persons.get(key, f"\0{key}") for key in labels}
    people: defaultdict[str, list[str]] = defaultdict(list)
    for key in sorted(labels):
        people[labels[key].cluster].append(key)
    wrong, harmed = _strangers(labels, given)
    units = []
    for cluster, members in sorted(people.items()):
        inside = Counter(given[key] for key in members)
        right = sum(_pairs(count) for count in inside.values())
        units.append((right, wrong.get(cluster, 0.0), _pairs(len(members)) - right))
    totals = [sum(column) for column in zip(*units, strict=True)]
    dice = random.Random(seed)
    drawn = [
        [sum(column) for column in zip(*dice.choices(units, k=len(units)), strict=True)]
        for _ in range(_ROUNDS)
    ]
    return Agreement(
        labelled=len(labels),
        people=len(people),
        precision=_ratio(totals[0], totals[1], [(one[0], one[1]) for one in drawn]),
        recall=_ratio(totals[0], totals[2], [(one[0], one[2]) for one in drawn]),
        b3_precision=b_cubed(labels, given, by_person=True),
        b3_recall=b_cubed(labels, given, by_person=False),
        harmed=len(harmed) / len(people),
    )


def _strangers(labels: Mapping[str, Label], given: Mapping[str, str]) -> tuple[dict[str, float], set[str]]:
    """Return wrong pairs by labelled person, half of each on both, and the people that have any."""
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for key in sorted(labels):
        groups[given[key]].append(key)
    wrong: defaultdict[str, float] = defaultdict(float)
    harmed: set[str] = set()
    for members in groups.values():
        if len({labels[key].cluster for key in members}) < 2:
            continue
        for left, right in combinations(members[:_LISTED_MAX], 2):
            one, other = labels[left], labels[right]
            if one.cluster != other.cluster and not (one.unsure is not None and one.unsure == other.unsure):
                for cluster in (one.cluster, other.cluster):
                    wrong[cluster] += 0.5
                    harmed.add(cluster)
    return wrong, harmed


def b_cubed(labels: Mapping[str, Label], given: Mapping[str, str], *, by_person: bool) -> float:
    """Return B-cubed precision, or recall by labelled person. given: a cluster for every label."""
    cells = Counter((labels[key].cluster, given[key]) for key in labels)
    sizes = Counter(given[key] if by_person else labels[key].cluster for key in labels)
    total = sum(count**2 / sizes[cell[1] if by_person else cell[0]] for cell, count in cells.items())
    return total / len(labels)


def _pairs(count: int) -> int:
    return count * (count - 1) // 2


def _ratio(hits: float, misses: float, drawn: Sequence[tuple[float, float]]) -> Ratio:
    if hits + misses == 0:
        return Ratio(value=None)
    shares = sorted(one / (one + other) if one + other else 1.0 for one, other in drawn)
    return Ratio(
        value=hits / (hits + misses),
        low=shares[int(0.025 * (len(shares) - 1))],
        high=shares[int(0.975 * (len(shares) - 1))],
    )
