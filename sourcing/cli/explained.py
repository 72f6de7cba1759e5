"""One person's scores explained, for `rank explain` and `person show --why`."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sourcing.cli.session import Session

if TYPE_CHECKING:
    from sourcing.explained import Explained
    from sourcing.people import Sheet
    from storage.engine import Store

_LISTS = ("why", "level_why", "flags", "misses", "would_change")
_FACTORS = ("factor", "points", "rising", "value", "unit", "feature")


def rows(at: Session, sheet: "Sheet", specialism: str | None) -> list[dict[str, Any]]:
    """Return what explains each score of a person, best first. specialism: only this one."""
    from sourcing import explained, people

    found = explained.explain(sheet, roots=at.settings.roots, now=at.clock(), specialism=specialism)
    if sheet.asked:
        at.say(f"{sheet.person.key} {sheet.asked[0].sentence}: nothing is scored")
    elif not found:
        wanted = f" for {specialism!r}" if specialism else ""
        at.say(
            f"{sheet.person.key} has no score{wanted}: no work on topic was seen, or `sourcer rank run` did not run yet"
        )
        evidence = {item.signal: item for item in sheet.evidence}
        flags = [flag for slug, each in sheet.flags.items() if specialism in (None, slug) for flag in each]
        for text in dict.fromkeys(people.warnings_for(flags, evidence)):
            at.say(text)
    return [_row(one) for one in found]


def looked(at: Session, store: "Store", sheet: "Sheet", specialism: str | None = None) -> None:
    """Remember that whoever works here is shown why somebody has their scores: decisions ask for it."""
    from sourcing import oversight

    held = [one for one in sheet.scores if specialism in (None, one.specialism)]
    if held or not sheet.scores:
        oversight.looked(store, sheet.person.key, held, actor=at.actor, now=at.clock())


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


def _row(one: "Explained") -> dict[str, Any]:
    names = ("specialism", "version", "score", "lower", "upper")
    more = ("rising", "confidence", "level", "as_of", "factors")
    return {
        **{name: getattr(one, name) for name in names},
        "read as": one.read_as,
        **{name: getattr(one, name) for name in more},
        "why": [f"{reason.text} {' '.join(reason.links)}".strip() for reason in one.why],
        "level_why": [
            f"{said.kind}: {said.text} {' '.join(said.links)}".strip() if said.kind is not None else said.text
            for said in one.level_why
        ],
        "flags": list(one.flags),
        "misses": list(one.misses),
        "would_change": list(one.would_change),
    }
