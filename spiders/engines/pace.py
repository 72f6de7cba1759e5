"""How fast a source may be asked: one bucket per rate limit, shared by every process of this machine.

A bucket is two files below the home: a lock and the moments already given away. With a gap, the lock is held for the
whole request, so that there is one connection at a time (SOURCES §1.3: arXiv counts all machines together).
"""

import fcntl
import json
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from hashlib import sha256
from pathlib import Path

from spiders.errors import RetryLater

_BURST_SHARE = 0.1  # of an hour's requests may go at once; the rest is spread
_POLL_S = 0.02
_HOUR_S = 3600.0
_UNDATED_S = 60.0  # asked for with a date by a source that does not tell its own time


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """What a bucket allows. gap_s: least seconds between the starts of two requests."""

    requests_per_hour: int
    gap_s: float = 0.0


class Bucket:
    """Turns to ask, given out one after another to all who share the name.

    now: seconds since 1970, the same for all processes. sleep: waits, and may return early to stop.
    """

    def __init__(
        self,
        home: Path,
        name: str,
        rate: Rate,
        *,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._base = home / "buckets" / sha256(name.encode()).hexdigest()[:16]
        self._rate = rate
        self._now = now
        self._sleep = sleep

    @contextmanager
    def turn(self, patience_s: float) -> Iterator[None]:
        """Wait for a turn and hold it. Raises RetryLater with the wait if it would be longer than `patience_s`."""
        self._base.parent.mkdir(parents=True, exist_ok=True)
        with self._base.with_suffix(".lock").open("w") as lock:
            self._take(lock.fileno(), patience_s)
            try:
                wait = self._reserve(patience_s)
                if self._rate.gap_s <= 0:
                    fcntl.flock(lock, fcntl.LOCK_UN)
                if wait > 0:
                    self._sleep(wait)
                yield
            finally:
                fcntl.flock(lock, fcntl.LOCK_UN)

    def rest(self, seconds: float) -> None:
        """Give nobody a turn for so long, an hour at most: the source asked for patience."""
        self._base.parent.mkdir(parents=True, exist_ok=True)
        with self._base.with_suffix(".lock").open("w") as lock:
            self._take(lock.fileno(), 0.0)
            last, spread = self._load()
            self._store(max(last, self._now() + min(seconds, _HOUR_S) - self._rate.gap_s), spread)

    def _take(self, handle: int, patience_s: float) -> None:
        """Take the lock, waiting at most as long as one is patient plus one slow answer."""
        end = time.monotonic() + patience_s + 60.0
        while True:
            try:
                return fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > end:
                    raise RetryLater("another process holds this source's rate", after_s=60.0) from None
                time.sleep(_POLL_S)

    def _reserve(self, patience_s: float) -> float:
        """Give away the next moment and return the seconds until then (generic cell rate, ITU-T I.371)."""
        now, (last, spread) = self._now(), self._load()
        if (
            max(last, spread - _HOUR_S) > now + _HOUR_S
        ):  # the clock was set back: what was noted means nothing
            last = spread = 0.0
        interval = _HOUR_S / self._rate.requests_per_hour
        burst = max(1.0, self._rate.requests_per_hour * _BURST_SHARE)
        start = max(now, last + self._rate.gap_s, spread - (burst - 1) * interval)
        if start - now > patience_s:
            raise RetryLater("this source may not be asked again so soon", after_s=start - now)
        self._store(start, max(spread, start) + interval)
        return start - now

    def _store(self, last: float, spread: float) -> None:
        """Note (last moment given away, moment up to which the rate is spread), whole or not at all."""
        beside = self._base.with_suffix(f".{os.getpid()}")
        beside.write_text(json.dumps([last, spread]), encoding="ascii")
        beside.replace(self._base.with_suffix(".json"))

    def _load(self) -> tuple[float, float]:
        """Return (last moment given away, moment up to which the rate is spread); zeros if nothing is noted."""
        try:
            last, spread = json.loads(self._base.with_suffix(".json").read_text(encoding="ascii"))
            return float(last), float(spread)
        except (OSError, ValueError, TypeError):
            return 0.0, 0.0


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds a `Retry-After` asks for, as a number or a date; None without one it can understand."""
    said = headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d{1,9}", said):
        return float(said)
    try:
        until = parsedate_to_datetime(said).astimezone(UTC)
    except (ValueError, TypeError):
        return None
    return max(1.0, (until - server_now(headers)).total_seconds()) if "date" in headers else _UNDATED_S


def server_now(headers: Mapping[str, str]) -> datetime:
    """Return the source's own time, so that a wrong clock here shortens no wait (TRUST F19)."""
    try:
        return parsedate_to_datetime(headers["date"]).astimezone(UTC)
    except (KeyError, ValueError, TypeError):
        return datetime.fromtimestamp(0, UTC)
