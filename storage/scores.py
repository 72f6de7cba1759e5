"""Scores and points per specialism version."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, exists, func, or_, select

from spiders.records import SignalKind, WorkKind
from storage import among, bulk, halts, scored, twins, wishes
from storage import people as marks
from storage.engine import batched
from storage.errors import NotFound
from storage.model import Evidence, Flag, Ground, MarkKind, Points, Score, Twin
from storage.scored import Factors, Put, Scored, of_people
from storage.tables import flag, mark, person_alias, person_identity, score, signal, work
from storage.tables import points as points_table

_BATCH = 500
_ROWS = 5_000  # written at once
_COLUMNS = ("specialism", "version", *scored.FIGURES, "as_of", "run")


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
    flags: by person key, with a score or without; kept in their order; None leaves those there are. People erased
    since are left out, and people who asked not to be approached. people: whose scores these are all there are; None
    for everybody.
    """
    made = put_columns(
        tx,
        specialism,
        version,
        _in_columns(list(scores)),
        run,
        as_of,
        alive=living(tx),
        flags=flags,
        people=people,
    )
    if made.touched:
        from storage import (
            order,
        )  # numpy takes a tenth of a second to import, which reading scores should not pay

        order.refresh(tx, [specialism])
    return made.scores


def put_columns(
    tx: Connection,
    specialism: str,
    version: str,
    found: Scored,
    run: str | None,
    as_of: datetime,
    *,
    alive: Collection[str],
    flags: Mapping[str, Sequence[Flag]] | None = None,
    flagged: Collection[str] | None = None,
    people: Collection[str] | None = None,
) -> Put:
    """Do what `put` does with columns, and leave the orders as they are: call `order.refresh` for whom it touched.

    alive: of `living`, in this transaction. flagged: whose flags these are all there are; None for everybody.
    """
    if flags is not None:
        told = {one: each for one, each in flags.items() if one in alive and each}
        _put_flags(tx, specialism, told, flagged)
    return scored.put(tx, specialism, version, found, run=run, as_of=as_of, alive=alive, people=people)


def _in_columns(scores: Sequence[Score]) -> Scored:
    return Scored(
        persons=[one.person for one in scores],
        figures=[[getattr(one, name) for one in scores] for name in scored.FIGURES],
        parts=lambda places: [_dump(_to_parts(scores[place])) for place in places],
        factors=sorted({_factors(one) for one in scores}),
    )


def living(tx: Connection) -> set[str]:
    """Return the people who may have a score: not erased, not asking to be left alone, not opted out of scores."""
    persons = bulk.rows(tx, select(person_identity.c.person).distinct())
    return {one for (one,) in persons} - wishes.keys(tx) - marks.unscored(tx)


def flagged(tx: Connection) -> set[str]:
    """Return the people of whom anything was given no credit."""
    return set(tx.execute(select(flag.c.person).distinct()).scalars())


def _put_flags(
    tx: Connection, specialism: str, told: Mapping[str, Sequence[Flag]], people: Collection[str] | None
) -> None:
    rows = {
        (person, one.kind): _flag_row(specialism, person, one)
        for person, each in told.items()
        for one in each
    }
    query = select(flag).where(flag.c.specialism == specialism)
    before = {
        (row.person, row.kind): dict(row._mapping)
        for row in tx.execute(query)
        if people is None or row.person in people
    }
    stale = sorted({key for key, row in before.items() if rows.get(key) != row})
    for batch in batched(stale, _BATCH):
        named = [(flag.c.person == person) & (flag.c.kind == kind) for person, kind in batch]
        tx.execute(delete(flag).where(flag.c.specialism == specialism, or_(*named)))
    fresh = [row for key, row in sorted(rows.items()) if before.get(key) != row]
    for new in batched(fresh, _ROWS):
        tx.execute(flag.insert(), list(new))


def _dump(parts: Sequence[Any]) -> str:
    return json.dumps(parts, ensure_ascii=False, separators=(",", ":"))


def _factors(one: Score) -> tuple[tuple[str, str, str], ...]:
    return tuple((part.factor, part.feature, part.unit) for part in one.points)


def _to_parts(one: Score) -> list[Any]:
    """Return a score's parts as they are stored: which factors, the signals once, what shows each factor and ground.

    A factor that earned nothing is 0, one of which nothing was observed null.
    """
    proofs = [*(part.evidence for part in one.points), *(part.evidence for part in one.grounds)]
    places = {signal: place for place, signal in enumerate(dict.fromkeys(s for each in proofs for s in each))}
    parts: list[Any] = []
    for part in one.points:
        if part.points or part.rising or part.evidence or part.value:
            proof = [places[s] for s in part.evidence]
            parts.append([part.value, part.points, part.rising, proof])
        else:
            parts.append(None if part.value is None else 0)
    grounds = [[part.kind, part.band, part.text, [places[s] for s in part.evidence]] for part in one.grounds]
    return [scored.digest_of(_factors(one)), list(places), parts, grounds]


def _is_bare(stored: Sequence[Any]) -> bool:
    """Return whether stored parts name a list of factors; those put before there were any name each factor."""
    return isinstance(stored[0], str)


def _from_parts(stored: Sequence[Any], lists: Mapping[str, Factors]) -> list[Points]:
    signals, parts = _named(stored, lists)
    return [
        Points(
            factor=factor, feature=feature, value=value, unit=unit, points=earned, rising=rising,
            evidence=tuple(signals[place] for place in places),
        )
        for factor, feature, value, unit, earned, rising, places in parts
    ]  # fmt: skip


def _named(
    stored: Sequence[Any], lists: Mapping[str, Factors]
) -> tuple[Sequence[str], Sequence[Sequence[Any]]]:
    """Return signals, and (factor, feature, value, unit, points, rising, places of signals) of each factor."""
    if not _is_bare(stored):
        return stored[0], stored[1]
    digest, signals, bare, _ = stored
    wholes = map(_whole, bare)
    return signals, [
        (*names[:2], value, names[2], earned, rising, places)
        for names, (value, earned, rising, places) in zip(lists[digest], wholes, strict=True)
    ]


def _whole(part: Any) -> Sequence[Any]:
    return part if isinstance(part, list) else (None if part is None else 0.0, 0.0, 0.0, ())


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
        .where(score.c.specialism == specialism, score.c.listed, halts.goes_on())
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
    theirs = (score.c.specialism == specialism, score.c.person == person)
    row = tx.execute(select(score).where(*theirs, halts.goes_on())).first()
    if row is None:
        raise NotFound(
            f"no score of {person!r} for {specialism!r}; run `sourcer rank run --specialism {specialism}`"
        )
    told = grounds(tx, person, specialism)
    return replace(score_of(row, person), points=tuple(points(tx, person, specialism)), grounds=told)


def get_many(tx: Connection, people: Collection[str], specialism: str) -> dict[str, Score]:
    """Return the scores of many people with their points, without grounds; who was not scored is left out."""
    query = select(score).where(score.c.specialism == specialism, halts.goes_on())
    rows = list(of_people(tx, query, score.c.person, people))
    parts = points_of(tx, people, specialism)
    return {
        row.person: replace(score_of(row, row.person), points=tuple(parts.get(row.person, ())))
        for row in rows
    }


def of_person(tx: Connection, person: str) -> list[Score]:
    """Return all scores of a person without points, best first."""
    query = select(score).where(score.c.person == person, halts.goes_on())
    rows = tx.execute(query.order_by(score.c.lower.desc(), score.c.specialism))
    return [score_of(row, person) for row in rows]


def scores_of(tx: Connection, people: Collection[str]) -> dict[str, list[Score]]:
    """Return all scores of some people without points, each one's best first; who has none is left out."""
    query = select(score).where(halts.goes_on()).order_by(score.c.lower.desc(), score.c.specialism)
    found: dict[str, list[Score]] = {}
    for row in of_people(tx, query, score.c.person, people):
        found.setdefault(row.person, []).append(score_of(row, row.person))
    return found


def points(tx: Connection, person: str, specialism: str) -> list[Points]:
    """Return what each factor earned a person, in the specialism's order."""
    return points_of(tx, [person], specialism).get(person, [])


def points_of(tx: Connection, people: Collection[str], specialism: str) -> dict[str, list[Points]]:
    """Return the points of many people, each in the specialism's order."""
    query = select(points_table).where(points_table.c.specialism == specialism, halts.goes_on())
    rows = list(of_people(tx, query, points_table.c.person, people))
    lists = scored.factors_of(tx, {row.parts[0] for row in rows if _is_bare(row.parts)})
    return {row.person: _from_parts(row.parts, lists) for row in rows}


def points_by(tx: Connection, chosen: Mapping[str, str]) -> dict[str, list[Points]]:
    """Return the points of one score of each of some people, in the specialism's order. chosen: specialism by key."""
    if not chosen:
        return {}
    pairs = among.bound_pairs((slug, person) for person, slug in sorted(chosen.items()))
    is_chosen = among.are_in(tx.dialect.name, points_table.c.specialism, points_table.c.person)
    rows = tx.execute(select(points_table).where(is_chosen, halts.goes_on()), pairs).all()
    lists = scored.factors_of(tx, {row.parts[0] for row in rows if _is_bare(row.parts)})
    return {row.person: _from_parts(row.parts, lists) for row in rows}


def shown_of(
    tx: Connection, people: Collection[str], specialism: str
) -> dict[str, tuple[list[list[Any]], set[str]]]:
    """Return of many people each factor's name, value, points and number of signals, and all these signals.

    The same as of `points_of` at a tenth of the cost, for a ranking that is kept whole.
    """
    query = select(points_table).where(points_table.c.specialism == specialism)
    rows = list(of_people(tx, query, points_table.c.person, people))
    lists = scored.factors_of(tx, {row.parts[0] for row in rows if _is_bare(row.parts)})
    found = {}
    for row in rows:
        signals, parts = _named(row.parts, lists)
        shown = {signals[place] for part in parts for place in part[6]}
        found[row.person] = [[part[0], part[2], part[4], len(part[6])] for part in parts], shown
    return found


def grounds(tx: Connection, person: str, specialism: str) -> tuple[Ground, ...]:
    """Return what speaks for a person's level, the highest first; nothing of scores put before levels had grounds."""
    query = select(points_table.c.parts).where(points_table.c.specialism == specialism)
    stored = tx.execute(query.where(points_table.c.person == person, halts.goes_on())).scalar()
    if stored is None or len(stored) < 3:
        return ()
    signals, _, found = stored[-3:]
    return tuple(
        Ground(kind=kind, band=band, text=text, evidence=tuple(signals[place] for place in places))
        for kind, band, text, places in found
    )


def flags(tx: Connection, person: str) -> dict[str, list[Flag]]:
    """Return what a person's activity was given no credit for, by specialism, most works first."""
    query = (
        select(flag)
        .where(flag.c.person == person, halts.goes_on())
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
    wanted = sorted(set(signal_ids))
    if not wanted:
        return []
    # The fullest of several descriptions of one work comes last and stays.
    rows = {row.id: row for row in tx.execute(_shown(tx.dialect.name), among.bound(tx, wanted))}
    told = twins.told_again(tx, {row.work for row in rows.values()})
    found = {name: _evidence(row, told.get(row.work, ())) for name, row in rows.items()}
    return [found[one] for one in signal_ids if one in found]


@cache
def _shown(dialect: str) -> Select[Any]:
    """Return the query of signals with their works; building it takes longer than running it, so it is kept."""
    names = ("id", "identity", "kind", "work", "url", "occurred_at", "value", "unit", "note", "source")
    return (
        select(
            *(signal.c[name] for name in names),
            work.c.kind.label("work_kind"),
            work.c.title,
            work.c.venue,
            work.c.published_on,
        )
        .join(work, work.c.id == signal.c.work, isouter=True)
        .where(among.is_in(dialect, signal.c.id))
        .order_by(signal.c.id, work.c.text.is_not(None), work.c.source)
    )


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


def _evidence(row: Row[Any], also: tuple[Twin, ...]) -> Evidence:
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
        counts_as=also[0].canonical if also else row.work,
        also=also,
    )
