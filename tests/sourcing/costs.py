"""What a piece of work costs in processor time, told as of the machine on which the bounds of the tests were measured.

A slower machine, or one that is busy, takes longer for a yardstick too, by which what it took is divided.
"""

import time
from collections.abc import Callable

_YARD, _YARD_S = range(20_000), 0.0012


def _took_s(act: Callable[[], object]) -> float:
    began = time.process_time()
    act()
    return time.process_time() - began


def slowness() -> float:
    """Return how many times slower than that machine this one is just now, 1 at least."""
    return max(1.0, min(_took_s(lambda: sum(len(str(one)) for one in _YARD)) for _ in range(3)) / _YARD_S)


def cost_s(act: Callable[[], object], *, enough_s: float = 0.0, tries: int = 3) -> float:
    """Return the seconds of work something takes, the least of a few tries; the first that is enough ends them."""
    least = float("inf")
    for _ in range(tries):
        took = _took_s(act)
        if took > enough_s:
            took /= slowness()
        least = min(least, took)
        if least <= enough_s:
            break
    return least
