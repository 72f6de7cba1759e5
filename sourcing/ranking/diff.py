"""What changed between two rankings of a specialism: who rose, fell, came and went, and why."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sourcing.features.facts import monday
from sourcing.ranking import past
from sourcing.ranking.score import points
from sourcing.ranking.specialism import Specialism
from storage import persons, rankings, scores, wishes
from storage.errors import NotFound
from storage.rankings import Part, Ranked, Stood

WORTH_SAYING = 0.05  # points below which a cause is not named
TERMS_MAX = 5  # words named of a list that changed
SPLIT_MIN = 2  # signals that were another's before: one may share its digest by chance


class Move(StrEnum):
    """What happened to somebody between two rankings."""

    ROSE = "rose"
    FELL = "fell"
    CAME = "came"
    WENT = "went"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """One person who stands elsewhere. before, after: places from 1, None = not listed. why: largest part first.

    lower_before, lower_after: what the order goes by, None where not listed.
    """

    person: str
    move: Move
    before: int | None
    after: int | None
    lower_before: float | None
    lower_after: float | None
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Diff:
    """Two rankings of a specialism compared. changed: what is different about the specialism, in sentences.

    moved: by their better place, then by key. counts: everybody who rose, fell, came, went, or stayed.
    """

    specialism: str
    before: Ranked
    after: Ranked
    changed: tuple[str, ...]
    moved: tuple[Moved, ...]
    counts: Mapping[str, int]


def compare(tx: Any, before: Ranked, after: Ranked, *, most: int) -> Diff:
    """Compare two rankings of one specialism and tell of the `most` people who stand or stood highest.

    Reads what was kept of both, and what the store says now of those who came or went. People who ask not to be
    approached stand in neither.
    """
    asked = wishes.keys(tx)
    old, new = (
        {key: stood for key, stood in rankings.rows(tx, one).items() if key not in asked}
        for one in (before, after)
    )
    one, other = past.specialism_of(before.content), past.specialism_of(after.content)
    changed = changes(one, other)
    if before.formula != after.formula:
        changed = (*changed, "the program computes features or scores in another way")
    places, now_at = _places(old), _places(new)
    elsewhere = [key for key in {**new, **old} if places.get(key) != now_at.get(key)]
    elsewhere.sort(key=lambda key: (min(each[key] for each in (places, now_at) if key in each), key))
    causes = _Causes(tx=tx, one=one, other=other, before=before, after=after, old=old, new=new)
    moves = {key: _move(places.get(key), now_at.get(key)) for key in elsewhere}
    counts = {str(move): sum(each is move for each in moves.values()) for move in Move}
    return Diff(
        specialism=before.specialism,
        before=before,
        after=after,
        changed=changed,
        moved=tuple(
            Moved(
                person=key,
                move=moves[key],
                before=places.get(key),
                after=now_at.get(key),
                lower_before=old[key].lower if key in old else None,
                lower_after=new[key].lower if key in new else None,
                why=tuple(causes.of(key)),
            )
            for key in elsewhere[:most]
        ),
        counts=counts | {"stayed": len({**new, **old}) - len(elsewhere)},
    )


def causes(tx: Any, before: Ranked, after: Ranked, people: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Return why some people stand otherwise in one of two rankings than in the other, the largest cause first.

    people: a page of them. Who is in neither is left out.
    """
    old, new = (rankings.rows(tx, one, people=people) for one in (before, after))
    one, other = past.specialism_of(before.content), past.specialism_of(after.content)
    told = _Causes(tx=tx, one=one, other=other, before=before, after=after, old=old, new=new)
    return {key: tuple(told.of(key)) for key in {**old, **new}}


def changes(one: Specialism, other: Specialism) -> tuple[str, ...]:
    """Return what differs between two versions of a specialism, in sentences; empty if nothing can move a score."""
    said = []
    before, after = ({factor.name: factor for factor in each.factors} for each in (one, other))
    for name in {**before, **after}:
        was, now = before.get(name), after.get(name)
        if was is None or now is None:
            said.append(f"factor {name} is {'new' if was is None else 'gone'}")
            continue
        for field in ("weight", "rising", "half", "feature"):
            old, new = getattr(was, field), getattr(now, field)
            if old != new:
                said.append(f"{field} of {name}: {_plain(old)} → {_plain(new)}")
    for field in ("works_min", "active_within_days"):
        old, new = getattr(one.gates, field), getattr(other.gates, field)
        if old != new:
            said.append(f"gate {field}: {old} → {new}")
    content, changed = past.content_of(one)["look"], past.content_of(other)["look"]
    for field in sorted(content.keys() | changed.keys()):
        said += _terms(field, content.get(field), changed.get(field))
    return tuple(said)


def _terms(field: str, before: Any, after: Any) -> list[str]:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        old, new = set(map(str, before.items())), set(map(str, after.items()))
    elif isinstance(before, list) and isinstance(after, list):
        old, new = set(map(str, before)), set(map(str, after))
    else:
        return [] if before == after else [f"{field} changed"]
    gone, added = sorted(old - new), sorted(new - old)
    words = [f"+{word}" for word in added] + [f"-{word}" for word in gone]
    more = f" and {len(words) - TERMS_MAX} more" if len(words) > TERMS_MAX else ""
    return [f"{field}: {', '.join(words[:TERMS_MAX])}{more}"] if words else []


def _places(stood: Mapping[str, Stood]) -> dict[str, int]:
    return {key: place for place, key in enumerate(stood, start=1)}


def _move(before: int | None, after: int | None) -> Move:
    if before is None:
        return Move.CAME
    if after is None:
        return Move.WENT
    return Move.ROSE if after < before else Move.FELL


class _Causes:
    """Why people stand elsewhere: from both rankings, and from what the store says of those who came or went."""

    def __init__(
        self,
        *,
        tx: Any,
        one: Specialism,
        other: Specialism,
        before: Ranked,
        after: Ranked,
        old: Mapping[str, Stood],
        new: Mapping[str, Stood],
    ) -> None:
        self._tx = tx
        self._before, self._after = before, after
        self._old, self._new = old, new
        self._factors = {factor.name: factor for factor in other.factors}
        self._was_factors = {factor.name: factor for factor in one.factors}
        self._looks_elsewhere = past.content_of(one)["look"] != past.content_of(other)["look"]
        self._has_formula = before.formula != after.formula
        self._gates = one.gates != other.gates
        self._lost = {
            mark: key
            for key, stood in old.items()
            if key in new
            for mark in stood.evidence - new[key].evidence
        }

    def of(self, key: str) -> list[str]:
        """Return the causes, in sentences, the largest first."""
        was, now = self._old.get(key), self._new.get(key)
        if was is None:
            return [*self._merges(key), self._came(key)]
        if now is None:
            return [self._went(key)]
        return [*self._merges(key), *self._figures(was, now)]

    def _merges(self, key: str) -> list[str]:
        """Say whose keys came to this one: aliases that stood on their own in the earlier ranking."""
        try:
            aliases = persons.get(self._tx, key).aliases
        except NotFound:
            return []
        joined = [one for one in aliases if one in self._old and one not in self._new]
        return [f"merged with {', '.join(joined)}"] if joined else []

    def _came(self, key: str) -> str:
        mine = self._new[key].evidence
        owners = Counter(self._lost[mark] for mark in mine if mark in self._lost)
        if owners and (most := owners.most_common(1)[0])[1] >= max(SPLIT_MIN, len(mine) / 2):
            return f"split from {most[0]}"
        if self._gates:
            return "the gates changed"
        return "passes the gates now: newly collected, or new evidence"

    def _went(self, key: str) -> str:
        try:
            living = persons.resolve_key(self._tx, key)
        except NotFound:
            return "is in the store no more"
        if living != key:
            return f"merged into {living}"
        if self._gates:
            return "the gates changed"
        try:
            current = scores.get(self._tx, key, self._after.specialism)
        except NotFound:
            return "has no work on topic any more"
        return "passes the gates again since" if current.listed else "no longer passes the gates"

    def _figures(self, was: Stood, now: Stood) -> list[str]:
        weighed = [
            (self._by_weight(part), f"{part.factor}: other weights")
            for part in was.parts
            if part.factor in self._factors
        ]
        parts = {part.factor: part for part in was.parts}
        measured = [
            (gain, self._told(part, parts.get(part.factor), was, now))
            for part in now.parts
            if abs(gain := self._by_value(part, parts.get(part.factor))) >= WORTH_SAYING
        ]
        causes = [(gain, text) for gain, text in (*weighed, *measured) if abs(gain) >= WORTH_SAYING]
        if abs(now.confidence - was.confidence) * now.value >= WORTH_SAYING:
            words = f"confidence {was.confidence:.2f} → {now.confidence:.2f}"
            causes.append(((now.confidence - was.confidence) * now.value, words))
        causes.sort(key=lambda cause: (-abs(cause[0]), cause[1]))
        said = [f"{text} ({gain:+.1f})" for gain, text in causes]
        return said or ["others moved"]

    def _by_weight(self, part: Part) -> float:
        """Return what another weight or half alone would have made of the old value."""
        was, now = self._was_factors.get(part.factor), self._factors[part.factor]
        if was is None or part.value is None or (was.weight, was.half) == (now.weight, now.half):
            return 0.0
        return points(part.value, weight=now.weight, half=now.half) - points(
            part.value, weight=was.weight, half=was.half
        )

    def _by_value(self, part: Part, before: Part | None) -> float:
        """Return what is left of the change once the weights are accounted for."""
        gained = part.points - (before.points if before is not None else 0.0)
        return gained - (
            self._by_weight(before) if before is not None and part.factor in self._factors else 0.0
        )

    def _told(self, part: Part, before: Part | None, was: Stood, now: Stood) -> str:
        fresh, gone = len(now.evidence - was.evidence), len(was.evidence - now.evidence)
        if before is not None and before.value == part.value:
            return f"{part.factor}: cut to the limit of thin evidence, or no longer"
        if self._looks_elsewhere:
            return f"{part.factor}: the specialism looks elsewhere"
        rose = before is None or (part.value or 0.0) > (before.value or 0.0)
        if rose and fresh:
            return f"{part.factor}: {fresh} new item{'' if fresh == 1 else 's'} of evidence"
        if not rose and gone and not self._is_aged():
            return f"{part.factor}: {gone} item{'' if gone == 1 else 's'} of evidence gone"
        if not rose and gone:
            return f"{part.factor}: evidence aged, {gone} item{'' if gone == 1 else 's'} replaced or gone"
        if not rose:
            return f"{part.factor}: evidence aged" if self._is_aged() else f"{part.factor}: counts for less"
        return f"{part.factor}: the same evidence counts for more"

    def _is_aged(self) -> bool:
        """Return whether ages were counted from another Monday."""
        return monday(self._after.as_of) > monday(self._before.as_of)


def _plain(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
