"""How often one address may try something a minute: to guess a secret, or to begin a sign-in (TRUST T21)."""

from collections import OrderedDict, deque
from datetime import datetime, timedelta
from threading import Lock

WRONG_MAX = 5
WAYS_MAX = 30  # a whole team may sit behind one address
REQUESTS_MAX = 10  # a person asks, looks again, and puts the word where it should be
WINDOW_S = 60
_ADDRESSES_MAX = 10_000  # of whom we remember: the oldest goes, so that nobody can fill the memory


class Tries:
    """Tries of the last minute by address, at most `most` of them. Safe to share between threads."""

    def __init__(self, most: int = WRONG_MAX) -> None:
        self._most = most
        self._counted: OrderedDict[str, deque[datetime]] = OrderedDict()
        self._lock = Lock()

    def wait_s(self, address: str, now: datetime) -> int:
        """Return how many seconds an address must wait before it may try again; 0 = it may."""
        with self._lock:
            times = self._counted.get(address)
            while times and now - times[0] >= timedelta(seconds=WINDOW_S):
                times.popleft()
            if not times or len(times) < self._most:
                return 0
            return max(1, WINDOW_S - int((now - times[0]).total_seconds()))

    def count(self, address: str, now: datetime) -> None:
        """Remember a try."""
        with self._lock:
            self._counted.setdefault(address, deque(maxlen=self._most)).append(now)
            self._counted.move_to_end(address)
            while len(self._counted) > _ADDRESSES_MAX:
                self._counted.popitem(last=False)
