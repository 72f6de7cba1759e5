"""Points to sentences: what earned them, what is missing, what would change the score."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sourcing.features.allowed import FEATURES
from sourcing.features.base import EVIDENCE_MAX
from sourcing.ranking import score
from sourcing.ranking.specialism import Specialism
from spiders.records import WorkKind
from storage.model import Evidence, Flag, Points

PLACES_MAX = 2  # repositories or venues named in one sentence
CHANGES_MAX = 3
WORTH_SAYING = 0.5  # points below which a sentence is noise

_FLAGS: Mapping[str, str] = {
    "back_dated": "{n} change{s}{where} back-dated: older than the repository, or pushed long after the date they bear",
    "empty": "{n} commit{s}{where} that change{no_s} no file",
    "fork": "{n} change{s}{where}, their own copy of another project, which has not taken them",
    "ring": "{n} change{s}{where} merged or reviewed only within {accounts} accounts that merge each other's changes",
    "own": "{n} change{s} on topic{where}, where nobody known from a watched project takes part; "
    "popularity is not counted",
}


def sentences(points: Sequence[Points], evidence: Iterable[Evidence], as_of: datetime) -> list[str]:
    """Return one sentence per factor that earned something, most points first, each ending in its points.

    evidence: at least the signals that the points name, in any order.
    """
    known = {item.signal: item for item in evidence}
    measured = Counter(part.feature for part in points)
    out = []
    for part in sorted(points, key=lambda part: (-part.points, part.factor)):
        if part.value is None or part.points < WORTH_SAYING:
            continue
        proof = [known[signal] for signal in part.evidence if signal in known]
        text = FEATURES[part.feature].says.format(
            value=_number(part.value),
            count=_count(len(part.evidence)),
            s="" if len(part.evidence) == 1 else "s",
            where=_where(proof),
            latest=_latest(proof, as_of),
        )
        # of a pack and its overlay, which measure the same over different work
        said = f"{part.factor}: {text}" if measured[part.feature] > 1 else text
        out.append(f"{said} ({part.points:.0f})")
    return out


def flags(found: Iterable[Flag], evidence: Iterable[Evidence]) -> list[str]:
    """Return one sentence per flag, in their order: what was given no credit, and why. No score is lowered by it."""
    known = {item.signal: item for item in evidence}
    out = []
    for flag in found:
        proof = [known[signal] for signal in flag.evidence if signal in known]
        one = flag.works == 1
        said = _FLAGS[flag.kind].format(
            n=flag.works,
            s="" if one else "s",
            no_s="s" if one else "",
            where=_where(proof),
            accounts=flag.accounts,
        )
        out.append(f"{said}: not counted")
    return out


def misses(points: Sequence[Points]) -> list[str]:
    """Return the factors that earned nothing, in the specialism's order; unobserved ones say so."""
    return [
        f"{part.factor}: not observed" if part.value is None else f"{part.factor}: nothing on topic"
        for part in points
        # what there is little of, or counts in one order only, is no miss
        if not part.value and max(part.points, part.rising) < WORTH_SAYING
    ]


def changes(specialism: Specialism, points: Sequence[Points]) -> list[str]:
    """Return what would change this score most, at most three sentences, the largest possible gain first."""
    factors = {factor.name: factor for factor in specialism.factors}
    gains: list[tuple[float, str]] = []
    for part in points:
        factor = factors.get(part.factor)
        if factor is None:
            continue  # the specialism was edited since it was ranked
        if part.value is None:
            gains.append(
                (factor.weight, f"no evidence was seen for {part.factor} (up to +{factor.weight:.0f})")
            )
            continue
        step = max(1.0, factor.half)
        gain = score.points(part.value + step, weight=factor.weight, half=factor.half) - part.points
        gains.append((gain, f"{_number(step)} more {part.unit} for {part.factor} (+{gain:.0f})"))
    ordered = sorted(gains, key=lambda gain: (-gain[0], gain[1]))
    return [text for gain, text in ordered[:CHANGES_MAX] if gain >= WORTH_SAYING]


def _count(items: int) -> str:
    """Evidence is kept up to a limit: at the limit there may be more."""
    return f"{items} or more" if items >= EVIDENCE_MAX else str(items)


def _number(value: float) -> str:
    digits = 0 if value >= 9.5 else 1 if value >= 0.95 else 2
    text = f"{value:.{digits}f}"
    return text.rstrip("0").rstrip(".") if digits else text


def _where(proof: Sequence[Evidence]) -> str:
    places = Counter(place for item in proof if (place := _place(item)) is not None)
    named = sorted(places, key=lambda place: (-places[place], place))[:PLACES_MAX]
    if len(places) > PLACES_MAX:
        return f" in {', '.join(named)} and others"
    return f" in {' and '.join(named)}" if named else ""


def _place(item: Evidence) -> str | None:
    if item.work_kind is WorkKind.PAPER:
        return item.venue
    _, _, native = item.work.partition(":")
    for mark in (":release:", "#", "@"):
        if mark in native:
            return native.partition(mark)[0]
    return None


def _latest(proof: Sequence[Evidence], as_of: datetime) -> str:
    ages = [age for item in proof if (age := _age_days(item, as_of)) is not None]
    return f", latest {_ago(min(ages))}" if ages else ""


def _age_days(item: Evidence, as_of: datetime) -> int | None:
    if item.published_on is not None and item.work_kind is WorkKind.PAPER:
        return max(0, (as_of.date() - item.published_on).days)
    return None if item.occurred_at is None else max(0, (as_of - item.occurred_at).days)


_UNITS: Mapping[str, int] = {"year": 365, "month": 30, "day": 1}


def _ago(days: int) -> str:
    if days == 0:
        return "today"
    name, size = next((name, size) for name, size in _UNITS.items() if days >= size * (1 if size == 1 else 2))
    number = days // size
    return f"{number} {name}{'' if number == 1 else 's'} ago"
