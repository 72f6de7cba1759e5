"""Feature values to points, score and confidence. A score is the sum of its reasons and of nothing else.

Nobody's score depends on who else is in the pool, and a person without evidence is unknown, not low.
"""

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import storage.moves
import storage.scores
from sourcing.features import facts, genuine
from sourcing.features.allowed import FEATURES
from sourcing.features.amount import amount
from sourcing.ranking.level import level
from sourcing.ranking.specialism import Factor, Specialism
from storage.engine import Store
from storage.model import Flag, Points, Score

ITEMS_SCALE = 8.0  # items of evidence after which confidence is 1 - 1/e
UNKNOWN_COST = 0.25  # confidence lost when all weight lies on unobserved factors
HEARSAY_COST = 0.1  # … and when no platform was asked who wrote the histories that all evidence is from
DECIMALS = 9  # threads add up in any order: what lies below is not reproducible
THIN_WORKS = 5  # RANKING §6: fewer works are "thin evidence" …
THIN_MAX = 60.0  # … and no number above this


@dataclass(frozen=True, slots=True, kw_only=True)
class RankReport:
    """What a ranking did. gated: people not listed, by gate. left_out: works that count little, by reason."""

    specialism: str
    version: str
    as_of: datetime
    scored: int
    listed: int
    gated: Mapping[str, int]
    left_out: Mapping[str, int]
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """Scores in default order: listed people first, by lower bound, ties by key; counts as in RankReport.

    flags: by person key, of people with a score and without: activity that was given no credit.
    """

    scores: tuple[Score, ...]
    gated: Mapping[str, int]
    left_out: Mapping[str, int]
    flags: Mapping[str, tuple[Flag, ...]]


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
    return (1 - math.exp(-items / ITEMS_SCALE)) * (1 - UNKNOWN_COST * unknown) * (1 - HEARSAY_COST * hearsay)


def rank(
    store: Store, specialism: Specialism, *, snapshot_dir: Path, as_of: datetime, run: str | None, home: Path
) -> RankReport:
    """Score everybody in a ranking snapshot and replace the specialism's stored ranking, in one transaction.

    home: where the analysis may spill to disk. Changes the score and points rows of this specialism.
    """
    started = time.monotonic()
    ranking = evaluate(
        snapshot_dir, _as_called_now(store, specialism), as_of=as_of, spill=home / "spill", run=run
    )
    with store.begin() as tx:
        storage.scores.put(
            tx, specialism.slug, specialism.version, ranking.scores, run, as_of, flags=ranking.flags
        )
    return RankReport(
        specialism=specialism.slug,
        version=specialism.version,
        as_of=as_of,
        scored=len(ranking.scores),
        listed=sum(score.listed for score in ranking.scores),
        gated=ranking.gated,
        left_out=ranking.left_out,
        seconds=time.monotonic() - started,
    )


def _as_called_now(store: Store, specialism: Specialism) -> Specialism:
    """Return a specialism that looks at the repositories it names under the names they bear now, too."""
    with store.read() as tx:
        names = storage.moves.Names.load(tx)
    look = specialism.look
    whole = {*look.repositories, *(names.path(name).lower() for name in look.repositories)}
    shared = {**{names.path(name).lower(): below for name, below in look.shared.items()}, **look.shared}
    if len(whole) == len(look.repositories) and len(shared) == len(look.shared):
        return specialism
    return replace(specialism, look=replace(look, repositories=tuple(sorted(whole)), shared=shared))


def evaluate(
    directory: Path, specialism: Specialism, *, as_of: datetime, spill: Path, run: str | None = None
) -> Ranking:
    """Return the ranking of a snapshot; touches no store. People without any work on topic are not in it."""
    with facts.snapshot(directory, spill=spill) as (signals, documents):
        gathered = facts.gather(signals, documents, specialism.look, as_of=as_of)
        people = _rows(amount(gathered))
        seen = {row["person"]: row for row in _rows(gathered.observed)}
        flagged = genuine.flags(gathered.void)
        left_out = {row["reason"]: row["works"] for row in _rows(gathered.left_out.order_by("reason"))}
        values = {
            factor.feature: {row["person"]: row for row in _rows(FEATURES[factor.feature].query(gathered))}
            for factor in specialism.factors
        }
    gated = {"works_min": 0, "active_within_days": 0}
    scores = []
    for row in people:
        gate = _gate(row, specialism)
        if gate is not None:
            gated[gate] += 1
        earned = tuple(
            _earned(factor, values[factor.feature].get(row["person"]), seen[row["person"]])
            for factor in specialism.factors
        )
        scores.append(_score(row, earned, specialism, as_of=as_of, run=run, listed=gate is None))
    scores.sort(key=lambda score: (not score.listed, -score.lower, score.person))
    return Ranking(scores=tuple(scores), gated=gated, left_out=left_out, flags=flagged)


def _rows(table: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = table.to_pyarrow().to_pylist()
    return rows


def _gate(row: Mapping[str, Any], specialism: Specialism) -> str | None:
    if row["works"] < specialism.gates.works_min:
        return "works_min"
    if row["idle_days"] is None or row["idle_days"] > specialism.gates.active_within_days:
        return "active_within_days"
    return None


def _earned(factor: Factor, found: Mapping[str, Any] | None, seen: Mapping[str, Any]) -> Points:
    feature = FEATURES[factor.feature]
    value = round(found["value"], DECIMALS) if found is not None else 0.0 if seen[feature.family] else None
    return Points(
        factor=factor.name,
        feature=factor.feature,
        value=value,
        unit=feature.unit,
        points=0.0 if value is None else points(value, weight=factor.weight, half=factor.half),
        evidence=tuple(found["evidence"]) if found is not None else (),
    )


def _score(
    row: Mapping[str, Any],
    earned: Sequence[Points],
    specialism: Specialism,
    *,
    as_of: datetime,
    run: str | None,
    listed: bool,
) -> Score:
    total = math.fsum(part.points for part in earned)
    items = round(row["items"], DECIMALS)
    if row["works"] < THIN_WORKS and total > THIN_MAX:
        earned = [_scaled(part, THIN_MAX / total) for part in earned]
        total = math.fsum(part.points for part in earned)
    weights = {factor.name: factor.weight for factor in specialism.factors}
    unknown = sum(weights[part.factor] for part in earned if part.value is None) / sum(weights.values())
    sure = confidence(items, unknown=unknown, hearsay=round(row["hearsay"], DECIMALS))
    return Score(
        person=row["person"],
        specialism=specialism.slug,
        version=specialism.version,
        value=total,
        lower=total * sure,
        confidence=sure,
        level=level(earned).band.value,
        listed=listed,
        as_of=as_of,
        run=run,
        points=tuple(earned),
    )


def _scaled(part: Points, share: float) -> Points:
    return Points(
        factor=part.factor,
        feature=part.feature,
        value=part.value,
        unit=part.unit,
        points=part.points * share,
        evidence=part.evidence,
    )
