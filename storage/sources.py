"""Everything one source told: counted, and removed when its terms change or the operator gives it up."""

from typing import Any

from sqlalchemy import Connection, delete, exists, func, or_, select

from storage import index, twins
from storage.engine import batched
from storage.forget import forget_identities
from storage.tables import (
    claim,
    cursor,
    flag,
    held,
    identity,
    moved,
    person_identity,
    points,
    score,
    signal,
    statement,
    task,
    vanishing,
    withdrawal,
    work,
    work_twin,
)
from storage.tables import visit as visit_table

_BATCH = 500
_FACTS = (statement, claim, work, signal, moved)


def facts_of(tx: Connection, source: str) -> dict[str, int]:
    """Return how many facts of a source are in the store, by table."""
    found: dict[str, int] = {}
    for table in _FACTS:
        query = select(func.count()).select_from(table).where(table.c.source == source)
        found[table.name] = tx.execute(query).scalar_one()
    return found


def forget_source(tx: Connection, source: str) -> tuple[dict[str, int], frozenset[str]]:
    """Remove what a source told and what it was asked; return rows by table, and digests of pages to remove too.

    What other sources say of the same people and works stays. Scores of the people concerned go: they rested on it,
    the next ranking makes new ones. Which accounts are one person is settled at the next resolving.
    """
    concerned = _people(tx, source)
    spoken = set(
        tx.execute(select(statement.c.identity).where(statement.c.source == source).distinct()).scalars()
    )
    pages = _pages(tx, source)
    rows: dict[str, int] = {}
    for table in (*_FACTS, withdrawal, held, vanishing, cursor, task, visit_table):
        asked = held.c.asked if table is held else table.c.source
        rows[table.name] = tx.execute(delete(table).where(asked == source)).rowcount
    for name, count in forget_identities(tx, _silent(tx, spoken)).items():
        rows[name] = rows.get(name, 0) + count
    for batch in batched(sorted(concerned), _BATCH):
        for table in (score, points, flag):
            gone = tx.execute(delete(table).where(table.c.person.in_(batch))).rowcount
            rows[table.name] = rows.get(table.name, 0) + gone
    rows[work_twin.name] = twins.sweep(tx)
    index.put_facets(tx, concerned, ())  # they may rest on what is forgotten; the night makes them anew
    index.reindex(tx, concerned)
    return {name: count for name, count in sorted(rows.items()) if count}, pages


def _people(tx: Connection, source: str) -> set[str]:
    """Return the living people of whom a source said something, or to whose works it said something."""
    told = select(work.c.id).where(work.c.source == source)
    did = select(signal.c.identity).where(or_(signal.c.source == source, signal.c.work.in_(told)))
    said = select(statement.c.identity).where(statement.c.source == source)
    concerned = or_(person_identity.c.identity.in_(said), person_identity.c.identity.in_(did))
    return set(tx.execute(select(person_identity.c.person).where(concerned).distinct()).scalars())


def _pages(tx: Connection, source: str) -> frozenset[str]:
    """Return the digests of a source's pages that no other source answered with as well."""
    others = visit_table.alias()
    shared = exists().where(others.c.page == visit_table.c.page, others.c.source != source)
    own: Any = select(visit_table.c.page).where(
        visit_table.c.source == source, visit_table.c.page.is_not(None), ~shared
    )
    return frozenset(tx.execute(own.distinct()).scalars())


def _silent(tx: Connection, spoken: set[str]) -> set[str]:
    """Return those identities of which nobody says or did anything any more."""
    left: set[str] = set()
    for batch in batched(sorted(spoken), _BATCH):
        said = exists().where(statement.c.identity == identity.c.id)
        did = exists().where(signal.c.identity == identity.c.id)
        left.update(tx.execute(select(identity.c.id).where(identity.c.id.in_(batch), ~said, ~did)).scalars())
    return left
