"""The duplicate queue: pairs that neither rules nor models would decide, in the words of whoever decides them.

What is asked first is where most is at stake: much evidence would move from one person to the other, and it is open
which way. Two people are asked about once, however many of their accounts and bylines are alike.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sourcing.resolve import doubts
from sourcing.resolve.edges import is_judged, is_probable, strength
from storage.model import Edge, IdentityView, Judgement

_OPEN = 0.5  # rules ask about what is open; only models say how open
_LEAST = 0.05  # of its evidence a pair keeps when a model is all but sure: it is asked at last
_ID_LENGTH = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two identities whose people may be one. edges: all that speaks for it between the two, strongest first.

    moves: signals that would come to stand beside the other's, those of the smaller side. stake: what sorts the queue.
    """

    left: str
    right: str
    edges: tuple[Edge, ...]
    moves: int = 0
    stake: float = 0.0

    @property
    def id(self) -> str:
        """Return the short name of the pair, the same every night."""
        return hashlib.sha256(f"{self.left}\0{self.right}".encode()).hexdigest()[:_ID_LENGTH]

    @property
    def reasons(self) -> tuple[str, ...]:
        """Return why it is asked, strongest reason first, each once."""
        return tuple(dict.fromkeys(reason for edge in self.edges for reason in edge.reasons))

    @property
    def chance(self) -> float:
        """Return how likely it is one person, 0–1: the models' word, .5 where only rules speak."""
        return max((edge.probability for edge in self.edges if edge.probability is not None), default=_OPEN)


def queue(
    edges: Iterable[Edge], *, limit: int | None = None, evidence: Mapping[str, int] | None = None
) -> list[Pair]:
    """Return undecided pairs, most at stake first, then best supported, then by ids; at most `limit` (None = all).

    evidence: signals of the person each identity belongs to. People whom somebody judged, in any of their parts, or
    whom other edges join already, are not asked about again.
    """
    live = [edge for edge in edges if edge.retracted_at is None]
    different = {_pair(edge) for edge in live if is_judged(edge) and edge.judgement is Judgement.DIFFERENT}
    group = _joined(edge for edge in live if is_judged(edge) or _pair(edge) not in different)

    def people(pair: tuple[str, str]) -> tuple[str, str]:
        one, other = (group.get(side, side) for side in pair)
        return (min(one, other), max(one, other))

    parted = {people(pair) for pair in different}
    asked: dict[tuple[str, str], list[Edge]] = {}
    for edge in live:
        pair = people(_pair(edge))
        is_open = edge.judgement is Judgement.UNSURE and not is_judged(edge)
        if is_open and pair[0] != pair[1] and pair not in parted:
            asked.setdefault(pair, []).append(edge)
    pairs = [_asked(sorted(found, key=_support), evidence or {}) for found in asked.values()]
    pairs.sort(key=lambda pair: (-pair.stake, _support(pair.edges[0])[:2], pair.left, pair.right))
    return pairs if limit is None else pairs[:limit]


def question(pair: Pair, left: IdentityView | None, right: IdentityView | None) -> str:
    """Return what a person is asked. left, right: the identities of the pair, None if the store lost one."""
    one, other = described(pair.left, left), described(pair.right, right)
    return f"Is {one} the same person as {other}?"


def described(key: str, identity: IdentityView | None) -> str:
    """Return an identity in plain words: `Mira Okafor, GitHub account mira-ok`."""
    site = key.partition(":")[0]
    what = "author of a paper" if doubts.is_byline(key) else _SITES.get(site, site)
    name = identity.names[0] if identity is not None and identity.names else None
    native = key.partition(":")[2]
    if identity is not None and identity.handles:
        native = identity.handles[0]
    place = what if site == "git" else f"{what} {native}"
    return f"{name}, {place}" if name is not None else place


_SITES: Mapping[str, str] = {
    "git": "author of commits",
    "github": "GitHub account",
    "hf": "Hugging Face account",
    "openreview": "OpenReview profile",
    "orcid": "ORCID record",
    "owner": "owner in a repository's file",
    "page": "page",
}


def _asked(found: list[Edge], evidence: Mapping[str, int]) -> Pair:
    left, right = _pair(found[0])
    moves = min(evidence.get(left, 0), evidence.get(right, 0))
    pair = Pair(left=left, right=right, edges=tuple(found), moves=moves)
    stake = (1 + moves) * max(_LEAST, 1 - abs(2 * pair.chance - 1))
    return Pair(left=left, right=right, edges=pair.edges, moves=moves, stake=round(stake, 6))


def _support(edge: Edge) -> tuple[int, float, str]:
    """Sorts the better supported edge first: rules by their worth, then models by their probability."""
    chance = (edge.probability or 0.0) if is_probable(edge) else 0.0
    return (-strength(edge), -chance, edge.id)


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
