"""What a model keeps between nights: rows, keys, blocks, counts and scored pairs, in a database file of its own.

A cache: deleting it costs one long night and nothing else, and erasing a person deletes it. A file appears whole, and
what a later night changes in it is one transaction.
"""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sourcing.resolve import models
from sourcing.resolve.columns import Digest
from sourcing.resolve.comparing import NONE, Blocked, Limits, Run, database_errors
from sourcing.resolve.counts import Fresh
from sourcing.resolve.linkage import Scored
from sourcing.resolve.mentions import Mention
from sourcing.resolve.models import Model
from sourcing.resolve.namesakes import Namesakes

if TYPE_CHECKING:
    import pyarrow as pa

VERSION: Final = 3
"""How files are laid out; one of another version is written anew."""
_FOLDER: Final = "linkage"


def folder(home: Path) -> Path:
    """Return where an instance's linkage keeps its files; `storage.snapshot.remove` removes them."""
    return home / _FOLDER


def place(folder: Path, model: Model) -> Path:
    """Return where a model's file lies in a folder."""
    return folder / f"{model.name}.duckdb"


def drop(path: Path) -> None:
    """Remove one file and what its database put beside it."""
    for one in (path, path.with_name(path.name + ".wal")):
        one.unlink(missing_ok=True)


def stamp(model: Model, namesakes: Namesakes, digest: Digest) -> str:
    """Return what everything in a file hangs on: another stamp, another file."""
    told = {
        "version": VERSION,
        "model": models.dump(model),
        "namesakes": namesakes.dump(),
        "prior": sorted(namesakes.prior.items()),
        "key": digest("handle", "sourcer"),
        "duckdb": version("duckdb"),
        "splink": version("splink"),
    }
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def digest_of(mention: Mention) -> bytes:
    """Return a digest of everything that is known of a mention."""
    return hashlib.blake2b(repr(mention).encode("utf-8", "backslashreplace"), digest_size=16).digest()


def listed(ids: Sequence[str], digests: Sequence[bytes]) -> "pa.Table":
    """Return mentions as a table of ids and digests."""
    import pyarrow as pa

    return pa.table({"id": pa.array(ids, pa.string()), "digest": pa.array(digests, pa.binary())})


def named(ids: Sequence[str]) -> "pa.Table":
    """Return ids as a table."""
    import pyarrow as pa

    return pa.table({"id": pa.array(ids, pa.string())})


def identified(table: "pa.Table", mentions: Sequence[Mention], digests: Sequence[bytes]) -> "pa.Table":
    """Return the rows of mentions with what a file knows them by."""
    listing = listed([one.id for one in mentions], digests)
    for name in ("id", "digest"):
        table = table.append_column(name, listing[name])
    return table


def write(run: Run, stamped: str, counts: Fresh, tables: "Mapping[str, pa.Table]") -> None:
    """Write what a whole run found into the attached `state`, beside its rows. counts: as they were made.

    tables: more to keep.
    """
    execute = run.database.execute
    for number in range(len(run.model.block)):
        execute(f"CREATE TABLE state.keyed_{number} AS FROM keyed_{number}")
        execute(f"CREATE TABLE state.block_{number} AS FROM block_{number}")
    execute(f"CREATE TABLE state.scored AS {scored(run)}")
    for name, table in {**tables, "total": _totals(counts)}.items():
        run.put("keeping", table)
        execute(f"CREATE TABLE state.{name} AS FROM keeping")
    execute(
        "CREATE TABLE state.stamp AS SELECT $stamp AS stamp, (SELECT count(*) FROM mention) AS mentions",
        {"stamp": stamped},
    )
    execute("CHECKPOINT state")  # all of it into the one file that is moved
    execute("DETACH state")


def scored(run: Run) -> str:
    """Return the query for the pairs that a run kept, as the file has them: by the rows' own numbers."""
    names = ", ".join(f"p.{one.name}" for one in run.model.comparison)
    return (
        f"SELECT l.origin AS low, r.origin AS high, match_probability AS probability, match_weight AS weight, "  # noqa: S608
        f"[{names}]::TINYINT[] AS levels FROM ({run.levels('kept', 'match_probability, match_weight')}) p "
        'JOIN mention l ON l.rid = p."left" JOIN mention r ON r.rid = p."right"'
    )


def _totals(counts: Fresh) -> "pa.Table":
    import pyarrow as pa

    keys = sorted(counts.totals)
    return pa.table(
        {
            "world": pa.array([world for world, _ in keys], pa.string()),
            "kind": pa.array([kind for _, kind in keys], pa.string()),
            "total": pa.array([counts.totals[key] for key in keys], pa.int64()),
        }
    )


def tokens(counts: Fresh, kinds: Collection[str] | None = None) -> "pa.Table":
    """Return counted words that have no number. kinds: of these alone."""
    import pyarrow as pa

    rows = [
        (world, kind, word, times)
        for (world, kind), table in sorted(counts.tables.items())
        for word, times in table.items()
        if kinds is None or kind in kinds
    ]
    return pa.table(
        {
            "world": pa.array([row[0] for row in rows], pa.string()),
            "kind": pa.array([row[1] for row in rows], pa.string()),
            "word": pa.array([row[2] for row in rows], pa.string()),
            "number": pa.nulls(len(rows), pa.int64()),
            "times": pa.array([row[3] for row in rows], pa.int64()),
            "worth": pa.nulls(len(rows), pa.float64()),
        }
    )


def counts(run: Run) -> Fresh:
    """Return what was counted when the attached file was written."""
    found = Fresh()
    for world, kind, total in run.database.execute("SELECT world, kind, total FROM state.total").fetchall():
        found.tables[world, kind] = {}
        found.totals[world, kind] = total
    rows = run.database.execute(
        "SELECT world, kind, word, times FROM state.token WHERE times <> 1 OR number IS NULL"
    ).fetchall()
    for world, kind, word, times in rows:
        found.tables[world, kind][word] = times
    return found


def pairs(run: Run, where: str = "") -> list[Scored]:
    """Return the pairs that the attached file has, or will have, by ids. where: a join more, with the pairs as `p`."""
    execute = run.database.execute
    execute(f"CREATE OR REPLACE TABLE told AS SELECT p.* FROM scored_now p {where}")  # noqa: S608
    execute(
        "CREATE OR REPLACE TABLE named AS SELECT rid, id FROM named_now "
        "SEMI JOIN (SELECT low AS rid FROM told UNION SELECT high FROM told) USING (rid)"
    )
    rows = execute(
        "SELECT l.id, r.id, probability, weight, levels FROM told p "
        "JOIN named l ON l.rid = p.low JOIN named r ON r.rid = p.high ORDER BY 1, 2"
    )
    found: list[Scored] = []
    while batch := rows.fetchmany(10_000):
        found += [
            Scored(
                left=left,
                right=right,
                probability=probability,
                weight=weight,
                levels=tuple(None if level == NONE else level for level in levels),
            )
            for left, right, probability, weight, levels in batch
        ]
    return found


def blocked(run: Run) -> tuple[Blocked, ...]:
    """Return what each blocking rule finds by the attached file."""
    return tuple(run.counted(rule, f"block_now_{number}") for number, rule in enumerate(run.model.block))


def attached(path: Path, model: Model, limits: Limits) -> Run:
    """Return a run with a file attached and nothing to compare yet.

    `scored_now`, `named_now` and `block_now_…` show what the file has, or will have.
    """
    run = Run(None, model, limits, state=path)
    try:
        show(run, "scored_now", "FROM state.scored")
        show(run, "named_now", "SELECT rid, id FROM state.mention")
        for number in range(len(model.block)):
            show(run, f"block_now_{number}", f"FROM state.block_{number}")
    except database_errors():
        run.database.close()
        raise
    return run


def show(run: Run, name: str, sql: str) -> None:
    """Make a view of what is known now."""
    run.database.execute(f"CREATE OR REPLACE VIEW {name} AS {sql}")


def fits(run: Run, stamped: str, mentions: int) -> bool:
    """Whether the attached file is of this stamp, and counted over more than half as many mentions."""
    found: list[Any] = run.database.execute("SELECT stamp, mentions FROM state.stamp").fetchall()
    return len(found) == 1 and found[0][0] == stamped and mentions < 2 * max(found[0][1], 1)
