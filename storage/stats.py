"""How much the store holds: rows by table, tasks by source and state, bytes."""

from sqlalchemy import Connection, func, select, text

from storage.tables import metadata, task


def rows(tx: Connection) -> dict[str, int]:
    """Return how many rows each table has, by name. Counts them: about a second per ten million."""
    return {
        name: int(tx.execute(select(func.count()).select_from(table)).scalar_one())
        for name, table in sorted(metadata.tables.items())
    }


def tasks(tx: Connection) -> dict[tuple[str, str], int]:
    """Return how many tasks each source has in each state; none are left out. Reads every task."""
    query = select(task.c.source, task.c.state, func.count()).group_by(task.c.source, task.c.state)
    return {(source, str(state)): int(number) for source, state, number in tx.execute(query)}


def size_bytes(tx: Connection) -> int:
    """Return what the database takes on its disk, free pages included."""
    if tx.dialect.name == "postgresql":
        return int(tx.execute(text("SELECT pg_database_size(current_database())")).scalar_one())
    pages, each = (
        int(tx.exec_driver_sql(f"PRAGMA {name}").scalar_one()) for name in ("page_count", "page_size")
    )
    return pages * each
