"""Scores and points per specialism version."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, delete, exists, func, or_, select

from spiders.records import SignalKind, WorkKind
from storage import twins, wishes
from storage.engine import batched
from storage.errors import NotFound
from storage.model import Evidence, Flag, Ground, MarkKind, Points, Score
from storage.tables import flag, mark, person_alias, person_identity, score, signal, work
from storage.tables import points as points_table

_BATCH = 500
_ROWS = 5_000  # written at once
_FIGURES = ("version", "value", "lower", "rising", "rising_lower", "upper", "confidence", "level", "listed")
_COLUMNS = ("specialism", *_FIGURES, "as_of", "run")


def put(
    tx: Connection,
    specialism: str,
    version: str,
    scores: Iterable[Score],
    run: str | None,
    as_of: datetime,
    *,
    flags: Mapping[str, Sequence[Flag]] | None = None,
    people: Collection[str] | None = None,
) -> int:
    """Make a specialism's ranking these scores and return how many it has; readers see the old or the new one.

    Only rows that differ are written: a score that is as it was keeps the moment and the run that computed it.
    flags: by person key, with a score or without; kept in their order. People erased since are left out, and people
    who asked not to be approached. people: whose scores these are all there are; None for everybody.
    """
    alive = living(tx)
    told = {one: each for one, each in (flags or {}).items() if one in alive and each}
    _put_flags(tx, specialism, told)
    before = _figures(tx, specialism, people)
    moved: list[Score] = []
    alike: list[Score] = []
    number = 0
    gone = set(before)
    for one in scores:
        if one.person not in alive:
            continue
        number += 1
        gone.discard(one.person)
        figures = (version, *(getattr(one, name) for name in _FIGURES[1:]))
        (alike if before.get(one.person) == figures else moved).append(one)
    moved += _other_parts(tx, specialism, alike)
    touched = sorted(gone | {one.person for one in moved if one.person in before})
    for batch in batched(touched, _BATCH):
        for table in (points_table, score):
            tx.execute(delete(table).where(table.c.specialism == specialism, table.c.person.in_(batch)))
    for rows in batched(sorted(moved, key=lambda one: one.person), _ROWS):
        tx.execute(score.insert(), [_score_row(one, version, run, as_of) for one in rows])
        tx.execute(
            points_table.insert(),
            [{"specialism": specialism, "person": one.person, "parts": _to_parts(one)} for one in rows],
        )
    if moved or gone:
        from storage import (
            order,
        )  # numpy takes a tenth of a second to import, which reading scores should not pay

        order.refresh(tx, [specialism])
    return number


def living(tx: Connection) -> set[str]:
    """Return the people who may have a score: not erased, and not asking to be left alone."""
    return set(tx.execute(select(person_identity.c.person).distinct()).scalars()) - wishes.keys(tx)


def _figures(tx: Connection, specialism: str, people: Collection[str] | None) -> dict[str, tuple[Any, ...]]:
    """Return what is stored of each person's score, but for its parts."""
    query = select(score.c.person, *(score.c[name] for name in _FIGURES)).where(
        score.c.specialism == specialism
    )
    return {row[0]: tuple(row[1:]) for row in _of_people(tx, query, score.c.person, people)}


def _other_parts(tx: Connection, specialism: str, scores: Sequence[Score]) -> list[Score]:
    """Return those of these scores whose stored parts are others."""
    found: list[Score] = []
    query = select(points_table.c.person, points_table.c.parts).where(points_table.c.specialism == specialism)
    for batch in batched(scores, _BATCH):
        rows = tx.execute(query.where(points_table.c.person.in_([one.person for one in batch])))
        stored = dict(tuple(row) for row in rows)
        found += [one for one in batch if stored.get(one.person) != _to_parts(one)]
    return found


def _put_flags(tx: Connection, specialism: str, told: Mapping[str, Sequence[Flag]]) -> None:
    rows = {
        (person, one.kind): _flag_row(specialism, person, one)
        for person, each in told.items()
        for one in each
    }
    query = select(flag).where(flag.c.specialism == specialism)
    before = {(row.person, row.kind): dict(row._mapping) for row in tx.execute(query)}
    stale = sorted({key for key, row in before.items() if rows.get(key) != row})
    for batch in batched(stale, _BATCH):
        named = [(flag.c.person == person) & (flag.c.kind == kind) for person, kind in batch]
        tx.execute(delete(flag).where(flag.c.specialism == specialism, or_(*named)))
    fresh = [row for key, row in sorted(rows.items()) if before.get(key) != row]
    for new in batched(fresh, _ROWS):
        tx.execute(flag.insert(), list(new))


def _of_people(
    tx: Connection, query: Select[Any], column: ColumnElement[str], people: Collection[str] | None
) -> Iterator[Row[Any]]:
    if people is None:
        yield from tx.execute(query)
        return
    for batch in batched(sorted(people), _BATCH):
        yield from tx.execute(query.where(column.in_(batch)))


def _score_row(one: Score, version: str, run: str | None, as_of: datetime) -> dict[str, Any]:
    row = {name: getattr(one, name) for name in ("specialism", "person", *_FIGURES)}
    return row | {"version": version, "as_of": as_of, "run": run}


def _to_parts(one: Score) -> list[Any]:
    """Return a score's parts as they are stored: the signals once; for factors and grounds, which of them show it."""
    proofs = [*(part.evidence for part in one.points), *(part.evidence for part in one.grounds)]
    places = {signal: place for place, signal in enumerate(dict.fromkeys(s for each in proofs for s in each))}
    parts = [
        [
            part.factor,
            part.feature,
            part.value,
            part.unit,
            part.points,
            part.rising,
            [places[s] for s in part.evidence],
        ]
        for part in one.points
    ]
    grounds = [[part.kind, part.band, part.text, [places[s] for s in part.evidence]] for part in one.grounds]
    return [list(places), parts, grounds]


def _from_parts(stored: Sequence[Any]) -> list[Points]:
    signals, parts = stored[:2]
    return [
        Points(
            factor=factor, feature=feature, value=value, unit=unit, points=earned, rising=rising,
            evidence=tuple(signals[place] for place in places),
        )
        for factor, feature, value, unit, earned, rising, places in parts
    ]  # fmt: skip


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
    told = grounds(tx, person, specialism)
    return replace(score_of(row, person), points=tuple(points(tx, person, specialism)), grounds=told)


def of_person(tx: Connection, person: str) -> list[Score]:
    """Return all scores of a person without points, best first."""
    query = select(score).where(score.c.person == person).order_by(score.c.lower.desc(), score.c.specialism)
    return [score_of(row, person) for row in tx.execute(query)]


def points(tx: Connection, person: str, specialism: str) -> list[Points]:
    """Return what each factor earned a person, in the specialism's order."""
    return points_of(tx, [person], specialism).get(person, [])


def points_of(tx: Connection, people: Collection[str], specialism: str) -> dict[str, list[Points]]:
    """Return the points of many people, each in the specialism's order."""
    query = select(points_table).where(points_table.c.specialism == specialism)
    rows = _of_people(tx, query, points_table.c.person, people)
    return {row.person: _from_parts(row.parts) for row in rows}


def grounds(tx: Connection, person: str, specialism: str) -> tuple[Ground, ...]:
    """Return what speaks for a person's level, the highest first; nothing of scores put before levels had grounds."""
    query = select(points_table.c.parts).where(
        points_table.c.specialism == specialism, points_table.c.person == person
    )
    stored = tx.execute(query).scalar()
    if stored is None or len(stored) < 3:
        return ()
    signals, _, found = stored
    return tuple(
        Ground(kind=kind, band=band, text=text, evidence=tuple(signals[place] for place in places))
        for kind, band, text, places in found
    )


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


def _flag_row(specialism: str, person: str, one: Flag) -> dict[str, Any]:
    return {
        "specialism": specialism,
        "person": person,
        "kind": one.kind,
        "works": one.works,
        "accounts": one.accounts,
        "evidence": list(one.evidence),
    }


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
