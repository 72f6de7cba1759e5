"""Everybody's scores as columns: measured features to points, sums, confidence and order.

Nobody's score depends on who else is in the pool, and a person without evidence is unknown, not low.
There are two orders over the same evidence, established and rising: they differ in the factors' weights.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sourcing.features.allowed import FEATURES
from sourcing.features.numbers import Names
from sourcing.ranking import certainty, level
from sourcing.ranking.banded import Levels
from sourcing.ranking.level import Level
from sourcing.ranking.specialism import Factor, Specialism
from storage.model import Flag, Points, Score

ITEMS_SCALE = 8.0  # items of evidence after which confidence is 1 - 1/e
UNKNOWN_COST = 0.25  # confidence lost when all weight lies on unobserved factors
HEARSAY_COST = 0.1  # … and when no platform was asked who wrote the histories that all evidence is from
DECIMALS = 9  # what lies below is of no account to anybody
THIN_WORKS = 5  # RANKING §6: fewer works are "thin evidence" …
THIN_MAX = 60.0  # … and no number above this
GATES = ("works_min", "active_within_days")

Column = np.ndarray


@dataclass(frozen=True, slots=True, kw_only=True)
class Earned:
    """What one factor earned everybody, in the order of the scores. values: NaN = not observed.

    evidence: lists of signals, None or empty where there is none: ids, or numbers if the ranking has names for them.
    """

    factor: Factor
    values: Column
    points: Column
    rising: Column
    evidence: pa.ChunkedArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """Everybody's scores in one specialism, as columns in default order: listed first, by lower bound, ties by key.

    gate: 0 for whoever is listed, else one more than the place of the gate in GATES. left_out: works that count little,
    by reason. flags: by person key, of people with a score and without: activity that was given no credit. levels:
    of everybody in every specialism; level_places: where people are among them, -1 for nowhere.
    """

    specialism: Specialism
    as_of: datetime
    run: str | None
    persons: Sequence[str]
    listed: Column
    value: Column
    lower: Column
    rising: Column
    rising_lower: Column
    upper: Column
    confidence: Column
    levels: Levels | None
    level_places: Column
    gate: list[int]
    earned: tuple[Earned, ...]
    left_out: Mapping[str, int]
    flags: Mapping[str, tuple[Flag, ...]]
    names: Names | None

    @property
    def gated(self) -> dict[str, int]:
        """Return how many people are not listed, by gate."""
        return {name: self.gate.count(place) for place, name in enumerate(GATES, start=1)}

    @property
    def scores(self) -> tuple[Score, ...]:
        """Return the scores with their points, one by one: slow, for few."""
        lists = [
            each.evidence if self.names is None else self.names.evidence(each.evidence)
            for each in self.earned
        ]
        evidence = [each.to_pylist() for each in lists]
        return tuple(self._score(place, evidence) for place in range(len(self.persons)))

    def level(self, place: int) -> Level:
        """Return the level of the person at a place."""
        if self.levels is None or self.names is None:
            return level.UNKNOWN
        return self.levels.one(int(self.level_places[place]), self.names.signals)

    def _score(self, place: int, evidence: Sequence[Sequence[list[str] | None]]) -> Score:
        found, parts = self.level(place), []
        for each, proof in zip(self.earned, evidence, strict=True):
            measured = float(each.values[place])
            part = Points(
                factor=each.factor.name,
                feature=each.factor.feature,
                value=None if math.isnan(measured) else measured,
                unit=FEATURES[each.factor.feature].unit,
                points=float(each.points[place]),
                rising=float(each.rising[place]),
                evidence=tuple(proof[place] or ()),
            )
            parts.append(part)
        return Score(
            person=self.persons[place],
            specialism=self.specialism.slug,
            version=self.specialism.version,
            value=float(self.value[place]),
            lower=float(self.lower[place]),
            rising=float(self.rising[place]),
            rising_lower=float(self.rising_lower[place]),
            upper=float(self.upper[place]),
            confidence=float(self.confidence[place]),
            level=found.band.value,
            grounds=found.grounds,
            listed=bool(self.listed[place]),
            as_of=self.as_of,
            run=self.run,
            points=tuple(parts),
        )


def points(value: float, *, weight: float, half: float) -> float:
    """Return what a feature value earns: `weight` at saturation, half of it at `half`.

    value, half: in the feature's unit, value >= 0, half > 0. weight: points, 0–100.
    Monotone in `value` and blind to other people, so a score does not move when the pool grows.
    """
    return weight * value / (value + half)


def confidence(items: float, *, unknown: float, hearsay: float = 0.0) -> float:
    """Return how far evidence carries, 0–1. items: independent pieces. unknown: share of weight unseen.

    hearsay: share of the works, 0–1, that only a history tells of.
    """
    return float(_sure(np.array([items]), unknown, hearsay)[0])


def _sure(items: Column, unknown: Column | float, hearsay: Column | float) -> Column:
    # one by one: numpy's own e^x differs in the last digit with the place in the array
    missing = np.array([math.exp(-one / ITEMS_SCALE) for one in items.tolist()], dtype=float)
    sure: Column = (1 - missing) * (1 - UNKNOWN_COST * unknown) * (1 - HEARSAY_COST * hearsay)
    return sure


def ranked(
    table: pa.Table,
    specialism: Specialism,
    *,
    as_of: datetime,
    run: str | None = None,
    left_out: Mapping[str, int] | None = None,
    flags: Mapping[str, tuple[Flag, ...]] | None = None,
    levels: Levels | None = None,
    names: Names | None = None,
    overlay: pa.Table | None = None,
) -> Ranking:
    """Return the scores of people whose features were measured. table: of `measure`, one look's rows.

    levels: of everybody; whoever is missing is unknown. names: of the evidence, if that is in numbers. overlay: the
    rows of the overlay's look.
    """
    beside = table if overlay is None else _beside(table, overlay)
    sources = {
        factor.name: beside if factor.name in specialism.overlay_factors else table
        for factor in specialism.factors
    }
    measured = {
        factor.name: _values(table, sources[factor.name], factor.feature) for factor in specialism.factors
    }
    shares = {
        order: _shares(measured, specialism.factors, order, table["works"].to_numpy())
        for order in ("weight", "rising")
    }
    value, rising = (_total(each) for each in shares.values())
    weights = [(measured[factor.name], factor.weight) for factor in specialism.factors]
    unknown = sum(np.isnan(values) * weight for values, weight in weights) / sum(
        weight for _, weight in weights
    )
    sure = _confidence(table, unknown) if specialism.ranked else np.zeros(len(unknown))
    gate = _gates(table, specialism)
    listed = gate == 0
    lower = value * sure
    numbers = table["number"].to_numpy()
    order = np.lexsort((numbers, -lower, ~listed))
    spec = table["spec"][0].as_py() if table.num_rows else 0
    places = np.full(len(numbers), -1) if levels is None else levels.places(spec, numbers)
    return Ranking(
        specialism=specialism,
        as_of=as_of,
        run=run,
        persons=table["person"].take(pa.array(order)).to_pylist(),
        listed=listed[order],
        value=value[order],
        lower=lower[order],
        rising=rising[order],
        rising_lower=(rising * sure)[order],
        upper=certainty.upper(value, unknown=unknown, sure=_confidence(table, np.zeros(len(order))))[order],
        confidence=sure[order],
        levels=levels,
        level_places=places[order],
        gate=gate[order].tolist(),
        earned=tuple(
            Earned(
                factor=factor,
                values=measured[factor.name][order],
                points=shares["weight"][factor.name][order],
                rising=shares["rising"][factor.name][order],
                evidence=sources[factor.name][f"{factor.feature}_evidence"].take(pa.array(order)),
            )
            for factor in specialism.factors
        ),
        left_out=left_out or {},
        flags=flags or {},
        names=names,
    )


def _beside(table: pa.Table, overlay: pa.Table) -> pa.Table:
    """Return the overlay's rows of the same people in the same order, null where it has none."""
    return overlay.take(pc.index_in(table["person"], overlay["person"]))


def _values(table: pa.Table, source: pa.Table, feature: str) -> Column:
    """Return measured values: 0 where nothing on topic was found, NaN where nobody could have looked."""
    values = np.round(source[feature].to_numpy().astype(float), DECIMALS)
    seen = table[FEATURES[feature].family].to_numpy().astype(bool)
    return np.where(np.isnan(values) & seen, 0.0, values)


def _shares(
    measured: Mapping[str, Column], factors: Sequence[Factor], order: str, works: Column
) -> dict[str, Column]:
    """Return each factor's points by its name, lowered alike where thin evidence would earn too much."""
    shares = {}
    for factor in factors:
        values = np.nan_to_num(measured[factor.name])
        shares[factor.name] = getattr(factor, order) * values / (values + factor.half)
    total = _total(shares)
    is_thin = (works < THIN_WORKS) & (total > THIN_MAX)
    share = np.where(is_thin, THIN_MAX / np.where(is_thin, total, 1.0), 1.0)
    return {name: earned * share for name, earned in shares.items()}


def _total(shares: Mapping[str, Column]) -> Column:
    total: Column = np.sum(list(shares.values()), axis=0)
    return total


def _confidence(table: pa.Table, unknown: Column) -> Column:
    items, hearsay = (np.round(table[name].to_numpy(), DECIMALS) for name in ("items", "hearsay"))
    return _sure(items, unknown, hearsay)


def _gates(table: pa.Table, specialism: Specialism) -> Column:
    """Return which gate keeps each person out: one more than its place in GATES, 0 for whoever is listed."""
    few = table["works"].to_numpy() < specialism.gates.works_min
    idle_days = table["idle_days"].to_numpy().astype(float)
    is_idle = ~(idle_days <= specialism.gates.active_within_days)  # unknown is idle
    return np.where(few, 1, np.where(is_idle, 2, 0))
