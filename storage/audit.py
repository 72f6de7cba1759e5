"""The hash-chained log: append first, act second. Entries hold opaque ids, counts and digests, no personal data."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from json.encoder import encode_basestring as _said
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Text, cast, func, select, text, type_coerce

from storage import bulk
from storage.errors import StoreError
from storage.tables import audit

_FIRST = "0" * 64
_ROWS = 20_000  # read at once
_ADDRESS = re.compile(r"[^\s@]@[^\s@]")
_CANONICAL = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"))
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
    alone(tx)
    last = tx.execute(select(audit.c.seq, audit.c.digest).order_by(audit.c.seq.desc()).limit(1)).first()
    seq, previous = (last.seq + 1, last.digest) if last is not None else (1, _FIRST)
    digest = digest_of(seq, at, actor, action, subject, content, previous)
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


def alone(tx: Connection) -> None:
    """Let nobody else act until the transaction ends: what is read from here on is what an act finds."""
    if tx.dialect.name == "postgresql":  # on SQLite there is one writer as it is
        tx.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK})


def verify(tx: Connection, *, checkpoint: tuple[int, str] | None = None) -> Verdict:
    """Return whether every entry follows from the one before it. Reads the whole log.

    checkpoint: number and digest of an entry seen earlier; a log that no longer holds it was cut or rewritten.
    """
    previous, count = _FIRST, 0
    for seq, moment, actor, action, subject, detail, before, digest in _rows(tx):
        if seq != count + 1:
            return Verdict(ok=False, entries=count, bad=count + 1, head=previous, reason="entry is missing")
        # spelt out, as `_canonical` would: a million entries are read in seconds
        said = f"{_said(moment)},{_again(actor)},{_again(action)},{_again(subject)}"
        told = f"[{seq},{said},{_same(detail)}]{previous}"
        if before != previous or digest != sha256(told.encode()).hexdigest():
            return Verdict(ok=False, entries=count, bad=seq, head=previous, reason="entry was changed")
        if checkpoint is not None and checkpoint[0] == seq and checkpoint[1] != digest:
            return Verdict(ok=False, entries=count, bad=seq, head=previous, reason="log was rewritten")
        previous, count = digest, seq
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


def _as_text(tx: Connection) -> Select[Any]:
    """Return the query for the whole log in order, moments and details as the text they were digested from."""
    if tx.dialect.name == "postgresql":
        utc = func.timezone("UTC", audit.c.at)
        moment: ColumnElement[str] = func.to_char(utc, 'YYYY-MM-DD"T"HH24:MI:SS.US').concat("+00:00")
        detail: ColumnElement[str] = cast(audit.c.detail, Text)
    else:
        moment = func.replace(type_coerce(audit.c.at, Text), " ", "T").concat("+00:00")
        detail = type_coerce(audit.c.detail, Text)
    columns = (audit.c.actor, audit.c.action, audit.c.subject)
    return select(audit.c.seq, moment, *columns, detail, audit.c.previous, audit.c.digest).order_by(
        audit.c.seq
    )


def _rows(tx: Connection) -> Iterator[Sequence[Any]]:
    """Yield the whole log in order as the driver gives it: SQLAlchemy's own rows would cost a third of the check."""
    query = _as_text(tx).limit(_ROWS)
    batch = bulk.rows(tx, query)  # from the first there is, whatever number somebody gave it
    while batch:
        yield from batch
        batch = bulk.rows(tx, query.where(audit.c.seq > batch[-1][0]))


_again = lru_cache(maxsize=4096)(_said)
"""The JSON of a text that comes again and again: who acts and how are few."""


@lru_cache(maxsize=4096)
def _same(detail: str) -> str:
    """Return the canonical text of a stored detail; most entries of an action have the same."""
    return _canonical(json.loads(detail))


def digest_of(
    seq: int,
    at: datetime,
    actor: str,
    action: str,
    subject: str,
    detail: Mapping[str, Any],
    previous: str,
) -> str:
    """Return the digest of an entry: of what it says and of the digest before it, 64 hex digits."""
    moment = at.astimezone(UTC).isoformat(timespec="microseconds")
    entry = [seq, moment, actor, action, subject, detail]
    return sha256((_canonical(entry) + previous).encode()).hexdigest()


def _canonical(value: Any) -> str:
    return _CANONICAL.encode(value)
