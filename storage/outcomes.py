"""What becomes of a task after a visit: done, asked again later, or gone."""

from datetime import datetime, timedelta
from typing import Any, assert_never

from sqlalchemy import Row

from spiders.records import Outcome, Visit
from storage.model import TaskState

# Patience per outcome when the source named no time of its own.
_LIMITED = timedelta(minutes=15)
_NONE_YET = timedelta(hours=1)
_TOMORROW = timedelta(hours=20)
_REFUSED_ADDRESS = timedelta(days=30)
# A source must say "gone" twice, a day apart, before it is believed.
_GONE_AGAIN = timedelta(hours=24)
_ATTEMPTS_MAX = 5
_BACKOFF_FIRST_S = 60
_UNAVAILABLE_FOR_LEGAL_REASONS = 451


def is_confirmed_gone(row: Row[Any], visit: Visit) -> bool:
    """Return whether a source has said for the second time, at least a day later, that an address is gone."""
    if visit.outcome is not Outcome.GONE:
        return False
    if visit.page is not None and visit.page.status == _UNAVAILABLE_FOR_LEGAL_REASONS:
        return True
    return row.gone_at is not None and visit.at - row.gone_at >= _GONE_AGAIN


def finished(row: Row[Any], visit: Visit, now: datetime) -> dict[str, Any]:
    """Return the new values of a task's row after a visit. row: the task as it was leased."""
    values: dict[str, Any] = {
        "outcome": str(visit.outcome),
        "detail": visit.detail,
        "visited_at": visit.at,
        "owner": None,
        "leased_until": None,
    }
    patience = timedelta(seconds=visit.retry_after_s) if visit.retry_after_s is not None else None
    match visit.outcome:
        case Outcome.OK | Outcome.UNCHANGED:
            values |= {"state": TaskState.DONE, "succeeded_at": visit.at, "attempts": 0, "gone_at": None}
            values |= _validators(visit)
        case Outcome.NONE_YET:
            values |= _parked(now + (patience or _NONE_YET)) | {"attempts": 0, "gone_at": None}
        case Outcome.LIMITED:
            values |= _parked(now + (patience or _LIMITED))
        case Outcome.TIMEOUT | Outcome.BROKEN | Outcome.WRONG_TYPE:
            values |= _again(row, now, patience)
        case Outcome.GONE:
            values |= _gone(row, visit, now)
        case Outcome.REFUSED | Outcome.ROBOTS | Outcome.UNREADABLE:
            values |= _parked(now + (patience or _TOMORROW))
        case Outcome.BLOCKED_ADDRESS | Outcome.TOO_LARGE:
            values |= _parked(now + _REFUSED_ADDRESS)
        case _:
            assert_never(visit.outcome)
    return values


def _parked(until: datetime) -> dict[str, Any]:
    return {"state": TaskState.PARKED, "due_at": until}


def _again(row: Row[Any], now: datetime, patience: timedelta | None) -> dict[str, Any]:
    attempts = row.attempts + 1
    backoff = timedelta(seconds=_BACKOFF_FIRST_S * 2 ** (attempts - 1))
    wait = _TOMORROW if attempts >= _ATTEMPTS_MAX else max(backoff, patience or backoff)
    return {**_parked(now + wait), "attempts": attempts}


def _gone(row: Row[Any], visit: Visit, now: datetime) -> dict[str, Any]:
    if is_confirmed_gone(row, visit):
        return {"state": TaskState.GONE}
    first = row.gone_at if row.gone_at is not None else visit.at
    return {**_parked(max(now, first + _GONE_AGAIN)), "gone_at": first}


def _validators(visit: Visit) -> dict[str, Any]:
    """Return what makes the next request conditional; an unchanged answer keeps what it was compared with."""
    page = visit.page
    if page is None:
        return {}
    found = {"etag": page.etag, "last_modified": page.last_modified}
    if visit.outcome is Outcome.UNCHANGED:
        return {name: value for name, value in found.items() if value is not None}
    return found
