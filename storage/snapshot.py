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
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import Connection, select

from storage import bulk, mailboxes, persons, pool, statements, surroundings
from storage.engine import batched, stream
from storage.statements import stands
from storage.tables import statement

RANKED = "ranked"
"""The folder of what a ranking keeps for the next one, below the instance's directory."""
_ROWS = 20_000
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
    """What a snapshot holds and the moment its ages count from.

    name: of one that the next can be built upon. upon: the directory of the one it was built upon itself.
    """

    kind: str
    as_of: datetime
    files: tuple[FileEntry, ...]
    name: str | None = None
    upon: str | None = None

    def rows(self, name: str) -> int:
        """Return the number of rows of a file, named without its ending."""
        return next(one.rows for one in self.files if one.name == f"{name}.parquet")


SIGNALS = pa.schema(
    [
        ("person", pa.string()),
        ("signal", pa.string()),
        ("kind", pa.string()),
        ("work", pa.string()),
        ("occurred_at", _MOMENT),
        ("confidence", pa.float64()),
        ("position", pa.int32()),
        ("of_", pa.int32()),
        ("note", pa.string()),
        ("told", pa.string()),
        ("own", pa.bool_()),
        ("said_of", pa.string()),
    ]
)
WORKS = pa.schema(
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
    resolving: identities, what their works say about them, statements, claims, live edges.
    A million signals take about five seconds of processor time.
    """
    clear(directory)
    sets: dict[str, tuple[pa.Schema, Iterable[Mapping[str, Any] | Sequence[Any]]]]
    if kind == "ranking":
        files = ranking_files(tx, directory, pool.Around.load(tx))
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
    return place(directory, Manifest(kind=kind, as_of=as_of, files=files))


def clear(directory: Path) -> None:
    """Make a directory for a snapshot; one that is there is none any more."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "manifest.json").unlink(missing_ok=True)


def ranking_files(tx: Connection, directory: Path, around: pool.Around) -> tuple[FileEntry, ...]:
    """Write the signals and works of a ranking snapshot."""
    return (
        write_columns(directory / "signals.parquet", SIGNALS, pool.signals(tx, SIGNALS, around)),
        write_columns(directory / "works.parquet", WORKS, pool.works(tx, WORKS)),
    )


def place(directory: Path, manifest: Manifest) -> Manifest:
    """Write the manifest, which makes files a snapshot, and return it."""
    beside = directory / "manifest.json.new"
    text = json.dumps(asdict(manifest), default=lambda value: value.astimezone(UTC).isoformat(), indent=1)
    beside.write_text(text + "\n", encoding="utf-8")
    beside.replace(directory / "manifest.json")
    return manifest


def remove(home: Path) -> None:
    """Remove every snapshot below the instance's directory, and what the linkage keeps between nights.

    They hold names, titles and texts; new ones are written.
    """
    for name in ("snapshots", "linkage"):
        shutil.rmtree(home / name, ignore_errors=True)


def write_columns(path: Path, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> FileEntry:
    """Write a Parquet file and return what a manifest says of it."""
    beside = path.with_suffix(".new")
    count = 0
    with pq.ParquetWriter(beside, schema, compression="zstd", compression_level=1) as writer:
        for rows in bulk.meanwhile(lambda batch: _written(writer, batch), batches):
            count += rows
    return _placed(beside, path, count)


def _written(writer: pq.ParquetWriter, batch: pa.RecordBatch) -> int:
    writer.write_batch(batch)
    rows: int = batch.num_rows
    return rows


def _placed(beside: Path, path: Path, count: int) -> FileEntry:
    with beside.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    beside.replace(path)
    return FileEntry(name=path.name, rows=count, sha256=sha256)


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
    return _placed(beside, path, count)


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
