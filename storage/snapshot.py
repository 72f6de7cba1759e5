"""The store as Parquet: one set for resolving, another for ranking without names, places or handles.

A snapshot is a cache: it may be deleted at any time, and erasing a person deletes it. Files appear whole: they are
written beside their place and moved, the manifest last.
"""

import hashlib
import json
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import Connection, Row, case, func, select

from spiders.records import IdentityKind, WorkKind
from storage import attribution, mailboxes, persons, statements, surroundings, twins
from storage.engine import batched, stream
from storage.statements import stands
from storage.tables import person, person_identity, signal, statement, work, work_twin

_ROWS = 20_000
_PARTS_MAX = 20  # commits whose titles tell of a pull request
_PATHS_MAX = 100  # files, as many as the platform tells of one
_MOMENT = pa.timestamp("us", tz="UTC")
_TEXTS = pa.list_(pa.string())


@dataclass(frozen=True, slots=True, kw_only=True)
class FileEntry:
    """One file of a snapshot. sha256: of its bytes."""

    name: str
    rows: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a snapshot holds and the moment its ages count from."""

    kind: str
    as_of: datetime
    files: tuple[FileEntry, ...]

    def rows(self, name: str) -> int:
        """Return the number of rows of a file, named without its ending."""
        return next(one.rows for one in self.files if one.name == f"{name}.parquet")


_SIGNALS = pa.schema(
    [
        ("person", pa.string()),
        ("signal", pa.string()),
        ("kind", pa.string()),
        ("work", pa.string()),
        ("occurred_at", _MOMENT),
        ("value", pa.float64()),
        ("unit", pa.string()),
        ("confidence", pa.float64()),
        ("position", pa.int32()),
        ("of_", pa.int32()),
        ("note", pa.string()),
        ("url", pa.string()),
        ("source", pa.string()),
        ("told", pa.string()),
        ("own", pa.bool_()),
        ("said_of", pa.string()),
    ]
)
_WORKS = pa.schema(
    [
        ("work", pa.string()),
        ("kind", pa.string()),
        ("title", pa.string()),
        ("text", pa.string()),
        ("tags", _TEXTS),
        ("paths", _TEXTS),
        ("venue", pa.string()),
        ("published_on", pa.date32()),
        ("part_of", pa.string()),
        ("url", pa.string()),
        ("source", pa.string()),
    ]
)
_IDENTITIES = pa.schema(
    [
        ("identity", pa.string()),
        ("kind", pa.string()),
        *[
            (name, _TEXTS)
            for name in ("handles", "names", "emails", "orcids", "homepages", "links", "affiliations")
        ],
        ("mailboxes", _TEXTS),
        ("location", pa.string()),
        ("source", pa.string()),
        ("first_seen", _MOMENT),
        ("last_seen", _MOMENT),
    ]
)
_AROUND = pa.schema(
    [
        ("identity", pa.string()),
        *[(name, _TEXTS) for name in ("coauthors", "titles", "places", "works", "topics")],
        ("size", pa.int64()),
        ("first", pa.date32()),
        ("last", pa.date32()),
    ]
)
_STATEMENTS = pa.schema(
    [
        ("identity", pa.string()),
        ("attribute", pa.string()),
        ("value", pa.string()),
        ("source", pa.string()),
        ("url", pa.string()),
        ("seen_at", _MOMENT),
    ]
)
_CLAIMS = pa.schema(
    [
        ("left", pa.string()),
        ("right", pa.string()),
        ("kind", pa.string()),
        ("source", pa.string()),
        ("url", pa.string()),
        ("seen_at", _MOMENT),
    ]
)
_EDGES = pa.schema(
    [
        ("left", pa.string()),
        ("right", pa.string()),
        ("judgement", pa.string()),
        ("probability", pa.float64()),
        ("decided_by", pa.string()),
    ]
)


def write(
    tx: Connection, directory: Path, kind: Literal["resolving", "ranking"], *, as_of: datetime
) -> Manifest:
    """Write one set of Parquet files and `manifest.json` into a directory and return the manifest.

    ranking: signals of people (bots and organisations left out) and one row per work they touched. told: what the
    platform said when asked whose address a history names (account, nobody, mapped: nobody, but a mailmap joins it
    to another), None if it was not asked. own: in a repository of an account of the person's. work: what counts, one
    for a preprint and its proceedings, or a pull request and its commits; said_of: the work as its source names it.
    resolving: identities, what their works say about them, statements, claims, live edges. One million signals take
    about half a minute.
    """
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "manifest.json").unlink(missing_ok=True)
    sets: dict[str, tuple[pa.Schema, Iterable[Mapping[str, Any] | Sequence[Any]]]]
    if kind == "ranking":
        sets = {"signals": (_SIGNALS, _signals(tx)), "works": (_WORKS, _works(tx))}
    else:
        sets = {
            "identities": (_IDENTITIES, _identities(tx)),
            "around": (_AROUND, surroundings.rows(tx)),
            "statements": (_STATEMENTS, _said(tx)),
            "claims": (_CLAIMS, (asdict(one) for one in statements.iter_claims(tx))),
            "edges": (_EDGES, (_plain(asdict(one)) for one in persons.edges(tx))),
        }
    files = tuple(
        _write(directory / f"{name}.parquet", schema, rows) for name, (schema, rows) in sets.items()
    )
    manifest = Manifest(kind=kind, as_of=as_of, files=files)
    beside = directory / "manifest.json.new"
    text = json.dumps(asdict(manifest), default=lambda value: value.astimezone(UTC).isoformat(), indent=1)
    beside.write_text(text + "\n", encoding="utf-8")
    beside.replace(directory / "manifest.json")
    return manifest


def remove(home: Path) -> None:
    """Remove every snapshot below the instance's directory: they hold names, titles and texts; new ones are written."""
    shutil.rmtree(home / "snapshots", ignore_errors=True)


def _write(path: Path, schema: pa.Schema, rows: Iterable[Any]) -> FileEntry:
    beside = path.with_suffix(".new")
    count = 0
    with pq.ParquetWriter(beside, schema, compression="zstd") as writer:
        for batch in batched(rows, _ROWS):
            if isinstance(batch[0], Mapping):
                columns = [[row[name] for row in batch] for name in schema.names]
            else:
                columns = [list(column) for column in zip(*batch, strict=True)]
            arrays = [
                pa.array(column, type=field.type) for column, field in zip(columns, schema, strict=True)
            ]
            writer.write_batch(pa.record_batch(arrays, schema=schema))
            count += len(batch)
    with beside.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    beside.replace(path)
    return FileEntry(name=path.name, rows=count, sha256=sha256)


def _signals(tx: Connection) -> Iterator[Sequence[Any]]:
    columns = ("id", "kind", "work", "occurred_at", "value", "unit", "confidence", "position", "of", "note")
    told, accounts = attribution.told(tx), attribution.logins(tx)
    query = (
        select(
            person.c.key,
            *[signal.c[name] for name in columns],
            signal.c.url,
            signal.c.source,
            signal.c.identity,
            work_twin.c.canonical,
        )
        .join(work_twin, work_twin.c.work == signal.c.work, isouter=True)
        .join(person_identity, person_identity.c.identity == signal.c.identity)
        .join(person, person.c.key == person_identity.c.person)
        .where(person.c.kind.in_([str(IdentityKind.PERSONAL), str(IdentityKind.AUTHOR)]))
        .where(stands(signal, signal.c.id), stands(signal, signal.c.work))
        .order_by(person.c.key, signal.c.id)
    )
    for row in stream(tx, query):
        identity = row.identity
        is_own = attribution.owner(row.work) in accounts.get(row.key, ())
        counted = (*row[:3], row.canonical or row.work, *row[4:-2])
        yield (*counted, told.get(identity), is_own, row.work)


def _works(tx: Connection) -> Iterator[Mapping[str, Any]]:
    fullness = sum(
        (
            case((work.c[name].is_not(None), 1), else_=0)
            for name in ("text", "venue", "published_on", "part_of")
        ),
        start=case((work.c.title != "", 1), else_=0),
    )
    counted = func.coalesce(work_twin.c.canonical, work.c.id)
    query = (
        select(work, counted.label("counted"), work_twin.c.reason)
        .join(work_twin, work_twin.c.work == work.c.id, isouter=True)
        .where(stands(work, work.c.id))
        # what stands for all comes first, then its twins, then its parts
        .order_by(
            counted, case((work_twin.c.work.is_(None), 0), (work_twin.c.reason != twins.PART, 1), else_=2),
            fullness.desc(), work.c.published_on.asc().nulls_last(), work.c.id, work.c.source,
        )
    )  # fmt: skip
    rows = stream(tx, query)
    for one, versions in groupby(rows, key=lambda row: row.counted):
        yield _coalesced(str(one), list(versions))


def _coalesced(one: str, versions: list[Row[Any]]) -> Mapping[str, Any]:
    """Return one work of several sources' and its twins' descriptions: the fullest first, gaps filled from the next.

    A paper was published on its earliest day. A pull request of which a history alone tells has the title of its first
    commit, as the merge names only a branch; the titles of its other commits are its text.
    """
    first = versions[0]
    parts = [row for row in versions if row.reason == twins.PART]
    whole = [row for row in versions if row.reason != twins.PART] or parts

    def filled(name: str) -> Any:
        return next((value for row in whole if (value := getattr(row, name))), None)

    title, text, paths = first.title, filled("text"), filled("paths") or []
    if parts and all(row.source in statements.HEARSAY for row in whole):
        titles = list(dict.fromkeys(row.title for row in parts))
        title = titles[0]
        text = text or "\n".join(titles[1:_PARTS_MAX]) or None
        paths = paths or list(dict.fromkeys(path for row in parts for path in row.paths or ()))[:_PATHS_MAX]
    days = [row.published_on for row in whole if row.published_on is not None]
    part_of = filled("part_of")
    return {
        "work": one,
        "kind": first.kind,
        "title": title,
        "text": text,
        "tags": list(dict.fromkeys(tag for row in whole for tag in row.tags)),
        "paths": paths,
        "venue": filled("venue"),
        "published_on": min(days) if days and first.kind == WorkKind.PAPER else filled("published_on"),
        "part_of": part_of.partition("#")[0] if part_of is not None else None,
        "url": first.url,
        "source": first.source,
    }


def _identities(tx: Connection) -> Iterator[Mapping[str, Any]]:
    for view in statements.iter_identities(tx):
        row = {name: getattr(view, name) for name in _IDENTITIES.names[1:]}
        boxes = [mailboxes.to_text(box) for box in view.mailboxes]
        yield {"identity": view.id, **row, "mailboxes": boxes}


def _said(tx: Connection) -> Iterator[Sequence[Any]]:
    query = (
        select(*[statement.c[name] for name in _STATEMENTS.names])
        .where(stands(statement, statement.c.identity))
        .order_by(statement.c.identity, statement.c.attribute, statement.c.value, statement.c.source)
    )
    for row in stream(tx, query):
        yield tuple(row)


def _plain(row: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: str(value) if name == "judgement" else value for name, value in row.items()}
