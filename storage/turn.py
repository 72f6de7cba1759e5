"""Readers of one SQLite store take turns: threads that read at once wrestle for the interpreter at every row.

SQLite lets go of the interpreter for each row it steps to. A second thread that is at work then takes it for 5 ms, and
the first waits that long for its next row: two pages made at once cost 72 ms of processor time each, one after the
other 38 (`tests/bench/web.py`, 100,000 people).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock
from time import monotonic
from typing import Final

WAIT_S: Final = 0.25
"""Whoever has had the turn for longer is not waited for: a ranking may read for a minute, and no page waits for it."""


class Turn:
    """A turn that a thread waits for a moment, and then does without: nothing can stand still for it."""

    def __init__(self, wait_s: float = WAIT_S) -> None:
        self._lock = RLock()  # a thread that has it may take it again
        self._since, self._wait_s = 0.0, wait_s

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Have the turn while inside, if it comes in time."""
        is_mine = self._lock.acquire(timeout=max(0.0, self._since + self._wait_s - monotonic()))
        if is_mine:
            self._since = monotonic()
        try:
            yield
        finally:
            if is_mine:
                self._lock.release()
