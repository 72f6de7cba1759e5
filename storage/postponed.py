"""Questions about who is who that were put off."""

from datetime import datetime

from sqlalchemy import Connection, delete, select

from storage.engine import upsert
from storage.tables import postponed


def put(tx: Connection, left: str, right: str, *, until: datetime, actor: str, now: datetime) -> None:
    """Put a question off; a second time replaces the first."""
    low, high = sorted((left, right))
    upsert(tx, postponed, [{"left": low, "right": high, "until": until, "actor": actor, "at": now}])


def remove(tx: Connection, left: str, right: str) -> None:
    """Ask again at once."""
    low, high = sorted((left, right))
    tx.execute(delete(postponed).where(postponed.c.left == low, postponed.c.right == high))


def standing(tx: Connection, now: datetime) -> dict[tuple[str, str], datetime]:
    """Return until when each question is put off that still is, by its sorted pair."""
    rows = tx.execute(select(postponed).where(postponed.c.until > now))
    return {(row.left, row.right): row.until for row in rows}
