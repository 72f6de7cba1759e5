"""Everything about one person: find it, erase it, and see that it does not come back.

Suppression knows people only by keyed digests of their identifiers: an account id, a login at its site, an address,
an ORCID, the keyed digest of an e-mail. The key stays with the operator, so the list tells a reader nothing.
"""

import hashlib
import hmac
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final

from sqlalchemy import Connection, select, update

from spiders.records import Task
from storage import persons
from storage.batches import lessened
from storage.engine import batched, stream, upsert
from storage.forget import forget, forget_people, values_of
from storage.identifiers import Keyer as Keyer
from storage.identifiers import Value, canonical, site, task_values
from storage.tables import (
    export_row,
    identity,
    known_digest,
    person,
    person_identity,
    statement,
    suppression,
)

_BATCH = 500
ERASED: Final = "erased"
"""The reason of whoever was erased: a backup that brings them back is to erase them again."""
PAST: Final = "past retention"
"""How the reason begins where somebody may come back with new work; what follows names who they are together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """What erasing a person removed. rows: by table.

    exports: ids of hand-overs that held the person; the systems they went to must be told.
    """

    rows: dict[str, int]
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


def suppress(
    tx: Connection, digests: Collection[str], reason: str, now: datetime, *, over_past: bool = True
) -> int:
    """Put keyed digests on the suppression list and return how many were new; a known one keeps its reason.

    over_past: a known one that would only stay away until there is new work gets this reason instead, and this date.
    """
    if over_past and not reason.startswith(PAST):
        for batch in batched(sorted(digests), _BATCH):
            past = suppression.c.digest.in_(batch) & suppression.c.reason.startswith(PAST)
            tx.execute(update(suppression).where(past).values(reason=reason, at=now))
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


def away_until_new(tx: Connection, digests: Collection[str]) -> dict[str, tuple[str, datetime]]:
    """Return (reason, since) of those of the keyed digests that only stay away until there is new work."""
    found: dict[str, tuple[str, datetime]] = {}
    for batch in batched(sorted(digests), _BATCH):
        rows = tx.execute(
            select(suppression).where(suppression.c.digest.in_(batch), suppression.c.reason.startswith(PAST))
        )
        found.update({row.digest: (row.reason, row.at) for row in rows})
    return found


def let_back(tx: Connection, reasons: Collection[str]) -> int:
    """Take everything of people off the list who were past retention and did something new; return how many digests."""
    gone = 0
    for batch in batched(sorted(reasons), _BATCH):
        gone += tx.execute(suppression.delete().where(suppression.c.reason.in_(batch))).rowcount
    return gone


def is_suppressed(tx: Connection, digests: Collection[str]) -> set[str]:
    """Return those of the keyed digests that are on the suppression list."""
    hits: set[str] = set()
    for batch in batched(sorted(digests), _BATCH):
        hits.update(tx.execute(select(suppression.c.digest).where(suppression.c.digest.in_(batch))).scalars())
    return hits


def suppressed(tx: Connection) -> dict[str, tuple[str, datetime]]:
    """Return (reason, since) of every keyed digest on the list."""
    return {row.digest: (row.reason, row.at) for row in stream(tx, select(suppression))}


def has_suppressed(tx: Connection) -> bool:
    """Return whether anybody is on the suppression list at all."""
    return tx.execute(select(suppression.c.digest).limit(1)).first() is not None


def without_suppressed(tx: Connection, tasks: Iterable[Task], keyer: Keyer) -> list[Task]:
    """Return questions without the people on the list; one about them alone is left out."""
    named = [(one, {value: keyer.digest(*value) for value in task_values(one)}) for one in tasks]
    hits = is_suppressed(tx, {digest for _, digests in named for digest in digests.values()})
    left: list[Task] = []
    for one, digests in named:
        bad = {value for value, digest in digests.items() if digest in hits}
        lesser = lessened(one, partial(_names_any, bad)) if bad else one
        if lesser is not None:
            left.append(lesser)
    return left


def _names_any(values: Collection[Value], one: Task) -> bool:
    return not task_values(one).isdisjoint(values)


def holders(tx: Connection, keyer: Keyer, digests: Collection[str] | None = None) -> set[str]:
    """Return the identities in the store that bear an identifier on the list: put there after they came.

    digests: look only for these. Reads every identifier of the store once, about a second per 200,000 of them.
    """
    wanted = set(digests) if digests is not None else set(tx.execute(select(suppression.c.digest)).scalars())
    return set(bearers(tx, keyer, wanted))


def bearers(tx: Connection, keyer: Keyer, digests: Collection[str]) -> dict[str, set[str]]:
    """Return the identities in the store that bear one of these identifiers, each with the digests of those it bears.

    Reads every identifier of the store once, about a second per 200,000 of them.
    """
    wanted, found = set(digests), dict[str, set[str]]()
    if not wanted:
        return found

    def look(identity_id: str, kind: str, value: str) -> None:
        if (digest := keyer.digest(kind, value)) in wanted:
            found.setdefault(identity_id, set()).add(digest)

    for row in stream(tx, select(identity.c.id)):
        look(row.id, "id", row.id)
    said = select(statement.c.identity, statement.c.attribute, statement.c.value).where(
        statement.c.attribute.in_(["handle", "homepage", "orcid", "email"])
    )
    for one, kind, value in map(tuple, stream(tx, said)):
        look(one, kind, f"{site(one)}:{value}" if kind == "handle" else value)
    pages = select(identity.c.id).where(identity.c.id.startswith("page:"))
    for one in tx.execute(pages).scalars():
        look(one, "homepage", one.removeprefix("page:"))
    return found


def list_suppressed(tx: Connection, *, limit: int, after: str = "") -> list[tuple[str, str, datetime]]:
    """Return (digest, reason, since) by digest, at most `limit`, behind `after`."""
    rows = tx.execute(
        select(suppression.c.digest, suppression.c.reason, suppression.c.at)
        .where(suppression.c.digest > after)
        .order_by(suppression.c.digest)
        .limit(limit)
    )
    return [(row.digest, row.reason, row.at) for row in rows]


def erase(tx: Connection, key: str, now: datetime, *, keyer: Keyer, reason: str = ERASED) -> Erased:
    """Remove everything about one person and keep the keyed digests of their identifiers, so that they stay gone.

    Changes rows of every table that names the person. The caller deletes pages, snapshots and mirrors and calls
    `Store.vacuum` after the commit. Raises NotFound if there is no such person.
    """
    found = persons.get(tx, key)
    keys = [found.key, *found.aliases]
    identities = {*found.identities, *_anchors(tx, keys)}
    values = values_of(tx, identities)
    digests = {keyer.digest(kind, value) for kind, value in values}
    suppressed = suppress(tx, digests, reason, now)
    for batch in batched(sorted(digests), _BATCH):
        tx.execute(known_digest.delete().where(known_digest.c.digest.in_(batch)))
    exports = tx.execute(
        select(export_row.c.export)
        .where(export_row.c.person.in_(keys))
        .distinct()
        .order_by(export_row.c.export)
    )
    exported = tuple(exports.scalars())
    rows = forget(tx, identities, values=values)
    for name, count in forget_people(tx, [found.key]).items():
        rows[name] = rows.get(name, 0) + count
    return Erased(
        rows={name: count for name, count in sorted(rows.items()) if count},
        exports=exported,
        suppressed=suppressed,
    )


def drop(tx: Connection, identities: Collection[str], now: datetime, *, keyer: Keyer, reason: str) -> None:
    """Remove identities that belong to nobody, and keep them out by every identifier only they have."""
    values = values_of(tx, identities)
    suppress(tx, {keyer.digest(kind, value) for kind, value in values}, reason, now)
    forget(tx, identities, values=values)


def _anchors(tx: Connection, keys: Collection[str]) -> set[str]:
    """Return the identities some keys were minted for, unless they are somebody else's by now.

    One its sources took back belongs to nobody, but what they said is still in the store.
    """
    found = set(tx.execute(select(person.c.anchor).where(person.c.key.in_(keys))).scalars())
    rows = tx.execute(
        select(person_identity.c.identity, person_identity.c.person).where(
            person_identity.c.identity.in_(sorted(found))
        )
    )
    return found - {row.identity for row in rows if row.person not in keys}
