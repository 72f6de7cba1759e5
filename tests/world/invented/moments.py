"""Time and chance of the invented world: seconds since 1970 (UTC) and named random streams."""

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime

BEGIN = date(2024, 1, 1)
"""First day on which anything is merged, written or posted."""

DAY_S = 86_400


def stream(*names: object) -> random.Random:
    """Return the random stream with this name; equal names give equal streams on every machine."""
    return random.Random("/".join(str(name) for name in names))  # str seeds are hashed with SHA-512


def at(day: date, second: int = 0) -> int:
    """Return the moment `second` seconds into a day."""
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) + second


def day_of(moment: int) -> date:
    """Return the day a moment falls on."""
    return datetime.fromtimestamp(moment, UTC).date()


def iso(moment: int) -> str:
    """Return a moment as GitHub and OAI write it: 2026-11-22T04:05:06Z."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def http_date(moment: float) -> str:
    """Return a moment as HTTP headers and RSS write it."""
    return format_datetime(datetime.fromtimestamp(int(moment), UTC), usegmt=True)


def end_of(day: date) -> int:
    """Return the last second of a day."""
    return at(day, DAY_S - 1)


def days(until: date) -> Iterator[date]:
    """Yield each day of the world, oldest first, `until` included."""
    day = BEGIN
    while day <= until:
        yield day
        day += timedelta(days=1)
