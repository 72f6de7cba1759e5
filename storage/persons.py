"""Who is who: decided pairs of identities, and the people they make.

People are established once a recruiter saw or touched them; what may join two of them is `sourcing.resolve`'s to say.

Marks, list items and exports keep the key they were made under and are read through a person's aliases, so a merge
and its undoing are both exact; see `storage.rebuild` for how keys stay.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, exists, func, select, update

from spiders.records import IdentityKind
from storage import statements
from storage.engine import batched, upsert
from storage.errors import NotFound
from storage.model import ClaimRow, Edge, Judgement, Person
from storage.rebuild import rebuild as rebuild
from storage.tables import (
    dismissed,
    edge,
    export_row,
    feedback,
    mark,
    person,
    person_alias,
    person_identity,
    score,
    shortlist_item,
    signal,
)

_BATCH = 500
_USED = (mark, shortlist_item, export_row, feedback, dismissed)
"""What people put on somebody whom they work with."""


def put_edges(tx: Connection, edges: Iterable[Edge], now: datetime, *, replacing: str | None = None) -> int:
    """Store decided pairs and return how many count that did not before; the same pair by the same decider is one.

    An edge somebody else retracted stays retracted. replacing: prefix of deciders (`rule:`); their live edges that
    are not among `edges` are retracted, because what they stood on is gone.
    """
    rows = {one.id: _edge_row(one) for one in edges}
    live = set(tx.execute(select(edge.c.id).where(edge.c.retracted_at.is_(None))).scalars())
    upsert(
        tx,
        edge,
        rows.values(),
        change=lambda new: {
            "judgement": new.judgement,
            "probability": new.probability,
            "reasons": new.reasons,
            "retracted_at": None,
            "retracted_by": None,
        },
        where=lambda new: edge.c.retracted_by.is_(None) | (edge.c.retracted_by == edge.c.decided_by),
    )
    if replacing is not None:
        stale = select(edge.c.id).where(
            edge.c.decided_by.startswith(replacing), edge.c.retracted_at.is_(None)
        )
        gone = [one for one in tx.execute(stale).scalars() if one not in rows]
        for batch in batched(sorted(gone), _BATCH):
            tx.execute(
                update(edge)
                .where(edge.c.id.in_(batch))
                .values(retracted_at=now, retracted_by=edge.c.decided_by)
            )
    after = tx.execute(select(edge.c.id).where(edge.c.retracted_at.is_(None))).scalars()
    return len(set(after) - live)


def judge(
    tx: Connection, left: str, right: str, judgement: Judgement, actor: str, reason: str, now: datetime
) -> Edge:
    """Store a person's decision about a pair and return it; it replaces the same person's earlier one."""
    low, high = sorted((left, right))
    one = Edge(left=low, right=high, judgement=judgement, decided_by=actor, decided_at=now, reasons=(reason,))
    upsert(tx, edge, [_edge_row(one)])
    return one


def edges(tx: Connection, *, retracted: bool = False) -> Iterator[Edge]:
    """Yield decided pairs by left, right and decider. retracted: also those taken back."""
    query = select(edge).order_by(edge.c.left, edge.c.right, edge.c.decided_by)
    if not retracted:
        query = query.where(edge.c.retracted_at.is_(None))
    for row in tx.execute(query):
        yield edge_of(row)


def open_edges(tx: Connection) -> list[Edge]:
    """Return what bears on open questions: every live edge inside the people an unsure one names, in `edges` order.

    Costs what is open, not what is stored.
    """
    unsure = select(edge.c.left, edge.c.right).where(
        edge.c.judgement == str(Judgement.UNSURE), edge.c.retracted_at.is_(None)
    )
    sides = {one for row in tx.execute(unsure) for one in row}
    for batch in batched(sorted(set(owners(tx, sides).values())), _BATCH):
        whole = select(person_identity.c.identity).where(person_identity.c.person.in_(batch))
        sides.update(tx.execute(whole).scalars())
    found: list[Edge] = []
    for batch in batched(sorted(sides), _BATCH):
        query = select(edge).where(edge.c.left.in_(batch), edge.c.retracted_at.is_(None))
        found += [edge_of(row) for row in tx.execute(query) if row.right in sides]
    return sorted(found, key=lambda one: (one.left, one.right, one.decided_by))


def retract(tx: Connection, edge_id: str, actor: str, now: datetime) -> Edge:
    """Take an edge back and return it; rules do not bring it again. Raises NotFound."""
    row = tx.execute(select(edge).where(edge.c.id == edge_id)).first()
    if row is None:
        raise NotFound(f"no edge {edge_id!r}; see `sourcer resolve queue`")
    tx.execute(update(edge).where(edge.c.id == edge_id).values(retracted_at=now, retracted_by=actor))
    return replace(edge_of(row), retracted_at=now, retracted_by=actor)


def claims(tx: Connection) -> Iterator[ClaimRow]:
    """Yield every claim, by left, right, kind and source."""
    return statements.iter_claims(tx)


def resolve_key(tx: Connection, key_or_alias: str) -> str:
    """Return the living key behind a key or alias. Raises NotFound."""
    living = tx.execute(
        select(person_alias.c.person).where(person_alias.c.alias == key_or_alias)
    ).scalar_one_or_none()
    if living is not None:
        return str(living)
    if tx.execute(select(person.c.key).where(person.c.key == key_or_alias)).first() is None:
        raise NotFound(f"no person {key_or_alias!r}; find the key with `sourcer search`")
    return key_or_alias


def merged(tx: Connection, keys: Collection[str]) -> dict[str, str]:
    """Return the living key of each of some keys that was merged into another; one that was not is left out."""
    found: dict[str, str] = {}
    for batch in batched(sorted(set(keys)), _BATCH):
        for row in tx.execute(select(person_alias).where(person_alias.c.alias.in_(batch))):
            found[row.alias] = row.person
    return found


def keys_of(tx: Connection, key_or_alias: str) -> list[str]:
    """Return the living key and all its aliases, the living key first. Raises NotFound."""
    living = resolve_key(tx, key_or_alias)
    rows = tx.execute(
        select(person_alias.c.alias).where(person_alias.c.person == living).order_by(person_alias.c.alias)
    )
    return [living, *rows.scalars()]


def get(tx: Connection, key_or_alias: str) -> Person:
    """Return the person behind a key or alias. Raises NotFound if there is none, or it was erased."""
    living = resolve_key(tx, key_or_alias)
    return get_many(tx, [living])[living]


def get_many(tx: Connection, keys: Collection[str]) -> dict[str, Person]:
    """Return people by living key; unknown keys are left out."""
    found: dict[str, Person] = {}
    for batch in batched(sorted(keys), _BATCH):
        members: defaultdict[str, list[str]] = defaultdict(list)
        for row in tx.execute(select(person_identity).where(person_identity.c.person.in_(batch))):
            members[row.person].append(row.identity)
        others: defaultdict[str, list[str]] = defaultdict(list)
        for row in tx.execute(select(person_alias).where(person_alias.c.person.in_(batch))):
            others[row.person].append(row.alias)
        for row in tx.execute(select(person).where(person.c.key.in_(batch))):
            found[row.key] = Person(
                key=row.key,
                identities=tuple(sorted(members[row.key])),
                name=row.name,
                kind=IdentityKind(row.kind),
                first_seen=row.first_seen,
                last_seen=row.last_seen,
                aliases=tuple(sorted(others[row.key])),
            )
    return found


def find_by_identity(tx: Connection, identity_id: str) -> Person | None:
    """Return the person an identity belongs to, or None."""
    key = tx.execute(
        select(person_identity.c.person).where(person_identity.c.identity == identity_id)
    ).scalar_one_or_none()
    return None if key is None else get(tx, str(key))


def keys_by_identity(tx: Connection, *, only_used: bool = False) -> dict[str, str]:
    """Return the living key of every identity that belongs to somebody.

    only_used: people that somebody works with: marked, on a shortlist, or handed over.
    """
    rows = tx.execute(select(person_identity.c.identity, person_identity.c.person)).all()
    if not only_used:
        return {row.identity: row.person for row in rows}
    used = {key for table in _USED for key in tx.execute(select(table.c.person).distinct()).scalars()}
    aliases = {row.alias: row.person for row in tx.execute(select(person_alias)) if row.alias in used}
    used |= set(aliases.values())
    return {row.identity: row.person for row in rows if row.person in used}


def owners(tx: Connection, identities: Collection[str]) -> dict[str, str]:
    """Return the living key each identity belongs to; those of nobody are left out."""
    found: dict[str, str] = {}
    for batch in batched(sorted(identities), _BATCH):
        query = select(person_identity.c.identity, person_identity.c.person)
        rows = tx.execute(query.where(person_identity.c.identity.in_(batch)))
        found.update({row.identity: row.person for row in rows})
    return found


def list_people(
    tx: Connection, *, limit: int, after: str = "", kinds: Sequence[IdentityKind] | None = None
) -> list[Person]:
    """Return living people by key, at most `limit`, behind the key `after`. kinds: only these."""
    query = (
        select(person.c.key)
        .where(person.c.key > after)
        .where(exists().where(person_identity.c.person == person.c.key))
        .order_by(person.c.key)
        .limit(limit)
    )
    if kinds is not None:
        query = query.where(person.c.kind.in_([str(kind) for kind in kinds]))
    people = get_many(tx, tx.execute(query).scalars().all())
    return [people[key] for key in sorted(people)]


def count(tx: Connection) -> int:
    """Return the number of living people."""
    return len(tx.execute(select(person_identity.c.person).distinct()).scalars().all())


def established(tx: Connection, *, asked: Collection[str] = ()) -> dict[str, str]:
    """Return the keys of people whom recruiters know, by the identity each was minted for.

    Known is who was listed, put on a list, exported, marked, or ever judged, and whoever owns one of the identities
    `asked`. Keys merged into a known person's stand for themselves: they live again when the merge is undone.
    """
    keys = set(tx.execute(select(score.c.person).where(score.c.listed).distinct()).scalars())
    for table in _USED:
        keys.update(tx.execute(select(table.c.person).distinct()).scalars())
    living = {row.alias: row.person for row in tx.execute(select(person_alias))}
    judged = select(edge.c.left, edge.c.right).where(
        edge.c.decided_by.not_like("rule:%"), edge.c.decided_by.not_like("model:%")
    )
    touched = {one for row in tx.execute(judged) for one in row} | set(asked)
    known = {living.get(key, key) for key in keys} | set(owners(tx, touched).values())
    anchors = tx.execute(select(person.c.anchor, person.c.key))
    return {row.anchor: row.key for row in anchors if living.get(row.key, row.key) in known}


def evidence_counts(tx: Connection, identities: Collection[str]) -> dict[str, int]:
    """Return how many signals the person of each identity has; those of nobody, and without any, are left out."""
    keys = owners(tx, identities)
    found: dict[str, int] = {}
    for batch in batched(sorted(set(keys.values())), _BATCH):
        query = (
            select(person_identity.c.person, func.count().label("signals"))
            .join(signal, signal.c.identity == person_identity.c.identity)
            .where(person_identity.c.person.in_(batch))
            .group_by(person_identity.c.person)
        )
        found.update({row.person: row.signals for row in tx.execute(query)})
    return {one: found[key] for one, key in keys.items() if key in found}


def _edge_row(one: Edge) -> dict[str, Any]:
    low, high = sorted((one.left, one.right))
    return {
        "id": one.id,
        "left": low,
        "right": high,
        "judgement": str(one.judgement),
        "probability": one.probability,
        "reasons": list(one.reasons),
        "decided_by": one.decided_by,
        "decided_at": one.decided_at,
        "retracted_at": one.retracted_at,
        "retracted_by": one.retracted_by,
    }


def edge_of(row: Row[Any]) -> Edge:
    """Return the edge in a row that has the columns of its table."""
    return Edge(
        left=row.left,
        right=row.right,
        judgement=Judgement(row.judgement),
        probability=row.probability,
        reasons=tuple(row.reasons),
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        retracted_at=row.retracted_at,
        retracted_by=row.retracted_by,
    )
