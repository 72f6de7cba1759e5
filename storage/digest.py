"""One digest of what the store knows: the same after faults as after a clean run, on both databases.

Facts, the graph of identities and scores count; keys we made up, fetch times, leases, attempts and runs do not.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import Connection, select

from storage.engine import stream
from storage.tables import (
    claim,
    edge,
    identity,
    mark,
    moved,
    person_identity,
    score,
    shortlist_item,
    signal,
    statement,
    suppression,
    withdrawal,
    work,
)

_WORK = ("id", "source", "kind", "title", "text", "tags", "paths", "venue", "published_on", "part_of", "url")
_SIGNAL = (
    "id",
    "identity",
    "work",
    "kind",
    "value",
    "unit",
    "occurred_at",
    "confidence",
    "position",
    "of",
    "note",
)


def store_digest(tx: Connection) -> str:
    """Return 64 hex digits that stand for everything the store knows."""
    parts = store_digests(tx)
    return hashlib.sha256(
        "\n".join(f"{name} {part}" for name, part in sorted(parts.items())).encode()
    ).hexdigest()


def store_digests(tx: Connection) -> dict[str, str]:
    """Return the same by part, to see where two stores differ."""
    columns = {
        "identity": [identity.c.id],
        "statement": [statement.c[name] for name in ("identity", "attribute", "value", "source")],
        "claim": [claim.c[name] for name in ("left", "right", "kind", "source")],
        "work": [work.c[name] for name in _WORK],
        "signal": [*[signal.c[name] for name in _SIGNAL], signal.c.source, signal.c.url],
        "withdrawal": [withdrawal.c.id, withdrawal.c.source],
        "moved": [moved.c.number, moved.c.name],
        "suppression": [suppression.c.digest],
    }
    parts = {name: _digest(map(tuple, stream(tx, select(*these)))) for name, these in columns.items()}
    live = select(*[edge.c[name] for name in ("left", "right", "judgement", "decided_by")])
    parts["edge"] = _digest(map(tuple, tx.execute(live.where(edge.c.retracted_at.is_(None)))))
    people = _people(tx)
    parts["person"] = _digest((one,) for one in people.values())
    scores = tx.execute(select(score.c.person, score.c.specialism, score.c.value, score.c.confidence))
    parts["score"] = _digest((people[row.person], *row[1:]) for row in scores if row.person in people)
    marks = tx.execute(select(mark.c.person, mark.c.kind, mark.c.value))
    parts["mark"] = _digest((people.get(row.person), *row[1:]) for row in marks)
    items = tx.execute(select(shortlist_item.c.person, shortlist_item.c.shortlist))
    parts["shortlist"] = _digest((people.get(row.person), *row[1:]) for row in items)
    return parts


def _people(tx: Connection) -> dict[str, list[str]]:
    """Return every person as its identities: keys are ours, clusters are facts."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for row in tx.execute(select(person_identity).order_by(person_identity.c.identity)):
        found[row.person].append(row.identity)
    return dict(found)


def _digest(rows: Iterable[tuple[Any, ...]]) -> str:
    """Return a digest of rows whatever their order."""
    digest = hashlib.sha256()
    for line in sorted(_lines(rows)):
        digest.update(line.encode("utf-8", "surrogatepass") + b"\n")
    return digest.hexdigest()


def _lines(rows: Iterable[tuple[Any, ...]]) -> Iterator[str]:
    for row in rows:
        plain = [round(value, 9) if isinstance(value, float) else value for value in row]
        yield json.dumps(plain, ensure_ascii=False, default=str, sort_keys=True)
