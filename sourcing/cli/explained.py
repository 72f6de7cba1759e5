"""One person's scores explained, for `rank explain` and `person show --why`."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sourcing.cli.session import Session

if TYPE_CHECKING:
    from sourcing.people import Sheet
    from storage.model import Evidence, Score

_LISTS = ("why", "level_why", "flags", "misses", "would_change")
_FACTORS = ("factor", "points", "rising", "value", "unit", "feature")


def rows(at: Session, sheet: "Sheet", specialism: str | None) -> list[dict[str, Any]]:
    """Return what explains each score of a person, best first. specialism: only this one."""
    from sourcing import people

    evidence = {item.signal: item for item in sheet.evidence}
    chosen = [score for score in sheet.scores if specialism in (None, score.specialism)]
    if sheet.asked:
        at.say(f"{sheet.person.key} {sheet.asked[0].sentence}: nothing is scored")
    elif not chosen:
        wanted = f" for {specialism!r}" if specialism else ""
        at.say(
            f"{sheet.person.key} has no score{wanted}: no work on topic was seen, or `sourcer rank run` did not run yet"
        )
        flags = [flag for slug, each in sheet.flags.items() if specialism in (None, slug) for flag in each]
        for text in dict.fromkeys(people.warnings_for(flags, evidence)):
            at.say(text)
    return [_row(at, sheet, score, evidence) for score in chosen]


def show(at: Session, found: Sequence[Mapping[str, Any]]) -> None:
    """Write explanations for reading: figures, factors with their sum, then each list of sentences."""
    for row in found:
        at.record({name: value for name, value in row.items() if name not in ("factors", *_LISTS)})
        parts = [{name: getattr(part, name) for name in _FACTORS} for part in row["factors"]]
        total = {"factor": "sum", "points": row["score"], "rising": row["rising"]}
        at.rows([*parts, total], *_FACTORS)
        for name in _LISTS:
            if row[name]:
                at.rows([{name: text} for text in row[name]], name)


def _row(at: Session, sheet: "Sheet", score: "Score", evidence: Mapping[str, "Evidence"]) -> dict[str, Any]:
    from sourcing import people
    from sourcing.ranking import certainty, level, why
    from sourcing.ranking import specialism as packs

    told = certainty.is_told(score.lower, score.upper)
    needs = level.missing(level.Level(band=level.Band(score.level), grounds=score.grounds))
    return {
        "specialism": score.specialism,
        "version": score.version,
        "score": score.value,
        "lower": score.lower,
        "upper": score.upper,
        "read as": certainty.shown(score.value, score.lower, score.upper)
        if told
        else "cannot tell: too little seen",
        "rising": score.rising,
        "confidence": score.confidence,
        "level": score.level,
        "as_of": score.as_of,
        "factors": score.points,
        "why": [
            f"{reason.text} {' '.join(reason.links)}".strip()
            for reason in people.reasons_for(score.points, dict(evidence), at.clock(), len(score.points))
        ],
        "level_why": [
            *(_linked(ground.kind, ground.text, ground.evidence, evidence) for ground in score.grounds),
            *([needs] if needs is not None else []),
        ],
        "flags": people.warnings_for(sheet.flags.get(score.specialism, ()), dict(evidence)),
        "misses": why.misses(score.points),
        "would_change": why.changes(packs.load(score.specialism, at.settings.roots), score.points),
    }


def _linked(kind: str, text: str, signals: Sequence[str], evidence: Mapping[str, "Evidence"]) -> str:
    links = [evidence[signal].url for signal in signals if signal in evidence and evidence[signal].url]
    return f"{kind}: {text} {' '.join(dict.fromkeys(links))}".strip()
