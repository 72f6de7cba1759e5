"""How many people of a ranking stand where, and what they say where they work: for counts, never for scores."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, and_, extract, func, select

from spiders.records import IdentityKind, SignalKind
from storage import halts, wishes
from storage.engine import stream
from storage.statements import stands
from storage.tables import (
    person,
    person_alias,
    person_identity,
    score,
    search_facet,
    signal,
    statement,
)

_NOBODY = (str(IdentityKind.BOT), str(IdentityKind.ORGANISATION))


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """People of one level at one place. place: a facet's value, None for unknown or ambiguous.

    confidence: sum of theirs, each 0–1. variance: of the number of them who are what they seem, Σ c·(1−c).
    """

    level: str
    place: str | None
    people: int
    confidence: float
    variance: float


def groups(tx: Connection, specialism: str, field: str) -> list[Group]:
    """Return the listed people of a specialism by level and place, sorted. field: country, region or hub."""
    where = and_(search_facet.c.person == score.c.person, search_facet.c.field == field)
    query = (
        select(
            score.c.level,
            search_facet.c.value,
            func.count(),
            func.sum(score.c.confidence),
            func.sum(score.c.confidence * (1 - score.c.confidence)),
        )
        .select_from(score.join(search_facet, where, isouter=True))
        .where(score.c.specialism == specialism, score.c.listed, halts.goes_on())
        .where(score.c.person.not_in(wishes.people()))
        .where(score.c.person.not_in(select(person_alias.c.alias)))
        .group_by(score.c.level, search_facet.c.value)
    )
    found = [
        Group(level=level, place=place, people=people, confidence=float(sure), variance=float(spread))
        for level, place, people, sure, spread in tx.execute(query)
    ]
    return sorted(found, key=lambda one: (one.level, one.place is None, one.place or ""))


def iter_affiliations(tx: Connection, specialism: str) -> Iterator[tuple[str, str, int]]:
    """Yield (person, affiliation as stated, year) of a specialism's listed people, by person and year.

    The byline of a single paper says where its author worked when it came out; any other account, when it was read.
    """
    dated = (
        select(
            signal.c.identity,
            func.count(signal.c.work.distinct()).label("works"),
            func.max(signal.c.occurred_at).label("out_at"),
        )
        .where(signal.c.kind == str(SignalKind.AUTHORED), stands(signal, signal.c.id))
        .group_by(signal.c.identity)
        .subquery("dated")
    )
    query = (
        select(
            person_identity.c.person,
            statement.c.value,
            extract("year", statement.c.seen_at).label("read_in"),
            extract("year", dated.c.out_at).label("out_in"),
            dated.c.works,
            statement.c.identity,
        )
        .select_from(person_identity.join(statement, statement.c.identity == person_identity.c.identity))
        .join(person, person.c.key == person_identity.c.person)
        .join(score, and_(score.c.person == person.c.key, score.c.specialism == specialism, score.c.listed))
        .join(dated, dated.c.identity == statement.c.identity, isouter=True)
        .where(person.c.kind.not_in(_NOBODY), statement.c.attribute == "affiliation")
        .where(stands(statement, statement.c.identity), person.c.key.not_in(wishes.people()))
        .order_by(person_identity.c.person, statement.c.identity, statement.c.value)
    )
    for row in stream(tx, query):
        is_byline = row.works == 1 and row.out_in is not None
        yield row.person, row.value, int(row.out_in if is_byline else row.read_in)
