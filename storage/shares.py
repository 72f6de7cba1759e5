"""Links that show a shortlist to somebody without an account: until they expire or are taken back."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from storage.errors import NotFound
from storage.tables import share


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A link to a shortlist. blind: keys instead of names. notes: with the notes. views: how often it was opened."""

    id: str
    shortlist: str
    actor: str
    at: datetime
    expires_at: datetime
    blind: bool
    notes: bool
    revoked_at: datetime | None = None
    revoked_by: str | None = None
    views: int = 0
    viewed_at: datetime | None = None

    def is_open(self, now: datetime) -> bool:
        """Return whether the link opens at a moment."""
        return self.revoked_at is None and now < self.expires_at


def put(tx: Connection, one: Share) -> None:
    """Keep a link."""
    names = ("id", "shortlist", "actor", "at", "expires_at", "blind", "notes")
    tx.execute(share.insert().values({name: getattr(one, name) for name in names} | {"views": 0}))


def get(tx: Connection, share_id: str) -> Share:
    """Return a link. Raises NotFound."""
    row = tx.execute(select(share).where(share.c.id == share_id)).first()
    if row is None:
        raise NotFound("no such link; ask whoever sent it for a new one")
    return _share(row)


def of_list(tx: Connection, name: str) -> list[Share]:
    """Return the links to a shortlist, newest first."""
    query = select(share).where(share.c.shortlist == name).order_by(share.c.at.desc(), share.c.id)
    return [_share(row) for row in tx.execute(query)]


def revoke(tx: Connection, share_id: str, *, actor: str, now: datetime) -> None:
    """Take a link back; one taken back before keeps who did it."""
    tx.execute(
        update(share)
        .where(share.c.id == share_id, share.c.revoked_at.is_(None))
        .values(revoked_at=now, revoked_by=actor)
    )


def viewed(tx: Connection, share_id: str, *, now: datetime) -> None:
    """Count an opening."""
    tx.execute(update(share).where(share.c.id == share_id).values(views=share.c.views + 1, viewed_at=now))


def _share(row: Row[Any]) -> Share:
    return Share(**row._mapping)
