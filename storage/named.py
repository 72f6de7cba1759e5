"""Somebody as people name them: by key, account, login, ORCID or name; and what waits to be decided about them."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, Connection, func, or_, select

from spiders.records import IdentityKind
from storage import halts, wishes
from storage import people as people_marks
from storage.engine import batched
from storage.model import WIDTH_MAX, Edge, Judgement, MarkKind, Score
from storage.persons import edge_of
from storage.sets import Mask
from storage.statements import stands
from storage.tables import (
    edge,
    mark,
    person,
    person_alias,
    person_identity,
    score,
    search_person,
    search_set,
    statement,
)

_BATCH = 500


def people(tx: Connection, text: str, *, limit: int) -> list[str]:
    """Return the living keys of whoever bears a key, an identity's id, a login, an ORCID or a name, at most `limit`.

    Logins and names are compared in any case. Costs one look at every such statement: about a second per million.
    """
    living = select(person_alias.c.person).where(person_alias.c.alias == text)
    key = tx.execute(living).scalar() or text
    exact = (
        select(person.c.key).where(person.c.key == key),
        select(person_identity.c.person).where(person_identity.c.identity == text),
        select(person_identity.c.person)
        .join(statement, statement.c.identity == person_identity.c.identity)
        .where(_says(text), stands(statement, statement.c.identity))
        .distinct()
        .order_by(person_identity.c.person),
    )
    for query in exact:
        found = list(tx.execute(query.limit(limit)).scalars())
        if found:
            return [str(one) for one in found]
    return []


def is_taken_back(tx: Connection, text: str) -> bool:
    """Return whether a login, ORCID or name was known and its source has taken it back since."""
    query = select(statement.c.identity).where(_says(text), ~stands(statement, statement.c.identity))
    return tx.execute(query.limit(1)).first() is not None


def waiting(tx: Connection, identities: Collection[str]) -> list[Edge]:
    """Return undecided pairs of which one side is among some identities and the other is not, by their ids."""
    mine, found = set(identities), dict[str, Edge]()
    for batch in batched(sorted(mine), _BATCH):
        query = select(edge).where(
            edge.c.judgement == str(Judgement.UNSURE),
            edge.c.retracted_at.is_(None),
            or_(edge.c.left.in_(batch), edge.c.right.in_(batch)),
        )
        found |= {row.id: edge_of(row) for row in tx.execute(query)}
    return [one for _, one in sorted(found.items()) if not {one.left, one.right} <= mine]


def values(tx: Connection, field: str) -> list[str]:
    """Return every value of a field that somebody has, as searches look it up; of stages those that were set."""
    if field == MarkKind.STAGE:
        query = select(mark.c.value).where(mark.c.kind == str(MarkKind.STAGE))
    else:
        query = select(search_set.c.value).where(search_set.c.field == field)
    return sorted(tx.execute(query.distinct()).scalars())


def beginning_alike(tx: Connection, text: str, *, limit: int = 5_000) -> list[str]:
    """Return names of people with a word that begins as a text does, by their first two letters, at most `limit`.

    People of whom nothing is shown are left out.
    """
    first = text.strip()[:2].lower()
    lowered = func.lower(search_person.c.name)
    alike = or_(lowered.startswith(first, autoescape=True), lowered.contains(f" {first}", autoescape=True))
    silent = set(wishes.keys(tx)) | people_marks.kept_out(tx)
    rows = tx.execute(select(search_person.c.person, search_person.c.name).where(alike).limit(limit))
    return [row.name for row in rows if row.person not in silent]


def is_in(tx: Connection, key: str, mask: Mask) -> bool:
    """Return whether somebody is in a set of people, as `search.everybody` makes it."""
    place = tx.execute(select(search_person.c.no).where(search_person.c.person == key)).scalar()
    return place is not None and place < len(mask) and bool(mask[place])


def place(tx: Connection, one: Score) -> int:
    """Return where somebody stands in a specialism's ranking, from 1: after every shown person with more `lower`.

    Whoever cannot be placed stands behind everybody who can (`order`).
    """
    higher = or_(score.c.lower > one.lower, (score.c.lower == one.lower) & (score.c.person < one.person))
    is_sure = score.c.upper - score.c.lower <= WIDTH_MAX
    better = is_sure & higher if one.upper - one.lower <= WIDTH_MAX else or_(is_sure, higher)
    hidden = select(mark.c.person).where(mark.c.kind == str(MarkKind.HIDDEN))
    query = (
        select(func.count())
        .select_from(score)
        .where(score.c.specialism == one.specialism, score.c.listed, better, halts.goes_on())
        .where(score.c.person.not_in(wishes.people()), score.c.person.not_in(hidden))
        .where(score.c.person.not_in(select(person_alias.c.alias)))
    )
    return int(tx.execute(query).scalar_one()) + 1


def is_nobody(kind: IdentityKind) -> bool:
    """Return whether a kind of person is never shown: machines and organisations."""
    return kind in (IdentityKind.BOT, IdentityKind.ORGANISATION)


def _says(text: str) -> ColumnElement[bool]:
    login = text.removeprefix("https://github.com/").removeprefix("@").strip("/")
    lowered = func.lower(statement.c.value)
    return or_(
        (statement.c.attribute == "handle") & (lowered == login.lower()),
        (statement.c.attribute == "name") & (lowered == text.lower()),
        (statement.c.attribute == "orcid") & (statement.c.value == text.removeprefix("https://orcid.org/")),
    )
