"""The lock that keeps two crawls apart: a file of a home, and a row of the store for other homes."""

import fcntl
import os
import platform
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO

from sourcing.crawl.unit import done
from sourcing.settings import Settings
from storage import runs
from storage.engine import Store
from storage.errors import Locked

LOCK = "crawl"
STALE_S = (
    12 * 3600
)  # longer than any night: a lock of another home without a sign of life for so long is dead
BEAT_S = 600
STARTING_S = 60  # how long a run that was begun elsewhere may take until its process holds the lock itself
NEVER_S = 30 * 365 * 86_400
_TRIES, _TRY_S = 5, 0.1

Beat = Callable[[datetime], None]
"""Says that a crawl is alive at a moment; the lock is told every `BEAT_S` seconds at most."""


@contextmanager
def holding(store: Store, settings: Settings, *, now: datetime) -> Iterator[Beat]:
    """Hold the lock that keeps two crawls apart; gives what renews it. Raises Locked naming owner and start.

    A lock on a file of the home ends with its process, whatever kills it; the store's lock tells other homes.
    """
    place = _place(settings)
    owner = f"{place}:{platform.node()}:{os.getpid()}"
    with _opened(settings.home) as file:
        if not _taken(file, tries=_TRIES):
            # the store knows since when, and raises unless the other is just starting; whoever holds the file is alive
            with store.begin() as tx:
                runs.lock(tx, LOCK, owner, now, NEVER_S)
                raise Locked(LOCK, owner=owner, since=now) from None
        _take_lock(store, owner, place, now)
        try:
            yield _beating(store, owner, now)
        finally:
            with store.begin() as tx:
                runs.unlock(tx, LOCK, owner)


def reserve(tx: Any, settings: Settings, run: str, *, now: datetime) -> None:
    """Take the lock for a run whose process is about to start in this home, and holds it from then on.

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
    """Return whether a process holds the home's file lock."""
    with _opened(home) as file:
        return not _taken(file, tries=1)


def _taken(file: BinaryIO, *, tries: int) -> bool:
    """Take a file's lock, if it can be had. tries: more than one outlast somebody who only looks, see `_is_held`."""
    for left in reversed(range(tries)):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(_TRY_S if left else 0)
        else:
            return True
    return False


def _opened(home: Path) -> BinaryIO:
    home.mkdir(parents=True, exist_ok=True)
    return (home / "crawl.lock").open("a+b")  # which leaves a file that is there as it is


def _place(settings: Settings) -> str:
    """Return what a home is called, in whatever machine or container it is opened: a pod has a new name each time.

    The number and moment of its file tell it: a copy of the home is another file, and so another place.
    """
    with _opened(settings.home) as file:
        told = os.fstat(file.fileno())
    return sha256(f"{told.st_ino} {told.st_mtime_ns}".encode()).hexdigest()[:12]


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
