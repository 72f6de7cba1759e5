"""Fields of a JSON answer, read strictly: a missing one is unknown, one of another type ends its record.

Mandatory fields that are missing raise SkipRecord, so that the page goes on without the record.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any

from spiders.errors import SkipRecord, SourceChanged
from spiders.records import Page

Table = Mapping[str, Any]


def table_of(page: Page) -> Table:
    """Return an answer that is one JSON object. Raises SourceChanged if it is anything else."""
    found = _load(page)
    if not isinstance(found, dict):
        raise SourceChanged(f"the answer is a {type(found).__name__}; expected an object")
    return found


def list_of(page: Page) -> list[Any]:
    """Return an answer that is one JSON array. Raises SourceChanged if it is anything else."""
    found = _load(page)
    if not isinstance(found, list):
        raise SourceChanged(f"the answer is a {type(found).__name__}; expected a list")
    return found


def listed(table: Table, name: str) -> list[Any]:
    """Return the array that an answer stands on. Raises SourceChanged if it is missing or no array."""
    found = table.get(name)
    if not isinstance(found, list):
        raise SourceChanged(f"{name!r} is missing or no list")
    return found


def text(table: Table, name: str) -> str | None:
    """Return an optional text without blanks around it, None for nothing. Raises SkipRecord for another type."""
    found = table.get(name)
    if found is not None and not isinstance(found, str):
        raise SkipRecord(f"{name} is of another type: {type(found).__name__}")
    return (found or "").strip() or None


def needed(table: Table, name: str) -> str:
    """Return a mandatory text. Raises SkipRecord if it is missing, empty or of another type."""
    found = text(table, name)
    if found is None:
        raise SkipRecord(f"{name} is missing")
    return found


def within(table: Table, name: str) -> Table | None:
    """Return an optional object. Raises SkipRecord for another type."""
    found = table.get(name)
    if found is not None and not isinstance(found, dict):
        raise SkipRecord(f"{name} is of another type: {type(found).__name__}")
    return found


def each(table: Table, name: str) -> Iterator[Table]:
    """Yield the objects of an optional array. Raises SkipRecord for another type, outside or inside."""
    found = table.get(name)
    if found is not None and not isinstance(found, list):
        raise SkipRecord(f"{name} is of another type: {type(found).__name__}")
    for row in found or ():
        yield as_table(row, name)


def as_table(row: Any, name: str) -> Table:
    """Return a row that is an object. Raises SkipRecord if it is anything else."""
    if not isinstance(row, dict):
        raise SkipRecord(f"{name} holds a {type(row).__name__}; expected an object")
    return row


def moment(said: str | None) -> datetime | None:
    """Return an ISO moment in UTC; None if there is none, it cannot be read or it names no zone."""
    try:
        found = datetime.fromisoformat(said or "")
        return found.astimezone(UTC) if found.tzinfo is not None else None
    except (ValueError, OverflowError):  # the first and the last day there are have no neighbours
        return None


def day(said: str | None) -> date | None:
    """Return the day an ISO date or moment begins with; None if it cannot be read."""
    try:
        return date.fromisoformat((said or "")[:10])
    except ValueError:
        return None


def _load(page: Page) -> Any:
    try:
        return json.loads(page.body)
    except (ValueError, RecursionError) as error:
        raise SourceChanged(f"the answer is not whole JSON: {type(error).__name__}") from error
