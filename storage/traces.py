"""What facets are read from: what people state of place and hours, and the works they wrote. Never part of a score."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import md5
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, func, select, true

from spiders.records import IdentityKind, SignalKind, WorkKind
from storage.engine import batched, stream
from storage.statements import stands
from storage.tables import person, person_identity, signal, statement, work, work_twin

FOR_FACETS = ("location", "hours")
"""What people state that facets are read from."""
_BATCH = 500
_NOBODY = (str(IdentityKind.BOT), str(IdentityKind.ORGANISATION))
_WROTE = (str(SignalKind.AUTHORED), str(SignalKind.CO_AUTHORED))
_MADE = tuple(
    str(kind) for kind in (WorkKind.COMMIT, WorkKind.PULL_REQUEST, WorkKind.MODEL, WorkKind.PACKAGE)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """What one identity states of itself. url: where to check it."""

    person: str
    identity: str
    attribute: str
    value: str
    source: str
    url: str
    seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A commit, pull request, model or package a person wrote, all descriptions of it in one.

    work: what it counts as. repository: `github:owner/name`, None if it belongs to none. at: the newest of its signals.
    paths, tags: of all descriptions, sorted. url: of the newest signal. commits: its signals of being written.
    """

    person: str
    work: str
    kind: WorkKind
    titles: tuple[str, ...]
    paths: tuple[str, ...]
    tags: tuple[str, ...]
    repository: str | None
    at: datetime
    url: str
    commits: int


def digests(
    tx: Connection, keys: Collection[str] | None, *, since: datetime, month: str, seed: str
) -> dict[str, str]:
    """Return a digest of all that facets rest on, by person, for those with anything. keys: None = everybody.

    Equal digests stand for equal places, hours and works since that moment. month: that hours are counted back from.
    seed: what else the facets rest on. Reads no text, so it is much faster than reading the works themselves.
    """
    found: dict[str, Any] = {}
    row: list[str]
    for living in _living(keys):
        names = ("identity", "source", "attribute", "hash")
        said = _stated(living, [statement.c[name] for name in names], FOR_FACETS)
        for one, *row in stream(tx, said):
            _digested(found, one, seed).update("\x1f".join(row).encode())
            if row[2] == "hours":
                found[one].update(month.encode())
        columns = [signal.c.id, signal.c.hash, work.c.source, work.c.hash]
        for one, *row in stream(tx, _written(living, columns, since)):
            _digested(found, one, seed).update("\x1f".join(row).encode())
    return {one: digest.hexdigest() for one, digest in found.items()}


def _digested(found: dict[str, Any], one: str, seed: str) -> Any:
    if one not in found:
        found[one] = md5(seed.encode(), usedforsecurity=False)
    return found[one]


def iter_stated(
    tx: Connection, keys: Collection[str] | None, attributes: Collection[str]
) -> Iterator[Stated]:
    """Yield what people state now, by person, identity and attribute, newest first. keys: None = everybody."""
    columns = [statement.c[name] for name in ("identity", "attribute", "value", "source", "url", "seen_at")]
    for living in _living(keys):
        for row in stream(tx, _stated(living, columns, attributes)):
            yield Stated(**row._mapping)


def iter_made(tx: Connection, keys: Collection[str] | None, *, since: datetime) -> Iterator[Made]:
    """Yield the works people wrote since a moment, by person and work; each once, whoever tells of it.

    keys: None = everybody. A change without a believable date is left out.
    """
    columns = [signal.c.id, signal.c.occurred_at, signal.c.url]
    columns += [work.c[name] for name in ("kind", "title", "paths", "tags", "part_of")]
    for living in _living(keys):
        rows = stream(tx, _written(living, columns, since))
        for (one, name), told in groupby(rows, key=lambda row: (row.person, row.counted)):
            yield _made(str(one), str(name), list(told))


def _stated(living: ColumnElement[bool], columns: Sequence[Any], attributes: Collection[str]) -> Select[Any]:
    """Return the query of (person, …) of what people state."""
    # as no index has it: SQLite without statistics would read everybody through the index of attributes
    attribute = statement.c.attribute.concat("")
    return (
        select(person_identity.c.person, *columns)
        .select_from(person_identity.join(statement, statement.c.identity == person_identity.c.identity))
        .join(person, person.c.key == person_identity.c.person)
        .where(living, person.c.kind.not_in(_NOBODY), attribute.in_(sorted(attributes)))
        .where(stands(statement, statement.c.identity))
        .order_by(
            person_identity.c.person, statement.c.identity, statement.c.attribute,
            statement.c.seen_at.desc(), statement.c.value, statement.c.source,
        )
    )  # fmt: skip


def _written(living: ColumnElement[bool], columns: Sequence[Any], since: datetime) -> Select[Any]:
    """Return the query of (person, counted, …) of works people wrote, as which each counts."""
    counted = func.coalesce(work_twin.c.canonical, signal.c.work)
    return (
        select(person_identity.c.person, counted.label("counted"), *columns)
        .select_from(person_identity.join(signal, signal.c.identity == person_identity.c.identity))
        .join(person, person.c.key == person_identity.c.person)
        .join(work, work.c.id == signal.c.work)
        .join(work_twin, work_twin.c.work == signal.c.work, isouter=True)
        .where(living, person.c.kind.not_in(_NOBODY), signal.c.kind.in_(_WROTE))
        .where(work.c.kind.in_(_MADE), signal.c.occurred_at >= since)
        .where(stands(signal, signal.c.id), stands(signal, signal.c.work))
        .order_by(person_identity.c.person, counted, signal.c.occurred_at.desc(), signal.c.id, work.c.source)
    )


def _living(keys: Collection[str] | None) -> Iterator[ColumnElement[bool]]:
    """Yield one condition for everybody, or one for each batch of people."""
    if keys is None:
        yield true()
        return
    for batch in batched(sorted(set(keys)), _BATCH):
        yield person_identity.c.person.in_(batch)


def _made(one: str, name: str, rows: list[Row[tuple[object, ...]]]) -> Made:
    newest = rows[0]
    whole = next((row.part_of for row in rows if row.part_of), None)
    return Made(
        person=one,
        work=name,
        kind=WorkKind(newest.kind),
        titles=tuple(dict.fromkeys(row.title for row in rows if row.title)),
        paths=tuple(sorted({path for row in rows for path in row.paths or ()})),
        tags=tuple(sorted({tag for row in rows for tag in row.tags or ()})),
        repository=whole.partition("#")[0] if whole is not None else None,
        at=newest.occurred_at,
        url=newest.url,
        commits=len({row.id for row in rows}),
    )


def people(tx: Connection) -> list[str]:
    """Return the keys of living people, sorted; bots and organisations are left out."""
    query = (
        select(person.c.key)
        .where(person.c.kind.not_in(_NOBODY))
        .where(person.c.key.in_(select(person_identity.c.person)))
        .order_by(person.c.key)
    )
    return list(tx.execute(query).scalars())
