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
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from hashlib import sha256
from pathlib import Path

from spiders.errors import RetryLater

REST_MAX_S = 7 * 86_400.0  # longer than any source's window; a longer wish is a slip of theirs
_BURST_SHARE = (
    0.04  # of an hour's requests may go at once; the rest is spread, which costs as much of the rate
)
_WAIT_MAX_S = 30 * 86_400.0
_POLL_S = 0.02
_EARLY_S = 0.1  # clocks and sleeping do not agree to the millisecond
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
                    end = self._now() + wait
                    self._sleep(wait)
                    if (left := end - self._now()) > _EARLY_S:
                        raise RetryLater("stopped while waiting for a turn", after_s=left)
                    if self._rate.gap_s > 0:  # still under the lock: a late start makes the next one later
                        self._store(replace(self._load(), last=self._now()))
                yield
            finally:
                fcntl.flock(lock, fcntl.LOCK_UN)

    def rest(self, seconds: float) -> None:
        """Give nobody a turn for so long, a week at most: the source asked for patience."""
        self._base.parent.mkdir(parents=True, exist_ok=True)
        with self._base.with_suffix(".lock").open("w") as lock:
            self._take(lock.fileno(), 0.0)
            noted = self._load()
            self._store(replace(noted, rest=max(noted.rest, self._now() + min(seconds, REST_MAX_S))))

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
        """Give away the next moment and return the seconds until then (generic cell rate, ITU-T I.371).

        A burst and what follows it within an hour are together no more than the rate.
        """
        now, noted = self._now(), self._load()
        burst = max(1, int(self._rate.requests_per_hour * _BURST_SHARE))
        interval = _HOUR_S / (self._rate.requests_per_hour - (burst - 1))
        start = max(now, noted.rest, noted.last + self._rate.gap_s, noted.spread - (burst - 1) * interval)
        if start - now > patience_s:
            raise RetryLater("this source may not be asked again so soon", after_s=start - now)
        self._store(replace(noted, last=start, spread=max(noted.spread, start) + interval))
        return start - now

    def _store(self, noted: "_Noted") -> None:
        """Note what was given away, whole or not at all."""
        beside = self._base.with_suffix(f".{os.getpid()}")
        values = [noted.last, noted.spread, noted.rest, self._now()]
        beside.write_text(json.dumps(values), encoding="ascii")
        beside.replace(self._base.with_suffix(".json"))

    def _load(self) -> "_Noted":
        """Return what was noted, moved along if the clock was set back since; zeros if nothing is noted."""
        try:
            values = json.loads(self._base.with_suffix(".json").read_text(encoding="ascii"))
            last, spread, rest, at = map(float, values)
        except (OSError, ValueError, TypeError):
            return _Noted()
        back = min(0.0, self._now() - at)
        return _Noted(last=last + back, spread=spread + back, rest=rest + back)


@dataclass(frozen=True, slots=True)
class _Noted:
    """Moments, seconds since 1970. last: given away last. spread: the rate is used up to it. rest: nobody before it."""

    last: float = 0.0
    spread: float = 0.0
    rest: float = 0.0


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds a `Retry-After` asks for, as a number or a date; None without one it can understand."""
    said = headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d{1,9}", said):
        return min(_WAIT_MAX_S, float(said))
    try:
        until = parsedate_to_datetime(said).astimezone(UTC)
    except (ValueError, TypeError):
        return None
    if "date" not in headers:
        return _UNDATED_S
    return min(_WAIT_MAX_S, max(1.0, (until - server_now(headers)).total_seconds()))


def server_now(headers: Mapping[str, str]) -> datetime:
    """Return the source's own time, so that a wrong clock here shortens no wait (TRUST F19)."""
    try:
        return parsedate_to_datetime(headers["date"]).astimezone(UTC)
    except (KeyError, ValueError, TypeError):
        return datetime.fromtimestamp(0, UTC)
