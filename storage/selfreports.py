"""What people said of themselves for a fairness report: a store of its own, gone when the report is made.

No other table names a group, no ranking can import this module, and nothing here is ever guessed: who did not answer
has no row. The file lies in a directory of its own that is removed with everything in it, before and after.
"""

import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, MetaData, Table, func, select

from storage.engine import Store, connect, upsert
from storage.tables import TEXT, col, short

FOLDER = "selfreports"
"""Below the instance's directory."""
_metadata = MetaData()
_answer = Table(
    "answer",
    _metadata,
    col("person", short(20), purpose="who answered", category="identifier", exportable=False, key=True),
    col("category", TEXT, purpose="what was asked", category="fact", exportable=False, key=True),
    col("value", TEXT, purpose="what was answered", category="fact", exportable=False),
)


@contextmanager
def opened(home: Path) -> Iterator[Store]:
    """Open an empty store below the instance's directory and remove it at the end, whatever happens.

    What a process left behind that was killed meanwhile is removed first (see `sweep`).
    """
    sweep(home)
    folder = home / FOLDER
    folder.mkdir(parents=True, mode=0o700)
    try:
        store = Store(connect(f"sqlite:///{folder / 'answers.db'}", create=True))
        try:
            with store.begin() as tx:
                _metadata.create_all(tx)
            yield store
        finally:
            store.close()
    finally:
        sweep(home)


def sweep(home: Path) -> bool:
    """Remove what is there of such a store, and return whether there was anything."""
    folder = home / FOLDER
    is_there = folder.exists()
    shutil.rmtree(folder, ignore_errors=True)
    return is_there


def put(tx: Connection, answers: Iterable[tuple[str, str, str]]) -> None:
    """Keep answers as (living key, category, value); a later answer to the same question replaces the earlier one."""
    rows = ({"person": person, "category": category, "value": value} for person, category, value in answers)
    upsert(tx, _answer, rows)


def categories(tx: Connection) -> list[str]:
    """Return what was asked, by name."""
    return list(tx.execute(select(_answer.c.category).distinct().order_by(_answer.c.category)).scalars())


def of(tx: Connection, category: str) -> dict[str, str]:
    """Return what was answered to one question, by living key."""
    rows = tx.execute(select(_answer.c.person, _answer.c.value).where(_answer.c.category == category))
    return {row.person: row.value for row in rows}


def count(tx: Connection) -> int:
    """Return how many people answered anything."""
    return tx.execute(select(func.count(_answer.c.person.distinct()))).scalar_one()
