"""One unit of work against a store that may go away for a while: a server that restarts, a file that is locked."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, TypeVar

from storage.errors import Busy, Unreachable

PATIENCE_S = 60.0  # a database server restarts in less
STOPPING_S = 5.0  # TRUST F27: everything stopped within 20 s
_FIRST_PAUSE_S = 0.2
_PAUSE_MAX_S = 5.0

Result = TypeVar("Result")


def done(
    begin: Callable[[], AbstractContextManager[Any]],
    unit: Callable[[Any], Result],
    *,
    is_stopping: Callable[[], bool],
) -> Result:
    """Return what a unit of work returns, done in one transaction of `begin`; again from its start after a loss.

    Raises Busy or Unreachable when the store stays away for a minute, or for seconds once we are to stop.
    """
    began, pause_s = time.monotonic(), _FIRST_PAUSE_S
    while True:
        try:
            with begin() as tx:
                return unit(tx)
        except (Busy, Unreachable):
            if time.monotonic() - began > (STOPPING_S if is_stopping() else PATIENCE_S):
                raise
        time.sleep(pause_s)
        pause_s = min(2 * pause_s, _PAUSE_MAX_S)
