"""Scores and points per specialism version."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, exists, func, or_, select

from spiders.records import SignalKind, WorkKind
from storage import twins, wishes
from storage.engine import batched
from storage.errors import NotFound
from storage.model import Evidence, Flag, MarkKind, Points, Score
from storage.tables import flag, mark, person_alias, person_identity, score, signal, work
from storage.tables import points as points_table

_BATCH = 500
_COLUMNS = ("specialism", "version", "value", "lower", "confidence", "level", "listed", "as_of", "run")


def put(
    tx: Connection,
    specialism: str,
    version: str,
    scores: Iterable[Score],
    run: str | None,
    as_of: datetime,
    *,
    flags: Mapping[str, Sequence[Flag]] | None = None,
) -> int:
    """Replace a specialism's whole ranking and return how many people it has; readers see the old or the new one.

    flags: by person key, with a score or without; kept in their order. People erased since are left out,
    and people who asked not to be approached.
    """
    tx.execute(delete(flag).where(flag.c.specialism == specialism))
    tx.execute(delete(points_table).where(points_table.c.specialism == specialism))
    tx.execute(delete(score).where(score.c.specialism == specialism))
    rows: list[dict[str, Any]] = []
    reasons: list[dict[str, Any]] = []
    living = set(tx.execute(select(person_identity.c.person).distinct()).scalars()) - wishes.keys(tx)
    for one in sorted(scores, key=lambda each: each.person):
        if one.person not in living:
            continue
        rows.append(
            {
                "specialism": specialism,
                "person": one.person,
                "version": version,
                "value": one.value,
                "lower": one.lower,
                "confidence": one.confidence,
                "level": one.level,
                "listed": one.listed,
                "as_of": as_of,
                "run": run,
            }
        )
        reasons.extend(
            _points_row(specialism, one.person, place, each) for place, each in enumerate(one.points)
        )
    if rows:
        tx.execute(score.insert(), rows)
    if reasons:
        tx.execute(points_table.insert(), reasons)
    said = [
        _flag_row(specialism, person, one)
        for person, each in sorted((flags or {}).items())
        for one in each
        if person in living
    ]
    if said:
        tx.execute(flag.insert(), said)
    return len(rows)


def ranking(
    tx: Connection, specialism: str, *, limit: int, after: tuple[float, str] | None = None
) -> list[Score]:
    """Return listed scores without their points, best `lower` first, then by person key; hidden people are left out.

    after: (lower, person) of the last one seen.
    """
    holders = or_(
        mark.c.person == score.c.person,
        mark.c.person.in_(select(person_alias.c.alias).where(person_alias.c.person == score.c.person)),
    )
    query = (
        select(score)
        .where(score.c.specialism == specialism, score.c.listed)
        .where(~exists().where(mark.c.kind == str(MarkKind.HIDDEN), holders))
        .where(score.c.person.not_in(wishes.people()))
        .where(score.c.person.not_in(select(person_alias.c.alias)))
        .order_by(score.c.lower.desc(), score.c.person)
        .limit(limit)
    )
    if after is not None:
        value, key = after
        query = query.where(or_(score.c.lower < value, (score.c.lower == value) & (score.c.person > key)))
    return [score_of(row, row.person) for row in tx.execute(query)]


def get(tx: Connection, person: str, specialism: str) -> Score:
    """Return a person's score with its points. Raises NotFound if the person was not scored."""
    row = tx.execute(select(score).where(score.c.specialism == specialism, score.c.person == person)).first()
    if row is None:
        raise NotFound(
            f"no score of {person!r} for {specialism!r}; run `sourcer rank run --specialism {specialism}`"
        )
    return replace(score_of(row, person), points=tuple(points(tx, person, specialism)))


def of_person(tx: Connection, person: str) -> list[Score]:
    """Return all scores of a person without points, best first."""
    query = select(score).where(score.c.person == person).order_by(score.c.lower.desc(), score.c.specialism)
    return [score_of(row, person) for row in tx.execute(query)]


def points(tx: Connection, person: str, specialism: str) -> list[Points]:
    """Return what each factor earned a person, in the specialism's order."""
    query = (
        select(points_table)
        .where(points_table.c.specialism == specialism, points_table.c.person == person)
        .order_by(points_table.c.place)
    )
    return [_points(row) for row in tx.execute(query)]


def points_of(tx: Connection, people: Collection[str], specialism: str) -> dict[str, list[Points]]:
    """Return the points of many people, each in the specialism's order."""
    found: dict[str, list[Points]] = {}
    for batch in batched(sorted(people), _BATCH):
        query = (
            select(points_table)
            .where(points_table.c.specialism == specialism, points_table.c.person.in_(batch))
            .order_by(points_table.c.person, points_table.c.place)
        )
        for row in tx.execute(query):
            found.setdefault(row.person, []).append(_points(row))
    return found


def flags(tx: Connection, person: str) -> dict[str, list[Flag]]:
    """Return what a person's activity was given no credit for, by specialism, most works first."""
    query = (
        select(flag)
        .where(flag.c.person == person)
        .order_by(flag.c.specialism, flag.c.works.desc(), flag.c.kind)
    )
    found: dict[str, list[Flag]] = {}
    for row in tx.execute(query):
        one = Flag(kind=row.kind, works=row.works, accounts=row.accounts, evidence=tuple(row.evidence))
        found.setdefault(row.specialism, []).append(one)
    return found


def ranked(tx: Connection) -> dict[str, tuple[str, datetime, int]]:
    """Return version, moment and number of scores of every ranked specialism, by its name."""
    rows = tx.execute(
        select(score.c.specialism, func.max(score.c.version), func.max(score.c.as_of), func.count())
        .where(score.c.person.not_in(select(person_alias.c.alias)))
        .group_by(score.c.specialism)
        .order_by(score.c.specialism)
    )
    return {name: (version, as_of, number) for name, version, as_of, number in rows}


def evidence(tx: Connection, signal_ids: Collection[str]) -> list[Evidence]:
    """Return signals with their works, ready to show, in the order given; unknown ids are left out."""
    found: dict[str, Evidence] = {}
    for batch in batched(sorted(set(signal_ids)), _BATCH):
        query = (
            select(
                signal,
                work.c.kind.label("work_kind"),
                work.c.title,
                work.c.venue,
                work.c.published_on,
            )
            .join(work, work.c.id == signal.c.work, isouter=True)
            .where(signal.c.id.in_(batch))
            # The fullest of several descriptions of one work comes last and stays.
            .order_by(signal.c.id, work.c.text.is_not(None), work.c.source)
        )
        found.update((row.id, _evidence(row)) for row in tx.execute(query))
    told = twins.told_again(tx, {one.work for one in found.values()})
    for name, one in found.items():
        also = told.get(one.work, ())
        found[name] = replace(one, counts_as=also[0].canonical if also else one.work, also=also)
    return [found[one] for one in signal_ids if one in found]


def score_of(row: Row[Any], person: str) -> Score:
    """Return the score in a row that has the columns of the score table."""
    return Score(person=person, **{name: getattr(row, name) for name in _COLUMNS})


def _points_row(specialism: str, person: str, place: int, one: Points) -> dict[str, Any]:
    return {
        "specialism": specialism,
        "person": person,
        "factor": one.factor,
        "place": place,
        "feature": one.feature,
        "value": one.value,
        "unit": one.unit,
        "points": one.points,
        "evidence": list(one.evidence),
    }


def _flag_row(specialism: str, person: str, one: Flag) -> dict[str, Any]:
    return {
        "specialism": specialism,
        "person": person,
        "kind": one.kind,
        "works": one.works,
        "accounts": one.accounts,
        "evidence": list(one.evidence),
    }


def _points(row: Row[Any]) -> Points:
    return Points(
        factor=row.factor,
        feature=row.feature,
        value=row.value,
        unit=row.unit,
        points=row.points,
        evidence=tuple(row.evidence),
    )


def _evidence(row: Row[Any]) -> Evidence:
    return Evidence(
        signal=row.id,
        identity=row.identity,
        kind=SignalKind(row.kind),
        work=row.work,
        work_kind=WorkKind(row.work_kind) if row.work_kind is not None else None,
        title=row.title,
        url=row.url,
        occurred_at=row.occurred_at,
        value=row.value,
        unit=row.unit,
        note=row.note,
        venue=row.venue,
        published_on=row.published_on,
        source=row.source,
    )
