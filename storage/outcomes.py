"""What becomes of a task after a visit: done, asked again later, or gone."""

from datetime import datetime, timedelta
from typing import Any, assert_never

from sqlalchemy import Row

from spiders.records import Cost, Outcome, Visit
from storage.model import TaskState

# Patience per outcome when the source named no time of its own.
_LIMITED = timedelta(minutes=15)
_NONE_YET = timedelta(hours=1)
_TOMORROW = timedelta(hours=20)
_REFUSED_ADDRESS = timedelta(days=30)
# A source must say "gone" twice, a day apart, before it is believed.
_GONE_AGAIN = timedelta(hours=24)
_ATTEMPTS_MAX = 5
# A question that fails every night is asked weekly after three weeks; one refused as such is given up after one.
_NIGHTLY_MAX = _ATTEMPTS_MAX + 21
_NO_MAX = _ATTEMPTS_MAX + 7
_WEEK = timedelta(days=7)
_NOES = range(400, 500)
_BACKOFF_FIRST_S = 60
_UNAVAILABLE_FOR_LEGAL_REASONS = 451


def is_barred(visit: Visit) -> bool:
    """Return whether the law took the page away (451): its content goes at once, and it is not asked again."""
    page = visit.page
    return (
        visit.outcome is Outcome.GONE and page is not None and page.status == _UNAVAILABLE_FOR_LEGAL_REASONS
    )


def is_confirmed_gone(row: Row[Any], visit: Visit) -> bool:
    """Return whether a source has said for the second time, at least a day later, that an address is gone."""
    if visit.outcome is not Outcome.GONE:
        return False
    return is_barred(visit) or (row.gone_at is not None and visit.at - row.gone_at >= _GONE_AGAIN)


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
            values |= _given_up(row) if _is_given_up(row, visit) else _again(row, now, patience)
        case Outcome.GONE:
            values |= _gone(row, visit, now)
        case Outcome.REFUSED if visit.cost == Cost():  # this one was not asked: another was refused
            values |= _parked(now + (patience or _TOMORROW))
        case Outcome.REFUSED | Outcome.ROBOTS | Outcome.UNREADABLE:
            attempts = row.attempts + 1
            values |= _parked(now + (patience or rest(attempts))) | {"attempts": attempts}
        case Outcome.BLOCKED_ADDRESS | Outcome.TOO_LARGE:
            values |= _parked(now + _REFUSED_ADDRESS)
        case _:
            assert_never(visit.outcome)
    return values


def rest(attempts: int) -> timedelta:
    """Return how long a question is left alone that has failed so often in a row: until tomorrow, later a week."""
    return _TOMORROW if attempts < _NIGHTLY_MAX else _WEEK


def is_worth_another(row: Row[Any], now: datetime) -> bool:
    """Return whether a question that was given up, and is raised anew, may be asked once more: once a week."""
    is_given_up = row.state == TaskState.GONE and row.outcome == Outcome.BROKEN
    return is_given_up and bool(now - row.visited_at >= _WEEK)


def _is_given_up(row: Row[Any], visit: Visit) -> bool:
    """Return whether a source has said no (4xx) to this very question for a week, as to an expired paging token.

    Its walk begins again without it: no cursor moves before a walk has ended.
    """
    no = visit.page is not None and visit.page.status in _NOES
    return no and visit.outcome is Outcome.BROKEN and bool(row.attempts + 1 >= _NO_MAX)


def _given_up(row: Row[Any]) -> dict[str, Any]:
    return {"state": TaskState.GONE, "attempts": row.attempts + 1}


def _parked(until: datetime) -> dict[str, Any]:
    return {"state": TaskState.PARKED, "due_at": until}


def _again(row: Row[Any], now: datetime, patience: timedelta | None) -> dict[str, Any]:
    attempts = row.attempts + 1
    if attempts >= _ATTEMPTS_MAX:
        return {**_parked(now + rest(attempts)), "attempts": attempts}
    backoff = timedelta(seconds=_BACKOFF_FIRST_S * 2 ** (attempts - 1))
    return {**_parked(now + max(backoff, patience or backoff)), "attempts": attempts}


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
