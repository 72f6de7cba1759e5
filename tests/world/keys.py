"""Keys of persons from night to night: none leads to somebody else, and none moves without certain evidence.

What a night left is looked at alone, so that the check needs nothing of how persons are made.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from sqlalchemy import Connection, select

from storage.model import Judgement
from storage.tables import edge, person_alias, person_identity

Link = tuple[str, str, str, str]  # left, right, judgement, who decided

_SHOWN = 3  # identities named in a line


@dataclass(frozen=True, slots=True, kw_only=True)
class Census:
    """Who was who after one night. owners: identity to living key. aliases: to living key.

    certain: links of rules, and everything people said. probable: links of models. asked: pairs that models would
    have a person look at.
    """

    owners: Mapping[str, str]
    aliases: Mapping[str, str]
    certain: frozenset[Link]
    probable: frozenset[Link]
    asked: frozenset[tuple[str, str]] = frozenset()

    def persons(self) -> dict[str, set[str]]:
        """Return the identities of every living key."""
        found: defaultdict[str, set[str]] = defaultdict(set)
        for one, key in self.owners.items():
            found[key].add(one)
        return dict(found)

    def clusters(self) -> set[frozenset[str]]:
        """Return who belongs together, whatever the key."""
        return {frozenset(members) for members in self.persons().values()}


def census(tx: Connection) -> Census:
    """Return who is who now; reads three small tables."""
    live = select(edge.c.left, edge.c.right, edge.c.judgement, edge.c.decided_by)
    rows = tx.execute(live.where(edge.c.retracted_at.is_(None))).all()
    links: list[Link] = [
        (row.left, row.right, row.judgement, row.decided_by)
        for row in rows
        if row.judgement != Judgement.UNSURE
    ]
    models = [row for row in rows if row.decided_by.startswith("model:")]
    return Census(
        owners={row.identity: row.person for row in tx.execute(select(person_identity))},
        aliases={row.alias: row.person for row in tx.execute(select(person_alias))},
        certain=frozenset(one for one in links if not one[3].startswith("model:")),
        probable=frozenset(one for one in links if one[3].startswith("model:")),
        asked=frozenset((row.left, row.right) for row in models if row.judgement == Judgement.UNSURE),
    )


def moved(before: Census, after: Census) -> list[str]:
    """Return what is wrong with the keys of a night, seen from the night before."""
    return [*_lost(before, after), *_restless(before, after)]


def _lost(before: Census, after: Census) -> list[str]:
    """Return the keys that no longer lead to any of the accounts they led to, of accounts that are still known."""
    were, are = before.persons(), after.persons()
    leads = {key: key for key in were} | dict(before.aliases)
    lines = []
    for key, living in sorted(leads.items()):
        accounts = were.get(living, set()) & after.owners.keys()
        if accounts and not accounts & are.get(after.aliases.get(key, key), set()):
            where = "nowhere" if after.aliases.get(key, key) not in are else "to somebody else"
            lines.append(f"{key} of {_named(accounts)} leads {where}")
    return lines


def _restless(before: Census, after: Census) -> list[str]:
    """Return the identities whose key changed though no certain link or judgement near them did."""
    were, are = before.persons(), after.persons()
    fresh = {side for one in before.certain ^ after.certain for side in one[:2]}
    changed: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for one in before.owners.keys() & after.owners.keys():
        if before.owners[one] != after.owners[one]:
            changed[before.owners[one], after.owners[one]].add(one)
    lines = []
    for (old, new), who in sorted(changed.items()):
        near = set().union(*(found.get(key, set()) for found in (were, are) for key in (old, new)))
        # an account that left takes along what it held together: nobody can say it again
        if not near & fresh and not near & (before.owners.keys() - after.owners.keys()):
            lines.append(f"{_named(who)} went from {old} to {new} without certain evidence")
    return lines


def differences(nights: Mapping[str, Sequence[Census]]) -> list[str]:
    """Return what is wrong with the keys of several installations over the same nights.

    Of one: every key stays, night after night. Between two: one set of links makes one set of persons, whatever the
    order in which its facts came; and at the end, with all facts seen, the persons `agree`.
    """
    lines = [
        f"{name}, night {number}: {line}"
        for name, seen in nights.items()
        for number, (before, after) in enumerate(pairwise(seen), start=2)
        for line in moved(before, after)
    ]
    (first, mine), *others = nights.items()
    for name, theirs in others:
        for number, (one, other) in enumerate(zip(mine, theirs, strict=True), start=1):
            is_last = number == len(mine)
            if agree(one, other) if is_last else not _one_evidence(one, other):
                continue
            apart = one.clusters() ^ other.clusters()
            if apart:
                some = _named({min(person) for person in apart})
                lines.append(
                    f"{name}, night {number}: {len(apart)} persons are others than in {first}: {some}"
                )
    return lines


def agree(one: Census, other: Census) -> bool:
    """Whether two installations that saw the same facts have the same persons, but for those known too early.

    Where one of them knew two people before it saw what makes a model think them one, no key may move any more: it
    asks about them. So joined here may be asked there, never more than that, and what is certain is the same.
    """
    return one.clusters() == other.clusters() or (
        one.certain == other.certain and _joined_or_asked(one) == _joined_or_asked(other)
    )


def _joined_or_asked(night: Census) -> set[frozenset[str]]:
    group = {one: {one} for one in night.owners}
    persons = [sorted(members) for members in night.persons().values()]
    pairs = [pair for members in persons for pair in pairwise(members)]
    for left, right in (*pairs, *night.asked):
        if left in group and right in group and group[left] is not group[right]:
            small, large = sorted((group[left], group[right]), key=len)
            large |= small
            group.update(dict.fromkeys(small, large))
    return {frozenset(members) for members in group.values()}


def _one_evidence(one: Census, other: Census) -> bool:
    return (
        one.owners.keys() == other.owners.keys()
        and one.certain == other.certain
        and one.probable == other.probable
    )


def _named(identities: set[str]) -> str:
    shown = ", ".join(sorted(identities)[:_SHOWN])
    return shown if len(identities) <= _SHOWN else f"{shown} and {len(identities) - _SHOWN} more"
