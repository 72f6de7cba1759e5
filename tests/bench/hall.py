"""A store of the crowd with all that the pages show of them, on either database: accounts, works, signals, reasons."""

import base64
import hashlib
import inspect
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any, Final

import crowd as crowded
from crowd import SPECIALISMS, Crowd, key_of, word
from sqlalchemy import Connection, Table

from sourcing.ranking import specialism
from sourcing.settings import config_root
from storage import index, migrate, order
from storage.engine import Store, batched, open_store
from storage.scored import digest_of
from storage.tables import (
    factor_list,
    identity,
    person,
    person_identity,
    points,
    score,
    signal,
    statement,
    work,
)

FACTORS: Final = tuple((name, name, "pull requests") for name in ("merged_work", "review_work"))
WORKS, ACTS = 5, ("authored", "merged", "reviewed", "maintains")
NOW: Final = datetime(2026, 11, 23, 8, tzinfo=UTC)
_BATCH: Final = 20_000
_OF = {"url": "https://code.example/orbit/1", "visit": "0" * 32, "seen_at": NOW}


@cache
def slug_of(invented: str) -> str:
    """Return the real specialism that stands for an invented one: the server knows no others."""
    return specialism.names([config_root()])[SPECIALISMS.index(invented)]


@contextmanager
def sqlite(out: Path, crowd: Crowd) -> Iterator[str]:
    """Give the address of a filled SQLite store; a copy is kept for the next run."""
    path = out / f"web-{crowd.size}-{_filling()}.db"
    url = f"sqlite:///{path}"
    if not (path.exists() and _is_usable(url)):
        part = path.with_suffix(".part")
        part.unlink(missing_ok=True)
        fill(open_store(f"sqlite:///{part}", create=True), crowd)
        part.rename(path)
    yield url


@contextmanager
def postgresql(out: Path, crowd: Crowd) -> Iterator[str]:
    """Give the address of a filled PostgreSQL store, on a server of our own that ends with us."""
    runtime = tempfile.mkdtemp(prefix="pg-")
    os.environ["XDG_RUNTIME_DIR"] = runtime
    import pgserver
    import psycopg

    data = out / f"web-postgresql-{crowd.size}-{_filling()}"
    is_kept = (data / "filled").exists()
    if not is_kept:
        shutil.rmtree(data, ignore_errors=True)
    server = pgserver.get_server(data, cleanup_mode="stop")
    url = server.get_uri("bench")
    if not (is_kept and _is_usable(url)):
        with psycopg.connect(server.get_uri(), autocommit=True) as admin:
            admin.execute("ALTER SYSTEM SET shared_buffers = '512MB'")
            admin.execute("DROP DATABASE IF EXISTS bench")
            admin.execute("CREATE DATABASE bench")
        server.cleanup()  # the setting counts from the next start
        server = pgserver.get_server(data, cleanup_mode="stop")
        migrate.upgrade(url)
        fill(open_store(url), crowd)
        (data / "filled").touch()
    yield url
    server.cleanup()
    shutil.rmtree(runtime, ignore_errors=True)


STORES: Final = {"sqlite": sqlite, "postgresql": postgresql}


def fill(store: Store, crowd: Crowd) -> None:
    """Write the crowd as search knows it, and what a page shows beside: people, works, signals, scores with reasons."""
    started = time.perf_counter()
    with store.begin() as tx:
        index.fill(tx, crowd.batches())
        _note("people to search", started)
        for table_, rows in (
            (person, _people(crowd)),
            (person_identity, ({"identity": _account(n), "person": key_of(n)} for n in range(crowd.size))),
            (
                identity,
                ({"id": _account(n), "first_seen": NOW, "last_seen": NOW} for n in range(crowd.size)),
            ),
            (statement, _stated(crowd)),
            (work, _works(crowd)),
            (signal, _signals(crowd)),
            (factor_list, [{"digest": digest_of(FACTORS), "factors": [list(one) for one in FACTORS]}]),
            (points, (_parts(row) for row in crowd.scores())),
            (score, (_score(row) for row in crowd.scores())),
        ):
            _insert(tx, table_, rows)
            _note(table_.name, started)
        order.refresh(tx)
    store.vacuum()
    store.close()
    _note("filled", started)


def _insert(tx: Connection, table: Table, rows: Iterable[dict[str, Any]]) -> None:
    """Insert many rows, each with the same columns; PostgreSQL takes them as one stream."""
    if tx.dialect.name == "sqlite":
        for batch in batched(rows, _BATCH):
            tx.execute(table.insert(), list(batch))
        return
    raw: Any = tx.connection.dbapi_connection
    streamed = iter(rows)
    first = next(streamed)
    names = ", ".join(f'"{name}"' for name in first)
    with raw.cursor() as cursor, cursor.copy(f"COPY {table.name} ({names}) FROM STDIN") as copy:
        for row in chain([first], streamed):
            copy.write_row([json.dumps(one) if isinstance(one, list) else one for one in row.values()])


def _people(crowd: Crowd) -> Iterator[dict[str, Any]]:
    for batch in crowd.batches():
        for key, one in batch.items():
            yield {
                "key": key, "anchor": f"github:{_number(one)}", "kind": "personal", "name": (one.name or "").title(),
                "minted_at": NOW, "first_seen": NOW, "last_seen": NOW,
            }  # fmt: skip


def _number(one: Any) -> int:
    (handle,) = one.handles
    return int(handle[1:])


def _account(number: int) -> str:
    return f"github:{number}"


def _stated(crowd: Crowd) -> Iterator[dict[str, Any]]:
    for number in range(crowd.size):
        told = {
            "name": word(number),
            "affiliation": f"{word(number % 500)} lab",
            "location": word(number % 300),
        }
        for attribute, value in told.items():
            digest = hashlib.sha256(value.encode()).hexdigest()[:32]
            yield {
                "identity": _account(number), "attribute": attribute, "hash": digest, "source": "github_people",
                "value": value, **_OF,
            }  # fmt: skip


def _works(crowd: Crowd) -> Iterator[dict[str, Any]]:
    for batch in crowd.batches():
        for one in batch.values():
            number = _number(one)
            for at in range(WORKS):
                yield {
                    "id": _work(number, at), "source": "github_pulls", "kind": "pull_request", "title": one.titles[at],
                    "text": None, "tags": [], "paths": [], "venue": None, "published_on": None,
                    "part_of": "github:orbit/engine", "hash": "0" * 32, **_OF,
                }  # fmt: skip


def _work(number: int, at: int) -> str:
    return f"github:orbit/engine#{number * WORKS + at}"


def _signals(crowd: Crowd) -> Iterator[dict[str, Any]]:
    for number in range(crowd.size):
        for at in range(WORKS):
            day = NOW - timedelta(days=(number * 7 + at * 31) % 900)
            for kind in ACTS:
                yield {
                    "id": f"{_work(number, at)}:{kind}", "identity": _account(number), "work": _work(number, at),
                    "kind": kind, "value": 1.0, "unit": "items", "occurred_at": day, "confidence": 1.0,
                    "position": None, "of": None, "note": None, "source": "github_pulls", "hash": "0" * 32, **_OF,
                }  # fmt: skip


def _score(row: dict[str, Any]) -> dict[str, Any]:
    return {
        **row, "specialism": slug_of(row["specialism"]), "upper": min(100.0, row["value"] + 20), "rising": row["value"],
        "rising_lower": row["lower"], "as_of": NOW, "run": None,
    }  # fmt: skip


def _parts(row: dict[str, Any]) -> dict[str, Any]:
    """Return a score's reasons as they are stored: signals once, two factors that share them."""
    number = _number_of(row["person"])
    ids = [f"{_work(number, at)}:{kind}" for at in range(WORKS) for kind in ACTS]
    half = row["value"] / 2
    earned = [[10.0, half, half, list(range(first, len(ids), 2))] for first in range(len(FACTORS))]
    parts = [digest_of(FACTORS), ids, earned, []]
    return {"specialism": slug_of(row["specialism"]), "person": row["person"], "parts": parts}


def _number_of(key: str) -> int:
    text = key.removeprefix("p_").upper()
    return int.from_bytes(base64.b32hexdecode(text + "=" * (-len(text) % 8)), "big")


def _is_usable(url: str) -> bool:
    """Bring a kept store to the newest migration, and return whether that left what search looks at."""
    migrate.upgrade(url)
    store = open_store(url)
    try:
        with store.read() as tx:
            return not index.is_missing(tx)
    finally:
        store.close()


def _filling() -> str:
    """Return what a filled store rests on: the code that fills it."""
    told = [
        Path(inspect.getfile(crowded)).read_text(),
        Path(inspect.getfile(order)).read_text(),
    ]
    told += [
        inspect.getsource(one)
        for one in (fill, _insert, index, _people, _stated, _works, _signals, _score, _parts)
    ]
    return hashlib.sha256("".join(told).encode()).hexdigest()[:12]


def _note(what: str, started: float) -> None:
    print(f"{what} after {time.perf_counter() - started:,.0f} s", file=sys.stderr, flush=True)
