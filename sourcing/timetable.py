"""When nights are, and who is told how they went: the settings, and the moments that follow from them."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, field_validator

WARNINGS = (5, 75)
"""Exit codes of a night that are no failure: partly done; a budget or a limit, asked again later (PRODUCT §7)."""


class Day(StrEnum):
    """The days of a week, in order."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


class Schedule(BaseModel):
    """When a night begins. at: by the clock of `zone`. days: none = every day."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    at: str = Field(default="02:17", pattern=r"^([01]\d|2[0-3]):[0-5]\d$")
    days: tuple[Day, ...] = ()
    zone: str = "UTC"

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (OSError, LookupError, ValueError) as error:
            raise ValueError(
                f"unknown time zone {value!r}; expected a name as Europe/Berlin or UTC"
            ) from error
        return value

    @property
    def clock(self) -> time:
        """Return the time of day of a night, without a zone."""
        return time.fromisoformat(self.at)


class Pings(BaseModel):
    """Addresses that are told of a night's beginning, success and failure; empty = nobody is told."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    start: str = Field(default="", pattern=r"^(https?://[^\s]+)?$")
    success: str = Field(default="", pattern=r"^(https?://[^\s]+)?$")
    fail: str = Field(default="", pattern=r"^(https?://[^\s]+)?$")


def previous(schedule: Schedule, now: datetime) -> datetime:
    """Return the moment of the newest night that should have begun by `now`, UTC."""
    return max(moment for moment in _around(schedule, now) if moment <= now)


def following(schedule: Schedule, now: datetime) -> datetime:
    """Return the moment of the first night after `now`, UTC."""
    return min(moment for moment in _around(schedule, now) if moment > now)


def left_out(schedule: Schedule, now: datetime) -> tuple[datetime, ...]:
    """Return the nights of the next ten years, UTC, whose hour their day leaves out: other timers skip such days."""
    zone = ZoneInfo(schedule.zone)
    return tuple(
        moment
        for moment in _between(schedule, now, 0, 3652)
        if moment > now and moment.astimezone(zone).time() != schedule.clock
    )


def _around(schedule: Schedule, now: datetime) -> Iterator[datetime]:
    """Yield the nights of eight days before and after: one is among them on each side, whatever days are chosen."""
    return _between(schedule, now, -8, 8)


def _between(schedule: Schedule, now: datetime, first: int, last: int) -> Iterator[datetime]:
    """Yield the nights from so many days after today to so many. Each day has one, whatever its clocks do (TRUST F41).

    An hour that a day leaves out is read by the clock before the change, so its night begins as much later; of an hour
    that comes twice the first counts.
    """
    zone = ZoneInfo(schedule.zone)
    today = now.astimezone(zone).date()
    for offset in range(first, last + 1):
        day = today + timedelta(days=offset)
        if not schedule.days or _day(day) in schedule.days:
            yield datetime.combine(day, schedule.clock, tzinfo=zone).astimezone(UTC)


def _day(day: date) -> Day:
    return list(Day)[day.weekday()]
