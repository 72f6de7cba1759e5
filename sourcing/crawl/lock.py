"""The lock that keeps two crawls apart: a file of this machine's home, and a row of the store for other machines."""

import fcntl
import os
import platform
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from sourcing.crawl.unit import done
from sourcing.settings import Settings
from storage import runs
from storage.engine import Store
from storage.errors import Locked

LOCK = "crawl"
STALE_S = (
    12 * 3600
)  # longer than any night: a lock on another machine without a sign of life for so long is dead
BEAT_S = 600
STARTING_S = 60  # how long a run that was begun elsewhere may take until its process holds the lock itself
NEVER_S = 30 * 365 * 86_400

Beat = Callable[[datetime], None]
"""Says that a crawl is alive at a moment; the lock is told every `BEAT_S` seconds at most."""


@contextmanager
def holding(store: Store, settings: Settings, *, now: datetime) -> Iterator[Beat]:
    """Hold the lock that keeps two crawls apart; gives what renews it. Raises Locked naming owner and start.

    A file lock on this machine's home ends with its process, whatever kills it; the store's lock tells other machines.
    """
    home, place = settings.home, _place(settings)
    home.mkdir(parents=True, exist_ok=True)
    owner = f"{place}:{os.getpid()}"
    with (home / "crawl.lock").open("a+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            # the store knows since when, and raises unless the other is just starting; whoever holds the file is alive
            with store.begin() as tx:
                runs.lock(tx, LOCK, owner, now, NEVER_S)
                raise Locked(LOCK, owner=place, since=now) from None
        _take_lock(store, owner, place, now)
        try:
            yield _beating(store, owner, now)
        finally:
            with store.begin() as tx:
                runs.unlock(tx, LOCK, owner)


def reserve(tx: Any, settings: Settings, run: str, *, now: datetime) -> None:
    """Take the lock for a run whose process is about to start on this machine, and holds it from then on.

    Raises Locked if a crawl is at work, or was begun a moment ago.
    """
    place, owner = _place(settings), _starting(settings, run)
    held = runs.holder(tx, LOCK)
    if held is not None and is_at_work(tx, settings, now=now):
        raise Locked(LOCK, owner=held[0], since=held[1])
    if held is not None and held[0].startswith(f"{place}:"):
        runs.unlock(tx, LOCK, held[0])
    runs.lock(tx, LOCK, owner, now, STALE_S)


def release(tx: Any, settings: Settings, run: str) -> None:
    """Give back what `reserve` took, if the run's process never came to hold it."""
    runs.unlock(tx, LOCK, _starting(settings, run))


def is_at_work(tx: Any, settings: Settings, *, now: datetime) -> bool:
    """Return whether a crawl holds the lock, here or elsewhere, or is about to."""
    held = runs.holder(tx, LOCK)
    if held is None:
        return False
    owner, beat_at = held
    if not owner.startswith(f"{_place(settings)}:"):
        return now - beat_at < timedelta(seconds=STALE_S)
    is_starting = owner.startswith(_starting(settings, "")) and now - beat_at < timedelta(seconds=STARTING_S)
    return is_starting or _is_held(settings.home)


def _is_held(home: Path) -> bool:
    """Return whether a process of this machine holds the home's file lock."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / "crawl.lock").open("a+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _place(settings: Settings) -> str:
    return f"{platform.node()}:{sha256(str(settings.home).encode()).hexdigest()[:8]}"


def _starting(settings: Settings, run: str) -> str:
    return f"{_place(settings)}:begun:{run}"


def _beating(store: Store, owner: str, now: datetime) -> Beat:
    last = now

    def beat(at: datetime) -> None:
        nonlocal last
        if (at - last).total_seconds() >= BEAT_S:
            done(store.begin, lambda tx: runs.lock(tx, LOCK, owner, at, STALE_S), is_stopping=lambda: False)
            last = at

    return beat


def _take_lock(store: Store, owner: str, place: str, now: datetime) -> None:
    with store.begin() as tx:
        try:
            runs.lock(tx, LOCK, owner, now, STALE_S)
        except Locked as error:
            if not error.owner.startswith(f"{place}:"):
                raise
            # we hold this home's file lock, so its former owner is gone
            runs.unlock(tx, LOCK, error.owner)
            runs.lock(tx, LOCK, owner, now, STALE_S)
