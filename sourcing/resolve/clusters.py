"""Edges to persons: union of what is the same, cut where two things cannot be one person.

Edges join in order of strength, people's judgements first: what a person called different is never joined.
A weaker edge that would put two GitHub accounts, two ORCIDs, or two bylines of one paper together is cut and
goes to review. The outcome depends on the set of edges alone, not on their order.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from sourcing.resolve.edges import Strength, rule_of, strength
from storage.model import Edge, IdentityView, Judgement


@dataclass(frozen=True, slots=True, kw_only=True)
class Clusters:
    """persons: every identity in exactly one set. cut: edges not followed, now `unsure`, with why."""

    persons: tuple[frozenset[str], ...]
    cut: tuple[Edge, ...]


def cluster(identities: Mapping[str, IdentityView], edges: Iterable[Edge]) -> Clusters:
    """Return the persons that edges make of identities. Retracted edges do not count."""
    live = [
        edge
        for edge in edges
        if edge.retracted_at is None and edge.left in identities and edge.right in identities
    ]
    judged = _judged(live)
    groups = _Groups(identities)
    for pair, edge in sorted(judged.items()):
        if edge.judgement is Judgement.DIFFERENT:
            groups.part(*pair)
    for pair, edge in sorted(judged.items()):
        if edge.judgement is Judgement.SAME:
            groups.join(*pair)
    cut = []
    certain = [edge for edge in live if rule_of(edge) is not None and edge.judgement is Judgement.SAME]
    for edge in sorted(certain, key=lambda edge: (-strength(edge), edge.left, edge.right, edge.decided_by)):
        if (edge.left, edge.right) in judged:
            continue
        why = groups.conflict(edge.left, edge.right, strength(edge))
        if why is None:
            groups.join(edge.left, edge.right)
        else:
            reasons = (*edge.reasons, why)
            cut.append(replace(edge, judgement=Judgement.UNSURE, reasons=reasons))
    return Clusters(persons=groups.sets(), cut=tuple(cut))


def _judged(edges: Iterable[Edge]) -> dict[tuple[str, str], Edge]:
    """People's latest judgement of each pair; of two at one moment `different` stands."""
    latest: dict[tuple[str, str], Edge] = {}
    people = [edge for edge in edges if rule_of(edge) is None]
    people.sort(key=lambda edge: (edge.decided_at, edge.judgement is Judgement.DIFFERENT, edge.id))
    for edge in people:
        latest[min(edge.left, edge.right), max(edge.left, edge.right)] = edge
    return latest


class _Groups:
    """Disjoint sets of identities, each with the keys that may stand in it once."""

    def __init__(self, identities: Mapping[str, IdentityView]) -> None:
        self.parent = {key: key for key in identities}
        self.members = {key: [key] for key in identities}
        self.keys = {key: _keys(identity) for key, identity in identities.items()}
        self.apart: dict[str, set[str]] = {}

    def find(self, key: str) -> str:
        while self.parent[key] != key:
            self.parent[key] = self.parent[self.parent[key]]
            key = self.parent[key]
        return key

    def part(self, left: str, right: str) -> None:
        self.apart.setdefault(left, set()).add(right)
        self.apart.setdefault(right, set()).add(left)

    def join(self, left: str, right: str) -> None:
        one, other = self.find(left), self.find(right)
        if one == other or self.forbidden(one, other):
            return
        if len(self.members[one]) < len(self.members[other]):
            one, other = other, one
        self.parent[other] = one
        self.members[one] += self.members.pop(other)
        for kind, values in self.keys.pop(other).items():
            self.keys[one].setdefault(kind, set()).update(values)

    def forbidden(self, one: str, other: str) -> bool:
        """Whether a person called some identity of one group different from one of the other."""
        if not self.apart:
            return False
        small, large = sorted((one, other), key=lambda root: len(self.members[root]))
        return any(
            self.find(enemy) == large for key in self.members[small] for enemy in self.apart.get(key, ())
        )

    def conflict(self, left: str, right: str, worth: Strength) -> str | None:
        """Return why two groups may not be joined by an edge of this worth, None if they may."""
        one, other = self.find(left), self.find(right)
        if one == other:
            return None
        if self.forbidden(one, other):
            return "a person judged them different"
        for kind in sorted(self.keys[one].keys() & self.keys[other].keys()):
            if self.keys[one][kind] == self.keys[other][kind]:
                continue
            if kind == "github" and worth is Strength.PLATFORM:
                continue  # the platform's own word: one person may have two accounts
            return _CONFLICTS.get(kind, "both are named as authors of one paper")
        return None

    def sets(self) -> tuple[frozenset[str], ...]:
        return tuple(sorted((frozenset(members) for members in self.members.values()), key=min))


_CONFLICTS = {"github": "they would join two GitHub accounts", "orcid": "they state different ORCIDs"}


def _keys(identity: IdentityView) -> dict[str, set[str]]:
    """What a person has only one of: an account, an ORCID, a place in each paper's byline."""
    keys: dict[str, set[str]] = {}
    if identity.id.startswith("github:"):
        keys["github"] = {identity.id}
    if len(identity.orcids) == 1:
        keys["orcid"] = set(identity.orcids)
    paper, _, place = identity.id.rpartition(":")
    if paper.startswith(("arxiv:", "paper:")) and place.isdecimal():
        keys[paper] = {place}
    return keys
