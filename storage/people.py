"""What recruiters put on people: stage, tags, notes, hiding. Each mark has an actor; storage keeps, sourcing audits.

Marks are kept under the key they were made for and read through a person's aliases, so merges can be undone.
"""

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import Connection, delete, func, select

from storage import persons
from storage.engine import batched, upsert
from storage.facts import digest_of
from storage.model import Hiding, Mark, MarkKind
from storage.tables import dismissed, mark, person_alias

_BATCH = 500
_OPTED_OUT = "opted out"
_FOR_GOOD = (Hiding.KEPT_OUT, Hiding.ERASURE)


def stage(
    tx: Connection, person: str, value: str | None, *, actor: str, reason: str | None, now: datetime
) -> None:
    """Set the stage a person is in, or clear it (None). Raises NotFound."""
    _replace(tx, person, MarkKind.STAGE, value, actor, reason, now)


def tag(
    tx: Connection,
    person: str,
    *,
    add: Iterable[str] = (),
    remove: Iterable[str] = (),
    actor: str,
    reason: str | None = None,
    now: datetime,
) -> None:
    """Add and remove tags. Raises NotFound."""
    keys = persons.keys_of(tx, person)
    for value in remove:
        _delete(tx, keys, MarkKind.TAG, value)
    upsert(tx, mark, (_row(keys[0], MarkKind.TAG, value, actor, reason, now) for value in set(add)))


def note(tx: Connection, person: str, value: str, *, actor: str, now: datetime) -> None:
    """Add a note. Raises NotFound."""
    upsert(tx, mark, [_row(persons.resolve_key(tx, person), MarkKind.NOTE, value, actor, None, now)])


def hide(
    tx: Connection,
    person: str,
    *,
    scope: Hiding = Hiding.EVERYWHERE,
    actor: str,
    reason: str,
    now: datetime,
) -> None:
    """Keep a person out of searches, rankings and exports. scope: whose word it is. Raises NotFound."""
    _replace(tx, person, MarkKind.HIDDEN, scope, actor, reason, now)


def unhide(tx: Connection, person: str, *, scope: Hiding | None = None) -> None:
    """Show a person again. scope: take only this word back, whoever else hides them; None = all. Raises NotFound."""
    _delete(tx, persons.keys_of(tx, person), MarkKind.HIDDEN, scope)


def marks(tx: Connection, person: str) -> list[Mark]:
    """Return everything recruiters put on a person and on keys merged into it, oldest first. Raises NotFound."""
    keys = persons.keys_of(tx, person)
    rows = tx.execute(
        select(mark).where(mark.c.person.in_(keys)).order_by(mark.c.at, mark.c.kind, mark.c.value)
    )
    found = [
        Mark(
            person=keys[0],
            kind=MarkKind(row.kind),
            value=row.value,
            actor=row.actor,
            reason=row.reason,
            at=row.at,
        )
        for row in rows
    ]
    return list(dict.fromkeys(found))


def is_hidden(tx: Connection, person: str) -> bool:
    """Return whether a person is hidden. Raises NotFound."""
    keys = persons.keys_of(tx, person)
    query = select(mark.c.person).where(mark.c.person.in_(keys), mark.c.kind == str(MarkKind.HIDDEN))
    return tx.execute(query.limit(1)).first() is not None


def kept_out(tx: Connection) -> set[str]:
    """Return the living keys of everybody whom the suppression list or an erasure hides."""
    living = func.coalesce(person_alias.c.person, mark.c.person)
    query = (
        select(living)
        .select_from(mark.outerjoin(person_alias, person_alias.c.alias == mark.c.person))
        .where(mark.c.kind == str(MarkKind.HIDDEN), mark.c.hash != digest_of(str(Hiding.EVERYWHERE)))
    )
    return set(tx.execute(query).scalars())


def kept_away(tx: Connection, people: Collection[str]) -> set[str]:
    """Return those of some people, by living key, whom the suppression list or an erasure hides; no notice ends it."""
    held = marks_of(tx, people, (MarkKind.HIDDEN,))
    return {key for key, theirs in held.items() if any(one.value in _FOR_GOOD for one in theirs)}


def unscore(tx: Connection, person: str, *, actor: str, reason: str, now: datetime) -> None:
    """Keep a person out of every ranking from the next on; changes mark. Raises NotFound."""
    _replace(tx, person, MarkKind.UNSCORED, _OPTED_OUT, actor, reason, now)


def score_again(tx: Connection, person: str) -> None:
    """Let a person be ranked again; changes mark. Raises NotFound."""
    _delete(tx, persons.keys_of(tx, person), MarkKind.UNSCORED, None)


def unscored(tx: Connection) -> set[str]:
    """Return the living keys of everybody who opted out of being scored."""
    living = func.coalesce(person_alias.c.person, mark.c.person)
    joined = mark.outerjoin(person_alias, person_alias.c.alias == mark.c.person)
    query = select(living).select_from(joined).where(mark.c.kind == str(MarkKind.UNSCORED))
    return set(tx.execute(query).scalars())


def unnote(tx: Connection, person: str, value: str) -> None:
    """Remove a note. Raises NotFound."""
    _delete(tx, persons.keys_of(tx, person), MarkKind.NOTE, value)


def marks_of(tx: Connection, people: Collection[str], kinds: Collection[MarkKind]) -> dict[str, list[Mark]]:
    """Return marks of some kinds on some people by living key, oldest first; who has none is left out."""
    living = func.coalesce(person_alias.c.person, mark.c.person).label("living")
    found: dict[str, dict[Mark, None]] = {}
    for batch in batched(sorted(set(people)), _BATCH):
        query = (
            select(mark, living)
            .join(person_alias, person_alias.c.alias == mark.c.person, isouter=True)
            .where(living.in_(batch), mark.c.kind.in_([str(kind) for kind in kinds]))
            .order_by(mark.c.at, mark.c.kind, mark.c.value)
        )
        for row in tx.execute(query):
            one = Mark(
                person=row.living,
                kind=MarkKind(row.kind),
                value=row.value,
                actor=row.actor,
                reason=row.reason,
                at=row.at,
            )
            found.setdefault(row.living, {})[one] = None
    return {key: list(each) for key, each in found.items()}


def dismiss(tx: Connection, person: str, place: str, *, actor: str, reason: str, now: datetime) -> None:
    """Keep a person away from one place, `search:NAME` or `list:NAME`, and nowhere else. Raises NotFound."""
    key = persons.resolve_key(tx, person)
    upsert(tx, dismissed, [{"place": place, "person": key, "reason": reason, "actor": actor, "at": now}])


def recall(tx: Connection, person: str, place: str) -> None:
    """Let a person come in a place again. Raises NotFound."""
    keys = persons.keys_of(tx, person)
    tx.execute(delete(dismissed).where(dismissed.c.place == place, dismissed.c.person.in_(keys)))


def dismissals(tx: Connection, place: str) -> dict[str, tuple[str, str, datetime]]:
    """Return (reason, actor, when) of those who stay away from a place, by living key."""
    living = func.coalesce(person_alias.c.person, dismissed.c.person).label("living")
    query = (
        select(dismissed, living)
        .select_from(dismissed.outerjoin(person_alias, person_alias.c.alias == dismissed.c.person))
        .where(dismissed.c.place == place)
        .order_by(dismissed.c.at, living)
    )
    return {row.living: (row.reason, row.actor, row.at) for row in tx.execute(query)}


def _replace(
    tx: Connection,
    person: str,
    kind: MarkKind,
    value: str | None,
    actor: str,
    reason: str | None,
    now: datetime,
) -> None:
    keys = persons.keys_of(tx, person)
    _delete(tx, keys, kind, None)
    if value is not None:
        # Under every key of a merged person: said of both as one, it stays with both when the merge is undone.
        upsert(tx, mark, [_row(key, kind, value, actor, reason, now) for key in keys])


def _delete(tx: Connection, keys: list[str], kind: MarkKind, value: str | None) -> None:
    statement = delete(mark).where(mark.c.person.in_(keys), mark.c.kind == str(kind))
    tx.execute(statement if value is None else statement.where(mark.c.hash == digest_of(value)))


def _row(
    person: str, kind: MarkKind, value: str, actor: str, reason: str | None, now: datetime
) -> dict[str, object]:
    return {
        "person": person,
        "kind": str(kind),
        "hash": digest_of(value),
        "value": value,
        "actor": actor,
        "reason": reason,
        "at": now,
    }
