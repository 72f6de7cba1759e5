"""What a recruiter sees of people; what is done to them is in `marking` and `judgements`, and found here too."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sourcing.judgements import Decided as Decided
from sourcing.judgements import apart as apart
from sourcing.judgements import merge as merge
from sourcing.judgements import split as split
from sourcing.judgements import undo as undo
from sourcing.marking import SCOPES as SCOPES
from sourcing.marking import STAGES as STAGES
from sourcing.marking import expect_shown
from sourcing.marking import hide as hide
from sourcing.marking import note as note
from sourcing.marking import set_stage as set_stage
from sourcing.marking import show_again as show_again
from sourcing.marking import tag as tag
from sourcing.ranking import certainty, why
from storage import people as marks
from storage import persons, scores, search, statements, wishes
from storage.model import Evidence, Flag, Found, IdentityView, Mark, Person, Points, Score
from storage.query import And, Field, FieldName, Tree
from storage.wishes import Asked

REASONS_MAX = 3
PROOFS_MAX = 2  # links beside one reason
PAGE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why somebody has points: a sentence that ends in them, and the addresses of its strongest evidence."""

    text: str
    points: float
    links: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One line of a result. rank: 1-based; None for whom too little is known to give a place (`certainty`).

    version, score, lower, upper, confidence, level: None without a score. points: what it is made of, in the order of
    the specialism.
    """

    rank: int | None
    person: str
    name: str | None
    specialism: str | None
    score: float | None
    lower: float | None
    upper: float | None
    confidence: float | None
    level: str | None
    reasons: tuple[Reason, ...]
    points: tuple[Points, ...] = ()
    version: str | None = None


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
    tx: Any,
    tree: Tree,
    *,
    specialism: str | None,
    limit: int,
    now: datetime,
    reasons: int = REASONS_MAX,
    sort: str = search.LOWER,
) -> list[Hit]:
    """Return the best people under a search tree with the reasons for their scores, best first, ties by key.

    sort: the column of score that says who is best.
    """
    found = search.find(tx, in_specialism(tree, specialism), specialism=specialism, limit=limit, sort=sort)
    return shown(tx, found, now=now, reasons=reasons)


def shown(
    tx: Any, found: Sequence[Found], *, now: datetime, reasons: int = REASONS_MAX, first: int = 1
) -> list[Hit]:
    """Return search results with the reasons for their scores, in their order. first: the rank of the first.

    Of whom too little is known to give a place comes last, without a rank: that is no low place.
    """
    points = scores.points_by(
        tx, {one.person: one.score.specialism for one in found if one.score is not None}
    )
    wanted = [
        signal for parts in points.values() for part in _strongest(parts, reasons) for signal in part.evidence
    ]
    evidence = {item.signal: item for item in scores.evidence(tx, wanted)}
    told = [one for one in found if one.score is None or certainty.is_told(one.score.lower, one.score.upper)]
    apart = [one for one in found if one not in told]
    ranks = [*range(first, first + len(told)), *[None] * len(apart)]
    placed = zip(ranks, (*told, *apart), strict=True)
    return [_hit(rank, one, points, evidence, now, reasons) for rank, one in placed]


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


def sheet(tx: Any, key: str, *, to_themselves: bool = False) -> Sheet:
    """Return everything shown about one person. key: of the person, or an identity's id.

    Raises NotFound, also for who is kept out of everything, unless the person is who reads it.
    """
    person = _person(tx, key)
    held = tuple(marks.marks(tx, person.key))
    if not to_themselves:
        expect_shown(key, held)
    views = statements.identities(tx, person.identities)
    asked = wishes.of(tx, [person.key]).get(person.key, ())
    ranked = [] if asked else scores.of_person(tx, person.key)
    listed = [scores.get(tx, person.key, one.specialism) for one in ranked]
    flags = {} if asked else scores.flags(tx, person.key)
    signals = [signal for one in listed for part in one.points for signal in part.evidence]
    signals += [signal for one in listed for ground in one.grounds for signal in ground.evidence]
    signals += [signal for each in flags.values() for flag in each for signal in flag.evidence]
    return Sheet(
        person=person,
        identities=tuple(views[one] for one in person.identities if one in views),
        scores=tuple(listed),
        marks=held,
        flags=flags,
        evidence=tuple(scores.evidence(tx, list(dict.fromkeys(signals)))),
        asked=asked,
    )


def _hit(
    rank: int | None,
    one: Found,
    points: Mapping[str, Sequence[Points]],
    evidence: dict[str, Evidence],
    now: datetime,
    most: int,
) -> Hit:
    score = one.score
    parts = points.get(one.person, ())
    return Hit(
        rank=rank,
        person=one.person,
        name=one.name,
        specialism=score.specialism if score is not None else None,
        score=score.value if score is not None else None,
        lower=score.lower if score is not None else None,
        upper=score.upper if score is not None else None,
        confidence=score.confidence if score is not None else None,
        level=score.level if score is not None else None,
        reasons=reasons_for(_strongest(parts, most), evidence, now, most),
        points=tuple(parts),
        version=score.version if score is not None else None,
    )


def _strongest(points: Sequence[Points], most: int) -> list[Points]:
    """Return the parts that the strongest reasons are made of; the evidence of the others need not be read."""
    told = [part for part in points if part.value is not None and part.points >= why.WORTH_SAYING]
    return sorted(told, key=lambda part: (-part.points, part.factor))[:most]


def _person(tx: Any, name: str) -> Person:
    return persons.find_by_identity(tx, name) or persons.get(tx, name)
