"""Everything about one person: find it, erase it, and see that it does not come back.

Suppression knows people only by keyed digests of their identifiers: an account id, a login at its site, an address,
an ORCID, the keyed digest of an e-mail. The key stays with the operator, so the list tells a reader nothing.
"""

import hashlib
import hmac
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select

from spiders.records import Task
from storage import index, persons
from storage.engine import batched, upsert
from storage.forget import forget, pages_of, values_of
from storage.identifiers import Keyer as Keyer
from storage.identifiers import canonical, task_values
from storage.tables import (
    export_row,
    mark,
    person,
    person_alias,
    points,
    score,
    search_facet,
    search_person,
    shortlist_item,
    suppression,
)

_BATCH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """What erasing a person removed. rows: by table. pages: digests of archived answers to delete after the commit.

    exports: ids of hand-overs that held the person; the systems they went to must be told.
    """

    rows: dict[str, int]
    pages: tuple[str, ...]
    exports: tuple[str, ...]
    suppressed: int


class PepperKeyer:
    """The keyer of an instance: HMAC-SHA256 under its secret pepper, over canonical values."""

    def __init__(self, pepper: bytes) -> None:
        self._pepper = pepper

    def digest(self, kind: str, value: str) -> str:
        """Return the keyed digest of a value of a kind."""
        message = f"{kind}\0{canonical(kind, value)}".encode("utf-8", "replace")
        return hmac.new(self._pepper, message, hashlib.sha256).hexdigest()


def suppress(tx: Connection, digests: Collection[str], reason: str, now: datetime) -> int:
    """Put keyed digests on the suppression list and return how many were new; a known one keeps its reason."""
    new = set(digests) - is_suppressed(tx, digests)
    upsert(
        tx, suppression, ({"digest": one, "reason": reason, "at": now} for one in new), change=lambda _: {}
    )
    return len(new)


def unsuppress(tx: Connection, digests: Collection[str]) -> int:
    """Take keyed digests off the list and return how many there were."""
    gone = 0
    for batch in batched(sorted(digests), _BATCH):
        gone += tx.execute(suppression.delete().where(suppression.c.digest.in_(batch))).rowcount
    return gone


def is_suppressed(tx: Connection, digests: Collection[str]) -> set[str]:
    """Return those of the keyed digests that are on the suppression list."""
    hits: set[str] = set()
    for batch in batched(sorted(digests), _BATCH):
        hits.update(tx.execute(select(suppression.c.digest).where(suppression.c.digest.in_(batch))).scalars())
    return hits


def has_suppressed(tx: Connection) -> bool:
    """Return whether anybody is on the suppression list at all."""
    return tx.execute(select(suppression.c.digest).limit(1)).first() is not None


def task_digests(one: Task, keyer: Keyer) -> set[str]:
    """Return the keyed digests of everything a task's address and params might name."""
    return {keyer.digest(kind, value) for kind, value in task_values(one)}


def list_suppressed(tx: Connection, *, limit: int, after: str = "") -> list[tuple[str, str, datetime]]:
    """Return (digest, reason, since) by digest, at most `limit`, behind `after`."""
    rows = tx.execute(
        select(suppression.c.digest, suppression.c.reason, suppression.c.at)
        .where(suppression.c.digest > after)
        .order_by(suppression.c.digest)
        .limit(limit)
    )
    return [(row.digest, row.reason, row.at) for row in rows]


def erase(tx: Connection, key: str, now: datetime, *, keyer: Keyer, reason: str = "erased") -> Erased:
    """Remove everything about one person and keep the keyed digests of their identifiers, so that they stay gone.

    Changes rows of every table that names the person. The caller deletes the pages and snapshots and calls
    `Store.vacuum` after the commit. Raises NotFound if there is no such person.
    """
    found = persons.get(tx, key)
    keys = [found.key, *found.aliases]
    values = values_of(tx, found.identities)
    suppressed = suppress(tx, {keyer.digest(kind, value) for kind, value in values}, reason, now)
    exports = tx.execute(
        select(export_row.c.export)
        .where(export_row.c.person.in_(keys))
        .distinct()
        .order_by(export_row.c.export)
    )
    exported = tuple(exports.scalars())
    pages = pages_of(tx, found.identities)
    rows = forget(tx, found.identities, values=values)
    for table, column in (
        (person, person.c.key),
        (person_alias, person_alias.c.alias),
        (score, score.c.person),
        (points, points.c.person),
        (mark, mark.c.person),
        (shortlist_item, shortlist_item.c.person),
        (export_row, export_row.c.person),
        (search_person, search_person.c.person),
        (search_facet, search_facet.c.person),
    ):
        rows[table.name] = (
            rows.get(table.name, 0) + tx.execute(delete(table).where(column.in_(keys))).rowcount
        )
    index.remove(tx, keys)
    return Erased(
        rows={name: count for name, count in sorted(rows.items()) if count},
        pages=pages,
        exports=exported,
        suppressed=suppressed,
    )
