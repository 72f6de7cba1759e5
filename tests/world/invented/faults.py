"""Faults of the wire, by seed: which request fails and how depends on the request alone, not on who asks first."""

import gzip
import random
import threading
from collections import Counter
from collections.abc import Callable
from hashlib import sha256

from invented.wire import Answer, Asked, as_json, as_text

_HTML = "<!doctype html><title>Maintenance</title><h1>Back soon</h1>\n"
_DATA = ("application/json", "text/xml", "application/x-git")
_WEIGHTS = {
    "unavailable": 20,
    "server_error": 20,
    "bad_gateway": 15,
    "wait_a_second": 12,
    "reset": 10,
    "too_short": 8,
    "cut_gzip": 8,
    "cut_text": 6,
    "html_for_data": 5,
    "secondary_limit": 1,  # asks for a minute's patience: few, so that a night stays short
}


class Faults:
    """Spoils a share of the answers. counted: how often each fault was served."""

    def __init__(self, share: float, seed: int) -> None:
        self.share, self.seed = share, seed
        self.counted: Counter[str] = Counter()
        self._times: Counter[tuple[str, ...]] = Counter()
        self._guard = threading.Lock()

    def spoil(self, asked: Asked, answer: Callable[[Asked], Answer]) -> Answer:
        """Return the answer to a request, or a fault in its place."""
        what = (
            asked.host,
            asked.method,
            asked.path,
            repr(sorted(asked.query.items())),
            sha256(asked.body).hexdigest(),
        )
        with self._guard:
            self._times[what] += 1
            time = self._times[what]
        rng = random.Random(f"{self.seed}/{what}/{time}")
        if rng.random() >= self.share:
            return answer(asked)
        kind = rng.choices(list(_WEIGHTS), list(_WEIGHTS.values()))[0]
        spoilt = self._refusal(kind)
        if spoilt is None:
            whole = answer(asked)
            spoilt = self._broken(kind, whole)
            if spoilt is None:
                return whole
        with self._guard:
            self.counted[kind] += 1
        return spoilt

    def _refusal(self, kind: str) -> Answer | None:
        """Return what is said instead of asking the service at all."""
        match kind:
            case "unavailable":
                return as_text("try later\n", "text/plain", 503)
            case "server_error":
                return as_text("oops\n", "text/plain", 500)
            case "bad_gateway":
                return as_text("bad gateway\n", "text/plain", 502)
            case "wait_a_second":
                return as_json({"message": "slow down"}, 429, **{"Retry-After": "1"})
            case "secondary_limit":
                return as_json({"message": "You have exceeded a secondary rate limit."}, 403)
        return None

    def _broken(self, kind: str, whole: Answer) -> Answer | None:
        """Return what becomes of the service's answer on the wire; None if it arrives as it is."""
        is_data = whole.headers.get("Content-Type", "").startswith(_DATA)
        if kind in ("html_for_data", "cut_text") and not is_data:
            return None  # half a page of a person looks like a page: nobody could tell
        if kind == "html_for_data":
            return as_text(_HTML, "text/html; charset=utf-8")
        body = whole.body if isinstance(whole.body, bytes) else b"".join(whole.body)
        if kind == "cut_text" and whole.status == 200:
            return Answer(status=200, body=body[: len(body) // 2], headers=_without_tags(whole))
        if kind == "cut_gzip" and whole.status == 200:
            packed = gzip.compress(body)
            headers = {**_without_tags(whole), "Content-Encoding": "gzip"}
            return Answer(status=200, body=packed[: max(12, len(packed) - 12)], headers=headers)
        return Answer(status=whole.status, body=body, headers=whole.headers, cut=kind)


def _without_tags(answer: Answer) -> dict[str, str]:
    """A cut answer must not be believed later because its tag still fits."""
    return {name: value for name, value in answer.headers.items() if name not in ("ETag", "Last-Modified")}
