"""Weights from labelled pairs by ridge logistic regression over the levels, thresholds from pairs it never saw."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sourcing.errors import BadInput
from sourcing.resolve.linkage import Vectors
from sourcing.resolve.mentions import Mention
from sourcing.resolve.models import Comparison, Level, Model, Thresholds
from spiders.clients.names import folded

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

_FOLDS: Final = 5
_ROUNDS: Final = 40
_PAIRS_MIN: Final = 50  # of each kind; fewer give no weights worth keeping


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """Whose a record is. unsure: a group of people the source itself cannot tell apart."""

    cluster: str
    unsure: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """One set to fit to: its mentions in table order, their pairs, and labels by mention id."""

    mentions: Sequence[Mention]
    vectors: Vectors
    labels: Mapping[str, Label]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """A model with new weights and thresholds, and what it was fitted to. same, apart: labelled pairs compared.

    precision, recall: of the pairs at the link threshold, each scored by weights that never saw its people.
    """

    model: Model
    same: int
    apart: int
    precision: float
    recall: float


def fit(model: Model, sets: Sequence[Labelled], *, keep_thresholds: bool = False) -> Fitted:
    """Return the model fitted to labelled pairs of all sets together. Raises BadInput if there are too few.

    People are divided into folds by a digest of what `_labelled` groups by, so that the thresholds are chosen on pairs
    the weights were not fitted to. The same input gives the same model. keep_thresholds: weights alone are new.
    """
    import numpy as np

    parts = [_labelled(model, one) for one in sets]
    levels = np.vstack([one.vectors.levels[rows] for one, (rows, _, _) in zip(sets, parts, strict=True)])
    truth = np.concatenate([truth for _, truth, _ in parts])
    groups = [group for _, _, found in parts for group in found]
    folds = np.array([int(hashlib.sha256(one.encode()).hexdigest()[:8], 16) % _FOLDS for one in groups])
    same, apart = int(truth.sum()), int(len(truth) - truth.sum())
    if min(same, apart) < _PAIRS_MIN:
        raise BadInput(
            f"{same} pairs of one person and {apart} of two were compared, expected {_PAIRS_MIN} or more of each; "
            "label more records"
        )
    parts_of = _parts(model, levels)
    wide, worth = _spread(model, levels), _worth(model, groups, parts_of)
    drawn = np.where(_priors(model, wide, parts_of), 1e-6, model.ridge)  # a prior is not drawn to even odds
    fixed, shifted = (
        _added(model, levels, lambda level: level.weight if level.fixed else 0.0),
        _added(model, levels, lambda level: level.shift or 0.0),
    )
    weights = _regress(wide, truth, worth, drawn, fixed)
    honest = fixed + shifted
    for fold in sorted(set(folds.tolist())):
        out = folds == fold
        honest[out] += wide[out] @ _regress(wide[~out], truth[~out], worth[~out], drawn, fixed[~out])
    chance = 1 / (1 + np.exp(-honest))
    thresholds = model.thresholds if keep_thresholds else _thresholds(model, chance, truth)
    made = chance >= thresholds.link
    hits = float(truth[made].sum())
    return Fitted(
        model=_with(model, weights / np.log(2), thresholds),
        same=same,
        apart=apart,
        precision=hits / max(float(made.sum()), 1.0),
        recall=hits / max(float(truth.sum()), 1.0),
    )


def _labelled(model: Model, given: Labelled) -> tuple["Array", "Array", list[str]]:
    """Return which pairs are labelled, whether each is one person, and the group it belongs to."""
    import numpy as np

    mentions, vectors = given.mentions, given.vectors
    known = [given.labels.get(one.id) for one in mentions]
    has_worlds = len({one.world for one in mentions}) > 2
    is_by_name = model.sides == ("author",)
    rows, truth, groups = [], [], []
    for row, (left, right) in enumerate(zip(vectors.left.tolist(), vectors.right.tolist(), strict=True)):
        one, other = known[left], known[right]
        if one is None or other is None:
            continue
        is_same = one.cluster == other.cluster
        if not is_same and one.unsure is not None and one.unsure == other.unsure:
            continue
        rows.append(row)
        truth.append(is_same)
        if is_by_name:
            groups.append(_name(mentions[left]))
        else:
            # a pair of two people goes with the smaller name of them; one of each may be in another fold
            groups.append(mentions[left].world if has_worlds else min(one.cluster, other.cluster))
    return np.array(rows, dtype=int), np.array(truth, dtype=float), groups


def _name(mention: Mention) -> str:
    """Return the words of its first name: bylines are compared by it, so that all who bear it are in one fold."""
    return " ".join(sorted(folded(mention.names[0]))) if mention.names else ""


def _parts(model: Model, levels: "Array") -> "Array":
    """Return the part of each pair: those of which other levels are fixed are fitted apart, as if nobody else were."""
    import numpy as np

    is_fixed = np.zeros(levels.shape, dtype=bool)
    for place, comparison in enumerate(model.comparison):
        table = np.array([*(bool(level.fixed) for level in comparison.level), False])
        is_fixed[:, place] = table[levels[:, place]]
    parts: Array = np.unique(is_fixed, axis=0, return_inverse=True)[1].reshape(-1)
    return parts


def _worth(model: Model, groups: Sequence[str], parts: "Array") -> "Array":
    """Return what each pair counts, one on average: less in a group of many, or a few names would set the weights."""
    import numpy as np

    named = list(zip(parts.tolist(), groups, strict=True))
    counts = Counter(named)
    worth: Array = np.array([float(counts[one]) ** -model.evened for one in named])
    for part in np.unique(parts):
        worth[parts == part] /= worth[parts == part].mean()
    return worth


def _priors(model: Model, wide: "Array", parts: "Array") -> "Array":
    """Return which columns are the odds of all pairs or of one part before anything is asked.

    Of a part that is so with a comparison of one level, which holds of that part and of no other.
    """
    import numpy as np

    is_prior = [True]
    for one in model.comparison:
        for _ in (level for level in one.level if not level.fixed):
            column = wide[:, len(is_prior)].astype(bool)
            is_of_one = (
                len(np.unique(parts[column])) == 1 and not np.isin(parts[~column], parts[column]).any()
            )
            is_prior.append(len(one.level) == 1 and is_of_one)
    return np.array(is_prior)


def _spread(model: Model, levels: "Array") -> "Array":
    """Return levels that are fitted as columns of 0 and 1, a first one of 1 for the prior."""
    import numpy as np

    wide = [np.ones((len(levels), 1))]
    for place, comparison in enumerate(model.comparison):
        free = [number for number, level in enumerate(comparison.level) if not level.fixed]
        wide.append(levels[:, place : place + 1] == np.array(free, dtype=int)[None, :])
    return np.hstack(wide).astype(float)


def _added(model: Model, levels: "Array", worth: Callable[[Level], float]) -> "Array":
    """Return what levels add to the odds of each pair (natural logarithm) beside what is fitted."""
    import numpy as np

    total = np.zeros(len(levels))
    for place, comparison in enumerate(model.comparison):
        table = np.array([*map(worth, comparison.level), 0.0])  # the last: where none holds
        total += table[levels[:, place]]
    total *= np.log(2)
    return total


def _regress(wide: "Array", truth: "Array", worth: "Array", drawn: "Array", fixed: "Array") -> "Array":
    """Return the weights (natural logarithm) of ridge logistic regression, by Newton's method with halved steps.

    worth: what each row counts. drawn: how strongly each weight is drawn to nothing. fixed: what stands without them.
    """
    import numpy as np

    def loss(weights: "Array") -> float:
        scores = fixed + wide @ weights
        misfit = worth @ (np.logaddexp(0, scores) - scores * truth)
        return float(misfit + 0.5 * (drawn * weights**2).sum())

    weights = np.zeros(wide.shape[1])
    best = loss(weights)
    for _ in range(_ROUNDS):
        chance = 1 / (1 + np.exp(-np.clip(fixed + wide @ weights, -40, 40)))
        slope = wide.T @ (worth * (chance - truth)) + drawn * weights
        curve = (wide * (worth * chance * (1 - chance))[:, None]).T @ wide + np.diag(drawn + 1e-9)
        step = np.linalg.solve(curve, slope)
        while (after := loss(weights - step)) > best and np.abs(step).max() > 1e-9:
            step = step / 2
        weights = weights - step
        if best - after < 1e-7:
            break
        best = after
    return weights


def _thresholds(model: Model, chance: "Array", truth: "Array") -> Thresholds:
    """Return the lowest link threshold at which the pairs above it are as right as the model asks for."""
    import numpy as np

    order = np.argsort(-chance, kind="stable")
    right = np.cumsum(truth[order])
    precision = right / np.arange(1, len(order) + 1)
    sorted_chance = chance[order]
    ends = np.append(
        sorted_chance[1:] < sorted_chance[:-1], True
    )  # pairs of one chance stand or fall together
    good = np.nonzero(ends & (precision >= model.precision))[0]
    last = int(good[-1]) if len(good) else 0
    link = float(np.clip(np.floor(sorted_chance[last] * 1e6) / 1e6, 0.5, 0.999999))
    bridge = max(link, model.thresholds.bridge)
    review = min(link, model.thresholds.review)
    return Thresholds(link=link, review=review, bridge=bridge)


def _with(model: Model, weights: "Array", thresholds: Thresholds) -> Model:
    """Return the model with weights (log2), the prior first, then level by level."""
    values = [round(float(value), 4) for value in weights]
    prior, rest = values[0], iter(values[1:])
    comparisons: tuple[Comparison, ...] = tuple(
        one.model_copy(update={"level": tuple(_weighed(level, rest) for level in one.level)})
        for one in model.comparison
    )
    return model.model_copy(update={"prior": prior, "comparison": comparisons, "thresholds": thresholds})


def _weighed(level: Level, rest: Iterator[float]) -> Level:
    if level.fixed:
        return level
    return level.model_copy(update={"weight": round(next(rest) + (level.shift or 0.0), 4)})
