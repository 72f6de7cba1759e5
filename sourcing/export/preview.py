"""A plan as a file to look at: what would happen to each person; it is no hand-over, and imports nowhere."""

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Final

from sourcing.export.connectors.files import guard
from sourcing.export.plan import Action, Plan, Planned

COLUMNS: Final = ("row", "action", "person", "name", "reason", "changes", "withheld", "warnings")


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
