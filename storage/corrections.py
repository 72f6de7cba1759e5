"""What people said is wrong about them: the wrong value is not taken in again, the right one stands in its place."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, delete, select, update

from spiders.records import Identity, Record
from storage import facts, persons
from storage.engine import batched, upsert
from storage.errors import NotFound
from storage.rebuild import shown_name
from storage.statements import identities
from storage.tables import correction, person, statement, visit

SOURCE: Final = "correction"
"""The source of what is right: the person themselves."""
SINGLE: Final = ("name", "affiliation", "location", "homepage", "summary", "orcid", "handle")
"""Attributes of which a record has one."""
ATTRIBUTES: Final = (*SINGLE, "link")
_BATCH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """One wrong value of an identity. right: what stands instead; None = nothing does."""

    identity: str
    attribute: str
    wrong: str
    right: str | None
    actor: str
    reason: str
    at: datetime


def put(tx: Connection, one: Correction) -> None:
    """Take the wrong value out of what every source said, put the right one in, and remember both.

    Changes statement, visit, correction and the name of the person. Raises NotFound if no source says so and nothing
    was corrected before.
    """
    hashed = facts.digest_of(facts.clean(one.wrong))
    said = (
        (statement.c.identity == one.identity)
        & (statement.c.attribute == one.attribute)
        & (statement.c.hash == hashed)
    )
    gone = tx.execute(delete(statement).where(said)).rowcount
    if not gone and (one.attribute, hashed) not in of(tx, [one.identity]).get(one.identity, {}):
        known = select(statement.c.value).where(
            statement.c.identity == one.identity, statement.c.attribute == one.attribute
        )
        there = ", ".join(repr(value) for value in sorted(set(tx.execute(known).scalars()))) or "nothing"
        raise NotFound(f"no source says {one.attribute} {one.wrong!r} of {one.identity!r}; it says {there}")
    row = {
        "identity": one.identity, "attribute": one.attribute, "hash": hashed, "value": one.right,
        "actor": one.actor, "reason": one.reason, "at": one.at,
    }  # fmt: skip
    upsert(tx, correction, [row])
    if one.right is not None:
        _say(tx, one)
    _rename(tx, one.identity)


def of(tx: Connection, ids: Collection[str]) -> dict[str, dict[tuple[str, str], str | None]]:
    """Return by identity what is right, by attribute and digest of what is wrong; None = nothing is right."""
    found: dict[str, dict[tuple[str, str], str | None]] = {}
    for batch in batched(sorted(ids), _BATCH):
        for row in tx.execute(select(correction).where(correction.c.identity.in_(batch))):
            found.setdefault(row.identity, {})[(row.attribute, row.hash)] = row.value
    return found


def applied(tx: Connection, records: Iterable[Record]) -> list[Record]:
    """Return records without what people said is wrong about them; most visits name nobody who corrected anything."""
    told = list(records)
    wrong = of(tx, {one.id for one in told if isinstance(one, Identity)})
    if not wrong:
        return told
    return [
        _without(one, wrong[one.id]) if isinstance(one, Identity) and one.id in wrong else one for one in told
    ]


def _without(record: Identity, wrong: Collection[tuple[str, str]]) -> Identity:
    def is_wrong(attribute: str, value: str | None) -> bool:
        return value is not None and (attribute, facts.digest_of(facts.clean(value))) in wrong

    empty: dict[str, Any] = {name: None for name in SINGLE if is_wrong(name, getattr(record, name))}
    links = tuple(link for link in record.links if not is_wrong("link", link))
    return replace(record, **empty, links=links)


def _rename(tx: Connection, changed: str) -> None:
    """Let the person an identity belongs to bear the name the sources and the corrections give now."""
    owner = persons.find_by_identity(tx, changed)
    if owner is not None:
        name = shown_name(identities(tx, owner.identities).values())
        tx.execute(update(person).where(person.c.key == owner.key).values(name=name))


def _say(tx: Connection, one: Correction) -> None:
    """Store the right value as the person's own word, with a visit of its own as its origin."""
    assert one.right is not None
    text = facts.clean(one.right)
    said = facts.digest_of(SOURCE, one.identity, one.attribute, str(one.at))
    origin = {
        "key": said, "source": SOURCE, "task": said * 2, "page": None, "fetched_at": one.at,
        "reader": SOURCE, "terms": "said by the person",
    }  # fmt: skip
    upsert(tx, visit, [origin])
    row = {
        "identity": one.identity, "attribute": one.attribute, "hash": facts.digest_of(text), "source": SOURCE,
        "value": text, "url": "", "visit": said, "seen_at": one.at,
    }  # fmt: skip
    upsert(tx, statement, [row], where=facts.newer(statement))
