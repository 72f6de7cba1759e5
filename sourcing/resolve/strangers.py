"""Whether the names of two groups can be one person's: what a chain of likely pairs must not join.

Looser than `names.compatible`, for a model has looked at the names before: one word may be another, as a spelling, a
second given name or a new surname is.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Final

from sourcing.resolve.nicknames import NICKNAMES
from sourcing.resolve.printed import printed
from storage.model import Edge, IdentityView

_ALIKE: Final = 0.6  # of the letters of two words in common: a spelling, not another word


class Strangers:
    """Full names of identities, by those of groups. most: by decider; others' edges are not looked at. edges: all."""

    def __init__(
        self, identities: Mapping[str, IdentityView], most: Mapping[str, int], edges: Iterable[Edge]
    ) -> None:
        self._identities = identities
        self._most = most
        self._names: dict[str, frozenset[str]] = {}
        self._near: defaultdict[str, list[Edge]] = defaultdict(list)
        for edge in edges:
            if edge.decided_by in most:
                self._near[edge.left].append(edge)
                self._near[edge.right].append(edge)

    def objection(self, edge: Edge, groups: tuple[Sequence[str], Sequence[str]]) -> str | None:
        """Return why an edge may not join two groups of identities, None if names allow it."""
        most = self._most.get(edge.decided_by)
        if most is None:
            return None
        shortened = [key for key in (edge.left, edge.right) if not _spelt(self._of(key))]
        if any(self._fits_others(edge, key) for key in shortened):
            return "the abbreviated name fits somebody else as well"
        left, right = (frozenset().union(*map(self._of, group)) for group in groups)
        if not left or not right:
            return None
        spelt = (_spelt(left), _spelt(right))
        if shortened and all(spelt) and not any(alike(one, other) for one in spelt[0] for other in spelt[1]):
            return "an abbreviated name alone would join two people's names"
        sides = (
            spelt if all(spelt) else (left, right)
        )  # an abbreviation fits many: it speaks where nothing else does
        if not self._one_mailbox(edge) and not any(
            fits(one, other) for one in sides[0] for other in sides[1]
        ):
            return "no name of one fits any of the other"
        return "more people's names than one person has" if _people(left | right) > most else None

    def _fits_others(self, edge: Edge, key: str) -> bool:
        """Whether an abbreviated name is as likely somebody's whose name is not like the one that an edge leads to."""
        mine = _spelt(self._of(_other(edge, key)))
        return bool(mine) and any(
            (one.probability or 0.0) >= (edge.probability or 0.0)
            and (theirs := _spelt(self._of(_other(one, key))))
            and not any(alike(name, other) for name in mine for other in theirs)
            for one in self._near[key]
        )

    def _of(self, key: str) -> frozenset[str]:
        found = self._names.get(key)
        if found is None:
            read = map(printed, self._identities[key].names)
            found = self._names[key] = frozenset(one.key for one in read if one.is_full)
        return found

    def _one_mailbox(self, edge: Edge) -> bool:
        boxes = ({box.box for box in self._identities[key].mailboxes} for key in (edge.left, edge.right))
        return bool(set.intersection(*boxes) - {None})


def _spelt(names: Iterable[str]) -> list[str]:
    return [name for name in names if all(len(word) > 1 for word in name.split())]


def fits(one: str, other: str) -> bool:
    """Whether two full names, words in any order, share a word and differ in one of the shorter's at most.

    Of two words each, what differs must be alike: a given name in common is no person in common.
    """
    short, long = sorted((one.split(), other.split()), key=len)
    rest, whole = list(long), 0
    for word in short:
        hit = next((found for found in rest if found == word), None) or next(
            (found for found in rest if found[0] == word[0] and min(len(found), len(word)) == 1), None
        )
        if hit is not None:
            rest.remove(hit)
            whole += min(len(hit), len(word)) > 1
    left = [word for word in short if word not in long]
    if len(short) == len(long) == 2 and whole == 1 and len(left) == 1 and len(rest) == 1:
        return left[0][0] == rest[0][0] or _likeness(left[0], rest[0]) >= _ALIKE
    return whole >= 1 and whole + 1 >= len(short)


def alike(one: str, other: str) -> bool:
    """Whether two full names share a word, and each other of the shorter is a spelling or form of one of the longer.

    Stricter than `fits`: what is asked where nothing but an abbreviation speaks for the two.
    """
    short, long = sorted((one.split(), other.split()), key=len)
    shared = set(short) & set(long)
    rest = [word for word in long if word not in shared]
    for word in (word for word in short if word not in shared):
        hit = next((found for found in rest if _is_form(word, found)), None)
        if hit is None:
            return False
        rest.remove(hit)
    return bool(shared)


def _is_form(one: str, other: str) -> bool:
    return NICKNAMES.get(one, one) == NICKNAMES.get(other, other) or _likeness(one, other) >= _ALIKE


def _other(edge: Edge, key: str) -> str:
    return edge.right if edge.left == key else edge.left


def _likeness(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other, autojunk=False).ratio()


def _people(names: Iterable[str]) -> int:
    """Return into how many groups of names that fit names fall."""
    groups: list[list[str]] = []
    for name in sorted(names):
        near = next((group for group in groups if any(fits(name, one) for one in group)), None)
        if near is None:
            groups.append([name])
        else:
            near.append(name)
    return len(groups)
