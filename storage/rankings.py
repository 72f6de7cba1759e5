"""Past rankings: who stood where in each run, kept as what changed from one to the next.

A row holds from the ranking it appeared in to the last one in which nothing about it changed, so that a night on
which a hundredth of the people move keeps a hundredth of the rows. Listed people only; erasing somebody erases them
here too.
"""

import base64
import json
import struct
import zlib
from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, or_, select, update

from storage import bulk, halts, scores
from storage.engine import batched
from storage.errors import NotFound
from storage.tables import person_alias, ranking, ranking_row, score

_BATCH = 2_000
_FIGURES = ("value", "lower", "rising", "rising_lower", "confidence")
_COLUMNS = (*_FIGURES, "level")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """One ranking of the past. content: the specialism as it was, plain JSON. files: digests of its snapshot.

    formula: digest of the program's own part in it. people: how many it listed. number: counts from 1.
    """

    specialism: str
    number: int
    run: str
    version: str
    as_of: datetime
    content: Mapping[str, Any]
    files: Mapping[str, str]
    formula: str
    people: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What a factor earned then. value: measured, None = not observed. items: signals kept as its evidence."""

    factor: str
    value: float | None
    points: float
    items: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Stood:
    """How somebody stood in a ranking. evidence: digests of the signals, see `mark_of`."""

    person: str
    value: float
    lower: float
    rising: float
    rising_lower: float
    confidence: float
    level: str
    parts: tuple[Part, ...]
    evidence: frozenset[int]


def keep(
    tx: Connection,
    *,
    run: str,
    specialism: str,
    version: str,
    as_of: datetime,
    content: Mapping[str, Any],
    files: Mapping[str, str],
    formula: str,
) -> int:
    """Keep the present ranking of a specialism as that of a run, and return how many rows it took.

    Changes ranking and ranking_row. Call it when the scores of the run were put, before anything else changes them.
    """
    number = (tx.execute(_newest(specialism)).scalar() or 0) + 1
    now = _present(tx, specialism)
    before = _open(tx, specialism)
    gone = [one for one, figures in before.items() if now.get(one) != figures]
    fresh = [one for one, figures in now.items() if before.get(one) != figures]
    current = (ranking_row.c.specialism == specialism) & ranking_row.c.last.is_(None)
    for batch in batched(sorted(gone), _BATCH):
        tx.execute(
            update(ranking_row).where(current, ranking_row.c.person.in_(batch)).values(last=number - 1)
        )
    names = ("specialism", "person", "first", "last", *_COLUMNS, "parts", "evidence")
    for batch in batched(sorted(fresh), _BATCH):
        shown = scores.shown_of(tx, batch, specialism)
        bulk.put(
            tx,
            ranking_row,
            names,
            (
                (specialism, one, number, None, *now[one], *_as_kept(*shown.get(one, ((), ()))))
                for one in batch
            ),
        )
    tx.execute(
        ranking.insert().values(
            specialism=specialism, number=number, run=run, version=version, as_of=as_of, content=dict(content),
            files=dict(files), formula=formula, people=len(now),
        )
    )  # fmt: skip
    return len(fresh)


def ls(tx: Connection, specialism: str | None = None) -> list[Ranked]:
    """Return the rankings that are kept, newest first, then by specialism."""
    query = select(ranking).order_by(ranking.c.as_of.desc(), ranking.c.specialism, ranking.c.number.desc())
    if specialism is not None:
        query = query.where(ranking.c.specialism == specialism)
    return [_ranked(row) for row in tx.execute(query)]


def of_run(tx: Connection, run: str, specialism: str | None = None) -> list[Ranked]:
    """Return the rankings of a run, by specialism. Raises NotFound, naming runs whose rankings are kept."""
    query = select(ranking).where(ranking.c.run == run)
    if specialism is not None:
        query = query.where(ranking.c.specialism == specialism)
    found = [_ranked(row) for row in tx.execute(query.order_by(ranking.c.specialism, ranking.c.number))]
    if not found:
        latest = (func.max(ranking.c.as_of).desc(), func.max(ranking.c.number).desc(), ranking.c.run)
        newest = select(ranking.c.run).group_by(ranking.c.run).order_by(*latest)
        known = ", ".join(tx.execute(newest.limit(3)).scalars()) or "none"
        what = f" of {specialism!r}" if specialism is not None else ""
        raise NotFound(
            f"no ranking{what} kept from run {run!r}; newest kept: {known}; see `sourcer rank past`"
        )
    return found


def rows(tx: Connection, one: Ranked, *, people: Collection[str] | None = None) -> dict[str, Stood]:
    """Return everybody a ranking listed, by the key they had then, best `lower` first, then by key.

    people: only these, a page of them; None = all.
    """
    begun = ranking_row.c.first <= one.number
    until = or_(ranking_row.c.last.is_(None), ranking_row.c.last >= one.number)
    query = (
        select(ranking_row)
        .where(ranking_row.c.specialism == one.specialism, begun, until, halts.goes_on())
        .where(*([] if people is None else [ranking_row.c.person.in_(people)]))
        .order_by(ranking_row.c.lower.desc(), ranking_row.c.person)
    )
    return {row.person: _stood(row) for row in tx.execute(query)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Since:
    """How somebody stood in a ranking, and how they do now. number: of that ranking. after: None = not listed."""

    person: str
    number: int
    before: float
    after: float | None


def times(tx: Connection, specialism: str) -> list[tuple[int, datetime]]:
    """Return number and moment of the rankings that are kept, oldest first."""
    query = select(ranking.c.number, ranking.c.as_of).where(ranking.c.specialism == specialism)
    return [(row.number, row.as_of) for row in tx.execute(query.order_by(ranking.c.number))]


def since(
    tx: Connection, specialism: str, people: Mapping[str, datetime], *, figure: str = "lower"
) -> list[Since]:
    """Return those of some people who stood otherwise at a moment than now, in no order.

    people: the moment for each; who was not listed then, or in no ranking that is kept, is left out. figure: what is
    compared, as a score has it. Costs a look at the people who were not looked at since the newest ranking.
    """
    kept = times(tx, specialism)
    moments = [at for _, at in kept]
    then = {key: bisect_right(moments, at) for key, at in people.items()}
    asked = {key: kept[at - 1][0] for key, at in then.items() if 0 < at < len(kept)}
    names = (ranking_row.c.person, ranking_row.c.first, ranking_row.c.last, ranking_row.c[figure])
    ours = (ranking_row.c.specialism == specialism) & halts.goes_on()
    found = []
    for batch in batched(sorted(asked), _BATCH):
        stood: dict[str, tuple[float | None, float | None]] = {}
        for person, first, last, value in tx.execute(
            select(*names).where(ours, ranking_row.c.person.in_(batch))
        ):
            before, after = stood.get(person, (None, None))
            if first <= asked[person] and (last is None or last >= asked[person]):
                before = value
            stood[person] = (before, value if last is None else after)
        found += [
            Since(person=key, number=asked[key], before=before, after=after)
            for key, (before, after) in stood.items()
            if before is not None and before != after
        ]
    return found


def sweep(tx: Connection, specialism: str, most: int) -> int:
    """Forget all but the newest `most` rankings of a specialism, and return how many went."""
    newest = tx.execute(_newest(specialism)).scalar() or 0
    oldest = newest - most + 1
    ours = ranking_row.c.specialism == specialism
    tx.execute(delete(ranking_row).where(ours, ranking_row.c.last < oldest))
    old = delete(ranking).where(ranking.c.specialism == specialism, ranking.c.number < oldest)
    return tx.execute(old).rowcount


def forget(tx: Connection, people: Collection[str]) -> int:
    """Remove some people, by any of their keys, from every ranking that is kept; return how many rows went."""
    gone = 0
    for batch in batched(sorted(set(people)), _BATCH):
        gone += tx.execute(delete(ranking_row).where(ranking_row.c.person.in_(batch))).rowcount
    return gone


def mark_of(signal: str) -> int:
    """Return the digest under which a signal is remembered: 32 bits, to be compared within one person only."""
    return zlib.crc32(signal.encode())


def _newest(specialism: str) -> Any:
    return select(func.max(ranking.c.number)).where(ranking.c.specialism == specialism)


def _as_kept(parts: Sequence[Any], signals: Iterable[str]) -> tuple[str, str]:
    """Return parts as JSON text and signals as their digests."""
    text = json.dumps(parts, ensure_ascii=False, separators=(",", ":"))
    return text, _packed({mark_of(signal) for signal in signals})


def _present(tx: Connection, specialism: str) -> dict[str, tuple[Any, ...]]:
    query = select(score.c.person, *[score.c[name] for name in _COLUMNS])
    query = query.where(score.c.specialism == specialism, score.c.listed)
    query = query.where(score.c.person.not_in(select(person_alias.c.alias)))
    return {row[0]: tuple(row[1:]) for row in tx.execute(query)}


def _open(tx: Connection, specialism: str) -> dict[str, tuple[Any, ...]]:
    query = select(ranking_row.c.person, *[ranking_row.c[name] for name in _COLUMNS]).where(
        ranking_row.c.specialism == specialism, ranking_row.c.last.is_(None)
    )
    return {row[0]: tuple(row[1:]) for row in tx.execute(query)}


def _packed(marks: Collection[int]) -> str:
    ordered = sorted(marks)
    return base64.b64encode(struct.pack(f"<{len(ordered)}I", *ordered)).decode()


def _unpacked(text: str) -> Iterable[int]:
    raw = base64.b64decode(text)
    return struct.unpack(f"<{len(raw) // 4}I", raw)


def _ranked(row: Row[Any]) -> Ranked:
    return Ranked(**row._mapping)


def _stood(row: Row[Any]) -> Stood:
    return Stood(
        person=row.person,
        **{name: getattr(row, name) for name in _COLUMNS},
        parts=tuple(
            Part(factor=factor, value=value, points=points, items=items)
            for factor, value, points, items in row.parts
        ),
        evidence=frozenset(_unpacked(row.evidence)),
    )
