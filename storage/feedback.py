"""What people think of results: thumbs for a person, and evidence that is wrong.

Signals that were excluded count for nobody until the word is taken back: rankings leave them out.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, or_, select

from storage import persons
from storage.engine import batched, upsert
from storage.tables import feedback, person_alias, person_identity, signal, work_twin

THUMB = "thumb"
WRONG = "wrong"
EXCLUDED = "excluded"
_BATCH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What somebody thinks. kind: thumb or wrong. subject: what the thumb is for, or the signal that is wrong.

    value: up, down; reported, or excluded: then `signals` count for nobody.
    """

    person: str
    kind: str
    subject: str
    actor: str
    value: str
    reason: str | None
    at: datetime
    signals: tuple[str, ...] = ()


def put(tx: Connection, word: Word) -> None:
    """Keep somebody's word; it replaces the same one's earlier about the same. Raises NotFound."""
    key = persons.resolve_key(tx, word.person)
    row = {
        "person": key,
        "kind": word.kind,
        "subject": word.subject,
        "actor": word.actor,
        "value": word.value,
        "reason": word.reason,
        "at": word.at,
        "signals": list(word.signals),
    }
    upsert(tx, feedback, [row])


def remove(tx: Connection, person: str, kind: str, subject: str, actor: str) -> bool:
    """Take a word back and return whether there was one. Raises NotFound."""
    keys = persons.keys_of(tx, person)
    gone = tx.execute(
        delete(feedback).where(
            feedback.c.person.in_(keys),
            feedback.c.kind == kind,
            feedback.c.subject == subject,
            feedback.c.actor == actor,
        )
    )
    return gone.rowcount > 0


def of(tx: Connection, people: Collection[str], *, kind: str | None = None) -> dict[str, list[Word]]:
    """Return the words about some people by living key, oldest first; about whom nobody said anything is left out."""
    found: dict[str, list[Word]] = {}
    living = func.coalesce(person_alias.c.person, feedback.c.person).label("living")
    for batch in batched(sorted(set(people)), _BATCH):
        query = (
            select(feedback, living)
            .join(person_alias, person_alias.c.alias == feedback.c.person, isouter=True)
            .where(living.in_(batch))
            .order_by(feedback.c.at, feedback.c.subject, feedback.c.actor)
        )
        if kind is not None:
            query = query.where(feedback.c.kind == kind)
        for row in tx.execute(query):
            values = dict(row._mapping)
            key = values.pop("living")
            found.setdefault(key, []).append(Word(**values | {"person": key, "signals": tuple(row.signals)}))
    return found


def excluded(tx: Connection) -> set[str]:
    """Return the signals that count for nobody."""
    rows = tx.execute(
        select(feedback.c.signals).where(feedback.c.kind == WRONG, feedback.c.value == EXCLUDED)
    )
    return {one for row in rows for one in row.signals}


def same_work(tx: Connection, signal_id: str) -> list[str]:
    """Return the signals by which the same person is credited with the same work, in order; empty if there is none.

    A work is told by several sources and under several ids: leaving out one of them would leave the credit.
    """
    one = tx.execute(select(signal.c.identity, signal.c.work).where(signal.c.id == signal_id)).first()
    if one is None:
        return []
    owner = select(person_identity.c.person).where(person_identity.c.identity == one.identity)
    theirs = select(person_identity.c.identity).where(person_identity.c.person.in_(owner.scalar_subquery()))
    identities = [one.identity, *tx.execute(theirs).scalars()]
    canonical = tx.execute(select(work_twin.c.canonical).where(work_twin.c.work == one.work)).scalar()
    whole = canonical or one.work
    works = [whole, *tx.execute(select(work_twin.c.work).where(work_twin.c.canonical == whole)).scalars()]
    found: set[str] = set()
    for batch in batched(sorted(set(works)), _BATCH):
        query = select(signal.c.id).where(signal.c.work.in_(batch), signal.c.identity.in_(set(identities)))
        found.update(tx.execute(query).scalars())
    return sorted(found)


def signal_at(tx: Connection, identities: Collection[str], told: str) -> str | None:
    """Return the signal of some identities that a person names by its id or its address, the newest; None for none."""
    query = (
        select(signal.c.id)
        .where(signal.c.identity.in_(sorted(identities)), or_(signal.c.id == told, signal.c.url == told))
        .order_by(signal.c.seen_at.desc(), signal.c.id)
    )
    return tx.execute(query.limit(1)).scalar_one_or_none()


def signals_of(tx: Connection, identities: Collection[str]) -> set[str]:
    """Return the ids of all signals of some identities."""
    found: set[str] = set()
    for batch in batched(sorted(identities), _BATCH):
        found.update(tx.execute(select(signal.c.id).where(signal.c.identity.in_(batch))).scalars())
    return found


def thumbs(words: Sequence[Word], subject: str | None = None) -> dict[str, int]:
    """Return how many thumbs are up and down. subject: only for this."""
    counted: dict[str, int] = {"up": 0, "down": 0}
    for one in words:
        if one.kind == THUMB and (subject is None or one.subject == subject):
            counted[one.value] = counted.get(one.value, 0) + 1
    return counted


def row_of(word: Word) -> dict[str, Any]:
    """Return a word as plain JSON, to bring it back later."""
    return {"value": word.value, "reason": word.reason, "signals": list(word.signals)}
