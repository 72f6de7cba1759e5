"""Ctrl-C, SIGTERM, and a word left in the store end a crawl in order instead of at once."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from storage import runs
from storage.engine import Store
from storage.errors import StoreError

ASKED_EVERY_S = 2.0  # beside the ten seconds children are given, stopping stays well below twenty (TRUST F27)


@contextmanager
def stopped_by_signals(stop: Callable[[], None]) -> Iterator[None]:
    """Call `stop` on SIGINT and SIGTERM while inside; without effect outside the main thread."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def heard(_number: int, _frame: FrameType | None) -> None:
        stop()

    before = {number: signal.signal(number, heard) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def stopped_by_word(store: Store, run: str | None, stop: Callable[[], None]) -> Iterator[None]:
    """Call `stop` once somebody asked the run to stop through the store, from whichever machine; only reads."""
    over = threading.Event()

    def listen() -> None:
        while run is not None and not over.wait(ASKED_EVERY_S):
            with (
                suppress(StoreError),
                store.read() as tx,
            ):  # a store in trouble is the crawl's own to wait for
                if runs.is_asked_to_stop(tx, run):
                    stop()
                    return

    listener = threading.Thread(target=listen, name="asked to stop", daemon=True)
    listener.start()
    try:
        yield
    finally:
        over.set()
        listener.join()
