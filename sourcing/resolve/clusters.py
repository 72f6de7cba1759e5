"""Edges to persons: union of what is the same, cut where two things cannot be one person.

Edges join in order of strength, people's judgements first, rules next, models last by probability: what a person
called different is never joined. A weaker edge that would put two GitHub accounts, two ORCIDs, or two bylines of one
paper together is cut and goes to review; so is a model's that alone would hold two groups together without being
nearly sure, and one that would make one of two people already known. The outcome depends on the set of edges alone,
not on their order.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from sourcing.resolve.doubts import is_byline
from sourcing.resolve.edges import Strength, is_judged, is_probable, strength
from sourcing.resolve.strangers import Strangers
from storage.model import Edge, IdentityView, Judgement


@dataclass(frozen=True, slots=True, kw_only=True)
class Clusters:
    """persons: every identity in exactly one set. cut: edges not followed, now `unsure`, with why.

    idle: models' edges between identities that stronger ones of rules and models had joined already; nothing hangs on
    them, nor would if people had judged nothing.
    """

    persons: tuple[frozenset[str], ...]
    cut: tuple[Edge, ...]
    idle: tuple[Edge, ...] = ()


def cluster(
    identities: Mapping[str, IdentityView],
    edges: Iterable[Edge],
    *,
    bridges: Mapping[str, float] | None = None,
    known: Mapping[str, Mapping[str, str]] | None = None,
    established: Mapping[str, str] | None = None,
    standing: Collection[tuple[str, str]] = (),
    strangers: Mapping[str, int] | None = None,
) -> Clusters:
    """Return the persons that edges make of identities. Retracted edges do not count.

    established: identity to the key minted for it, of people whom recruiters know; between two of them only both-sided
    evidence and pairs `standing`, which joined them before, are followed. A model's standing pair comes before its new
    ones, and only what is certain speaks against it: else a key would move because a stranger came.
    bridges: by a model's decider, the probability a pair needs if it alone would join two groups of two or more; none
    is asked of others. known: by decider, the person an identity is by now; that model never makes one of two of them.
    strangers: by decider, how many names that do not fit each other it lets one person bear; see `strangers`.
    """
    live = [
        edge
        for edge in edges
        if edge.retracted_at is None and edge.left in identities and edge.right in identities
    ]
    judged = _judged(live)
    groups = _Groups(identities, established or {})
    for pair, edge in sorted(judged.items()):
        if edge.judgement is Judgement.DIFFERENT:
            groups.part(*pair)
    for pair, edge in sorted(judged.items()):
        if edge.judgement is Judgement.SAME:
            groups.join(*pair)
    cut = []
    idle = []
    machines = _Joined()
    asked = [edge for edge in live if not is_judged(edge) and edge.judgement is Judgement.SAME]
    probable = [edge for edge in asked if is_probable(edge)]
    models = _Models(groups, probable, bridges or {}, known or {})
    names = Strangers(identities, strangers or {}, probable)
    for edge in sorted(asked, key=lambda edge: _order(edge, (edge.left, edge.right) in standing)):
        if (edge.left, edge.right) in judged:
            continue
        if is_probable(edge) and groups.find(edge.left) == groups.find(edge.right):
            idle += [] if machines.join(edge.left, edge.right) else [edge]
            continue
        stands = (edge.left, edge.right) in standing
        why = groups.conflict(edge.left, edge.right, strength(edge), stands=stands)
        if why is None and is_probable(edge) and not stands:
            why = models.objection(edge) or names.objection(edge, groups.both(edge.left, edge.right))
        if why is None:
            groups.join(edge.left, edge.right)
            machines.join(edge.left, edge.right)
        else:
            reasons = (*edge.reasons, why)
            cut.append(replace(edge, judgement=Judgement.UNSURE, reasons=reasons))
    return Clusters(persons=groups.sets(), cut=tuple(cut), idle=tuple(idle))


def _order(edge: Edge, stands: bool) -> tuple[float, bool, float, str, str, str]:
    """Sorts stronger edges first; of models', those that joined people on earlier nights, then the likelier."""
    is_new = is_probable(edge) and not stands
    return (-strength(edge), is_new, -(edge.probability or 0.0), edge.left, edge.right, edge.decided_by)


def _judged(edges: Iterable[Edge]) -> dict[tuple[str, str], Edge]:
    """People's latest judgement of each pair; of two at one moment `different` stands."""
    latest: dict[tuple[str, str], Edge] = {}
    people = [edge for edge in edges if is_judged(edge)]
    people.sort(key=lambda edge: (edge.decided_at, edge.judgement is Judgement.DIFFERENT, edge.id))
    for edge in people:
        latest[min(edge.left, edge.right), max(edge.left, edge.right)] = edge
    return latest


class _Joined:
    """Disjoint sets and nothing else."""

    def __init__(self) -> None:
        self._parent: dict[str, str] = {}

    def join(self, left: str, right: str) -> bool:
        """Join two sets and return whether they were two."""
        one, other = self._find(left), self._find(right)
        self._parent[one] = other
        return one != other

    def _find(self, key: str) -> str:
        while (above := self._parent.setdefault(key, key)) != key:
            self._parent[key] = self._parent.setdefault(above, above)
            key = above
        return key


class _Models:
    """What a model's edge needs beside the absence of a contradiction: support, and nobody known on both sides."""

    def __init__(
        self,
        groups: "_Groups",
        probable: Iterable[Edge],
        bridges: Mapping[str, float],
        known: Mapping[str, Mapping[str, str]],
    ) -> None:
        self._groups = groups
        self._bridges = bridges
        self._known = known
        self._near: dict[str, list[str]] = {}
        for edge in probable:
            self._near.setdefault(edge.left, []).append(edge.right)
            self._near.setdefault(edge.right, []).append(edge.left)

    def objection(self, edge: Edge) -> str | None:
        """Return why a model's edge is not followed, None if it is."""
        one, other = self._groups.find(edge.left), self._groups.find(edge.right)
        known = self._known.get(edge.decided_by) or {}
        sides = [{known[key] for key in self._groups.members[root] if key in known} for root in (one, other)]
        if all(sides) and len(sides[0] | sides[1]) > 1:
            return "both are people known by now: only a person may merge them"
        sizes = [len(self._groups.members[root]) for root in (one, other)]
        floor = self._bridges.get(edge.decided_by, 0.0)
        if min(sizes) < 2 or (edge.probability or 0.0) >= floor or self._support(one, other) > 1:
            return None
        return "it alone would hold two groups together"

    def _support(self, one: str, other: str) -> int:
        """How many pairs of models lie between two groups, up to two."""
        small, large = sorted((one, other), key=lambda root: (len(self._groups.members[root]), root))
        found = 0
        for key in self._groups.members[small]:
            for near in self._near.get(key, ()):
                found += self._groups.find(near) == large
                if found > 1:
                    return found
        return found


class _Groups:
    """Disjoint sets of identities, each with the keys that may stand in it once."""

    def __init__(self, identities: Mapping[str, IdentityView], established: Mapping[str, str]) -> None:
        self.parent = {key: key for key in identities}
        self.members = {key: [key] for key in identities}
        self.keys = {key: _keys(identity) for key, identity in identities.items()}
        self.apart: dict[str, set[str]] = {}
        for key in established.keys() & identities.keys():
            self.keys[key][_PERSON] = {established[key]}

    def find(self, key: str) -> str:
        while self.parent[key] != key:
            self.parent[key] = self.parent[self.parent[key]]
            key = self.parent[key]
        return key

    def both(self, left: str, right: str) -> tuple[list[str], list[str]]:
        """Return the members of the groups of two identities."""
        return self.members[self.find(left)], self.members[self.find(right)]

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

    def conflict(self, left: str, right: str, worth: Strength, *, stands: bool) -> str | None:
        """Return why two groups may not be joined by an edge of this worth, None if they may.

        stands: the pair joined them before.
        """
        one, other = self.find(left), self.find(right)
        if one == other:
            return None
        if self.forbidden(one, other):
            return "a person judged them different"
        for kind in sorted(self.keys[one].keys() & self.keys[other].keys()):
            if self.keys[one][kind] == self.keys[other][kind]:
                continue
            if kind == _PERSON and (worth >= Strength.MUTUAL or stands):
                continue
            if kind in _ACCOUNTS and worth is Strength.PLATFORM:
                continue  # the platform's own word: one person may have two accounts
            return _CONFLICTS.get(kind, "both are named as authors of one paper")
        return None

    def sets(self) -> tuple[frozenset[str], ...]:
        return tuple(sorted((frozenset(members) for members in self.members.values()), key=min))


def unique_keys(identities: Iterable[IdentityView]) -> dict[str, set[str]]:
    """Return what these identities, taken as one person, have of which a person has only one; by kind."""
    found: dict[str, set[str]] = {}
    for identity in identities:
        for kind, values in _keys(identity).items():
            found.setdefault(kind, set()).update(values)
    return found


_ACCOUNTS = {"github": "GitHub accounts", "hf": "Hugging Face accounts", "openreview": "OpenReview profiles"}
_PERSON = "person"
ESTABLISHED = "both are people somebody works with: only a person may merge them"
_CONFLICTS = {
    _PERSON: ESTABLISHED,
    "orcid": "they state different ORCIDs",
    **{site: f"they would join two {called}" for site, called in _ACCOUNTS.items()},
}


def _keys(identity: IdentityView) -> dict[str, set[str]]:
    """What a person has only one of: an account, an ORCID, a place in each paper's byline."""
    keys: dict[str, set[str]] = {}
    paper, _, place = identity.id.rpartition(":")
    site = identity.id.partition(":")[0]
    if site in _ACCOUNTS and not is_byline(identity.id):
        keys[site] = {identity.id}
    if len(identity.orcids) == 1:
        keys["orcid"] = set(identity.orcids)
    if is_byline(identity.id):
        keys[paper] = {place}
    return keys
