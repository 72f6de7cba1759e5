"""Whom other systems know already, and who is off limits.

What an imported file says of somebody who is not in the store is kept as keyed digests only, so that the person is
known as soon as a source brings them, and nothing of them is here before.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select

from storage import persons, subjects
from storage.engine import batched, stream, upsert
from storage.subjects import Keyer
from storage.tables import known, known_digest, off_limit, person_alias, person_identity, statement

OFF_LIMITS = "off_limits"
_BATCH = 500
_SAID = ("system", "state", "ref", "contacted_on", "reason", "at")


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What another system says of a person. state: known, contacted or off_limits. ref: its own name for the row."""

    person: str
    system: str
    state: str
    ref: str | None
    contacted_on: date | None
    reason: str | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OffLimit:
    """A rule that keeps a person, or the people of an organisation, from being approached."""

    id: str
    person: str | None
    organisation: str | None
    reason: str
    actor: str
    at: datetime


def put(tx: Connection, rows: Iterable[tuple[Collection[str], Known]], *, system: str) -> int:
    """Make these rows all that a system says, and return how many digests they have. Changes known, known_digest.

    rows: keyed digests of the identifiers in a row, and what it says; its person is not looked at. Call `match` then.
    """
    tx.execute(delete(known_digest).where(known_digest.c.system == system))
    tx.execute(delete(known).where(known.c.system == system))
    found = {
        one: {"digest": one, **{name: getattr(said, name) for name in _SAID}}
        for digests, said in rows
        for one in digests
    }
    for batch in batched(sorted(found), _BATCH):
        upsert(tx, known_digest, [found[one] for one in batch])
    return len(found)


def match(tx: Connection, keyer: Keyer) -> int:
    """Find who in the store is known elsewhere, and return how many there are; changes known.

    Reads every identifier in the store once: see `subjects.holders`. Run it after an import and after resolving.
    """
    said = {(row.system, row.digest): row for row in stream(tx, select(known_digest))}
    tx.execute(delete(known))
    if not said:
        return 0
    by_digest: dict[str, list[Any]] = {}
    for (_, digest), row in said.items():
        by_digest.setdefault(digest, []).append(row)
    held = subjects.bearers(tx, keyer, by_digest.keys())
    owners = persons.owners(tx, held.keys())
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for one in sorted(held):
        for digest in sorted(held[one]):
            for row in by_digest[digest]:
                if one in owners:
                    told = {name: getattr(row, name) for name in _SAID}
                    key = (owners[one], row.system)
                    rows[key] = max(rows.get(key, told), told, key=_weight) | {"person": owners[one]}
    upsert(tx, known, rows.values())
    return len(rows)


def of(tx: Connection, people: Collection[str]) -> dict[str, list[Known]]:
    """Return what other systems say of some people, by living key; who is unknown to all is left out."""
    living = func.coalesce(person_alias.c.person, known.c.person).label("living")
    found: dict[str, list[Known]] = {}
    for batch in batched(sorted(set(people)), _BATCH):
        query = (
            select(known, living)
            .join(person_alias, person_alias.c.alias == known.c.person, isouter=True)
            .where(living.in_(batch))
            .order_by(living, known.c.system)
        )
        for row in tx.execute(query):
            values = dict(row._mapping)
            key = values.pop("living")
            found.setdefault(key, []).append(Known(**values | {"person": key}))
    return found


def systems(tx: Connection) -> list[tuple[str, int, datetime]]:
    """Return (system, people of the store it knows, when its file was read), by name."""
    counts = {
        row[0]: row[1] for row in tx.execute(select(known.c.system, func.count()).group_by(known.c.system))
    }
    rows = tx.execute(
        select(known_digest.c.system, func.max(known_digest.c.at))
        .group_by(known_digest.c.system)
        .order_by(known_digest.c.system)
    )
    return [(system, counts.get(system, 0), at) for system, at in rows]


def limit(tx: Connection, rule: OffLimit) -> None:
    """Keep a rule."""
    upsert(tx, off_limit, [{name: getattr(rule, name) for name in OffLimit.__slots__}])


def lift(tx: Connection, rule_id: str) -> bool:
    """Remove a rule and return whether there was one."""
    return tx.execute(delete(off_limit).where(off_limit.c.id == rule_id)).rowcount > 0


def limits(tx: Connection) -> list[OffLimit]:
    """Return every rule: organisations by name, then people by key."""
    query = select(off_limit).order_by(off_limit.c.organisation, off_limit.c.person, off_limit.c.id)
    return [_limit(row) for row in tx.execute(query)]


def limited(tx: Connection, people: Sequence[str]) -> dict[str, OffLimit]:
    """Return the rule that holds for each of some people, by living key; for whom none does is left out.

    An organisation's rule holds for whoever states its name in an affiliation, all its words side by side.
    """
    rules = limits(tx)
    if not rules:
        return {}
    found: dict[str, OffLimit] = {}
    named = [rule.person for rule in rules if rule.person is not None]
    living = select(person_alias.c.alias, person_alias.c.person).where(person_alias.c.alias.in_(named))
    aliases = {row.alias: row.person for row in tx.execute(living)}
    own = {aliases.get(rule.person, rule.person): rule for rule in rules if rule.person is not None}
    houses = [(_words(rule.organisation), rule) for rule in rules if rule.organisation is not None]
    for batch in batched(sorted(set(people)), _BATCH):
        found.update({key: own[key] for key in batch if key in own})
        query = (
            select(person_identity.c.person, statement.c.value)
            .join(statement, statement.c.identity == person_identity.c.identity)
            .where(person_identity.c.person.in_(batch), statement.c.attribute == "affiliation")
        )
        for row in tx.execute(query) if houses else ():
            stated = f" {_words(row.value)} "
            for name, rule in houses:
                if name and f" {name} " in stated:
                    found.setdefault(row.person, rule)
    return found


def _words(text: str) -> str:
    return " ".join("".join(char if char.isalnum() else " " for char in text.casefold()).split())


def _weight(told: dict[str, Any]) -> tuple[int, date]:
    """Sorts what says more last: off limits before contacted before known, then the newest contact."""
    return (("known", "contacted", OFF_LIMITS).index(told["state"]), told["contacted_on"] or date.min)


def _limit(row: Row[Any]) -> OffLimit:
    return OffLimit(**row._mapping)
