"""Who says what of some identities, value by value with its source: what the terms of each source are held against."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from storage.engine import batched
from storage.identifiers import Value, site
from storage.statements import stands
from storage.tables import claim, identity, statement

OPENED = ("opted_in", "open_to_work")
"""Kinds of claims by which somebody asks to hear of work, in their own words and place."""
_BATCH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One value of one attribute as one source has it. url: the page a person may open to check it."""

    identity: str
    attribute: str
    value: str
    source: str
    url: str
    seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A place where somebody asks to hear of work. url: the place."""

    identity: str
    source: str
    url: str
    seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """When an identity was read first and last."""

    first: datetime
    last: datetime


def of(tx: Connection, identities: Collection[str]) -> dict[str, list[Said]]:
    """Return what stands of some identities, by identity: newest first, then by value and source."""
    found: dict[str, list[Said]] = {}
    columns = [statement.c[name] for name in Said.__slots__]
    for batch in batched(sorted(identities), _BATCH):
        query = select(*columns).where(
            statement.c.identity.in_(batch), stands(statement, statement.c.identity)
        )
        for row in tx.execute(query):
            found.setdefault(row.identity, []).append(Said(**row._mapping))
    for said in found.values():
        # Sorted here: equally old values must come out in the same order on both databases.
        said.sort(key=lambda one: (-one.seen_at.timestamp(), one.attribute, one.value, one.source))
    return found


def opened(tx: Connection, identities: Collection[str]) -> dict[str, list[Opened]]:
    """Return where some identities ask to hear of work, by identity, newest first; who does not is left out."""
    found: dict[str, list[Opened]] = {}
    for batch in batched(sorted(identities), _BATCH):
        query = (
            select(claim.c.left.label("identity"), claim.c.source, claim.c.url, claim.c.seen_at)
            .where(claim.c.left.in_(batch), claim.c.kind.in_(OPENED))
            .where(stands(claim, claim.c.left), stands(claim, claim.c.right))
            .order_by(claim.c.left, claim.c.seen_at.desc(), claim.c.url)
        )
        for row in tx.execute(query):
            found.setdefault(row.identity, []).append(Opened(**row._mapping))
    return found


def identifiers(tx: Connection, identities: Collection[str]) -> dict[str, set[Value]]:
    """Return every identifier the store holds of some identities, what was taken back too, by identity."""
    found: dict[str, set[Value]] = {one: {("id", one)} for one in identities}
    for one in identities:
        if one.startswith("page:"):
            found[one].add(("homepage", one.removeprefix("page:")))
    for batch in batched(sorted(found), _BATCH):
        query = select(statement.c.identity, statement.c.attribute, statement.c.value).where(
            statement.c.identity.in_(batch),
            statement.c.attribute.in_(["handle", "homepage", "orcid", "email"]),
        )
        for one, kind, value in map(tuple, tx.execute(query)):
            found[one].add((kind, f"{site(one)}:{value}" if kind == "handle" else value))
    return found


def seen(tx: Connection, identities: Collection[str]) -> dict[str, Seen]:
    """Return when some identities were read first and last."""
    found: dict[str, Seen] = {}
    for batch in batched(sorted(identities), _BATCH):
        rows = tx.execute(select(identity).where(identity.c.id.in_(batch)))
        found.update({row.id: Seen(first=row.first_seen, last=row.last_seen) for row in rows})
    return found
