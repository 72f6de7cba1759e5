"""Backups of the store, and bringing one back: whoever was forgotten since is forgotten again first (TRUST P23)."""

from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sourcing.crawl import lock
from sourcing.errors import BadInput
from sourcing.privacy import journal
from sourcing.privacy import restore as forgetting
from sourcing.settings import Settings
from storage import audit, migrate
from storage import backup as copies
from storage.engine import Store, open_store
from storage.errors import Unreachable

WRITTEN, BROUGHT_BACK = "store.backup", "store.restore"


@dataclass(frozen=True, slots=True, kw_only=True)
class BroughtBack:
    """What a restore did. newest: of the backup's last run or act. erased, hidden: people, again."""

    newest: datetime | None
    erased: int
    hidden: int


def expect_place(settings: Settings, path: Path) -> None:
    """Raise BadInput unless a backup may be written there."""
    if not path.absolute().parent.is_dir():
        raise BadInput(f"no directory {path.absolute().parent}; make it first")
    if path.is_dir():
        raise BadInput(f"{path} is a directory; name a file in it")
    if copies.is_store(settings.database_url, path):
        raise BadInput(f"{path} is the store itself; name another file")


def write(store: Store, settings: Settings, path: Path, *, actor: str, now: datetime) -> int:
    """Write a copy of the store to a file and return its bytes; the audit log says so first. Raises NoBackup."""
    with store.begin() as tx:
        audit.append(tx, at=now, actor=actor, action=WRITTEN, subject="store", detail={})
    return copies.write(settings.database_url, path)


def restore(settings: Settings, path: Path, *, actor: str, now: datetime, force: bool = False) -> BroughtBack:
    """Put a copy in the place of the store, whole, at the newest migration and without whom the list beside it names.

    Raises BadInput if the store has what the copy lacks, unless `force`; Locked while a crawl is at work; NoBackup.
    """
    url = settings.database_url
    found = copies.look(url, path)
    here = copies.newest_at(url)
    if here is not None and not force and (found.newest is None or here > found.newest):
        ends = "is empty" if found.newest is None else f"ends on {found.newest:%Y-%m-%d %H:%M} UTC"
        raise BadInput(
            f"the store has more than this backup, which {ends}: its last run or act is of "
            f"{here:%Y-%m-%d %H:%M} UTC; back it up first, then add --force to lose what it has more"
        )
    there = _opened(url)
    try:
        with (
            lock.holding(there, settings, now=now) if there is not None else nullcontext(),
            copies.brought_back(url, path) as address,
        ):
            store = open_store(address)
            try:
                lines = journal.missing(store, settings)
                again = (
                    forgetting.catch_up(store, settings, lines, actor=actor, now=now)
                    if lines
                    else forgetting.Restored(digests=0, erased=0, hidden=0)
                )
                with store.begin() as tx:
                    audit.append(tx, at=now, actor=actor, action=BROUGHT_BACK, subject="store", detail={})
            finally:
                store.close()
    finally:
        if there is not None:
            there.close()
    return BroughtBack(newest=found.newest, erased=again.erased, hidden=again.hidden)


def _opened(url: str) -> Store | None:
    """Return the store that a copy would replace; None if there is none, or none that anybody can work with."""
    try:
        return open_store(url) if migrate.current(url) == migrate.head() else None
    except Unreachable:
        return None
