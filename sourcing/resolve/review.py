"""The duplicate queue: pairs that rules would not decide, with the reasons on both sides."""

from collections.abc import Iterable
from dataclasses import dataclass

from sourcing.resolve.edges import rule_of, strength
from storage.model import Edge, Judgement


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two identities that may be one person. edges: what speaks for it, strongest first."""

    left: str
    right: str
    edges: tuple[Edge, ...]

    @property
    def reasons(self) -> tuple[str, ...]:
        """Return why it was asked, strongest reason first."""
        return tuple(reason for edge in self.edges for reason in edge.reasons)


def queue(edges: Iterable[Edge], *, limit: int) -> list[Pair]:
    """Return at most `limit` undecided pairs, the best supported first, ties by ids.

    A pair that a person decided, or that other edges join already, is not asked again.
    """
    live = [edge for edge in edges if edge.retracted_at is None]
    group = _joined(live)
    asked: dict[tuple[str, str], list[Edge]] = {}
    decided = {_pair(edge) for edge in live if edge.judgement is not Judgement.UNSURE}
    for edge in live:
        left, right = pair = _pair(edge)
        if edge.judgement is not Judgement.UNSURE or rule_of(edge) is None or pair in decided:
            continue
        if group.get(left, left) != group.get(right, right):
            asked.setdefault(pair, []).append(edge)
    pairs = [
        Pair(left=left, right=right, edges=tuple(sorted(found, key=lambda edge: (-strength(edge), edge.id))))
        for (left, right), found in asked.items()
    ]
    pairs.sort(key=lambda pair: (-strength(pair.edges[0]), -len(pair.edges), pair.left, pair.right))
    return pairs[:limit]


def _pair(edge: Edge) -> tuple[str, str]:
    return (min(edge.left, edge.right), max(edge.left, edge.right))


def _joined(edges: Iterable[Edge]) -> dict[str, str]:
    """Identity to the smallest identity that `same` edges connect it with."""
    near: dict[str, set[str]] = {}
    for edge in edges:
        if edge.judgement is Judgement.SAME:
            near.setdefault(edge.left, set()).add(edge.right)
            near.setdefault(edge.right, set()).add(edge.left)
    first: dict[str, str] = {}
    for start in sorted(near):
        waiting = [] if start in first else [start]
        while waiting:
            key = waiting.pop()
            if key not in first:
                first[key] = start
                waiting.extend(near[key])
    return first
