"""Probable links: pairs that share a key are compared level by level and scored, with Splink on DuckDB.

Every choice is the model's: which pairs, which levels, which weights. The same mentions and the same model give the
same pairs in the same order, whatever order they came in.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sourcing.resolve import columns
from sourcing.resolve.comparing import NONE, Blocked, Limits, Run
from sourcing.resolve.counts import Counts
from sourcing.resolve.mentions import Mention
from sourcing.resolve.models import Model
from sourcing.resolve.namesakes import Namesakes

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

_WORD: Final = re.compile(r"\w+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """A compared pair, ids sorted. weight: log2 odds, prior included. levels: per comparison the place of its level
    from the top, None where none holds."""

    left: str
    right: str
    probability: float
    weight: float
    levels: tuple[int | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Vectors:
    """Every blocked pair as numbers. left, right: places of its mentions. levels: a row per pair, a column per
    comparison, the place of the level from the top, -1 where none holds."""

    left: "np.ndarray[Any, Any]"
    right: "np.ndarray[Any, Any]"
    levels: "np.ndarray[Any, Any]"
    blocked: tuple[Blocked, ...]


def score(
    mentions: Sequence[Mention],
    model: Model,
    namesakes: Namesakes,
    digest: columns.Digest,
    limits: Limits,
    counts: Counts | None = None,
) -> tuple[list[Scored], tuple[Blocked, ...]]:
    """Return the pairs at or above the model's review threshold, by ids, and what each blocking rule found.

    counts: what weights were counted over; None = these mentions.
    """
    ordered = sided(mentions, model)
    if not is_linkable(ordered, model):
        return [], ()
    table = model.column_set.make(ordered, namesakes, digest, wanted(model), counts)
    with _opened(table, model, limits) as run:
        found = run.scored(model.thresholds.review)
        pairs = [
            Scored(
                left=ordered[left].id,
                right=ordered[right].id,
                probability=probability,
                weight=weight,
                levels=tuple(None if level == NONE else level for level in levels),
            )
            for left, right, probability, weight, *levels in found
        ]
        return pairs, run.blocked


def _opened(table: "pa.Table", model: Model, limits: Limits) -> Run:
    if not limits.engine.is_cluster:
        return Run(table, model, limits)
    from sourcing.resolve.clustered import SparkRun

    return SparkRun(table, model, limits.engine)


def vectors(
    mentions: Sequence[Mention], model: Model, namesakes: Namesakes, digest: columns.Digest, limits: Limits
) -> tuple[list[Mention], Vectors]:
    """Return the mentions in table order and the levels of every blocked pair: what weights are fitted to."""
    import numpy as np

    ordered = sided(mentions, model)
    with Run(model.column_set.make(ordered, namesakes, digest, wanted(model)), model, limits) as run:
        arrays = run.compared()
        levels = np.column_stack([arrays[one.name] for one in model.comparison])
        return ordered, Vectors(
            left=arrays["left"], right=arrays["right"], levels=levels, blocked=run.blocked
        )


def is_linkable(mentions: Sequence[Mention], model: Model) -> bool:
    """Whether there are two mentions at least, and some of every side."""
    return len(mentions) > 1 and {one.family for one in mentions} == set(model.sides)


def sided(mentions: Sequence[Mention], model: Model) -> list[Mention]:
    """Return the mentions that a model compares, by id: their places are the rows."""
    return sorted((one for one in mentions if one.family in model.sides), key=lambda one: one.id)


def wanted(model: Model) -> set[str]:
    """Return the columns that a model speaks of, and those that blocking needs."""
    spoken = " ".join(
        [
            *model.feature.values(),
            *(level.when for comparison in model.comparison for level in comparison.level),
            *(sql for rule in model.block for sql in (rule.keys, rule.others, rule.where) if sql is not None),
        ]
    )
    return {"rid", "family", "world"} | {
        name for name in _WORD.findall(re.sub(r"_[lr]\b", "", spoken)) if name in model.column_set.columns
    }
