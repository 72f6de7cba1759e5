"""What recruiters say of who is who: two people are one, one is two, or never the same; each is an audit entry."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sourcing import facets, resolve
from sourcing.errors import BadInput
from sourcing.resolve.clusters import unique_keys
from sourcing.resolve.edges import is_judged
from sourcing.settings import config_root
from storage import audit, persons, statements
from storage.engine import Store
from storage.model import Edge, Judgement, Person
from storage.subjects import Keyer


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What a judgement led to. person: who holds the first part now. identities: of the other part.

    pair: what was judged, for `undo`. taken_back: earlier opposite judgements that were taken back instead.
    """

    person: str
    identities: tuple[str, ...]
    persons: int
    pair: tuple[str, str] | None = None
    taken_back: int = 0


def merge(
    store: Store, left: str, right: str, *, actor: str, reason: str, now: datetime, keyer: Keyer
) -> Decided:
    """Say that two people are one; writes the audit log and edges, takes earlier "different" back, rebuilds persons.

    left, right: person keys or identity ids. Raises NotFound, BadInput if they are one already.
    """
    with store.begin() as tx:
        one, other = _person(tx, left), _person(tx, right)
        if one.key == other.key:
            raise BadInput(f"{left} and {right} are one person already: {one.key}")
        detail = {"with": other.key, "judgement": "same"}
        audit.append(tx, at=now, actor=actor, action="person.merge", subject=one.key, detail=detail)
        first, second = one.identities[0], other.identities[0]
        splits = _take_back(tx, one.identities, other.identities, Judgement.DIFFERENT, actor, now)
        taken_back = len(splits)
        _take_back_held(tx, {*one.identities, *other.identities}, splits, actor, now)
        if not taken_back:
            _say_one(tx, one, other, actor, reason, now)
    done = _decided(store, first, other.identities, now, keyer)
    with store.read() as tx:
        joined = _person(tx, first).key == _person(tx, second).key
    if not joined and taken_back:  # no rule joins them: the word that was taken back was all that did
        with store.begin() as tx:
            _say_one(tx, one, other, actor, reason, now)
        done = _decided(store, first, other.identities, now, keyer)
    return replace(done, pair=(first, second), taken_back=taken_back)


def split(
    store: Store, key: str, identities: Sequence[str], *, actor: str, reason: str, now: datetime, keyer: Keyer
) -> Decided:
    """Say that some identities of a person are somebody else; writes the audit log and edges, rebuilds persons.

    A "same" said by people between the parts is taken back; what rules join is kept apart pair by pair. Each part stays
    one person, also where only the other part held it together.
    Raises NotFound, BadInput if the identities are not a part of the person.
    """
    with store.begin() as tx:
        found = persons.get(tx, key)
        moved = sorted(set(identities))
        rest = [one for one in found.identities if one not in moved]
        if not moved or not rest or not set(moved) <= set(found.identities):
            raise BadInput(f"{found.key} is not made of these and others: {', '.join(found.identities)}")
        detail = {"identities": len(moved), "judgement": "different"}
        audit.append(tx, at=now, actor=actor, action="person.split", subject=found.key, detail=detail)
        _take_back(tx, rest, moved, Judgement.SAME, actor, now)
        for stays in rest:
            for goes in moved:
                persons.judge(tx, stays, goes, Judgement.DIFFERENT, f"recruiter:{actor}", reason, now)
    done = _decided(store, rest[0], moved, now, keyer)
    loose = _loose(store, (rest, moved))
    if not loose:
        return done
    with store.begin() as tx:  # only the other part held them together, and nobody said that they are not one
        for first, other in loose:
            persons.judge(tx, first, other, Judgement.SAME, f"recruiter:{actor}", reason, now)
    return _decided(store, rest[0], moved, now, keyer)


def apart(
    store: Store, left: str, right: str, *, actor: str, reason: str, now: datetime, keyer: Keyer
) -> Decided:
    """Say that two people are not the same, for good; writes the audit log and edges, rebuilds persons.

    left, right: person keys or identity ids. Raises NotFound, BadInput if they are one person: that is a split.
    """
    with store.begin() as tx:
        one, other = _person(tx, left), _person(tx, right)
        if one.key == other.key:
            raise BadInput(f"they are one person: sourcer resolve split {one.key} ID… says which part is not")
        detail = {"with": other.key, "judgement": "different"}
        audit.append(tx, at=now, actor=actor, action="person.apart", subject=one.key, detail=detail)
        for mine in one.identities:
            for theirs in other.identities:
                persons.judge(tx, mine, theirs, Judgement.DIFFERENT, f"recruiter:{actor}", reason, now)
    done = _decided(store, one.identities[0], other.identities, now, keyer)
    return replace(done, pair=(one.identities[0], other.identities[0]))


def undo(store: Store, left: str, right: str, *, actor: str, now: datetime, keyer: Keyer) -> Decided:
    """Take back what people said about two identities, as if nobody had; writes the audit log, rebuilds persons.

    Of one person: the "same" between exactly these two. Of two persons: every "different" between them. With either
    goes what was said at its moment to hold the people together that it is about.
    Raises NotFound, BadInput if nobody said anything.
    """
    with store.begin() as tx:
        one, other = _person(tx, left), _person(tx, right)
        judgement = Judgement.SAME if one.key == other.key else Judgement.DIFFERENT
        pair = ((left,), (right,)) if one.key == other.key else (one.identities, other.identities)
        found = _take_back(tx, *pair, judgement, actor, now)
        if not found:
            raise BadInput(f"nobody judged {left} and {right}; see `sourcer resolve explain {left} {right}`")
        _take_back_held(tx, {*one.identities, *other.identities}, found, actor, now)
        detail = {"with": other.key, "judgement": f"{judgement.value} taken back"}
        audit.append(tx, at=now, actor=actor, action="person.undo", subject=one.key, detail=detail)
    first = left if left in one.identities else one.identities[0]
    return _decided(store, first, (right,), now, keyer)


def _person(tx: Any, name: str) -> Person:
    return persons.find_by_identity(tx, name) or persons.get(tx, name)


def _say_one(tx: Any, one: Person, other: Person, actor: str, reason: str, now: datetime) -> None:
    """Judge two people one: their first identities, and all of them where a rule would call the two a contradiction.

    Two people with an account each would else be torn: what is judged would go over, and what rules join it with stay.
    """
    first, *mine = one.identities
    second, *theirs = other.identities
    views = statements.identities(tx, (*one.identities, *other.identities)).values()
    left = unique_keys(view for view in views if view.id in one.identities)
    right = unique_keys(view for view in views if view.id in other.identities)
    torn = any(left[kind] != right[kind] for kind in left.keys() & right.keys())
    others = (*theirs, *mine) if torn else ()
    said = {  # a word of before is not this one's, and stands when this one is taken back
        frozenset((edge.left, edge.right))
        for edge in (persons.edges(tx) if others else ())
        if edge.judgement is Judgement.SAME and is_judged(edge)
    }
    for each in (second, *(one for one in others if frozenset((first, one)) not in said)):
        persons.judge(tx, first, each, Judgement.SAME, f"recruiter:{actor}", reason, now)


def _take_back(
    tx: Any, left: Sequence[str], right: Sequence[str], judgement: Judgement, actor: str, now: datetime
) -> list[Edge]:
    mine, others = set(left), set(right)
    found = [
        edge
        for edge in persons.edges(tx)
        if edge.judgement is judgement
        and is_judged(edge)
        and ((edge.left in mine and edge.right in others) or (edge.left in others and edge.right in mine))
    ]
    for edge in found:
        persons.retract(tx, edge.id, f"recruiter:{actor}", now)
    return found


def _take_back_held(
    tx: Any, identities: Collection[str], with_them: Sequence[Edge], actor: str, now: datetime
) -> None:
    """Take back the words that held people together in a split or a merge; they were said with it, at its moment."""
    said = {(edge.decided_by, edge.decided_at) for edge in with_them}
    for edge in list(persons.edges(tx)):
        inside = edge.left in identities and edge.right in identities
        if inside and edge.judgement is Judgement.SAME and (edge.decided_by, edge.decided_at) in said:
            persons.retract(tx, edge.id, f"recruiter:{actor}", now)


def _loose(store: Store, parts: Sequence[Sequence[str]]) -> list[tuple[str, str]]:
    """Return a pair for every piece that a part of a split fell into beside its first."""
    with store.read() as tx:
        owners = persons.owners(tx, [one for part in parts for one in part])
    found: list[tuple[str, str]] = []
    for part in parts:
        firsts: dict[str, str] = {}
        for one in sorted(part):
            if one in owners:
                firsts.setdefault(owners[one], one)
        first, *others = firsts.values() or [""]
        found += [(first, other) for other in others]
    return found


def _decided(store: Store, first: str, others: Sequence[str], now: datetime, keyer: Keyer) -> Decided:
    report = resolve.run(store, now=now, run=None, keyer=keyer)
    with store.read() as tx:
        key, parts = _person(tx, first).key, {_person(tx, one).key for one in (first, *others)}
    facets.refresh(store, parts, roots=[config_root()], now=now)
    return Decided(person=key, identities=tuple(others), persons=report.persons)
