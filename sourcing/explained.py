"""A person's scores explained: what earned the points, what the level rests on, what was not counted, what is missing.

The command line, the pages and the API show the same explanation.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sourcing import people
from sourcing.people import Reason, Sheet
from sourcing.ranking import certainty, level, why
from sourcing.ranking import specialism as packs
from storage.model import Evidence, Points, Score


@dataclass(frozen=True, slots=True, kw_only=True)
class Argument:
    """What speaks for a level, or what the next one would need: then kind is None and there are no links."""

    kind: str | None
    text: str
    links: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """One score and all that is behind it. told: whether the evidence is enough to give a place.

    read_as: the score and its range as people read it. why: strongest first. factors: in the specialism's order; their
    points sum to the score. flags: what was given no credit. misses: factors that earned nothing. would_change: at
    most three sentences, the largest gain first.
    """

    specialism: str
    version: str
    score: float
    lower: float
    upper: float
    told: bool
    read_as: str
    rising: float
    confidence: float
    level: str
    listed: bool
    as_of: datetime
    factors: tuple[Points, ...]
    why: tuple[Reason, ...]
    level_why: tuple[Argument, ...]
    flags: tuple[str, ...]
    misses: tuple[str, ...]
    would_change: tuple[str, ...]


def explain(
    sheet: Sheet, *, roots: Sequence[Path], now: datetime, specialism: str | None = None
) -> list[Explained]:
    """Return each score of a person explained, best first. specialism: only this one.

    Raises UnknownName for a score in a specialism that has no file any more.
    """
    evidence = {item.signal: item for item in sheet.evidence}
    chosen = [score for score in sheet.scores if specialism in (None, score.specialism)]
    return [_explained(sheet, score, evidence, roots, now) for score in chosen]


def _explained(
    sheet: Sheet, score: Score, evidence: Mapping[str, Evidence], roots: Sequence[Path], now: datetime
) -> Explained:
    told = certainty.is_told(score.lower, score.upper)
    needs = level.missing(level.Level(band=level.Band(score.level), grounds=score.grounds))
    known = dict(evidence)
    return Explained(
        specialism=score.specialism,
        version=score.version,
        score=score.value,
        lower=score.lower,
        upper=score.upper,
        told=told,
        read_as=certainty.shown(score.value, score.lower, score.upper)
        if told
        else "cannot tell: too little seen",
        rising=score.rising,
        confidence=score.confidence,
        level=score.level,
        listed=score.listed,
        as_of=score.as_of,
        factors=score.points,
        why=people.reasons_for(score.points, known, now, len(score.points)),
        level_why=(
            *(
                Argument(kind=one.kind, text=one.text, links=_links(one.evidence, evidence))
                for one in score.grounds
            ),
            *([Argument(kind=None, text=needs)] if needs is not None else []),
        ),
        flags=tuple(people.warnings_for(sheet.flags.get(score.specialism, ()), known)),
        misses=tuple(why.misses(score.points)),
        would_change=tuple(why.changes(packs.load(score.specialism, roots), score.points)),
    )


def _links(signals: Sequence[str], evidence: Mapping[str, Evidence]) -> tuple[str, ...]:
    urls = [evidence[signal].url for signal in signals if signal in evidence]
    return tuple(dict.fromkeys(url for url in urls if url))
