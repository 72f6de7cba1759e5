"""A shortlist as people look at it: who is on it, how far, what speaks for them; and some of them side by side."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sourcing import blind as blind_mode
from sourcing import known, people
from sourcing.blind import Cover
from sourcing.errors import BadInput
from sourcing.known import Badge
from sourcing.lists import stage_in
from sourcing.marking import STAGES, silent, stage_of
from sourcing.people import Reason, reasons_for
from sourcing.ranking import certainty, why
from storage import feedback, lists, persons, scores
from storage import people as marks
from storage.model import Evidence, MarkKind, Score, Shortlist, ShortlistItem

COMPARE_MIN = 2
COMPARE_MAX = 5
NOTES_MAX = 3
FIRST = 50  # of a ranking, whose evidence tells where its evidence is read


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Somebody on a shortlist. score: in the list's specialism, else their best; None without one.

    asked: the sentence of who asked not to be approached or is kept out since; then nothing else of them is shown.
    """

    item: ShortlistItem
    name: str | None
    stage: str
    score: Score | None
    reasons: tuple[Reason, ...]
    misses: tuple[str, ...]
    badges: tuple[Badge, ...]
    tags: tuple[str, ...]
    notes: tuple[str, ...]
    thumbs: Mapping[str, int]
    asked: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """A shortlist with its people in order. stages: how many are in each, in the order of stages.

    dismissed: reason by living key of those who were dismissed from it.
    """

    shortlist: Shortlist
    rows: tuple[Row, ...]
    stages: Mapping[str, int]
    dismissed: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """What one factor earned somebody. points: None = not observed. items: pieces of evidence, `urls` the strongest."""

    points: float | None
    items: int
    urls: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """Somebody in a comparison. latest: day of their newest evidence. overlaps: works shared with others compared."""

    person: str
    name: str | None
    score: Score | None
    is_told: bool
    latest: date | None
    items: int
    overlaps: int
    misses: tuple[str, ...]
    badges: tuple[Badge, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """People side by side in one specialism. factors: (name, a cell for each person), in its order.

    Factors that count in the rising order only are left out.
    """

    specialism: str
    columns: tuple[Column, ...]
    factors: tuple[tuple[str, tuple[Cell, ...]], ...]


def show(tx: Any, name: str, *, now: datetime, blind: bool = False) -> Board:
    """Return a shortlist with what speaks for each of its people. Raises NotFound.

    blind: without names, and without what tells in reasons, links, warnings, tags and notes who somebody is.
    """
    found = lists.show(tx, name)
    keys = [item.person for item in found.items]
    asked = silent(tx, keys, blind=blind)
    shown = [key for key in keys if key not in asked]
    held = marks.marks_of(tx, shown, (MarkKind.STAGE, MarkKind.TAG, MarkKind.NOTE))
    listed = _Scored.load(tx, shown, found.specialism)
    names, warned = persons.get_many(tx, shown), known.badges(tx, shown)
    words = feedback.of(tx, shown, kind=feedback.THUMB)
    covers = _covers(tx, shown, blind)
    rows = []
    for item in found.items:
        key, theirs = item.person, held.get(item.person, [])
        if key in asked:
            rows.append(_silent(item, asked[key]))
            continue
        cover = covers[key]
        notes = [cover.text(one.value) for one in theirs if one.kind is MarkKind.NOTE][-NOTES_MAX:]
        row = Row(
            item=item,
            name=names[key].name if key in names and not blind else None,
            stage=stage_in(item, stage_of(theirs)),
            score=listed.scores.get(key),
            reasons=tuple(_covered(one, cover) for one in listed.reasons(key, now)),
            misses=listed.misses(key),
            badges=_warnings(warned.get(key, ()), cover),
            tags=tuple(sorted(cover.text(one.value) for one in theirs if one.kind is MarkKind.TAG)),
            notes=tuple(reversed(notes)),
            thumbs=feedback.thumbs(words.get(key, [])),
        )
        rows.append(row)
    counts = Counter(row.stage for row in rows if row.asked is None)
    return Board(
        shortlist=found,
        rows=tuple(rows),
        stages={stage: counts[stage] for stage in STAGES},
        dismissed={key: reason for key, (reason, _, _) in marks.dismissals(tx, f"list:{name}").items()},
    )


def compare(tx: Any, keys: Sequence[str], *, specialism: str, blind: bool = False) -> Compared:
    """Return 2–5 people side by side in one specialism, in the order given. blind: as `show` has it.

    Raises NotFound, BadInput for another number of people or somebody who asked not to be approached.
    """
    living = list(dict.fromkeys(persons.resolve_key(tx, key) for key in keys))
    if not COMPARE_MIN <= len(living) <= COMPARE_MAX:
        raise BadInput(f"{len(living)} people: {COMPARE_MIN} to {COMPARE_MAX} can be compared")
    for key, sentence in silent(tx, living, blind=blind).items():
        raise BadInput(f"{key} {sentence}")
    held = _Scored.load(tx, living, specialism)
    names, warned = persons.get_many(tx, living), known.badges(tx, living)
    covers = _covers(tx, living, blind)
    works = {key: {one.counts_as for one in held.proof(key)} for key in living}
    columns = []
    for key in living:
        proof = held.proof(key)
        others = set().union(*(works[other] for other in living if other != key))
        days = [one.published_on or (one.occurred_at and one.occurred_at.date()) for one in proof]
        score = held.scores.get(key)
        columns.append(
            Column(
                person=key,
                name=None if blind else names[key].name,
                score=score,
                is_told=score is not None and certainty.is_told(score.lower, score.upper),
                latest=max((day for day in days if day is not None), default=None),
                items=len(proof),
                overlaps=len(works[key] & others),
                misses=held.misses(key),
                badges=_warnings(warned.get(key, ()), covers[key]),
            )
        )
    parts = [part for key in living for part in held.points(key)]
    idle = {one.factor for one in parts} - {one.factor for one in parts if one.points or not one.rising}
    factors = dict.fromkeys(one.factor for one in parts if one.factor not in idle)
    table = tuple(
        (factor, tuple(held.cell(key, factor, covers[key]) for key in living)) for factor in factors
    )
    return Compared(specialism=specialism, columns=tuple(columns), factors=table)


def sources(tx: Any, specialism: str, *, first: int = FIRST) -> list[tuple[str, int]]:
    """Return where the evidence of the first of a ranking was read: (source, pieces), most pieces first."""
    keys = [one.person for one in scores.ranking(tx, specialism, limit=first)]
    parts = scores.points_of(tx, keys, specialism)
    signals = {one for each in parts.values() for part in each for one in part.evidence}
    counts = Counter(one.source for one in scores.evidence(tx, sorted(signals)))
    return sorted(counts.items(), key=lambda one: (-one[1], one[0]))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scored:
    """The scores of some people with their points and the evidence behind them."""

    scores: Mapping[str, Score]
    parts: Mapping[str, Sequence[Any]]
    evidence: Mapping[str, Evidence]

    @classmethod
    def load(cls, tx: Any, keys: Sequence[str], specialism: str | None) -> "_Scored":
        ranked = scores.scores_of(tx, keys)
        if specialism:
            ranked = {
                key: [one for one in each if one.specialism == specialism] for key, each in ranked.items()
            }
        found = {key: each[0] for key, each in ranked.items() if each}
        parts = scores.points_by(tx, {key: one.specialism for key, one in found.items()})
        signals = [one for each in parts.values() for part in each for one in part.evidence]
        known_ = {item.signal: item for item in scores.evidence(tx, list(dict.fromkeys(signals)))}
        return cls(scores=found, parts=parts, evidence=known_)

    def points(self, key: str) -> Sequence[Any]:
        return self.parts.get(key, ())

    def reasons(self, key: str, now: datetime) -> tuple[Reason, ...]:
        return reasons_for(self.points(key), dict(self.evidence), now, people.REASONS_MAX)

    def misses(self, key: str) -> tuple[str, ...]:
        return tuple(why.misses(self.points(key)))

    def proof(self, key: str) -> list[Evidence]:
        """Return each piece of evidence once."""
        signals = dict.fromkeys(one for part in self.points(key) for one in part.evidence)
        return [self.evidence[one] for one in signals if one in self.evidence]

    def cell(self, key: str, factor: str, cover: Cover) -> Cell:
        part = next((one for one in self.points(key) if one.factor == factor), None)
        if part is None:
            return Cell(points=None, items=0, urls=())
        proof = [self.evidence[one] for one in part.evidence if one in self.evidence]
        urls = tuple(dict.fromkeys(url for one in proof if (url := cover.address(one.url or None))))
        urls = urls[: people.PROOFS_MAX]
        return Cell(points=None if part.value is None else part.points, items=len(proof), urls=urls)


def _covers(tx: Any, keys: Sequence[str], is_blind: bool) -> Mapping[str, Cover]:
    return blind_mode.covers(tx, keys) if is_blind else dict.fromkeys(keys, OPEN)


def _covered(reason: Reason, cover: Cover) -> Reason:
    if cover is OPEN:
        return reason
    links = tuple(url for one in reason.links if (url := cover.address(one)) is not None)
    return Reason(text=cover.text(reason.text), points=reason.points, links=links)


def _warnings(badges: Sequence[Badge], cover: Cover) -> tuple[Badge, ...]:
    return tuple(replace(one, text=cover.text(one.text)) for one in badges)


class _Open(Cover):
    """Covers nothing: names are shown."""

    __slots__ = ()

    def text(self, said: str) -> str:
        """Return the text."""
        return said

    def address(self, url: str | None) -> str | None:
        """Return the address."""
        return url


OPEN = _Open(pattern=None, folded=frozenset())
"""The cover of who is not covered."""


def _silent(item: ShortlistItem, sentence: str) -> Row:
    return Row(
        item=item,
        name=None,
        stage=item.stage or "new",
        score=None,
        reasons=(),
        misses=(),
        badges=(),
        tags=(),
        notes=(),
        thumbs={},
        asked=sentence,
    )
