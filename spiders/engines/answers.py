"""What a site's answer means before it is read, and how long to wait after it."""

import random
import re

from spiders.door import Answer
from spiders.engines import limits
from spiders.records import Outcome

_QUIET_UNSAID_S = 900.0
_NOINDEX = re.compile(
    rb"<meta\b(?=[^<>]{0,400}\bname\s*=\s*[\"']?(?:robots|sourcer)\b)(?=[^<>]{0,400}\bcontent\s*=\s*[\"']?[^\"'>]{0,200}"
    rb"\b(?:noindex|none)\b)",
    re.IGNORECASE,
)


def judged(answer: Answer) -> tuple[Outcome, str | None, float | None]:
    """Return how an answer ends before it is read: (outcome, sentence, seconds to wait)."""
    match answer.status:
        case 200:
            if "noindex" in answer.headers.get("x-robots-tag", "").lower() or _NOINDEX.search(
                answer.body[:200_000]
            ):
                return Outcome.ROBOTS, "page asks not to be indexed", None
            return Outcome.OK, None, None
        case 304:
            return Outcome.UNCHANGED, None, None
        case 202 | 204 | 409:
            return Outcome.NONE_YET, f"answer {answer.status}: nothing yet", None
        case 429 | 503:
            return Outcome.LIMITED, f"answer {answer.status}: asked to wait", patience_s(answer)
        case status if 300 <= status < 500:
            return Outcome.REFUSED, f"answer {status}", None
        case status:
            return Outcome.BROKEN, f"answer {status}", None


def backoff_s(faults: int) -> float:
    """Return what to wait after so many tries in vain in a row: half a second, doubled, with jitter."""
    return 0.25 * 2**faults * random.uniform(0.5, 1) if faults else 0.0


def patience_s(answer: Answer) -> float:
    """Return how long a host asks to be left alone; a quarter of an hour if it does not say."""
    return limits.pause_s(answer) or _QUIET_UNSAID_S
