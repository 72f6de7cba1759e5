"""Waiting for what another process, thread or browser does: its own sign is looked for, no time is guessed."""

import time
from collections.abc import Callable

PATIENCE_S = 240  # on a machine ten times slower than ours; what has happened is not waited for
_LOOK_S = 0.02


def until(
    holds: Callable[[], object],
    *,
    alive: Callable[[], bool] = lambda: True,
    said: Callable[[], object] = lambda: "",
    pause: Callable[[float], object] = time.sleep,
) -> None:
    """Wait until something holds.

    alive: whether who should bring it about still can. said: what is told if it failed. pause: waits seconds.
    """
    ends = time.monotonic() + PATIENCE_S
    while not holds():
        assert alive() or holds(), f"who should have done it has ended: {said()}"
        assert time.monotonic() < ends, f"it did not happen in {PATIENCE_S} s: {said()}"
        pause(_LOOK_S)
