"""What a site's robots.txt says: allowed or not, how slowly, or stay away for tonight.

SOURCES §1.5: a 4xx file means allowed, a 5xx file or no answer means stay away, `Crawl-delay` is kept. What a site
said is kept below the home for a day at most (RFC 9309 §2.4), for all children and nights; trouble is not.
"""

import json
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

from protego import Protego

from spiders import redact
from spiders.door import Caps, Door, DoorClosed
from spiders.records import Outcome

_CAPS = Caps(wire_bytes=512 * 1024, decoded_bytes=512 * 1024, total_s=20.0)
KEPT = timedelta(hours=24)
_AGENT = "sourcer"  # the token sites name us by


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether an address may be asked. outcome: how to record a no. delay_s: the site's own wish, 0 without."""

    outcome: Outcome | None = None
    detail: str | None = None
    delay_s: float = 0.0


class Robots:
    """The robots files of sites, each fetched once a day per scheme and host. Safe to share between threads.

    home: files are kept below it, for every process. clock: tells their age.
    """

    def __init__(self, door: Door, home: Path, clock: Callable[[], datetime]) -> None:
        self._door = door
        self._kept = home / "robots"
        self._clock = clock
        self._files: dict[str, Protego | Verdict] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._guard = threading.Lock()
        self._asked = 0

    def taken(self) -> int:
        """Return how many files were asked for since the last call: they are requests as well, and counted."""
        with self._guard:
            asked, self._asked = self._asked, 0
        return asked

    def verdict(self, url: str) -> Verdict:
        """Return what the site says about an address; asks for the file if it is not known yet."""
        parts = urlsplit(url)
        site = f"{parts.scheme}://{parts.netloc}"
        with self._guard:
            lock = self._locks.setdefault(site, threading.Lock())
        with lock:
            if site not in self._files:
                self._files[site] = self._recall(site) or self._ask(site)
        known = self._files[site]
        if isinstance(known, Verdict):
            return known
        delay_s = float(known.crawl_delay(_AGENT) or 0.0)
        if not known.can_fetch(url, _AGENT):
            return Verdict(outcome=Outcome.ROBOTS, detail="robots.txt does not allow it", delay_s=delay_s)
        return Verdict(delay_s=delay_s)

    def _ask(self, site: str) -> Protego | Verdict:
        """Return the parsed file of a site, or the verdict that stands without one."""
        with self._guard:
            self._asked += 1
        try:
            answer = self._door.send(f"{site}/robots.txt", caps=_CAPS)
        except DoorClosed as error:
            if error.outcome in {Outcome.BLOCKED_ADDRESS, Outcome.GONE}:
                return Verdict(outcome=error.outcome, detail=str(error))
            return Verdict(
                outcome=Outcome.LIMITED, detail="robots.txt could not be had: staying away for tonight"
            )
        if answer.status >= 500 or answer.status == 429:
            return Verdict(
                outcome=Outcome.LIMITED, detail=f"robots.txt answered {answer.status}: staying away"
            )
        said = redact.body(answer.body).decode("utf-8", "replace") if answer.status == 200 else ""
        self._keep(site, said)
        return Protego.parse(said)

    def _place(self, site: str) -> Path:
        return self._kept / f"{sha256(site.encode()).hexdigest()[:32]}.json"

    def _recall(self, site: str) -> Protego | None:
        """Return what a site said less than a day ago, None if nothing whole is kept; drops what is too old."""
        place = self._place(site)
        try:
            asked_at, told = json.loads(place.read_text(encoding="utf-8"))
            age = self._clock() - datetime.fromisoformat(asked_at)
            if timedelta(0) <= age < KEPT:
                return Protego.parse(told)
        except FileNotFoundError:
            return None
        except (ValueError, TypeError, AttributeError):  # cut short or edited: asked for anew
            place.unlink(missing_ok=True)
            return None
        place.unlink(missing_ok=True)
        return None

    def _keep(self, site: str, said: str) -> None:
        """Keep what a site said, whole or not at all; empty for a site without rules."""
        place = self._place(site)
        place.parent.mkdir(parents=True, exist_ok=True)
        beside = place.with_suffix(f".{os.getpid()}-{threading.get_ident()}")
        beside.write_text(json.dumps([self._clock().isoformat(), said]), encoding="utf-8")
        beside.replace(place)
