"""The world on disk: one SQLite file that the servers read; JSON documents under the keys they ask by."""

import hashlib
import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

_TABLES = """
CREATE TABLE account (id INTEGER PRIMARY KEY, node TEXT, login TEXT COLLATE NOCASE, doc TEXT);
CREATE TABLE email (address TEXT PRIMARY KEY, account INTEGER) WITHOUT ROWID;
CREATE TABLE repository (id INTEGER PRIMARY KEY, name TEXT COLLATE NOCASE UNIQUE, owner TEXT COLLATE NOCASE,
                         node TEXT, doc TEXT);
CREATE TABLE former (name TEXT PRIMARY KEY COLLATE NOCASE, repository INTEGER) WITHOUT ROWID;
CREATE TABLE pull (repository INTEGER, number INTEGER, state TEXT, created INTEGER, updated INTEGER, doc TEXT,
                   PRIMARY KEY (repository, number)) WITHOUT ROWID;
CREATE TABLE written (repository INTEGER, sha TEXT, doc TEXT, PRIMARY KEY (repository, sha)) WITHOUT ROWID;
CREATE TABLE paper (id TEXT PRIMARY KEY, stamp TEXT, created INTEGER, sets TEXT, doc TEXT) WITHOUT ROWID;
CREATE TABLE page (host TEXT, path TEXT, doc TEXT, PRIMARY KEY (host, path)) WITHOUT ROWID;
"""
_INDEXES = """
CREATE INDEX account_node ON account (node);
CREATE INDEX account_login ON account (login);
CREATE INDEX repository_owner ON repository (owner);
CREATE INDEX repository_node ON repository (node);
CREATE INDEX pull_updated ON pull (repository, updated);
CREATE INDEX paper_stamp ON paper (stamp);
"""
TABLES = ("account", "email", "repository", "former", "pull", "written", "paper", "page")


class Archive:
    """Reads and writes the world's rows. One connection, shared by the server's threads behind a lock."""

    def __init__(self, path: Path, *, new: bool = False) -> None:
        self._lock = threading.RLock()
        self._db = sqlite3.connect(path, check_same_thread=False)
        if new:
            self._db.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + _TABLES)

    def put(self, table: str, rows: Iterable[tuple[Any, ...]]) -> None:
        """Insert rows; dicts and lists in them become JSON."""
        for row in rows:
            flat = [
                json.dumps(cell, ensure_ascii=False, sort_keys=True)
                if isinstance(cell, dict | list)
                else cell
                for cell in row
            ]
            self._db.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(flat))})", flat)

    def finish(self) -> None:
        """Commit and build the indexes."""
        self._db.commit()
        self._db.executescript(_INDEXES)

    def change(self, sql: str, *values: Any) -> None:
        """Change rows of a finished archive."""
        with self._lock, self._db:
            self._db.execute(sql, values)

    def rows(self, sql: str, *values: Any) -> list[Any]:
        """Return all rows of a query."""
        with self._lock:
            return self._db.execute(sql, values).fetchall()

    def docs(self, sql: str, *values: Any) -> list[dict[str, Any]]:
        """Return the JSON documents in the first column of a query."""
        return [json.loads(row[0]) for row in self.rows(sql, *values)]

    def doc(self, sql: str, *values: Any) -> dict[str, Any] | None:
        """Return the first document of a query, or None."""
        found = self.rows(sql, *values)
        return json.loads(found[0][0]) if found else None

    def digest(self) -> str:
        """Return a digest of every row of every table in the order of keys."""
        total = hashlib.sha256()
        for table in TABLES:
            for row in self._db.execute(
                f"SELECT * FROM {table} ORDER BY 1, 2"
            ):  # two columns make a key in every table
                total.update(repr(row).encode())
        return total.hexdigest()

    def stream(self, sql: str, *values: Any) -> Iterator[Any]:
        """Yield rows one by one, for tables that do not fit in memory."""
        yield from self._db.execute(sql, values)

    def close(self) -> None:
        """Close the file."""
        self._db.close()
