"""The records of a file and what was said of them, kept in a folder until the next run over it.

A database of its own beside those of the models; like them a cache, which may be deleted at any time.
"""

import hashlib
import json
import secrets
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sourcing.resolve import keeping, models
from sourcing.resolve.comparing import Limits, database_errors
from sourcing.resolve.evaluation import Answer
from sourcing.resolve.models import Model
from sourcing.resolve.namesakes import Namesakes
from spiders.redact import Pepper

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb import DuckDBPyConnection

_VERSION: Final = 1
_NAME: Final = "records.duckdb"
_BUSY: Final = "busy"
_KINDS: Final = {"digest": "binary", "place": "int64", "quiet": "bool_"}
_ROW: Final = ("record_id", "digest", "id", "work", "place", "family", "quiet", "line")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One record as it is kept. id: of its identity. work, place: of a byline, where it stands.

    quiet: it says nothing that rules look at.
    """

    record_id: str
    digest: bytes
    id: str
    work: str | None
    place: int
    family: str
    quiet: bool
    line: str


def digest_of(line: str) -> bytes:
    """Return the digest of a record as it is written."""
    return hashlib.blake2b(line.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def stamp(chosen: Sequence[Model], prior: Mapping[str, float]) -> str:
    """Return what everything in a folder hangs on."""
    told = {
        "version": [_VERSION, keeping.VERSION],
        "models": [models.dump(one) for one in chosen],
        "prior": sorted(prior.items()),
        "duckdb": version("duckdb"),
    }
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


class Ledger:
    """An open folder. One that does not fit, or in which a run was cut short, holds records and nothing else."""

    def __init__(self, folder: Path, stamped: str, limits: Limits) -> None:
        import duckdb

        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._limits = limits
        self._stamp = stamped
        self.database: DuckDBPyConnection = duckdb.connect(str(folder / _NAME))
        self.database.execute(f"SET memory_limit = '{limits.memory}'")
        self.database.execute(f"SET threads = {limits.threads}")
        self.database.execute("SET enable_progress_bar = false")
        known = self._about()
        self.is_known = known is not None
        self.fits = known is not None and known["stamp"] == stamped and not (folder / _BUSY).exists()
        self.key = Pepper(secret=bytes.fromhex(known["key"]) if known else secrets.token_bytes(32))
        self._counted = known["records"] if known else 0
        self._shares = known["namesakes"] if known else None

    @classmethod
    def open(cls, folder: Path, stamped: str, limits: Limits) -> "Ledger":
        """Return the ledger of a folder, an empty one if what lies there cannot be read."""
        try:
            return cls(folder, stamped, limits)
        except (database_errors(), KeyError, ValueError):
            keeping.drop(folder / _NAME)
            return cls(folder, stamped, limits)

    def __enter__(self) -> "Ledger":
        return self

    def __exit__(self, *_: object) -> None:
        self.database.close()

    def _about(self) -> dict[str, Any] | None:
        tables = self.database.execute("SELECT table_name FROM duckdb_tables()").fetchall()
        if ("about",) not in tables:
            return None
        found: dict[str, Any] = json.loads(self.database.execute("SELECT told FROM about").fetchall()[0][0])
        return found

    def namesakes(self, prior: Mapping[str, float]) -> Namesakes:
        """Return the shares of name words that were counted when everything was resolved."""
        table = json.loads(self._shares or "{}")
        return Namesakes(total=table["total"], counts=table["counts"], prior=prior)

    def has_doubled(self, records: int) -> bool:
        """Whether there are twice as many records as when weights were counted."""
        return records >= 2 * max(self._counted, 1)

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Note that files are about to change, until they agree again: a run that was cut short is not built on."""
        (self.folder / _BUSY).touch()
        yield
        (self.folder / _BUSY).unlink()

    def digests(self) -> set[bytes]:
        """Return the digests of all records."""
        if not self.is_known:
            return set()
        return {one for (one,) in self.database.execute("SELECT digest FROM record").fetchall()}

    def rows(self, where: str = "", **given: Sequence[Any]) -> list[Row]:
        """Return records. where: a join with `given`, whose one column is named and filled here."""
        if not self.is_known:
            return []
        for name, values in given.items():
            self._listed("given", name, values)
        found = self.database.execute(f"SELECT {', '.join(_ROW)} FROM record {where}")  # noqa: S608
        return _read(found)

    def ids(self, records: Sequence[str]) -> list[str]:
        """Return the ids that some records have had."""
        self._listed("given", "record_id", records)
        found = self.database.execute("SELECT id FROM record SEMI JOIN given USING (record_id)").fetchall()
        return [one for (one,) in found]

    def size(self) -> int:
        """Return how many records there are."""
        return int(self.database.execute("SELECT count(*) FROM record").fetchall()[0][0])

    def is_in_order(self, places: Mapping[bytes, int]) -> bool:
        """Whether bylines of one work stand in a file in the order they had. places: by digest."""
        import pyarrow as pa

        columns = {
            "digest": pa.array(places.keys(), pa.binary()),
            "line": pa.array(places.values(), pa.int64()),
        }
        self._load("given", pa.table(columns), "TEMP TABLE")
        turned = self.database.execute(
            "SELECT count(*) FROM (SELECT place < lag(place) OVER (PARTITION BY work ORDER BY line) AS turned "
            "FROM (SELECT digest, work, place FROM record) JOIN given USING (digest) WHERE work IS NOT NULL) "
            "WHERE turned"
        ).fetchall()
        return bool(turned[0][0] == 0)

    def stage(self, rows: Sequence[Row], gone: Sequence[str]) -> None:
        """Put aside what `renew` will change: rows that come or are other ones now, and record ids that are gone."""
        self._load("coming", _table(rows), "TEMP TABLE")
        self._listed("gone", "record_id", gone)
        self._listed("leaving", "record_id", [*gone, *(row.record_id for row in rows)])
        columns = ", ".join(_ROW)
        self.database.execute(
            f"CREATE OR REPLACE TEMP VIEW staged AS SELECT {columns} FROM record "  # noqa: S608
            f"ANTI JOIN leaving USING (record_id) UNION ALL SELECT {columns} FROM coming"
        )

    def speaking(self, families: Sequence[str]) -> list[str]:
        """Return the ids of records of families, as staged, that say what rules look at."""
        self._listed("given", "family", families)
        found = self.database.execute(
            "SELECT id FROM staged SEMI JOIN given USING (family) WHERE NOT quiet"
        ).fetchall()
        return [one for (one,) in found]

    def families(self) -> set[str]:
        """Return the families that records are of, as staged."""
        return {one for (one,) in self.database.execute("SELECT DISTINCT family FROM staged").fetchall()}

    def staged(self, reached: Collection[str] | None) -> tuple[list[Row], dict[str, str]]:
        """Return records as staged: all that say what rules look at, and record ids by id of others of some ids.

        reached: these; None: all there are, as records.
        """
        columns = ", ".join(_ROW)
        if reached is None:
            return _read(self.database.execute(f"SELECT {columns} FROM staged")), {}  # noqa: S608
        self._listed("given", "id", sorted(reached))
        others = self.database.execute(
            "SELECT id, record_id FROM staged SEMI JOIN given USING (id) WHERE quiet"
        ).fetchall()
        found = _read(self.database.execute(f"SELECT {columns} FROM staged WHERE NOT quiet"))  # noqa: S608
        return found, dict(others)

    def renew(self, answers: Sequence[Answer], told: Sequence[str]) -> None:
        """Change what was staged, and what was said of records. told: their ids; nothing said before of them stands."""
        self._listed("given", "record_id", told)
        self._load("said", _said(answers), "TEMP TABLE")
        execute = self.database.execute
        execute("BEGIN")
        execute("DELETE FROM record WHERE record_id IN (SELECT record_id FROM leaving)")
        execute("INSERT INTO record BY NAME SELECT * FROM coming")
        execute(
            "DELETE FROM answer WHERE record_id IN "
            "(SELECT record_id FROM gone UNION ALL SELECT record_id FROM given)"
        )
        execute("INSERT INTO answer BY NAME SELECT * FROM said")
        execute("COMMIT")

    def fill(self, rows: Sequence[Row], answers: Sequence[Answer], shares: Namesakes) -> None:
        """Replace everything."""
        told = {
            "stamp": self._stamp,
            "key": self.key.secret.hex(),
            "records": len(rows),
            "namesakes": shares.dump(),
        }
        self.database.execute("BEGIN")
        self._load("record", _table(rows), "TABLE")
        self._load("answer", _said(answers), "TABLE")
        self.database.execute(
            "CREATE OR REPLACE TABLE about AS SELECT $told AS told", {"told": json.dumps(told)}
        )
        self.database.execute("COMMIT")

    def answers(self) -> Iterator[Answer]:
        """Yield the whole answer: questions by edge, then every record by its id."""
        found = self.database.execute(
            "SELECT edge, record_id, cluster FROM answer ORDER BY edge NULLS LAST, record_id"
        )
        while batch := found.fetchmany(50_000):
            for edge, record, cluster in batch:
                yield Answer(edge=edge, record_id=record, cluster=cluster)

    def _listed(self, name: str, column: str, values: Sequence[Any]) -> None:
        import pyarrow as pa

        kind = getattr(pa, _KINDS.get(column, "string"))()
        self._load(name, pa.table({column: pa.array(values, kind)}), "TEMP TABLE")

    def _load(self, name: str, table: "pa.Table", kind: str) -> None:
        self.database.register("loading", table)
        self.database.execute(f"CREATE OR REPLACE {kind} {name} AS SELECT * FROM loading")  # noqa: S608
        self.database.unregister("loading")


def _read(found: Any) -> list[Row]:
    return [Row(**dict(zip(_ROW, row, strict=True))) for row in found.fetchall()]


def _table(rows: Sequence[Row]) -> "pa.Table":
    import pyarrow as pa

    return pa.table(
        {
            name: pa.array([getattr(row, name) for row in rows], getattr(pa, _KINDS.get(name, "string"))())
            for name in _ROW
        }
    )


def _said(answers: Iterable[Answer]) -> "pa.Table":
    import pyarrow as pa

    listed = list(answers)
    return pa.table(
        {
            name: pa.array([getattr(one, name) for one in listed], pa.string())
            for name in ("edge", "record_id", "cluster")
        }
    )
