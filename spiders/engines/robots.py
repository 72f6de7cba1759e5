"""What a site's robots.txt says: allowed or not, how slowly, or stay away for tonight.

SOURCES §1.5: a 4xx file means allowed, a 5xx file or no answer means stay away, `Crawl-delay` is kept.
"""

import threading
from dataclasses import dataclass
from urllib.parse import urlsplit

from protego import Protego

from spiders.door import Caps, Door, DoorClosed
from spiders.records import Outcome

_CAPS = Caps(wire_bytes=512 * 1024, decoded_bytes=512 * 1024, total_s=20.0)
_AGENT = "sourcer"  # the token sites name us by


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether an address may be asked. outcome: how to record a no. delay_s: the site's own wish, 0 without."""

    outcome: Outcome | None = None
    detail: str | None = None
    delay_s: float = 0.0


class Robots:
    """The robots files of a run, each fetched once per scheme and host. Safe to share between threads."""

    def __init__(self, door: Door) -> None:
        self._door = door
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
                self._files[site] = self._ask(site)
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
        if answer.status != 200:
            return Verdict()
        return Protego.parse(answer.body.decode("utf-8", "replace"))
