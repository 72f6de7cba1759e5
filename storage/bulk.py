"""Many rows at once: values go to the driver and come from it as they are, without a layer that looks at each of them.

A hundredth of a second per thousand rows is nothing to a page of search results and seven seconds to a night that
stores seven hundred thousand scores.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from functools import lru_cache
from operator import itemgetter
from typing import Any, TypeVar

from sqlalchemy import Connection, Select, Table
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import Dialect

from storage.engine import batched

ROWS = 20_000

Given = TypeVar("Given")
Made = TypeVar("Made")


def put(tx: Connection, table: Table, names: Sequence[str], found: Iterable[Sequence[Any]]) -> None:
    """Insert rows; where the primary key exists, update instead. Sorted by key they are written fastest.

    names: columns, in the order of each row. Values are as the driver takes them: JSON as text, moments by `moment`.
    """
    statement, order, keyed = _statement(table, tuple(names), tx.dialect)
    for batch in batched(found, ROWS):
        if keyed:
            tx.exec_driver_sql(statement, [dict(zip(names, row, strict=True)) for row in batch])
        else:
            tx.exec_driver_sql(statement, list(map(itemgetter(*order), batch)))


def rows(tx: Connection, query: Select[Any]) -> list[Sequence[Any]]:
    """Return the rows of a query as the driver gives them: texts and numbers mean the same on both databases."""
    with tx.execute(query) as result:
        if result.cursor is None:
            raise TypeError("a query that returns no rows was read")
        return list(result.cursor.fetchall())


def meanwhile(work: Callable[[Given], Made], each: Iterable[Given]) -> Iterator[Made]:
    """Yield what work makes of each, in their order, made by a thread while the next one is read.

    Databases' drivers keep Python busy, Arrow does not. The work must not touch the database.
    """
    with ThreadPoolExecutor(1) as thread:
        before: Future[Made] | None = None
        for one in each:
            coming = thread.submit(work, one)
            if before is not None:
                yield before.result()
            before = coming
        if before is not None:
            yield before.result()


def moment(tx: Connection, value: datetime) -> Any:
    """Return a moment as the driver takes it."""
    utc = value.astimezone(UTC)
    return f"{utc:%Y-%m-%d %H:%M:%S.%f}" if tx.dialect.name == "sqlite" else utc


@lru_cache(maxsize=32)
def _statement(table: Table, names: tuple[str, ...], dialect: Dialect) -> tuple[str, tuple[int, ...], bool]:
    """Return a statement as the driver takes it, the order of its values, and whether they go by name instead."""
    insert: Any = sqlite.insert(table)
    if dialect.name != "sqlite":  # takes as long to load as all else of a store on SQLite
        from sqlalchemy.dialects import postgresql

        insert = postgresql.insert(table)
    keys = [column.name for column in table.primary_key.columns]
    statement = insert.on_conflict_do_update(
        index_elements=keys, set_={name: insert.excluded[name] for name in names if name not in keys}
    )
    compiled = statement.compile(dialect=dialect, column_keys=list(names))
    order = tuple(names.index(name) for name in compiled.positiontup or ())
    return str(compiled), order, not order
