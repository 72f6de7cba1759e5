"""How far the store has read the files in which suppressions are written down beside it: a backup has read less."""

from sqlalchemy import Connection, select

from storage.engine import upsert
from storage.tables import journal


def position(tx: Connection, name: str) -> int:
    """Return how many bytes of a file the store has seen; 0 for one it does not know."""
    return tx.execute(select(journal.c.position).where(journal.c.name == name)).scalar_one_or_none() or 0


def put(tx: Connection, name: str, position: int) -> None:
    """Remember how many bytes of a file the store has seen."""
    upsert(tx, journal, [{"name": name, "position": position}])
