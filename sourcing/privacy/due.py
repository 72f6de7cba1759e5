"""What people are owed soon: to be told, to hear that a request came in, to get its answer; told before it is late."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sourcing.privacy import notices
from sourcing.settings import Settings
from storage import cases
from storage.cases import PROVE_DAYS, State
from storage.notices import business_days_after

SOON_BUSINESS_DAYS = 10
_MOST = 10_000


class What(StrEnum):
    """What is owed."""

    NOTICE = "notice"
    CONFIRMATION = "confirmation"
    ANSWER = "answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """One thing that is due. subject: a person's key, or the number of a request."""

    what: What
    subject: str
    due_at: datetime
    is_overdue: bool


def soon(
    tx: Any, settings: Settings, *, now: datetime, business_days: int = SOON_BUSINESS_DAYS
) -> list[Owed]:
    """Return what is overdue or due within so many business days, that due first.

    Requests nobody proved in time are left out: their askers are unknown. Reads the clocks of whoever was listed,
    handed over or contacted; in a strict profile, of everybody.
    """
    until = business_days_after(now, business_days)
    found = [
        Owed(what=what, subject=subject, due_at=due_at, is_overdue=due_at < now)
        for what, subject, due_at in (*_requests(tx, now), *_notices(tx, settings))
        if due_at < until
    ]
    return sorted(found, key=lambda one: (one.due_at, one.what, one.subject))


def _requests(tx: Any, now: datetime) -> Iterator[tuple[What, str, datetime]]:
    since = now - timedelta(days=PROVE_DAYS)
    for one in cases.ls(tx, only_open=True, limit=_MOST, since=since):
        if one.confirm_by is not None and one.state is State.ASKED:
            yield What.CONFIRMATION, one.id, one.confirm_by
        yield What.ANSWER, one.id, one.due_at


def _notices(tx: Any, settings: Settings) -> Iterator[tuple[What, str, datetime]]:
    for key, (_, due_at) in notices.waiting(tx, settings).items():
        yield What.NOTICE, key, due_at
