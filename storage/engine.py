"""Opens a store, begins a transaction, upserts on SQLite and PostgreSQL."""

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from functools import lru_cache
from itertools import islice, pairwise
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Connection, Engine, Select, Table, create_engine, event
from sqlalchemy import Row as SqlRow
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import URL, Dialect, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, OperationalError
from sqlalchemy.exc import TimeoutError as NoneFree
from sqlalchemy.sql.dml import Insert
from sqlalchemy.sql.elements import ColumnElement

from storage import merging
from storage.errors import Busy, SchemaBehind, StoreError, StoreFull, Unreachable
from storage.turn import Turn

BUSY_TIMEOUT_S = 60
# A writer and a checkpoint of another process could lose each other's pages in these releases.
_WAL_UNSAFE = ((3, 7, 0), (3, 51, 2))
_WRITE = "sourcer_write"
_STREAM_ROWS = 10_000

Row = TypeVar("Row")
Change = Callable[[Any], Mapping[str, Any]]
Where = Callable[[Any], ColumnElement[bool]]


class Store:
    """One database. Open a transaction with `begin` (to write) or `read`; functions of this room take it as `tx`.

    Do not hold a `read` open while beginning to write in the same process: SQLite without WAL waits for readers.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._turn = Turn()

    @property
    def dialect(self) -> str:
        """Return `sqlite` or `postgresql`."""
        return self._engine.dialect.name

    @property
    def url(self) -> str:
        """Return the address without its password, as shown to people."""
        return self._engine.url.render_as_string(hide_password=True)

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """Open a write transaction: commits at the end, undone by an exception.

        Raises Busy if another writer did not finish in a minute or the server went away: take the unit again.
        Raises StoreFull if the disk is full.
        """
        with mapped(), self._engine.connect() as tx:
            tx.execution_options(**{_WRITE: True})
            with tx.begin():
                yield tx

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a transaction that sees one state of the store and writes nothing."""
        turn = self._turn.taken() if self.dialect == "sqlite" else nullcontext()
        with turn, mapped(), self._engine.connect() as tx, tx.begin():
            if self.dialect == "postgresql":
                tx.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield tx

    def vacuum(self) -> None:
        """Rewrite the database so that erased rows leave no bytes behind. Takes seconds per gigabyte.

        Raises Busy if somebody else was at work for a minute, StoreFull if the disk has no room for a copy.
        """
        if self.dialect == "sqlite":
            raw = self._engine.raw_connection()  # a rewrite runs in no transaction, so none of ours is opened
            try:
                # the index keeps the words of removed rows until its parts are merged
                raw.cursor().execute("INSERT INTO search_index (search_index) VALUES ('optimize')")
                raw.cursor().execute("VACUUM")
                raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
            except sqlite3.OperationalError as error:
                known = _known(error)
                raise error if known is None else known from error
            finally:
                raw.close()
            return
        with mapped(), self._engine.connect() as connection:
            auto = connection.execution_options(isolation_level="AUTOCOMMIT")
            auto.exec_driver_sql("VACUUM (FULL, ANALYZE)")

    def integrity(self) -> bool:
        """Return whether the database is whole; SQLite only, PostgreSQL checks itself."""
        if self.dialect != "sqlite":
            return True
        with self.read() as tx:
            return str(tx.exec_driver_sql("PRAGMA integrity_check").scalar_one()) == "ok"

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()


class Joined(Store):
    """A store whose units are all parts of one transaction that is open: several acts happen together or not at all."""

    def __init__(self, tx: Connection) -> None:
        super().__init__(tx.engine)
        self._tx = tx

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """Go on in the transaction."""
        yield self._tx

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Go on in the transaction, which sees what it wrote."""
        yield self._tx


def open_store(url: str, *, create: bool = False) -> Store:
    """Return the store at an address: `sqlite:///path` or `postgresql://user@host/name`.

    create: make the file and bring it to the newest migration; a PostgreSQL database must exist already.
    Raises SchemaBehind if the database is not at the newest migration, Unreachable if it cannot be opened.
    """
    from storage import migrate

    if create:
        migrate.upgrade(url)
    engine = connect(url)
    try:
        with mapped(), engine.connect() as connection:
            found = migrate.version(connection)
        if found != migrate.head():
            raise SchemaBehind(
                f"database is at migration {found or 'none'}, expected {migrate.head()}; run `sourcer db upgrade`"
            )
    except StoreError:
        engine.dispose()
        raise
    return Store(engine)


def connect(url: str, *, create: bool = False) -> Engine:
    """Return an engine with our transaction rules. create: a missing SQLite file is made.

    Raises Unreachable if the address is none of ours or the file is missing.
    """
    parsed = _parse(url)
    # the connection used last: what searches read is kept beside each
    options: dict[str, Any] = {"json_serializer": _dump, "pool_use_lifo": True}
    if parsed.get_backend_name() == "sqlite":
        path = Path(parsed.database or "")
        if not create and not path.is_file():
            raise Unreachable(f"no database at {path}; run `sourcer init` or `sourcer db upgrade`")
        path.parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(parsed, connect_args={"timeout": BUSY_TIMEOUT_S}, **options)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    return create_engine(parsed, pool_pre_ping=True, **options)


def upsert(
    tx: Connection,
    table: Table,
    rows: Iterable[Mapping[str, Any]],
    *,
    change: Change | None = None,
    where: Where | None = None,
) -> None:
    """Insert rows; where the primary key exists, update instead.

    change: from the row that was to be inserted (`excluded`) to the columns to set; None sets every other column,
    `{}` keeps the row as it is. where: from `excluded` to a condition under which the update happens.
    Rows are sorted by key first, so that two writers cannot lock each other out.
    """
    keys = [column.name for column in table.primary_key.columns]
    ordered = sorted(rows, key=itemgetter(*keys))
    if not ordered:
        return
    names = tuple(ordered[0])
    statement = _upserting(table, tx.dialect, names, change, where)
    if statement.plain is not None:
        merging.execute(tx, statement.plain, ordered)
    elif tx.dialect.name == "postgresql" and len(ordered) >= merging.MANY and _differ(ordered, keys):
        merging.merge(tx, table, names, ordered, statement.finish)
    else:
        tx.execute(statement.whole, ordered)


def _differ(ordered: Sequence[Mapping[str, Any]], keys: list[str]) -> bool:
    """Return whether no two rows, sorted by key, have one key."""
    key = itemgetter(*keys)
    return all(key(one) != key(other) for one, other in pairwise(ordered))


class _Upsert(NamedTuple):
    """An upsert: for SQLAlchemy, what it adds to an insert, and as SQLite's driver takes it."""

    whole: Insert
    finish: merging.Finish
    plain: merging.Plain | None


@lru_cache(maxsize=256)
def _upserting(
    table: Table, dialect: Dialect, names: tuple[str, ...], change: Change | None, where: Where | None
) -> _Upsert:
    """Return the statement of an `upsert`; building one takes longer than running it, so those in use are kept.

    A `change` or `where` that is made anew for every call is never met again: what runs for each visit gives the same
    function every time.
    """
    keys = [column.name for column in table.primary_key.columns]

    def finish(insert: Any) -> Insert:
        new = insert.excluded
        changes = (
            dict(change(new))
            if change is not None
            else {name: new[name] for name in names if name not in keys}
        )
        found: Insert
        if changes:
            found = insert.on_conflict_do_update(
                index_elements=keys, set_=changes, where=where(new) if where is not None else None
            )
        else:
            found = insert.on_conflict_do_nothing(index_elements=keys)
        return found

    if dialect.name == "sqlite":
        whole = finish(sqlite.insert(table))
        return _Upsert(whole, finish, merging.plain(whole, table, names, dialect))
    # takes as long to load as all else of a store on SQLite
    from sqlalchemy.dialects import postgresql

    return _Upsert(finish(postgresql.insert(table)), finish, None)


def stream(tx: Connection, query: Select[Any]) -> Iterator[SqlRow[Any]]:
    """Yield the rows of a query without holding them all; the cursor is closed however the loop ends."""
    with tx.execute(query, execution_options={"yield_per": _STREAM_ROWS}) as result:
        yield from result


def batched(rows: Iterable[Row], size: int) -> Iterator[Sequence[Row]]:
    """Yield the rows in lists of at most `size`: a long list of bound values is cut for the database's sake."""
    iterator = iter(rows)
    while batch := list(islice(iterator, size)):
        yield batch


def is_writing(tx: Connection) -> bool:
    """Return whether a transaction was opened with `begin`."""
    return bool(tx.get_execution_options().get(_WRITE))


def wal_is_safe(version: tuple[int, ...] = sqlite3.sqlite_version_info) -> bool:
    """Return whether this SQLite may use a write-ahead log with several processes."""
    low, high = _WAL_UNSAFE
    return not low <= version <= high


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "postgresql":
            parsed = parsed.set(drivername="postgresql+psycopg")
        elif parsed.get_backend_name() != "sqlite" or not parsed.database or parsed.database == ":memory:":
            raise ArgumentError("not ours")
    except (ArgumentError, NoSuchModuleError) as error:
        raise Unreachable("unknown database address; expected sqlite:///path or postgresql://…") from error
    return parsed


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # the driver's own BEGIN comes too late: we say it in _begin_sqlite
    journal = "WAL" if wal_is_safe() else "DELETE"
    for pragma in (
        f"busy_timeout = {BUSY_TIMEOUT_S * 1000}",
        f"journal_mode = {journal}",
        "synchronous = FULL",
        "foreign_keys = ON",
        "secure_delete = ON",
        "cache_size = -65536",
        "temp_store = MEMORY",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writing(connection) else "BEGIN")


@contextmanager
def mapped() -> Iterator[None]:
    """Turn what the drivers raise about the outside world into what our callers may act on."""
    try:
        yield
    except DBAPIError as error:
        known = _outside(error)
        if known is None:
            raise
        raise known from error
    except NoneFree as error:  # every connection of this process is at work
        raise Busy(_BUSY) from error


_BUSY = "the store was busy or went away: nothing was stored; take this unit again"
_FULL = ("53100",)
_FULL_WORDS = ("disk is full", "disk I/O error", "could not extend file")
_RETRY = ("40001", "40P01", "55P03", "57P01", "57P02", "57P03", "08")


def _outside(error: DBAPIError) -> StoreError | None:
    known = _known(error.orig)
    if known is None and error.connection_invalidated:
        return Busy(_BUSY)
    if known is not None or not isinstance(error, OperationalError) or getattr(error.orig, "sqlstate", None):
        return known
    if "sqlite" in type(error.orig).__module__:
        return None
    said = str(error.orig).splitlines()[0]
    return Unreachable(f"the database server does not let us in: {said}; start it or correct `database`")


def _known(error: BaseException | None) -> StoreError | None:
    text = str(error)
    state = str(getattr(error, "sqlstate", None) or "")
    if state in _FULL or any(words in text for words in _FULL_WORDS):
        return StoreFull("no space left for the store: nothing was lost; free some space and start again")
    if "is locked" in text or state.startswith(_RETRY):
        return Busy(_BUSY)
    if "not a database" in text or "malformed" in text or "unable to open" in text:
        return Unreachable(f"cannot open the database: {text}; check the address or restore a backup")
    return None
