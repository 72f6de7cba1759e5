"""Many rows of one upsert at once: as the driver takes them, and on PostgreSQL as one stream that is merged.

SQLAlchemy looks at each value of each row; a crawl says the same few statements all night, so what it would find out is
found out once. On PostgreSQL a statement a row also costs a trigger a row: a COPY into a table of this connection and
one statement from there cost one for all.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Table, column, select
from sqlalchemy import table as table_of
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.dml import Insert

MANY = 50
"""Rows from which a stream is cheaper than a statement each: it takes four turns with the server."""
Row = Mapping[str, Any]
Finish = Callable[[Insert], Insert]
"""Adds to an insert what happens where the key exists."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plain:
    """A statement as the driver takes it. names: of its places, in order. told: what a value becomes, by place."""

    sql: str
    names: tuple[str, ...]
    told: tuple[tuple[int, Callable[[Any], Any]], ...]

    def values(self, row: Row) -> list[Any]:
        """Return a row's values as the driver takes them."""
        found = [row[name] for name in self.names]
        for place, tell in self.told:
            found[place] = tell(found[place])
        return found


def execute(tx: Connection, statement: Plain, rows: Sequence[Row]) -> None:
    """Write rows one after another; the statement is one of `plain`."""
    tx.exec_driver_sql(statement.sql, [tuple(statement.values(row)) for row in rows])


def plain(insert: Insert, table: Table, names: Sequence[str], dialect: Dialect) -> Plain | None:
    """Return an insert of these columns for a driver with numbered places; None if it holds other values, too."""
    compiled = insert.compile(dialect=dialect, column_keys=list(names))
    places = tuple(compiled.positiontup or ())
    if sorted(places) != sorted(names):
        return None
    return Plain(sql=str(compiled), names=places, told=_told(table, places, dialect))


def merge(tx: Connection, table: Table, names: tuple[str, ...], rows: Sequence[Row], finish: Finish) -> None:
    """Write rows of different keys into a PostgreSQL table, in the order of their keys.

    finish: the same function for the same statement every time; what is made of it is kept.
    Raises DBAPIError, as any statement does.
    """
    stream, made, merged = _merging(table, names, finish, tx.dialect)
    tx.exec_driver_sql(made)
    raw: Any = tx.connection.dbapi_connection
    try:
        with raw.cursor() as cursor, cursor.copy(stream.sql) as copy:
            for row in rows:
                copy.write_row(stream.values(row))
    except tx.dialect.loaded_dbapi.Error as error:
        lost = tx.dialect.is_disconnect(error, raw, None)
        base = tx.dialect.loaded_dbapi.Error
        raise DBAPIError.instance(
            stream.sql,
            None,
            error,
            base,
            hide_parameters=True,
            connection_invalidated=lost,
            dialect=tx.dialect,
        ) from error
    tx.execute(merged)
    tx.exec_driver_sql(f"DELETE FROM {_beside(table)}")  # noqa: S608 - a name of ours


@lru_cache(maxsize=64)
def _merging(
    table: Table, names: tuple[str, ...], finish: Finish, dialect: Dialect
) -> tuple[Plain, str, Insert]:
    """Return the stream into the table beside, the statement that makes that, and the one that merges."""
    from sqlalchemy.dialects import postgresql  # takes as long to load as all else of a store on SQLite

    beside = _beside(table)
    listed = ", ".join(f'"{name}"' for name in names)
    made = (
        f"CREATE TEMPORARY TABLE IF NOT EXISTS {beside} ON COMMIT DELETE ROWS "  # noqa: S608 - names of ours
        f"AS SELECT * FROM {table.name} WITH NO DATA"
    )
    stream = Plain(sql=f"COPY {beside} ({listed}) FROM STDIN", names=names, told=_told(table, names, dialect))
    source = table_of(beside, *(column(name, table.c[name].type) for name in names))
    keys = [source.c[one.name] for one in table.primary_key.columns]
    chosen = select(*source.c).order_by(*keys)
    return stream, made, finish(postgresql.insert(table).from_select(list(names), chosen))


def _beside(table: Table) -> str:
    return f"beside_{table.name}"


def _told(
    table: Table, names: Sequence[str], dialect: Dialect
) -> tuple[tuple[int, Callable[[Any], Any]], ...]:
    """Return what the driver cannot be given as it is, by place, and how it is told."""
    found = ((place, table.c[name].type.dialect_impl(dialect)) for place, name in enumerate(names))
    told = ((place, kind.bind_processor(dialect)) for place, kind in found)
    return tuple((place, tell) for place, tell in told if tell is not None)
