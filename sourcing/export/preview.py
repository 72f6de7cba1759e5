"""A plan as a file to look at: what would happen to each person; it is no hand-over, and imports nowhere."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from sourcing.export.connectors.files import guard
from sourcing.export.plan import Action, Plan, Planned
from storage.views import Viewed

COLUMNS: Final = ("row", "action", "person", "name", "reason", "changes", "withheld", "warnings", "why")
WHY_MAX = 2
"""Reasons a row gives, strongest first; all are on the person's page."""


def rows(prepared: Plan, *, blind: bool = False) -> Iterator[Mapping[str, str | int | None]]:
    """Yield what would happen to each person, by `COLUMNS`, best first.

    blind: without names, and without what may name somebody: why they are blocked and what other systems say of them.
    """
    for at, one in enumerate(prepared.rows, 1):
        yield {
            "row": at,
            "action": one.action.value,
            "person": one.person,
            "name": None if blind else one.name,
            "reason": "blocked" if blind and one.action is Action.BLOCKED else one.reason,
            "changes": ", ".join(one.changes),
            "withheld": ", ".join(f"{held.field}: {held.rule}" for held in one.withheld),
            "warnings": _warnings(one, blind=blind),
            "why": "; ".join(why(one, blind=blind)),
        }


def why(one: Planned, *, blind: bool = False) -> tuple[str, ...]:
    """Return what speaks for somebody, strongest first; empty for who would not leave or has no score.

    blind: the factors that earned most, without the titles of works, which may name who made them.
    """
    if one.lead is None:
        return ()
    if not blind:
        return one.lead.why[:WHY_MAX]
    earned = sorted(one.lead.factors, key=lambda part: (-part[1], part[0]))
    return tuple(f"{name} {points:g}" for name, points, _ in earned[:WHY_MAX] if points > 0)


def explained(rows: Iterable[Planned]) -> dict[str, Viewed]:
    """Return of whom rows say what speaks for them, and of which score it is: what somebody who saw them was shown."""
    leads = [one.lead for one in rows if one.lead is not None]
    return {
        lead.lead_key: Viewed(
            specialism=lead.specialism if lead.specialism_version else None, version=lead.specialism_version
        )
        for lead in leads
    }


def as_csv(prepared: Plan, *, blind: bool = False) -> bytes:
    """Return the rows as CSV with a header: UTF-8, CRLF, no cell a formula."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in rows(prepared, blind=blind):
        writer.writerow([guard(value) if isinstance(value, str) else value for value in row.values()])
    return text.getvalue().encode()


def _warnings(one: Planned, *, blind: bool) -> str:
    return str(len(one.warnings)) if blind and one.warnings else "; ".join(one.warnings)
