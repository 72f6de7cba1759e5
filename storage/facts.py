"""Records as rows: identities and their statements, claims, works, signals. The newest fetch of a fact wins."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, and_, case, false, or_, select

from spiders.records import Claim, Gone, Identity, Provenance, Record, Signal, Work
from storage import among, mailboxes
from storage.engine import upsert
from storage.statements import taken_by
from storage.tables import claim, identity, signal, statement, withdrawal, work

# Without names of works: which of two equally old facts stays must not depend on whether a move is known yet.
_CONTENT = {
    "work": ("kind", "title", "text", "tags", "paths", "venue", "published_on"),
    "signal": (
        "identity", "kind", "value", "unit", "occurred_at", "confidence", "position", "of", "note", "source",
    ),
}  # fmt: skip
_JSON = json.JSONEncoder(
    ensure_ascii=False, default=str, separators=(",", ":")
)  # made once: `dumps` makes one a call
_Key = tuple[str, ...]
_Rows = dict[_Key, dict[str, Any]]
_Content = tuple[Any, ...]


def put(tx: Connection, records: Iterable[Record], visit: str) -> dict[str, int]:
    """Store records and return how many were new, changed and unchanged.

    A fact fetched earlier than the one at hand changes nothing; equally old ones settle on the greater content, so
    that the order of visits does not matter.
    """
    rows = _Collected(visit)
    for record in records:
        rows.take(record)
    known = _known(tx, identity, rows.identities)
    said = _known(tx, statement, rows.statements)
    tally = {"new": 0, "changed": 0, "unchanged": 0}
    altered = {key[0] for key in rows.statements if key not in said}
    for key in rows.identities:
        tally["new" if key not in known else "changed" if key[0] in altered else "unchanged"] += 1
    stored: dict[str, dict[_Key, _Content]] = {}
    for table, facts in ((claim, rows.claims), (work, rows.works), (signal, rows.signals)):
        before = stored[table.name] = _known(tx, table, facts)
        for key, row in facts.items():
            same = key in before and before[key][:1] == ((row["hash"],) if "hash" in row else ())
            tally["unchanged" if same else "changed" if key in before else "new"] += 1
    upsert(tx, identity, rows.identities.values(), change=_seen)
    for table, facts in (
        (statement, rows.statements),
        (claim, rows.claims),
        (work, rows.works),
        (signal, rows.signals),
        (withdrawal, rows.withdrawals),
    ):
        _write(tx, table, facts, stored.get(table.name, {}))
    return tally


def _write(tx: Connection, table: Table, rows: _Rows, stored: Mapping[_Key, "_Content"]) -> None:
    """Upsert rows. stored: what those that are there hold now.

    Of what is there word for word only its origin is written, which leaves its place in most indexes alone. Not on
    PostgreSQL: another writer may have changed it since it was looked at.
    """
    same: list[dict[str, Any]] = []
    if table.name in _CONTENT and tx.dialect.name == "sqlite":
        told = _compared(table)
        same = [row for key, row in rows.items() if stored.get(key) == tuple(row[name] for name in told)]
    if same:
        upsert(tx, table, same, change=_origin_of, where=newer(table))
    there = {id(row) for row in same}
    upsert(tx, table, (row for row in rows.values() if id(row) not in there), where=newer(table))


def _origin_of(new: Any) -> dict[str, Any]:
    return {name: new[name] for name in ("url", "visit", "seen_at")}


def digest_of(*parts: Any) -> str:
    """Return 32 hex digits that stand for some content."""
    return hashlib.sha256(_JSON.encode(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def hash_of(table: Table, content: Mapping[str, Any]) -> str:
    """Return the digest that tells a changed work or signal from an unchanged one."""
    return digest_of(*(content[name] for name in _CONTENT[table.name]))


def clean(text: str) -> str:
    """Return text both databases can keep: without NUL, with a replacement for halves of characters."""
    if "\0" in text:
        text = text.replace("\0", "")
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


class _Collected:
    """Rows of one visit by table and key; of two rows with one key the newer stays."""

    def __init__(self, visit: str) -> None:
        self._visit = visit
        self.identities: _Rows = {}
        self.statements: _Rows = {}
        self.claims: _Rows = {}
        self.works: _Rows = {}
        self.signals: _Rows = {}
        self.withdrawals: _Rows = {}

    def take(self, record: Record) -> None:
        """Turn one record into rows."""
        match record:
            case Identity():
                self._identity(record)
            case Claim():
                key = (clean(record.left), clean(record.right), record.kind, record.via.source)
                names = ("left", "right", "kind", "source")
                self._keep(self.claims, key, dict(zip(names, key, strict=True)) | self._origin(record.via))
            case Work():
                self._work(record)
            case Signal():
                self._signal(record)
            case Gone():
                one = clean(record.id)
                for source in taken_by(one, record.via.source):
                    row = {"id": one, "source": source, "seen_at": record.via.fetched_at}
                    self._keep(self.withdrawals, (one, source), row)

    def _identity(self, record: Identity) -> None:
        at = record.via.fetched_at
        one = clean(record.id)
        old = self.identities.get((one,))
        self.identities[(one,)] = {
            "id": one,
            "first_seen": at if old is None else min(at, old["first_seen"]),
            "last_seen": at if old is None else max(at, old["last_seen"]),
        }
        origin = self._origin(record.via)
        for attribute, value in _attributes(record):
            text = clean(value)
            key = (one, attribute, digest_of(text), record.via.source)
            row = {"identity": one, "attribute": attribute, "hash": key[2], "source": key[3], "value": text}
            self._keep(self.statements, key, row | origin)

    def _work(self, record: Work) -> None:
        content: dict[str, Any] = {
            "kind": str(record.kind),
            "title": clean(record.title),
            "text": None if record.text is None else clean(record.text),
            "tags": [clean(tag) for tag in record.tags],
            "paths": [clean(path) for path in record.paths],
            "venue": None if record.venue is None else clean(record.venue),
            "published_on": record.published_on,
            "part_of": None if record.part_of is None else clean(record.part_of),
        }
        key = (clean(record.id), record.via.source)
        row = {"id": key[0], "source": key[1], **content, "hash": hash_of(work, content)}
        self._keep(self.works, key, row | self._origin(record.via))

    def _signal(self, record: Signal) -> None:
        content: dict[str, Any] = {
            "identity": clean(record.identity),
            "work": clean(record.work),
            "kind": str(record.kind),
            "value": float(record.value),
            "unit": record.unit,
            "occurred_at": record.occurred_at,
            "confidence": float(record.confidence),
            "position": record.position,
            "of": record.of,
            "note": None if record.note is None else clean(record.note),
            "source": record.via.source,
        }
        key = (clean(record.id),)
        row = {"id": key[0], **content, "hash": hash_of(signal, content)}
        self._keep(self.signals, key, row | self._origin(record.via))

    def _origin(self, via: Provenance) -> dict[str, Any]:
        return {"url": clean(via.url), "visit": self._visit, "seen_at": via.fetched_at}

    @staticmethod
    def _keep(rows: _Rows, key: _Key, row: dict[str, Any]) -> None:
        old = rows.get(key)
        if old is None or _rank(row) > _rank(old):
            rows[key] = row


def _rank(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return (row["seen_at"], row.get("hash", ""), row.get("url", ""))


def _attributes(record: Identity) -> Iterator[tuple[str, str]]:
    yield ("kind", str(record.kind))
    single = {
        "handle": record.handle,
        "name": record.name,
        "orcid": record.orcid,
        "homepage": record.homepage,
        "affiliation": record.affiliation,
        "location": record.location,
        "summary": record.summary,
    }
    yield from ((attribute, value) for attribute, value in single.items() if value is not None)
    yield from (("email", digest) for digest in record.emails)
    yield from (("mailbox", mailboxes.to_text(box)) for box in record.mailboxes)
    yield from (("link", link) for link in record.links)
    yield from (("hours", month) for month in record.hours)


def _known(tx: Connection, table: Table, rows: _Rows) -> dict[_Key, _Content]:
    """Return what is compared of those keys that exist, nothing for tables of which only keys are."""
    if not rows:
        return {}
    keys = len(table.primary_key.columns)
    query = _asking(table, tx.dialect.name)
    found = tx.execute(query, among.bound(tx, sorted({key[0] for key in rows})))
    return {tuple(row[:keys]): tuple(row[keys:]) for row in found}


@cache
def _asking(table: Table, dialect: str) -> Select[Any]:
    """Return the question for the rows of some first parts of keys."""
    first, *rest = table.primary_key.columns
    compared = [table.c[name] for name in _compared(table)]
    return select(first, *rest, *compared).where(among.is_in(dialect, first))


@cache
def _compared(table: Table) -> tuple[str, ...]:
    """Return the columns that tell whether a row is the same: the digest of its content, and what that leaves out."""
    left_out = {"work": "part_of", "signal": "work"}
    return ("hash", left_out[table.name]) if table.name in left_out else ()


def _seen(new: Any) -> dict[str, Any]:
    old = identity.c
    return {
        "first_seen": case((new.first_seen < old.first_seen, new.first_seen), else_=old.first_seen),
        "last_seen": case((new.last_seen > old.last_seen, new.last_seen), else_=old.last_seen),
    }


@cache
def newer(table: Table) -> Any:
    """Return the condition, for `upsert`, that a row is newer than the stored one, or as old with greater content."""
    # the key's own digest of a statement tells nothing: its rows are equal in content
    ties = [name for name in ("hash", "url") if name in table.c and not table.c[name].primary_key]

    def where(new: Any) -> ColumnElement[bool]:
        condition: ColumnElement[bool] = false()
        for name in reversed(["seen_at", *ties]):
            old = table.c[name]
            condition = or_(new[name] > old, and_(new[name] == old, condition))
        return condition

    return where
