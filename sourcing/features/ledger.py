"""What a night keeps of everybody's work, to judge some people the next night as if everything were read.

Digests, numbers and dates, and ids of works; no names of people. Files below the home, mapped into memory; deleting
them is always safe, erasing a person does.
"""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import ibis
import ibis.expr.types as ir
import pyarrow as pa

from sourcing.features import flagged, genuine
from sourcing.features.base import Facts
from sourcing.features.begun import Files
from sourcing.features.others import digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """Everything by digests of names (`others.digest`).

    signals: (signal, person, work, commit, at, row), all there are; at: microseconds; row: a digest of all it says.
    works: (work, repo, is_repository, published, row), all there are; published: microseconds.
    pairs: (repo, person, last, answered, inside, wrote, known), see `genuine.Judged`. written: (work, is_open).
    starts: (spec, repo, person, work, age), see `acts.starts`. papers: (spec, person, age), everybody's oldest.
    merges: (work, person, author), see `flagged.merges`. left: (spec, reason, work), what counts little.
    files: see `begun.Files`.
    """

    signals: pa.Table
    works: pa.Table
    pairs: pa.Table
    written: pa.Table
    starts: pa.Table
    papers: pa.Table
    merges: pa.Table
    left: pa.Table
    files: Files

    def save(self, folder: Path, mark: Mapping[str, Any], *, as_of: datetime) -> None:
        """Keep it in a folder of its own, as what belongs to a mark and was ranked at a moment."""
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for name, table in self._tables().items():
            with (
                pa.OSFile(str(folder / f"{name}.arrow"), "wb") as file,
                pa.ipc.new_file(file, table.schema) as to,
            ):
                to.write_table(table)
        told = _marked(mark) | {"as_of": as_of.isoformat()}
        (folder / "mark.json").write_text(json.dumps(told), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path, mark: Mapping[str, Any]) -> "tuple[Ledger, datetime] | None":
        """Return what was kept and its moment, None if there is nothing, or another mark's."""
        try:
            told = json.loads((folder / "mark.json").read_text(encoding="utf-8"))
            as_of = datetime.fromisoformat(told.pop("as_of"))
            if told != _marked(mark):
                return None
            tables = {path.stem: _mapped(path) for path in folder.glob("*.arrow")}
        except (OSError, ValueError):
            return None
        own = {one.name: tables[one.name] for one in fields(cls) if one.name != "files"}
        return cls(**own, files=Files(**{one.name: tables[one.name] for one in fields(Files)})), as_of

    def _tables(self) -> dict[str, pa.Table]:
        own = {one.name: getattr(self, one.name) for one in fields(self) if one.name != "files"}
        return own | {one.name: getattr(self.files, one.name) for one in fields(self.files)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What a night begins with. as_of: when the ledger was ranked. people: keys of those who are read anyway."""

    ledger: Ledger
    as_of: datetime
    people: pa.Array


def _mapped(path: Path) -> pa.Table:
    with pa.memory_map(str(path)) as file:
        return pa.ipc.open_file(file).read_all()


def _marked(mark: Mapping[str, Any]) -> dict[str, Any]:
    return dict(mark) | {"duckdb": duckdb.__version__}


def signals_of(signals: ir.Table) -> pa.Table:
    """Return (signal, person, work, commit, at, row) of signals by name; of one that is gone the first alone."""
    rows = genuine.told(signals)
    said = ibis.struct({name: signals[name] for name in signals.columns if name != "signal"})
    is_there = rows.person.notnull()
    found = rows.select(
        signal=digest(rows.signal),
        **{
            name: ibis.ifelse(is_there, digest(rows[name]), ibis.null("int64")) for name in ("person", "work")
        },
        commit="commit",
        at="occurred_at",
        row=said.hash(),
    ).to_pyarrow()
    return _timed(found, "at")


def works_of(docs: ir.Table) -> pa.Table:
    """Return (work, repo, is_repository, published, row) of documents (`topic.documents`) by name."""
    said = ibis.struct({name: docs[name] for name in ("doc", "published_on", "part_of")})
    found = docs.select(
        work=digest(docs.work), repo=digest(docs.repo.fill_null("")), is_repository=docs.kind == "repository",
        published=docs.published_on.cast("timestamp"), row=said.hash(),
    ).to_pyarrow()  # fmt: skip
    return _timed(found, "published")


def _timed(table: pa.Table, name: str) -> pa.Table:
    """Return a table with a column of moments as microseconds."""
    zone = table[name].type.tz
    at = table[name].cast(pa.timestamp("us", tz=zone)).cast(pa.int64())
    return table.set_column(table.column_names.index(name), name, at)


def of(facts: Facts, starts: ir.Table, papers: ir.Table) -> dict[str, pa.Table]:
    """Return by digests what facts, with all that is on topic of those at hand, decide for others."""
    works = facts.docs.select("work", key=digest(facts.docs.id)).cache()
    everybody = ibis.memtable(
        pa.table({"name": facts.names.people, "person": pa.array(range(len(facts.names.people)))})
    )
    people = everybody.select("person", key=digest(everybody.name))

    def named(rows: ir.Table, *by: str) -> ir.Table:
        for name in by:
            keys = (works if name == "work" else people).rename(
                {name: "work" if name == "work" else "person"}
            )
            rows = rows.inner_join(keys, name).drop(name).rename({name: "key"})
        return rows

    pairs = facts.basis.pairs
    pairs = pairs.mutate(repo=digest(pairs.repo)).drop("moment")
    starts = starts.mutate(repo=digest(starts.repo))
    tables = {
        "pairs": named(pairs, "person").select(
            "repo", "person", "last", "answered", "inside", "wrote", "known"
        ),
        "written": named(facts.basis.written, "work").select("work", "is_open"),
        "starts": named(starts, "person", "work").select("spec", "repo", "person", "work", "age"),
        "papers": named(papers, "person").select("spec", "person", "age"),
        "merges": named(flagged.merges(facts), "work", "person", "author").select("work", "person", "author"),
        "left": named(facts.left_out, "work").select("spec", "reason", "work"),
    }
    return {name: table.to_pyarrow() for name, table in tables.items()}
