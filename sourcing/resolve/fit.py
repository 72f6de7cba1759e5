"""Weights from labelled pairs by ridge logistic regression over the levels, thresholds from pairs it never saw."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sourcing.errors import BadInput
from sourcing.resolve.linkage import Vectors
from sourcing.resolve.mentions import Mention
from sourcing.resolve.models import Comparison, Model, Thresholds
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
class Fitted:
    """A model with new weights and thresholds, and what it was fitted to. same, apart: labelled pairs compared.

    precision, recall: of the pairs at the link threshold, each scored by weights that never saw its people.
    """

    model: Model
    same: int
    apart: int
    precision: float
    recall: float


def fit(model: Model, mentions: Sequence[Mention], vectors: Vectors, labels: Mapping[str, Label]) -> Fitted:
    """Return the model fitted to labelled pairs. labels: by mention id. Raises BadInput if there are too few.

    People are divided into folds by a digest of what `_group` says, so that the thresholds are chosen on pairs the
    weights were not fitted to. The same input gives the same model.
    """
    import numpy as np

    rows, truth, groups = _labelled(model, mentions, vectors, labels)
    folds = np.array([int(hashlib.sha256(one.encode()).hexdigest()[:8], 16) % _FOLDS for one in groups])
    same, apart = int(truth.sum()), int(len(truth) - truth.sum())
    if min(same, apart) < _PAIRS_MIN:
        raise BadInput(
            f"{same} pairs of one person and {apart} of two were compared, expected {_PAIRS_MIN} or more of each; "
            "label more records"
        )
    wide = _spread(model, vectors.levels[rows])
    worth = _worth(model, groups)
    weights = _regress(wide, truth, worth, model.ridge)
    honest = np.empty(len(truth))
    for fold in sorted(set(folds.tolist())):
        out = folds == fold
        honest[out] = wide[out] @ _regress(wide[~out], truth[~out], worth[~out], model.ridge)
    thresholds, precision, recall = _thresholds(model, 1 / (1 + np.exp(-honest)), truth)
    return Fitted(
        model=_with(model, weights / np.log(2), thresholds),
        same=same,
        apart=apart,
        precision=precision,
        recall=recall,
    )


def _labelled(
    model: Model, mentions: Sequence[Mention], vectors: Vectors, labels: Mapping[str, Label]
) -> tuple["Array", "Array", list[str]]:
    """Return which pairs are labelled, whether each is one person, and the group it belongs to."""
    import numpy as np

    known = [labels.get(one.id) for one in mentions]
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


def _worth(model: Model, groups: Sequence[str]) -> "Array":
    """Return what each pair counts, one on average: less in a group of many, or a few names would set the weights."""
    import numpy as np

    counts = Counter(groups)
    worth: Array = np.array([counts[one] ** -model.evened for one in groups])
    worth /= worth.mean()
    return worth


def _spread(model: Model, levels: "Array") -> "Array":
    """Return levels as columns of 0 and 1, a first one of 1 for the prior."""
    import numpy as np

    wide = [np.ones((len(levels), 1))]
    for place, comparison in enumerate(model.comparison):
        wide.append(levels[:, place : place + 1] == np.arange(len(comparison.level))[None, :])
    return np.hstack(wide).astype(float)


def _regress(wide: "Array", truth: "Array", worth: "Array", drawn: float) -> "Array":
    """Return the weights (natural logarithm) of ridge logistic regression, by Newton's method with halved steps.

    worth: what each row counts. drawn: how strongly weights are drawn to nothing.
    """
    import numpy as np

    ridge = np.full(wide.shape[1], drawn)
    ridge[0] = 1e-6  # the prior is not drawn to even odds

    def loss(weights: "Array") -> float:
        scores = wide @ weights
        misfit = worth @ (np.logaddexp(0, scores) - scores * truth)
        return float(misfit + 0.5 * (ridge * weights**2).sum())

    weights = np.zeros(wide.shape[1])
    best = loss(weights)
    for _ in range(_ROUNDS):
        chance = 1 / (1 + np.exp(-np.clip(wide @ weights, -40, 40)))
        slope = wide.T @ (worth * (chance - truth)) + ridge * weights
        curve = (wide * (worth * chance * (1 - chance))[:, None]).T @ wide + np.diag(ridge + 1e-9)
        step = np.linalg.solve(curve, slope)
        while (after := loss(weights - step)) > best and np.abs(step).max() > 1e-9:
            step = step / 2
        weights = weights - step
        if best - after < 1e-7:
            break
        best = after
    return weights


def _thresholds(model: Model, chance: "Array", truth: "Array") -> tuple[Thresholds, float, float]:
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
    made = chance >= link
    hits = float(truth[made].sum())
    return (
        Thresholds(link=link, review=review, bridge=bridge),
        hits / max(float(made.sum()), 1.0),
        hits / max(float(truth.sum()), 1.0),
    )


def _with(model: Model, weights: "Array", thresholds: Thresholds) -> Model:
    """Return the model with weights (log2), the prior first, then level by level."""
    values = [round(float(value), 4) for value in weights]
    prior, rest = values[0], iter(values[1:])
    comparisons: tuple[Comparison, ...] = tuple(
        one.model_copy(
            update={"level": tuple(level.model_copy(update={"weight": next(rest)}) for level in one.level)}
        )
        for one in model.comparison
    )
    return model.model_copy(update={"prior": prior, "comparison": comparisons, "thresholds": thresholds})
