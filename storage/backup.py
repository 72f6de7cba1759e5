"""Copies of a whole store: written while everything goes on, and brought back in one step or not at all.

SQLite: its online backup, into a file that is a database itself. PostgreSQL: `pg_dump` in its custom format, read by
`pg_restore` and `psql`; a password goes to them through the environment, never as an argument.
"""

import os
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, func, select
from sqlalchemy.engine import URL

from storage import migrate
from storage.engine import BUSY_TIMEOUT_S, connect, mapped
from storage.errors import Busy, NoBackup, Unreachable
from storage.tables import audit, run

_SQLITE, _PG_DUMP = b"SQLite format 3\0", b"PGDMP"
_PG_PLACES: Final = Path("/usr/lib/postgresql")  # where Debian keeps each release's programs
_SLEEP_S: Final = 0.25
_ENVIRONMENT: Final = {
    "database": "PGDATABASE",
    "username": "PGUSER",
    "password": "PGPASSWORD",
    "host": "PGHOST",
}
_EMPTY: Final = """
DO $$ DECLARE one record; BEGIN
  FOR one IN SELECT tablename AS name FROM pg_tables WHERE schemaname = current_schema() LOOP
    EXECUTE format('DROP TABLE IF EXISTS %I CASCADE', one.name);
  END LOOP;
  FOR one IN SELECT oid::regprocedure AS name FROM pg_proc p WHERE pronamespace = current_schema()::regnamespace
    AND NOT EXISTS (SELECT 1 FROM pg_depend WHERE objid = p.oid AND deptype = 'e') LOOP
    EXECUTE format('DROP FUNCTION IF EXISTS %s CASCADE', one.name);
  END LOOP;
END $$;
"""
"""Empties a database of what a store is made of: a copy of an earlier release has fewer tables."""


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
    part = path.with_name(f"{path.name}.part")
    try:
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
        if engine.dialect.name == "sqlite":
            _copy(_file(engine.url), part)
        else:
            with mapped(), engine.connect() as connection:
                release = int(connection.exec_driver_sql("SHOW server_version_num").scalar_one()) // 10_000
            _run(
                [program("pg_dump", release), "--format=custom", "--no-owner", "--no-acl", f"--file={part}"],
                engine.url,
            )
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
        engine.dispose()
    return path.stat().st_size


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
    place = Path(url.removeprefix("sqlite:///"))
    place.parent.mkdir(parents=True, exist_ok=True)
    beside = place.with_name(f".{place.name}.restored")
    try:
        os.close(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
        _copy(path, beside)
        migrate.upgrade(f"sqlite:///{beside}")
        yield f"sqlite:///{beside}"
        _set_damaged_aside(place)
        _copy(beside, place)
    finally:
        for name in (
            beside,
            *(beside.with_name(f"{beside.name}-{end}") for end in ("journal", "wal", "shm")),
        ):
            name.unlink(missing_ok=True)


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
    command = [program("pg_restore"), "--data-only", *tables, "--file=-", str(path)]
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
    """Put a dump into the place of everything that is in a database, in one transaction."""
    engine = connect(url)
    address = engine.url
    engine.dispose()
    script = path.with_name(
        f"{path.name}.sql"
    )  # whole before anything is changed: half a dump is a valid script
    try:
        os.close(os.open(script, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
        _run([program("pg_restore"), "--no-owner", "--no-acl", f"--file={script}", str(path)], address)
        options = ["--quiet", "--no-psqlrc", "--single-transaction", "--set=ON_ERROR_STOP=1"]
        _run([program("psql"), *options, f"--command={_EMPTY}", f"--file={script}"], address)
    finally:
        script.unlink(missing_ok=True)


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


def program(name: str, release: int = 0) -> str:
    """Return one of PostgreSQL's programs, of a release of its server or a later one. Raises NoBackup."""
    found = [
        path
        for path in (shutil.which(name), *map(str, sorted(_PG_PLACES.glob(f"*/bin/{name}"), reverse=True)))
        if path
    ]
    for path in found:
        told = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout  # noqa: S603 - as above
        if (number := re.search(r"(\d+)", told)) is not None and int(number[1]) >= release:
            return path
    wanted = f" of release {release} or later" if release else ""
    raise NoBackup(
        f"no {name}{wanted}: install PostgreSQL's client programs (Debian: postgresql-client), then try again"
    )
