"""The only module that asks the time."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def now() -> datetime:
    """Return the present moment, timezone-aware UTC."""
    return datetime.now(UTC)


def fixed(moment: datetime) -> Clock:
    """Return a clock that always says `moment`; a moment without a zone is read as UTC."""
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return lambda: aware.astimezone(UTC)
