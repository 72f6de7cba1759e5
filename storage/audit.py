"""The hash-chained log: append first, act second. Entries hold opaque ids, counts and digests, no personal data."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, select, text

from storage.engine import stream
from storage.errors import StoreError
from storage.tables import audit

_FIRST = "0" * 64
_ADDRESS = re.compile(r"[^\s@]@[^\s@]")
_LOCK = 7_203_451  # any number of our own: one writer at a time appends on PostgreSQL


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of the log. seq: from 1, without gaps. previous, digest: 64 hex digits."""

    seq: int
    at: datetime
    actor: str
    action: str
    subject: str
    detail: Mapping[str, Any]
    previous: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether the chain is whole. bad: number of the first entry that does not fit, None if all do.

    head: digest of the last good entry; keep it elsewhere as a checkpoint to notice a log cut short.
    """

    ok: bool
    entries: int
    bad: int | None
    head: str
    reason: str | None = None


def append(
    tx: Connection,
    *,
    at: datetime,
    actor: str,
    action: str,
    subject: str,
    detail: Mapping[str, Any] | None = None,
) -> Entry:
    """Append an entry and return it. Raises StoreError if it holds an e-mail address."""
    content = dict(detail or {})
    if _ADDRESS.search(f"{subject} {_canonical(content)}"):
        raise StoreError("an audit entry holds no personal data: pass opaque ids and digests")
    if tx.dialect.name == "postgresql":
        tx.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK})
    last = tx.execute(select(audit.c.seq, audit.c.digest).order_by(audit.c.seq.desc()).limit(1)).first()
    seq, previous = (last.seq + 1, last.digest) if last is not None else (1, _FIRST)
    digest = _digest(seq, at, actor, action, subject, content, previous)
    entry = Entry(
        seq=seq,
        at=at,
        actor=actor,
        action=action,
        subject=subject,
        detail=content,
        previous=previous,
        digest=digest,
    )
    tx.execute(
        audit.insert().values(
            seq=seq,
            at=at,
            actor=actor,
            action=action,
            subject=subject,
            detail=content,
            previous=previous,
            digest=digest,
        )
    )
    return entry


def verify(tx: Connection, *, checkpoint: tuple[int, str] | None = None) -> Verdict:
    """Return whether every entry follows from the one before it. Reads the whole log.

    checkpoint: number and digest of an entry seen earlier; a log that no longer holds it was cut or rewritten.
    """
    previous, count = _FIRST, 0
    for row in _rows(tx, 0):
        expected = _digest(row.seq, row.at, row.actor, row.action, row.subject, row.detail, previous)
        if row.seq != count + 1:
            return Verdict(ok=False, entries=count, bad=count + 1, head=previous, reason="entry is missing")
        if row.previous != previous or row.digest != expected:
            return Verdict(ok=False, entries=count, bad=row.seq, head=previous, reason="entry was changed")
        if checkpoint is not None and checkpoint[0] == row.seq and checkpoint[1] != row.digest:
            return Verdict(ok=False, entries=count, bad=row.seq, head=previous, reason="log was rewritten")
        previous, count = row.digest, row.seq
    if checkpoint is not None and checkpoint[0] > count:
        return Verdict(ok=False, entries=count, bad=count + 1, head=previous, reason="log was cut short")
    return Verdict(ok=True, entries=count, bad=None, head=previous)


def entries(tx: Connection, *, limit: int, after: int = 0, since: datetime | None = None) -> list[Entry]:
    """Return entries in order, at most `limit`, behind number `after`. since: not older ones."""
    query = select(audit).where(audit.c.seq > after).order_by(audit.c.seq).limit(limit)
    if since is not None:
        query = query.where(audit.c.at >= since)
    return [Entry(**row._mapping) for row in tx.execute(query)]


def of_action(tx: Connection, action: str) -> list[Entry]:
    """Return every entry of one action, in order."""
    rows = tx.execute(select(audit).where(audit.c.action == action).order_by(audit.c.seq))
    return [Entry(**row._mapping) for row in rows]


def _rows(tx: Connection, after: int) -> Iterator[Row[Any]]:
    query = select(audit).where(audit.c.seq > after).order_by(audit.c.seq)
    yield from stream(tx, query)


def _digest(
    seq: int,
    at: datetime,
    actor: str,
    action: str,
    subject: str,
    detail: Mapping[str, Any],
    previous: str,
) -> str:
    moment = at.astimezone(UTC).isoformat(timespec="microseconds")
    entry = [seq, moment, actor, action, subject, detail]
    return hashlib.sha256((_canonical(entry) + previous).encode()).hexdigest()


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
