"""A night's ranking snapshot built upon the one before: the files of that one, and what changed since in files beside.

`signals-3.parquet` holds the rows of `signals.parquet`, `signals-1.parquet` … that are others now; a row without a
person, or a work without a kind, is gone. Files are linked, not copied, so that a night costs what changed in it.
"""

import json
import os
import shutil
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from sqlalchemy import Connection, select

from storage import changes, pool, snapshot
from storage.changes import Changes
from storage.engine import Store, batched
from storage.snapshot import SIGNALS, WORKS, FileEntry, Manifest
from storage.tables import signal, withdrawal, work, work_twin

PARTS_MAX = 7  # nights before all is written as one again
SHARE_MAX = 0.2  # of the works or signals, written since: above it all of them are read faster
KEYS = {"signals": ("signal", "person"), "works": ("work", "kind")}
"""Of each set of files the key of its rows, and the column that is null in a row that is gone."""
_FEW = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class _Before:
    """The snapshot before, that the marks count from."""

    directory: Path
    files: tuple[FileEntry, ...]


def renew(store: Store, directory: Path, *, as_of: datetime) -> Manifest:
    """Write a ranking snapshot into a directory among others and return its manifest, as `snapshot.write` does.

    Only what changed is read if the last snapshot of this store lies beside and no row went since. Changes changed.
    """
    name = uuid4().hex
    with store.begin() as tx:
        written = changes.take(tx, name)
    before = _before(directory, written)
    shutil.rmtree(directory, ignore_errors=True)
    snapshot.clear(directory)
    with store.read() as tx:
        if changes.has_gone(tx):  # since we asked
            before = None
        around = pool.Around.load(tx)
        if before is None:
            files = snapshot.ranking_files(tx, directory, around)
        else:
            files = _parts(tx, directory, around, written, before)
        files = (*files, *_around(tx, directory, around))
    upon = None if before is None else before.directory.name
    return snapshot.place(directory, Manifest(kind="ranking", as_of=as_of, files=files, name=name, upon=upon))


def upon(directory: Path) -> str | None:
    """Return the name of the directory that a snapshot was built upon, None if it was built upon none."""
    try:
        told = json.loads((directory / "manifest.json").read_text(encoding="utf-8"))
    except FileNotFoundError:  # a snapshot of files alone
        return None
    found: str | None = told.get("upon")
    return found


def parts(directory: Path, name: str) -> list[Path]:
    """Return the files of a set that hold what changed, oldest first."""
    return sorted(directory.glob(f"{name}-*.parquet"), key=_number)


def read(directory: Path, name: str) -> pa.Table:
    """Return all rows of a set as they are now. name: signals or works."""
    key, alive = KEYS[name]
    table = pq.read_table(directory / f"{name}.parquet")
    for path in parts(directory, name):
        newer = pq.read_table(path)
        kept = table.filter(pc.invert(pc.is_in(table[key], newer[key])))
        table = pa.concat_tables([kept, newer.filter(pc.is_valid(newer[alive]))])
    return table


def _before(directory: Path, written: Changes) -> _Before | None:
    if written.since is None or written.gone:  # files that are linked hold no row of whoever was erased
        return None
    for path in directory.parent.glob("*/manifest.json"):
        if path.parent == directory:
            continue
        try:
            told = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if told.get("name") != written.since:
            continue
        files = tuple(FileEntry(**one) for one in told["files"])
        rows = {name: sum(one.rows for one in files if one.name.startswith(name)) for name in KEYS}
        is_little = len(written.signals) <= SHARE_MAX * rows["signals"]
        is_little &= len(written.works) <= SHARE_MAX * rows["works"]
        if is_little and len(parts(path.parent, "signals")) < PARTS_MAX:
            return _Before(directory=path.parent, files=files)
    return None


def _parts(
    tx: Connection, directory: Path, around: pool.Around, written: Changes, before: _Before
) -> tuple[FileEntry, ...]:
    files = [one for one in before.files if one.name.startswith(tuple(KEYS))]
    for one in files:
        _link(before.directory / one.name, directory / one.name)
    number = 1 + len(parts(before.directory, "signals"))
    works = _works(tx, written, before)
    signals = _signals(tx, around, works, written, before)
    made = {
        "signals": pool.signals(tx, SIGNALS, around, only=signals),
        "works": pool.works(tx, WORKS, only=works),
    }
    for (name, batches), ids, schema in zip(made.items(), (signals, works), (SIGNALS, WORKS), strict=True):
        path = directory / f"{name}-{number}.parquet"
        files.append(snapshot.write_columns(path, schema, _with_gone(batches, ids, schema, KEYS[name][0])))
    return tuple(files)


def _with_gone(
    batches: Iterator[pa.RecordBatch], ids: Collection[str], schema: pa.Schema, key: str
) -> Iterator[pa.RecordBatch]:
    """Yield rows, and for every other id a row that says it is gone."""
    left = set(ids)
    for batch in batches:
        left.difference_update(batch[key].to_pylist())
        yield batch
    columns = [
        pa.array(sorted(left), field.type) if field.name == key else pa.nulls(len(left), field.type)
        for field in schema
    ]
    yield pa.record_batch(columns, schema=schema)


def _works(tx: Connection, written: Changes, before: _Before) -> set[str]:
    """Return the ids of works whose row may be another: written, taken back, and all that count as the same."""
    found = set(written.works)
    found |= _withdrawn(tx) | set(pq.read_table(before.directory / "fallen.parquet")["work"].to_pylist())
    found.discard(None)
    wholes = _among(tx, work_twin.c.canonical, work_twin.c.work, found)
    return found | wholes | _among(tx, work_twin.c.work, work_twin.c.canonical, found | wholes)


def _signals(
    tx: Connection, around: pool.Around, works: Collection[str], written: Changes, before: _Before
) -> set[str]:
    """Return the ids of signals whose row may be another: written, fallen, of such works, of other people."""
    found = {*written.signals} | _among(tx, signal.c.id, signal.c.work, works)
    kept = pq.read_table(before.directory / "fallen.parquet")["signal"].to_pylist()
    found |= {one for one in kept if one is not None} ^ set(around.fallen.to_pylist())
    now, then = around.identities(), pq.read_table(before.directory / "people.parquet")
    others = {row["identity"] for row in _differing(now, then)}
    return found | _among(tx, signal.c.id, signal.c.identity, others)


def _differing(now: pa.Table, then: pa.Table) -> list[dict[str, str]]:
    """Return the identities of rows that are in one of two tables only."""
    blank = [pc.fill_null(table.cast(then.schema)[name].cast(pa.string()), "") for table in (now, then)
             for name in then.column_names]  # fmt: skip
    size = len(then.column_names)
    rows = [pa.table(some, names=then.column_names) for some in (blank[:size], blank[size:])]
    found = [
        one.join(other, then.column_names, join_type="left anti").select(["identity"])
        for one, other in (rows, rows[::-1])
    ]
    rows_found: list[dict[str, str]] = pa.concat_tables(found).to_pylist()
    return rows_found


def _around(tx: Connection, directory: Path, around: pool.Around) -> Iterator[FileEntry]:
    """Write what of signals and works no row tells, to see the next time what of it is another."""
    gone = sorted(_withdrawn(tx))
    size = max(len(gone), len(around.fallen))
    columns = [
        pa.concat_arrays([pa.array(one, pa.string()), pa.nulls(size - len(one), pa.string())])
        for one in (gone, around.fallen.to_pylist())
    ]
    for name, table in (
        ("people", around.identities()),
        ("fallen", pa.table(columns, names=["work", "signal"])),
    ):
        yield snapshot.write_columns(directory / f"{name}.parquet", table.schema, table.to_batches())


def _withdrawn(tx: Connection) -> set[str]:
    """Return the works that no mark tells of: taken back by somebody, or told under other ids only."""
    gone = select(work.c.id).where(work.c.id.in_(select(withdrawal.c.id)))
    bare = select(work_twin.c.canonical).where(work_twin.c.canonical.not_in(select(work.c.id)))
    return {*tx.execute(gone).scalars(), *tx.execute(bare).scalars()}


def _among(tx: Connection, wanted: Any, key: Any, values: Collection[str]) -> set[str]:
    found = set[str]()
    for some in batched(sorted(values), _FEW):
        found.update(tx.execute(select(wanted).where(key.in_(some))).scalars())
    return found


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # a disk that knows no links
        shutil.copy2(source, target)


def _number(path: Path) -> int:
    return int(path.stem.rpartition("-")[2])
