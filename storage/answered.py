"""Requests that bear a key, and what was answered: the same request sent again gets the same answer for a day."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select, text, update

from storage.errors import Conflict
from storage.tables import answered

KEPT = timedelta(hours=24)
_LOCK = 7_203_452  # any number of our own: one request at a time takes a key on PostgreSQL
CUT_OFF = timedelta(minutes=10)
"""After so long without an answer the work was cut off: the request may be taken again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What was answered to a request. request: digest of what was asked."""

    request: str
    status: int
    body: str


def begin(tx: Connection, key: str, request: str, *, now: datetime) -> Answer | None:
    """Return what was answered under a key in the last day; None if nobody asked: then the key is taken.

    key, request: digests. Answers of earlier days are removed. Changes answered.
    Raises Conflict while the first request under the key is still under way.
    """
    if tx.dialect.name == "postgresql":
        tx.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK})
    tx.execute(delete(answered).where(answered.c.at < now - KEPT))
    cut_off = answered.c.status.is_(None) & (answered.c.at < now - CUT_OFF)
    tx.execute(delete(answered).where(answered.c.key == key, cut_off))
    row = tx.execute(select(answered).where(answered.c.key == key)).first()
    if row is None:
        tx.execute(insert(answered).values(key=key, request=request, at=now))
        return None
    if row.status is None:
        raise Conflict("the first request of this key is still under way; ask again in a moment")
    return Answer(request=row.request, status=row.status, body=row.body)


def finish(tx: Connection, key: str, *, status: int, body: str, erases: bool = False) -> None:
    """Keep what was answered under a key; give the key free if somebody was erased while the answer was made.

    erases: the request itself erased somebody, so its answer holds no more than counts and may be kept.
    """
    whole = True if erases else answered.c.body.is_(None)
    which = (answered.c.key == key) & whole
    if not tx.execute(update(answered).where(which).values(status=status, body=body)).rowcount:
        forget(tx, key)


def forget(tx: Connection, key: str) -> None:
    """Give a key free: nothing was done under it."""
    tx.execute(delete(answered).where(answered.c.key == key, answered.c.status.is_(None)))
