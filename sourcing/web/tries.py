"""How often somebody may guess: five wrong secrets a minute from one address (TRUST T21)."""

from collections import OrderedDict, deque
from datetime import datetime, timedelta
from threading import Lock

WRONG_MAX = 5
WINDOW_S = 60
_ADDRESSES_MAX = 10_000  # of whom we remember: the oldest goes, so that nobody can fill the memory


class Tries:
    """Wrong secrets of the last minute, by address. Safe to share between threads."""

    def __init__(self) -> None:
        self._wrong: OrderedDict[str, deque[datetime]] = OrderedDict()
        self._lock = Lock()

    def wait_s(self, address: str, now: datetime) -> int:
        """Return how many seconds an address must wait before it may try again; 0 = it may."""
        with self._lock:
            times = self._wrong.get(address)
            while times and now - times[0] >= timedelta(seconds=WINDOW_S):
                times.popleft()
            if not times or len(times) < WRONG_MAX:
                return 0
            return max(1, WINDOW_S - int((now - times[0]).total_seconds()))

    def wrong(self, address: str, now: datetime) -> None:
        """Remember a wrong secret."""
        with self._lock:
            self._wrong.setdefault(address, deque(maxlen=WRONG_MAX)).append(now)
            self._wrong.move_to_end(address)
            while len(self._wrong) > _ADDRESSES_MAX:
                self._wrong.popitem(last=False)
