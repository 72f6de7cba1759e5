"""What a recruiter sees of people and does to them; each act is an audit entry and one transaction."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sourcing import resolve
from sourcing.errors import BadInput, UnknownName
from sourcing.ranking import why
from sourcing.resolve.edges import is_judged
from storage import audit, persons, scores, search, statements, wishes
from storage import people as marks
from storage.engine import Store
from storage.model import Edge, Evidence, Flag, Found, IdentityView, Judgement, Mark, Person, Points, Score
from storage.query import And, Field, FieldName, Tree
from storage.subjects import Keyer
from storage.wishes import Asked

REASONS_MAX = 3
PROOFS_MAX = 2  # links beside one reason
PAGE = 500
STAGES = ("new", "reviewing", "shortlisted", "contacted", "replied", "rejected", "hired")
SCOPES = ("search", "shortlist", "everywhere")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why somebody has points: a sentence that ends in them, and the addresses of its strongest evidence."""

    text: str
    points: float
    links: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One line of a result. rank: 1-based. score, confidence, level: None without a score."""

    rank: int
    person: str
    name: str | None
    specialism: str | None
    score: float | None
    lower: float | None
    confidence: float | None
    level: str | None
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """Everything shown about one person. evidence: of all scores, strongest first within each factor, and of flags.

    flags: what was given no credit, by specialism, most works first.
    asked: where they ask not to be approached, newest first; whoever does has neither scores nor evidence.
    """

    person: Person
    identities: tuple[IdentityView, ...]
    scores: tuple[Score, ...]
    marks: tuple[Mark, ...]
    evidence: tuple[Evidence, ...]
    flags: Mapping[str, Sequence[Flag]]
    asked: tuple[Asked, ...] = ()


def in_specialism(tree: Tree, specialism: str | None) -> Tree:
    """Return the tree, kept to people with a score in a specialism if one is named."""
    if specialism is None:
        return tree
    return And(parts=(tree, Field(name=FieldName.SPEC, value=specialism)))


def find(
    tx: Any, tree: Tree, *, specialism: str | None, limit: int, now: datetime, reasons: int = REASONS_MAX
) -> list[Hit]:
    """Return the best people under a search tree with the reasons for their scores, best first, ties by key."""
    found = search.find(tx, in_specialism(tree, specialism), specialism=specialism, limit=limit)
    by_specialism: dict[str, list[str]] = {}
    for one in found:
        if one.score is not None:
            by_specialism.setdefault(one.score.specialism, []).append(one.person)
    points = {slug: scores.points_of(tx, people, slug) for slug, people in by_specialism.items()}
    wanted = [
        signal
        for people in points.values()
        for parts in people.values()
        for part in parts
        for signal in part.evidence
    ]
    evidence = {item.signal: item for item in scores.evidence(tx, wanted)}
    return [_hit(rank, one, points, evidence, now, reasons) for rank, one in enumerate(found, start=1)]


def every_key(tx: Any, tree: Tree, *, specialism: str | None, limit: int | None) -> list[str]:
    """Return the keys under a search tree, best first, at most `limit` (None = all)."""
    keys: list[str] = []
    after: tuple[float, str] | None = None
    while limit is None or len(keys) < limit:
        size = PAGE if limit is None else min(PAGE, limit - len(keys))
        page = search.find(
            tx, in_specialism(tree, specialism), specialism=specialism, limit=size, after=after
        )
        keys += [one.person for one in page]
        if len(page) < size:
            break
        after = page[-1].after
    return keys


def reasons_for(
    points: Sequence[Points], evidence: dict[str, Evidence], now: datetime, most: int
) -> tuple[Reason, ...]:
    """Return the strongest reasons, most points first, each with links to its strongest evidence."""
    out: list[Reason] = []
    shown: set[str] = (
        set()
    )  # one item may stand behind several factors: each reason shows what was not shown yet
    for part in sorted(points, key=lambda part: (-part.points, part.factor)):
        proof = [evidence[signal] for signal in part.evidence if signal in evidence]
        urls = list(dict.fromkeys(item.url for item in proof if item.url))
        links = tuple([url for url in urls if url not in shown] or urls)[:PROOFS_MAX]
        shown.update(links)
        out += [
            Reason(text=text, points=part.points, links=links) for text in why.sentences([part], proof, now)
        ]
    return tuple(out[:most])


def warnings_for(flags: Sequence[Flag], evidence: dict[str, Evidence]) -> list[str]:
    """Return a sentence per flag, each with the address of its latest evidence."""
    out = []
    for flag in flags:
        proof = [evidence[signal] for signal in flag.evidence if signal in evidence]
        (text,) = why.flags([flag], proof)
        out.append(f"{text} {proof[0].url}" if proof else text)
    return out


def sheet(tx: Any, key: str) -> Sheet:
    """Return everything shown about one person. key: of the person, or an identity's id. Raises NotFound."""
    person = _person(tx, key)
    views = statements.identities(tx, person.identities)
    asked = wishes.of(tx, [person.key]).get(person.key, ())
    ranked = [] if asked else scores.of_person(tx, person.key)
    listed = [scores.get(tx, person.key, one.specialism) for one in ranked]
    flags = {} if asked else scores.flags(tx, person.key)
    signals = [signal for one in listed for part in one.points for signal in part.evidence]
    signals += [signal for each in flags.values() for flag in each for signal in flag.evidence]
    return Sheet(
        person=person,
        identities=tuple(views[one] for one in person.identities if one in views),
        scores=tuple(listed),
        marks=tuple(marks.marks(tx, person.key)),
        flags=flags,
        evidence=tuple(scores.evidence(tx, list(dict.fromkeys(signals)))),
        asked=asked,
    )


def set_stage(store: Store, key: str, stage: str, *, actor: str, reason: str | None, now: datetime) -> None:
    """Move a person to a stage; writes the audit log and the stage. Raises NotFound, UnknownName."""
    if stage not in STAGES:
        raise UnknownName("stage", stage, STAGES)
    with store.begin() as tx:
        found = persons.get(tx, key)
        audit.append(
            tx, at=now, actor=actor, action="person.stage", subject=found.key, detail={"stage": stage}
        )
        marks.stage(tx, found.key, stage, actor=actor, reason=reason, now=now)


def tag(
    store: Store, key: str, *, add: Sequence[str], remove: Sequence[str], actor: str, now: datetime
) -> None:
    """Put tags on a person and take others off; writes the audit log and the tags. Raises NotFound."""
    with store.begin() as tx:
        found = persons.get(tx, key)
        detail = {"added": len(add), "removed": len(remove)}
        audit.append(tx, at=now, actor=actor, action="person.tag", subject=found.key, detail=detail)
        marks.tag(tx, found.key, add=add, remove=remove, actor=actor, now=now)


def note(store: Store, key: str, text: str, *, actor: str, now: datetime) -> None:
    """Write a note about a person; writes the audit log (without the text) and the note. Raises NotFound."""
    with store.begin() as tx:
        found = persons.get(tx, key)
        audit.append(tx, at=now, actor=actor, action="person.note", subject=found.key, detail={})
        marks.note(tx, found.key, text, actor=actor, now=now)


def hide(store: Store, key: str, *, reason: str, scope: str, actor: str, now: datetime) -> None:
    """Keep a person out of results; writes the audit log and the mark. Raises NotFound, UnknownName."""
    if scope not in SCOPES:
        raise UnknownName("scope", scope, SCOPES)
    with store.begin() as tx:
        found = persons.get(tx, key)
        audit.append(
            tx, at=now, actor=actor, action="person.hide", subject=found.key, detail={"scope": scope}
        )
        marks.hide(tx, found.key, scope=scope, actor=actor, reason=reason, now=now)


def show_again(store: Store, key: str, *, actor: str, now: datetime) -> None:
    """Undo hiding; writes the audit log and removes the mark. Raises NotFound."""
    with store.begin() as tx:
        found = persons.get(tx, key)
        audit.append(tx, at=now, actor=actor, action="person.unhide", subject=found.key, detail={})
        marks.unhide(tx, found.key)


def _hit(
    rank: int,
    one: Found,
    points: dict[str, dict[str, list[Points]]],
    evidence: dict[str, Evidence],
    now: datetime,
    most: int,
) -> Hit:
    score = one.score
    parts = points.get(score.specialism, {}).get(one.person, []) if score is not None else []
    return Hit(
        rank=rank,
        person=one.person,
        name=one.name,
        specialism=score.specialism if score is not None else None,
        score=score.value if score is not None else None,
        lower=score.lower if score is not None else None,
        confidence=score.confidence if score is not None else None,
        level=score.level if score is not None else None,
        reasons=reasons_for(parts, evidence, now, most),
    )


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
            persons.judge(tx, first, second, Judgement.SAME, f"recruiter:{actor}", reason, now)
    done = _decided(store, first, other.identities, now, keyer)
    with store.read() as tx:
        joined = _person(tx, first).key == _person(tx, second).key
    if not joined and taken_back:  # no rule joins them: the word that was taken back was all that did
        with store.begin() as tx:
            persons.judge(tx, first, second, Judgement.SAME, f"recruiter:{actor}", reason, now)
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

    Of one person: the "same" between exactly these two. Of two persons: every "different" between them.
    Raises NotFound, BadInput if nobody said anything.
    """
    with store.begin() as tx:
        one, other = _person(tx, left), _person(tx, right)
        judgement = Judgement.SAME if one.key == other.key else Judgement.DIFFERENT
        pair = ((left,), (right,)) if one.key == other.key else (one.identities, other.identities)
        if not _take_back(tx, *pair, judgement, actor, now):
            raise BadInput(f"nobody judged {left} and {right}; see `sourcer resolve explain {left} {right}`")
        detail = {"with": other.key, "judgement": f"{judgement.value} taken back"}
        audit.append(tx, at=now, actor=actor, action="person.undo", subject=one.key, detail=detail)
    first = left if left in one.identities else one.identities[0]
    return _decided(store, first, (right,), now, keyer)


def _person(tx: Any, name: str) -> Person:
    return persons.find_by_identity(tx, name) or persons.get(tx, name)


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
    tx: Any, identities: Collection[str], splits: Sequence[Edge], actor: str, now: datetime
) -> None:
    """Take back the words that held the parts of a split together; they were said with it, at its moment."""
    said = {(edge.decided_by, edge.decided_at) for edge in splits}
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
        return Decided(person=_person(tx, first).key, identities=tuple(others), persons=report.persons)
