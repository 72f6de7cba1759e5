"""Copies of a whole store: written while everything goes on, and brought back in one step or not at all.

SQLite: its online backup, into a file that is a database itself. PostgreSQL: `pg_dump` in its custom format, read by
`pg_restore` and `psql`; a password goes to them through the environment, never as an argument.
"""

import os
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator, Set
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from pathlib import Path
from tempfile import mkstemp
from typing import Final

from sqlalchemy import Connection, func, select
from sqlalchemy.engine import URL, make_url

from storage import migrate
from storage.engine import BUSY_TIMEOUT_S, connect, mapped
from storage.errors import Busy, NoBackup, Unreachable
from storage.tables import SEARCH_INDEX, audit, metadata, run

_SQLITE, _PG_DUMP = b"SQLite format 3\0", b"PGDMP"
_PG_PLACES: Final = Path("/usr/lib/postgresql")  # where Debian keeps each release's programs
_SLEEP_S: Final = 0.25
_HEAD_BYTES: Final = 8192  # of a script, before its first table
_ENVIRONMENT: Final = {
    "database": "PGDATABASE",
    "username": "PGUSER",
    "password": "PGPASSWORD",
    "host": "PGHOST",
}
_TABLES: Final = """
SELECT relname AS name, oid::regclass::text AS quoted FROM pg_class
WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p')
  AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = pg_class.oid AND d.deptype = 'e')
"""
_FUNCTIONS: Final = """
SELECT DISTINCT p.oid::regprocedure::text FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
JOIN pg_proc p ON p.oid = t.tgfoid
WHERE NOT t.tgisinternal AND current_schema()::regnamespace IN (c.relnamespace, p.pronamespace)
"""
"""Tables of a schema, but those of extensions, and the functions their triggers call."""
_FORMER: Final = {
    "alembic_version",
    "points_before",
    "search_person",
}  # Alembic's, and ours of earlier releases


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """What a file holds. revision: the migration it is at. newest: of its last run or act, None = nothing happened."""

    revision: str
    newest: datetime | None


def write(url: str, path: Path) -> int:
    """Write a copy of the store at `url` to a file for its owner alone, whole or not at all; return its bytes.

    Raises NoBackup without a `pg_dump` of the server's release, Unreachable, StoreFull.
    """
    engine = connect(url)
    try:
        with _beside(path) as part:
            if engine.dialect.name == "sqlite":
                _copy(_file(engine.url), part)
            else:
                with mapped(), engine.connect() as connection:
                    dump = program("pg_dump", release(connection))
                _run([dump, "--format=custom", "--no-owner", "--no-acl", f"--file={part}"], engine.url)
            with part.open("rb") as file:
                os.fsync(file.fileno())
            part.replace(path)
    finally:
        engine.dispose()
    return path.stat().st_size


def is_store(url: str, path: Path) -> bool:
    """Return whether a file is the store at `url` itself."""
    if not url.startswith("sqlite"):
        return False
    place = _file(make_url(url))
    return place.exists() and path.exists() and path.samefile(place)


def release(connection: Connection) -> int:
    """Return the release of the PostgreSQL server at the other end, as 17."""
    return int(connection.exec_driver_sql("SHOW server_version_num").scalar_one()) // 10_000


def look(url: str, path: Path) -> Copy:
    """Return what a file holds. Raises NoBackup if it is no copy for the store at `url`, or of a later release."""
    is_sqlite = url.startswith("sqlite")
    if not _beginning(path).startswith(_SQLITE if is_sqlite else _PG_DUMP):
        kind = "SQLite" if is_sqlite else "PostgreSQL"
        raise NoBackup(f"{path} is no backup of a {kind} store; give a file that `sourcer db backup` wrote")
    found = _look_into(path) if is_sqlite else _look_into_dump(path)
    if not migrate.is_known(found.revision):
        raise NoBackup(f"{path} is of a later release ({found.revision}); install that, then restore it")
    return found


def newest(connection: Connection) -> datetime | None:
    """Return when the last run of a store began or the last act was done; None if nothing ever happened."""
    moments = [connection.execute(select(func.max(one))).scalar() for one in (audit.c.at, run.c.started_at)]
    return max((one for one in moments if one is not None), default=None)


def newest_at(url: str) -> datetime | None:
    """Return the same of the store at an address, whatever its migration; None if there is none that can be read."""
    try:
        engine = connect(url)
    except Unreachable:
        return None
    try:
        with mapped(), engine.connect() as connection:
            return None if migrate.version(connection) is None else newest(connection)
    except Unreachable:
        return None
    finally:
        engine.dispose()


@contextmanager
def brought_back(url: str, path: Path) -> Iterator[str]:
    """Bring a copy back: what is inside is done to it before anybody else sees it, at the address that is given.

    SQLite: the copy is prepared beside the store and then put into it in one step, which whoever has it open sees.
    PostgreSQL: the database is filled in one transaction first. In both it is at the newest migration. Of what is
    raised inside nothing happened on SQLite. Raises as `look`, Busy, NoBackup without PostgreSQL's programs.
    """
    look(url, path)
    if not url.startswith("sqlite"):
        _fill(url, path)
        migrate.upgrade(url)
        yield url
        return
    place = _file(make_url(url))
    place.parent.mkdir(parents=True, exist_ok=True)
    with _beside(place) as beside:
        _copy(path, beside)
        migrate.upgrade(f"sqlite:///{beside}")
        yield f"sqlite:///{beside}"
        _set_damaged_aside(place)
        _copy(beside, place)


@contextmanager
def _beside(path: Path) -> Iterator[Path]:
    """Make an empty file for its owner alone beside another, under a name nobody has; it is gone at the end."""
    descriptor, name = mkstemp(prefix=f".{path.name}.", dir=path.parent)
    os.close(descriptor)
    try:
        yield Path(name)
    finally:
        for end in ("", "-journal", "-wal", "-shm"):
            Path(f"{name}{end}").unlink(missing_ok=True)


def _copy(source: Path, target: Path) -> None:
    """Put one SQLite database into another in one step. Raises Busy if somebody kept either for a minute."""
    tries = 0

    def again(_status: int, _remaining: int, _total: int) -> None:
        nonlocal tries
        tries += 1
        if tries * _SLEEP_S > BUSY_TIMEOUT_S:
            raise Busy("the store was busy for a minute: nothing was copied; try again")

    with _mapped_sqlite(source):
        reading = sqlite3.connect(source, timeout=BUSY_TIMEOUT_S)
        writing = sqlite3.connect(target, timeout=BUSY_TIMEOUT_S)
        try:
            reading.backup(writing, progress=again, sleep=_SLEEP_S)
        finally:
            writing.close()
            reading.close()


@contextmanager
def _mapped_sqlite(path: Path) -> Iterator[None]:
    """Turn what SQLite says of a broken file into what our callers may act on."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError) and "full" in str(error):
            raise OSError(28, "no space left on device") from error
        raise NoBackup(f"{path} cannot be read: {error}") from error


def _set_damaged_aside(place: Path) -> None:
    """Move a file away that is no database any more: nothing can be put into it, and somebody may want to look."""
    if _beginning(place) not in (b"", _SQLITE):
        place.replace(place.with_name(f"{place.name}.damaged"))


def _beginning(path: Path) -> bytes:
    """Return the bytes by which a kind of file is known; empty for one that is empty or not there."""
    if not path.is_file():
        return b""
    with path.open("rb") as file:
        return file.read(len(_SQLITE))


def _look_into(path: Path) -> Copy:
    try:
        engine = connect(f"sqlite:///{path.resolve()}")
        try:
            with mapped(), engine.connect() as connection:
                if connection.exec_driver_sql("PRAGMA quick_check").scalar_one() != "ok":
                    raise NoBackup(f"{path} is damaged; take another backup")
                return Copy(revision=migrate.version(connection) or "none", newest=newest(connection))
        finally:
            engine.dispose()
    except Unreachable as error:
        raise NoBackup(f"{path} cannot be read: {error}") from error


def _look_into_dump(path: Path) -> Copy:
    tables = [f"--table={name}" for name in ("alembic_version", audit.name, run.name)]
    command = [_reader(path), "--data-only", *tables, "--file=-", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:  # noqa: S603 - PostgreSQL's own program
        assert process.stdout is not None
        values = _values(
            process.stdout, {"alembic_version": "version_num", "audit": "at", "run": "started_at"}
        )
        found = {"alembic_version": "none", "audit": "", "run": ""}
        for table, value in values:
            found[table] = max(found[table], value) if table != "alembic_version" else value
    if process.returncode:
        raise NoBackup(f"{path} cannot be read by pg_restore; take another backup")
    moments = [datetime.fromisoformat(found[name]) for name in ("audit", "run") if found[name]]
    return Copy(revision=found["alembic_version"], newest=max(moments, default=None))


def _values(lines: Iterator[str], wanted: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Yield table and value of one column of each table from what `pg_restore` writes."""
    table, place = None, 0
    for line in lines:
        if head := re.match(r"COPY (?:\w+\.)?\"?(\w+)\"? \(([^)]*)\) FROM stdin;", line):
            table = head[1]
            place = [name.strip(' "') for name in head[2].split(",")].index(wanted[table])
        elif line == "\\.\n":
            table = None
        elif table is not None:
            yield table, line.rstrip("\n").split("\t")[place]


def _fill(url: str, path: Path) -> None:
    """Put a dump into the place of all tables of a database, in one transaction. Raises NoBackup if one is not ours."""
    engine = connect(url)
    try:
        with mapped(), engine.connect() as connection:
            reader = _reader(path, release(connection))
            known = set(connection.exec_driver_sql("SELECT name FROM pg_settings").scalars())
            tables = {row.name: row.quoted for row in connection.exec_driver_sql(_TABLES)}
            functions = list(connection.exec_driver_sql(_FUNCTIONS).scalars())
    finally:
        engine.dispose()
    foreign = [
        name for name in tables.keys() - metadata.tables - _FORMER if not name.startswith(SEARCH_INDEX)
    ]
    if foreign:
        raise NoBackup(
            f"nothing was changed: the database has tables of another program ({', '.join(sorted(foreign)[:3])}); "
            "restore into a database of the store's own"
        )
    with _beside(path) as script:  # whole before anything is changed: half a dump is a valid script
        _run([reader, "--no-owner", "--no-acl", f"--file={script}", str(path)], engine.url)
        _leave_out_unknown(script, known)
        options = ["--quiet", "--no-psqlrc", "--single-transaction", "--set=ON_ERROR_STOP=1"]
        # no CASCADE: what another program has built on our tables stops us
        emptying = [
            f"--command=DROP {kind} {', '.join(names)}"
            for kind, names in (("TABLE", list(tables.values())), ("FUNCTION", functions))
            if names
        ]
        psql = str(Path(reader).with_name("psql"))  # of the same release, as scripts have words for it alone
        _run([psql, *options, *emptying, f"--file={script}"], engine.url)


def _leave_out_unknown(script: Path, known: Set[str]) -> None:
    """Make comments of settings at the beginning of a script that an earlier release's server would refuse."""
    with script.open("r+b") as file:
        head = file.read(_HEAD_BYTES).partition(b"\nCREATE ")[0]
        for found in re.finditer(rb"^SET (\w+) = .*;$", head, re.MULTILINE):
            if found[1].decode() not in known:
                file.seek(found.start())
                file.write(b"-" * len(found[0]))


def _file(url: URL) -> Path:
    return Path(url.database or "")


def _run(command: list[str], url: URL) -> None:
    done = subprocess.run(command, env=_environment(url), capture_output=True, text=True, check=False)  # noqa: S603 - PostgreSQL's own program
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if "rror" in line] or [f"{command[0]} failed"]
        raise NoBackup(f"nothing was changed: {said[0]}")


def _environment(url: URL) -> dict[str, str]:
    """Return the environment of PostgreSQL's programs: where the database is, and its secret."""
    found = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "SOURCER_"))}
    found |= {
        variable: str(value) for name, variable in _ENVIRONMENT.items() if (value := getattr(url, name))
    }
    if url.port is not None:
        found["PGPORT"] = str(url.port)
    return found | {f"PG{name.upper()}": str(value) for name, value in url.query.items()}


def program(name: str, release: int) -> str:
    """Return one of PostgreSQL's programs: of a server's release, else of the next later one. Raises NoBackup."""
    fit = [(number, path) for number, path in _installed(name) if number >= release]
    if fit:
        return min(fit, key=itemgetter(0))[1]
    wanted = f"{name} of release {release} or later"
    raise NoBackup(
        f"no {wanted}: install PostgreSQL's client programs (Debian: postgresql-client), then try again"
    )


def _reader(path: Path, release: int = 0) -> str:
    """Return the `pg_restore` that can read a dump and is nearest to a server's release. Raises NoBackup."""
    found = sorted(_installed("pg_restore"), key=lambda one: (one[0] < release, abs(one[0] - release)))
    for _, one in found:
        if not subprocess.run([one, "--list", str(path)], capture_output=True, check=False).returncode:  # noqa: S603 - as above
            return one
    if not found:
        program("pg_restore", release)
    raise NoBackup(
        f"{path} cannot be read by pg_restore: take another backup, or install PostgreSQL's client programs of the "
        "release that wrote it"
    )


def _installed(name: str) -> list[tuple[int, str]]:
    """Return releases and paths of one of PostgreSQL's programs, that of PATH first."""
    places = [shutil.which(name), *map(str, sorted(_PG_PLACES.glob(f"*/bin/{name}")))]
    found = []
    for path in filter(None, places):
        told = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout  # noqa: S603 - as above
        if (number := re.search(r"(\d+)", told)) is not None:
            found.append((int(number[1]), path))
    return found
