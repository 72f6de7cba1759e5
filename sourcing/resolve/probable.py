"""Scored pairs as edges: within each family first, then across families, cluster by cluster."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from pathlib import Path

from sourcing.analytics.engine import HERE
from sourcing.resolve import linkage, models, namesakes, nights
from sourcing.resolve.columns import Digest
from sourcing.resolve.comparing import Blocked, Limits
from sourcing.resolve.linkage import Scored
from sourcing.resolve.mentions import Mention, merged
from sourcing.resolve.models import Model
from sourcing.resolve.namesakes import Namesakes
from storage.model import Edge, Judgement


@dataclass(frozen=True, slots=True, kw_only=True)
class Linking:
    """How probable links are made. models: none = certain links only. known: by
    a model's decider, the person an identity is by now.

    digest: keyed as the mailboxes of the mentions are. state: where models keep what they found for the next night;
    None = everything is compared anew. found: by model, what it said of these mentions already.
    """

    models: Sequence[Model]
    namesakes: Namesakes
    digest: Digest
    limits: Limits = field(default_factory=Limits)
    known: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    state: Path | None = None
    found: Mapping[str, tuple[Sequence[Scored], tuple[Blocked, ...]]] = field(default_factory=dict)

    @property
    def bridges(self) -> dict[str, float]:
        """Return what each model asks of a pair that alone would hold two groups."""
        return {one.decided_by: one.thresholds.bridge for one in self.models}

    @property
    def strangers(self) -> dict[str, int]:
        """Return how many names that do not fit each other each model that minds lets one person bear."""
        return {one.decided_by: one.strangers_max for one in self.models if one.strangers_max is not None}


def within(
    mentions: Sequence[Mention], linking: Linking, now: datetime
) -> tuple[list[Edge], dict[str, tuple[Blocked, ...]]]:
    """Return the edges of the models of one family, by pair, and what their blocking found."""
    return _edges(mentions, linking, [one for one in linking.models if len(one.sides) == 1], now)


def across(
    groups: Iterable[Iterable[Mention]], linking: Linking, now: datetime
) -> tuple[list[Edge], dict[str, tuple[Blocked, ...]]]:
    """Return the edges of the models of two families between clusters, each spoken for by its smallest id."""
    chosen = [one for one in linking.models if len(one.sides) == 2]
    return _edges([merged(list(group)) for group in groups] if chosen else [], linking, chosen, now)


def scored_pair(
    pair: tuple[Mention, Mention], linking: Linking
) -> list[tuple[Model, float, tuple[tuple[str, str, float], ...]]]:
    """Return how each model sees two mentions: its probability, and (comparison, level, weight) one by one.

    The pair is compared whether a blocking rule would find it or not.
    """
    told, limits = [], replace(linking.limits, engine=HERE)  # one pair is nothing to send to a cluster
    for model in linking.models:
        if not _fits(pair, model):
            continue
        asked = models.asking_all(model)
        found, _ = linkage.score(pair, asked, linking.namesakes, linking.digest, limits)
        told += [(model, one.probability, levels(model, one)) for one in found]
    return told


def levels(model: Model, scored: Scored) -> tuple[tuple[str, str, float], ...]:
    """Return (comparison, what its level says, weight) of a scored pair; comparisons of which none holds too."""
    return _said(model, scored.levels)


def _said(model: Model, places: tuple[int | None, ...]) -> tuple[tuple[str, str, float], ...]:
    told = []
    for comparison, place in zip(model.comparison, places, strict=True):
        level = None if place is None else comparison.level[place]
        told.append(
            (comparison.name, "nothing of it", 0.0)
            if level is None
            else (comparison.name, level.says, level.weight)
        )
    return tuple(told)


def kept(home: Path, prior: Mapping[str, float], *, version: str) -> Namesakes | None:
    """Return the shares that the nights price names with; None before the first."""
    path = _path(home, version)
    return namesakes.load_counts(path, prior) if path.is_file() else None


def frozen(home: Path | None, names: Iterable[str], prior: Mapping[str, float], *, version: str) -> Namesakes:
    """Return the shares of name words to price names with: counted once and kept, so that nights agree.

    home: where they are kept; None = count now, keep nothing. Counted anew once there are twice as many names.
    """
    counted = namesakes.count(names, prior)
    if home is None:
        return counted
    before = kept(home, prior, version=version)
    if before is not None and counted.total < 2 * max(before.total, 1):
        return before
    path = _path(home, version)
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".new")
    beside.write_text(counted.dump() + "\n", encoding="utf-8")
    beside.replace(path)
    return counted


def _path(home: Path, version: str) -> Path:
    return home / "models" / f"namesakes-{version}.json"


def _edges(
    mentions: Sequence[Mention], linking: Linking, chosen: Sequence[Model], now: datetime
) -> tuple[list[Edge], dict[str, tuple[Blocked, ...]]]:
    edges: list[Edge] = []
    blocked: dict[str, tuple[Blocked, ...]] = {}
    for model in chosen:
        found, blocked[model.name] = linking.found.get(model.name) or _scored(mentions, model, linking)
        told = _Told(model)  # a level is said of many pairs: most reasons are somebody else's too
        edges += [_edge(model, one, told[one.levels], now) for one in found]
    return edges, blocked


def _scored(
    mentions: Sequence[Mention], model: Model, linking: Linking
) -> tuple[Sequence[Scored], tuple[Blocked, ...]]:
    how = (mentions, model, linking.namesakes, linking.digest, linking.limits)
    return linkage.score(*how) if linking.state is None else nights.score(*how, linking.state)


class _Told(dict[tuple[int | None, ...], tuple[tuple[str, ...], str | None]]):
    """What a model says of a pair of some levels: its reasons, and why it is asked about however probable it is."""

    def __init__(self, model: Model) -> None:
        super().__init__()
        self._model = model

    def __missing__(self, places: tuple[int | None, ...]) -> tuple[tuple[str, ...], str | None]:
        listed = sorted(_said(self._model, places), key=lambda one: -abs(one[2]))
        reasons = tuple(_weighed(says, weight) for _, says, weight in listed if weight)
        found = self[places] = (reasons, self._model.objection(places))
        return found


def _edge(model: Model, scored: Scored, told: tuple[tuple[str, ...], str | None], now: datetime) -> Edge:
    sure = model.settles and scored.probability >= model.thresholds.link
    reasons, why = told
    left, right = sorted((scored.left, scored.right))
    return Edge(
        left=left,
        right=right,
        judgement=Judgement.SAME if sure and why is None else Judgement.UNSURE,
        decided_by=model.decided_by,
        decided_at=now,
        probability=round(scored.probability, 6),
        reasons=(*reasons, why) if sure and why is not None else reasons,
    )


@cache
def _weighed(says: str, weight: float) -> str:
    return f"{says} ({weight:+.1f})"


def _fits(pair: tuple[Mention, Mention], model: Model) -> bool:
    families = {str(one.family) for one in pair}
    return families == set(model.sides)
