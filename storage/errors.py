"""What may go wrong in the store, grouped by what the caller may do.

StoreError
├── NotFound       there is no such person, list, edge or run
├── Conflict       somebody else was first: retry the unit of work
│   ├── Busy       the store was busy or went away: take the same unit again in a moment
│   └── Locked     another run holds the lock; wait for it or end it
├── SchemaBehind   the database is not at the newest migration: run `sourcer db upgrade`
├── Suppressed     the person asked not to be kept; nothing was stored
├── StoreFull      no space left: free some and start again, nothing was lost
├── NoBackup       a copy cannot be written or brought back; the message says what is missing
└── Unreachable    the database cannot be opened
"""

from datetime import datetime


class StoreError(Exception):
    """Root of everything this room raises on purpose."""


class NotFound(StoreError):
    """There is no such person, shortlist, edge, export or run (any more)."""


class Conflict(StoreError):
    """Somebody else was first, or the lease is stale: nothing was stored; take the unit again or drop it."""


class Busy(Conflict):
    """The store was busy or its server went away; nothing was stored, the same unit may be taken again."""


class Locked(Conflict):
    """A named lock is held by another owner."""

    def __init__(self, name: str, *, owner: str, since: datetime) -> None:
        super().__init__(
            f"{name!r} is locked by {owner} since {since:%Y-%m-%d %H:%M} UTC; wait for it or end it"
        )
        self.name = name
        self.owner = owner
        self.since = since


class SchemaBehind(StoreError):
    """The database is not at the newest migration."""


class Suppressed(StoreError):
    """The person asked not to be kept."""


class StoreFull(StoreError):
    """The disk under the store is full; the last transaction was undone and the store is intact."""


class Unreachable(StoreError):
    """The database cannot be opened: no such file, not a database, or no server at that address."""


class NoBackup(StoreError):
    """A copy of the store cannot be written or brought back; the store is as it was."""
