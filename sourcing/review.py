"""The questions about who is who, most at stake first, and what a person may answer: the same, not the same, later."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sourcing import judgements
from sourcing.errors import BadInput
from sourcing.judgements import Decided
from sourcing.marking import everybody_silent, given
from sourcing.resolve import review
from sourcing.resolve.review import Pair
from storage import acts, audit, persons, postponed, statements
from storage.acts import Part
from storage.engine import Store
from storage.errors import NotFound
from storage.model import IdentityView, Person
from storage.subjects import Keyer

LATER_DAYS = 14
_LESS = re.compile(r"\(-\d")  # what a model says makes it less likely ends with its weight


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of two that may be one. view: the identity that is asked about, None if its source took it back.

    signals: of evidence that the person has. others: further identities of the person.
    """

    identity: str
    person: str | None
    view: IdentityView | None
    name: str | None
    signals: int
    others: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Two identities side by side. speaks_for: reasons, strongest first. against: what differs, in sentences.

    chance: 0–1, how likely they are one. moves: signals that would come to stand beside the other's.
    """

    id: str
    left: Side
    right: Side
    speaks_for: tuple[str, ...]
    against: tuple[str, ...]
    chance: float
    moves: int
    stake: float
    postponed_until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What an answer led to. decided: None where the question was put off."""

    deed: str
    decided: Decided | None


def pairs(tx: Any) -> list[Pair]:
    """Return every open question with what hangs on it, most at stake first; of whom nothing is shown is left out."""
    edges = persons.open_edges(tx)
    asked = {side for one in review.queue(edges) for side in (one.left, one.right)}
    found = review.queue(edges, evidence=persons.evidence_counts(tx, asked))
    owners, silent = persons.owners(tx, asked), everybody_silent(tx)
    return [one for one in found if silent.isdisjoint({owners.get(one.left), owners.get(one.right)})]


def questions(tx: Any, *, limit: int, now: datetime, later: bool = False) -> tuple[list[Question], int]:
    """Return open questions, most at stake first, at most `limit`, and how many there are.

    later: those that were put off instead.
    """
    off = postponed.standing(tx, now)
    asked = [one for one in pairs(tx) if (_pair(one) in off) == later]
    return [_question(tx, one, off) for one in asked[:limit]], len(asked)


def get(tx: Any, pair_id: str, *, now: datetime) -> Question:
    """Return one open question. Raises NotFound if it was answered or is asked no more."""
    found = next((one for one in pairs(tx) if one.id == pair_id), None)
    if found is None:
        raise NotFound(f"question {pair_id!r} is not open; see `sourcer resolve queue`")
    return _question(tx, found, postponed.standing(tx, now))


def same(
    store: Store, left: str, right: str, *, reason: str, actor: str, now: datetime, keyer: Keyer
) -> Answered:
    """Say that two are one person, and remember it as a deed; see `judgements.merge`."""
    why = given(reason)
    one, other = _both(store, left, right)
    done = judgements.merge(store, left, right, actor=actor, reason=why, now=now, keyer=keyer)
    detail = {"taken_back": done.taken_back}
    return Answered(
        deed=_remember(store, "merge", one, other, why, detail, actor=actor, now=now), decided=done
    )


def different(
    store: Store, left: str, right: str, *, reason: str, actor: str, now: datetime, keyer: Keyer
) -> Answered:
    """Say that two are not the same person, and remember it as a deed; see `judgements.apart`."""
    why = given(reason)
    one, other = _both(store, left, right)
    done = judgements.apart(store, left, right, actor=actor, reason=why, now=now, keyer=keyer)
    return Answered(deed=_remember(store, "apart", one, other, why, {}, actor=actor, now=now), decided=done)


def split(
    store: Store,
    key: str,
    identities: Sequence[str],
    *,
    reason: str,
    actor: str,
    now: datetime,
    keyer: Keyer,
) -> Answered:
    """Say that some identities of a person are somebody else, and remember it as a deed; see `judgements.split`."""
    why = given(reason)
    with store.read() as tx:
        before = persons.get(tx, key)
    done = judgements.split(store, key, identities, actor=actor, reason=why, now=now, keyer=keyer)
    rest = [one for one in before.identities if one not in identities]
    with store.read() as tx:
        stays, goes = (persons.find_by_identity(tx, part[0]) for part in (rest, sorted(identities)))
    parts = [(stays, rest), (goes, sorted(identities))]
    deed = acts.fresh()
    with store.begin() as tx:
        told = [_part("split", who.key if who else before.key, part, why, {}) for who, part in parts]
        acts.put(tx, deed, told, actor=actor, now=now)
    return Answered(deed=deed, decided=done)


def later(
    store: Store, left: str, right: str, *, actor: str, now: datetime, days: int = LATER_DAYS
) -> Answered:
    """Put a question off; it is asked again after some days. Raises NotFound, BadInput for one person."""
    one, other = _both(store, left, right)
    if one.key == other.key:
        raise BadInput(f"{left} and {right} are one person already: {one.key}")
    deed = acts.fresh()
    with store.begin() as tx:
        detail = {"with": other.key, "deed": deed}
        audit.append(tx, at=now, actor=actor, action="person.later", subject=one.key, detail=detail)
        postponed.put(tx, left, right, until=now + timedelta(days=days), actor=actor, now=now)
        parts = [
            _part("later", one.key, [left], None, {"pair": [left, right]}),
            _part("later", other.key, [right], None, {}),
        ]
        acts.put(tx, deed, parts, actor=actor, now=now)
    return Answered(deed=deed, decided=None)


def _both(store: Store, left: str, right: str) -> tuple[Person, Person]:
    with store.read() as tx:
        one, other = (persons.find_by_identity(tx, name) or persons.get(tx, name) for name in (left, right))
    return one, other


def _remember(
    store: Store,
    kind: str,
    one: Person,
    other: Person,
    why: str,
    detail: dict[str, Any],
    *,
    actor: str,
    now: datetime,
) -> str:
    deed = acts.fresh()
    parts = [_part(kind, each.key, each.identities, why, detail) for each in (one, other)]
    with store.begin() as tx:
        acts.put(tx, deed, parts, actor=actor, now=now)
    return deed


def _part(kind: str, key: str, identities: Sequence[str], why: str | None, detail: dict[str, Any]) -> Part:
    after = {"identities": list(identities), **detail}
    return Part(kind=kind, person=key, before={}, after=after, reason=why)


def _pair(one: Pair) -> tuple[str, str]:
    return (min(one.left, one.right), max(one.left, one.right))


def _question(tx: Any, one: Pair, off: dict[tuple[str, str], datetime]) -> Question:
    views = statements.identities(tx, [one.left, one.right])
    owners = persons.owners(tx, [one.left, one.right])
    people = persons.get_many(tx, set(owners.values()))
    counts = persons.evidence_counts(tx, [one.left, one.right])
    left, right = (_side(name, views, owners, people, counts) for name in (one.left, one.right))
    return Question(
        id=one.id,
        left=left,
        right=right,
        speaks_for=tuple(reason for reason in one.reasons if not _LESS.search(reason)),
        against=(*_differences(left.view, right.view), *filter(_LESS.search, one.reasons)),
        chance=one.chance,
        moves=one.moves,
        stake=one.stake,
        postponed_until=off.get(_pair(one)),
    )


def _side(
    name: str,
    views: dict[str, IdentityView],
    owners: dict[str, str],
    people: dict[str, Person],
    counts: dict[str, int],
) -> Side:
    person = people.get(owners.get(name, ""))
    view = views.get(name)
    return Side(
        identity=name,
        person=person.key if person is not None else None,
        view=view,
        name=view.names[0] if view is not None and view.names else None,
        signals=counts.get(name, 0),
        others=tuple(each for each in person.identities if each != name) if person is not None else (),
    )


_COMPARED = {
    "orcids": "different ORCIDs",
    "homepages": "different homepages",
    "affiliations": "no employer in common",
    "names": "names are not spelled alike",
}


def _differences(left: IdentityView | None, right: IdentityView | None) -> list[str]:
    """Return what speaks against two being one: what both state and nothing of which they share."""
    if left is None or right is None:
        return []
    found = []
    for what, text in _COMPARED.items():
        mine = {str(one).casefold() for one in getattr(left, what)}
        theirs = {str(one).casefold() for one in getattr(right, what)}
        if mine and theirs and mine.isdisjoint(theirs):
            found.append(text)
    if left.location and right.location and left.location.casefold() != right.location.casefold():
        found.append(f"different places: {left.location} and {right.location}")
    return found
