"""What a source says of its limits: what is left, of how much, when there is more, how long to wait.

| said as | by |
|---|---|
| `X-RateLimit-Limit`, `-Remaining`, `-Reset` (a moment, or seconds left) | GitHub and many others |
| `X-RateLimit-Limit-USD`, `-Remaining-USD`, `-Reset` (seconds left) | OpenAlex |
| `RateLimit: "api";r=489;t=211` with `RateLimit-Policy: "api";q=500;w=300` | Hugging Face, IETF draft from 08 on |
| `RateLimit-Limit`, `-Remaining`, `-Reset` (seconds left), or all three in `RateLimit` | IETF drafts before |
| `X-Rate-Limit-Limit`, `X-Rate-Limit-Interval: 1s` | Crossref: a pace, not a quota |
| `"backoff"`, `"quota_max"`, `"quota_remaining"` at the end of the body | Stack Exchange |
| `"resetTime"` in the body of a 429 | OpenReview |
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from spiders.door import Answer
from spiders.engines.pace import REST_MAX_S, retry_after, server_now

UNDATED_S = 900.0  # a moment named by a source that does not tell its own time
_EPOCH_MIN, _EPOCH_MS_MIN = 1e9, 1e12  # smaller numbers are seconds left
_NUMBER = re.compile(r"\s*(\d{1,15}(?:\.\d{1,9})?)")
_NAMES = re.compile(r'"([^"]{0,80})"')
_PARAMETER = re.compile(r"\b(q|w|r|t|limit|remaining|reset)\s*=\s*(\d{1,12})")
_INTERVAL = re.compile(r"(\d{1,6})([smh])\Z")
_UNITS_S = {"s": 1, "m": 60, "h": 3600}
_WRAPPER = re.compile(rb'"(backoff|quota_max|quota_remaining)"\s*:\s*(\d{1,9})')
_RESET_TIME = re.compile(rb'"resetTime"\s*:\s*"?([0-9TZ:.+-]{6,40})')
_SECONDARY = re.compile(
    rb"secondary rate limit|abuse detection|rate limit exceeded|too many requests", re.IGNORECASE
)
_TRIPLES = (  # limit, left, reset; the first reset that is there counts
    ("x-ratelimit-limit", "x-ratelimit-remaining", ("x-ratelimit-reset",)),
    ("x-ratelimit-limit-usd", "x-ratelimit-remaining-usd", ("x-ratelimit-reset-usd", "x-ratelimit-reset")),
    ("ratelimit-limit", "ratelimit-remaining", ("ratelimit-reset",)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """One limit as an answer tells of it. left, limit: in the source's own unit. None = it did not say.

    reset_s: seconds until it is full again.
    """

    name: str
    left: float
    limit: float | None = None
    reset_s: float | None = None

    def is_short(self, reserve: float) -> bool:
        """Return whether what is left is no more than the reserve, a share 0–1 of the limit."""
        return self.left <= 0 or (self.limit is not None and self.left < reserve * self.limit)

    @property
    def sentence(self) -> str:
        """Return it for a person."""
        of = f" of {self.limit:,.6g}" if self.limit is not None else ""
        again = f", full again in {self.reset_s:,.0f} s" if self.reset_s is not None else ""
        return f"{self.name}: {self.left:,.6g}{of} left{again}"


def quotas(answer: Answer) -> Iterator[Quota]:
    """Yield every limit an answer tells of, in no particular order."""
    headers = answer.headers
    for limit, left, resets in _TRIPLES:
        if (found := _number(headers.get(left))) is not None:
            reset = next((headers[name] for name in resets if name in headers), None)
            yield Quota(
                name=left, left=found, limit=_number(headers.get(limit)), reset_s=_until(reset, headers)
            )
    yield from _structured(headers)
    wrapper = _wrapper(answer)
    if "quota_remaining" in wrapper:  # a day's quota, given out anew at midnight UTC
        day = server_now(headers)
        midnight = (day + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        yield Quota(
            name="quota", left=wrapper["quota_remaining"], limit=wrapper.get("quota_max"),
            reset_s=(midnight - day).total_seconds(),
        )  # fmt: skip


def told(answer: Answer) -> tuple[str, ...]:
    """Return every limit an answer tells of, a sentence each, for people."""
    pace = gap_s(answer.headers)
    paced = (f"pace: one request in {pace:g} s",) if pace else ()
    return (*(one.sentence for one in quotas(answer)), *paced)


def rest_s(answer: Answer, reserve: float, seen: dict[str, float]) -> float | None:
    """Return how long to ask nothing, so that the reserve of every limit is left to others; None = go on.

    seen: the most that was ever left of each limit in this run; stands in for a limit the source does not tell.
    """
    waits = [float(wait) for name, wait in _wrapper(answer).items() if name == "backoff"]
    for quota in quotas(answer):
        seen[quota.name] = max(seen.get(quota.name, 0.0), quota.left)
        told = quota if quota.limit is not None else _of(quota, seen[quota.name])
        if told.is_short(reserve):
            waits.append(quota.reset_s if quota.reset_s is not None else UNDATED_S)
    return min(REST_MAX_S, max(1.0, *waits)) if waits else None


def pause_s(answer: Answer) -> float | None:
    """Return how long a refusal to answer now asks to wait: its header, its body, a spent limit; None = unsaid."""
    said = retry_after(answer.headers)
    if said is None and (found := _RESET_TIME.search(answer.body[:8_192])) is not None:
        said = _until(found[1].decode("ascii"), answer.headers)
    if said is None:
        spent = [quota.reset_s for quota in quotas(answer) if quota.left <= 0 and quota.reset_s is not None]
        said = max(spent, default=None)
    return None if said is None else min(REST_MAX_S, max(1.0, said))


def gap_s(headers: Mapping[str, str]) -> float:
    """Return the seconds between two requests that a source names as its pace; 0 without one."""
    limit, said = _number(headers.get("x-rate-limit-limit")), headers.get("x-rate-limit-interval", "").strip()
    interval = _INTERVAL.match(said)
    if limit is None or limit <= 0 or interval is None:
        return 0.0
    return min(60.0, int(interval[1]) * _UNITS_S[interval[2]] / limit)


def is_limit(answer: Answer) -> bool:
    """Return whether a 403 means too fast rather than no."""
    return (
        "retry-after" in answer.headers
        or any(quota.left <= 0 for quota in quotas(answer))
        or _SECONDARY.search(answer.body[:4_096]) is not None
    )


def points(answer: Answer) -> int:
    """Return what an answer cost in the source's own currency: GraphQL's `rateLimit.cost`, else 0."""
    if b'"rateLimit"' not in answer.body[:1_000_000]:
        return 0
    try:
        return int(json.loads(answer.body)["data"]["rateLimit"]["cost"])
    except (ValueError, KeyError, TypeError):
        return 0


def _structured(headers: Mapping[str, str]) -> Iterator[Quota]:
    """Yield the limits of the `RateLimit` header, in either of its forms."""
    said = headers.get("ratelimit", "")[:2_000]
    plain = dict(_PARAMETER.findall(said)) if '"' not in said else {}
    if "remaining" in plain:
        found = {name: float(value) for name, value in plain.items()}
        yield Quota(
            name="ratelimit",
            left=found["remaining"],
            limit=found.get("limit"),
            reset_s=found.get("reset"),
        )
        return
    policies: dict[str, dict[str, float]] = {}
    for item in headers.get("ratelimit-policy", "")[:2_000].split(","):
        values = {name: float(value) for name, value in _PARAMETER.findall(_NAMES.sub("", item))}
        policies |= dict.fromkeys(_NAMES.findall(item), values)
    for item in said.split(","):
        values = {name: float(value) for name, value in _PARAMETER.findall(_NAMES.sub("", item))}
        for name in _NAMES.findall(item)[:1] if "r" in values else ():
            policy = policies.get(name, {})
            yield Quota(
                name=f"ratelimit {name}", left=values["r"], limit=policy.get("q"),
                reset_s=values.get("t", policy.get("w")),
            )  # fmt: skip


def _wrapper(answer: Answer) -> dict[str, int]:
    """Return what the end of a Stack Exchange body says of its limits; nothing for any other body."""
    end = answer.body[-400:]
    if b'"quota_remaining"' not in end:
        return {}
    return {name.decode(): int(value) for name, value in _WRAPPER.findall(end)}


def _of(quota: Quota, limit: float) -> Quota:
    """Return a quota whose limit is taken to be so much."""
    return Quota(name=quota.name, left=quota.left, limit=limit, reset_s=quota.reset_s)


def _number(said: str | None) -> float | None:
    """Return the number a header begins with, None if it begins with none."""
    found = _NUMBER.match(said or "")
    return float(found[1]) if found is not None else None


def _until(said: str | None, headers: Mapping[str, str]) -> float | None:
    """Return the seconds until a reset: seconds left, a moment since 1970 or a date, on the source's own clock."""
    if said is None:
        return None
    number = _number(said) if re.fullmatch(r"[\d.]+", said.strip()) else None
    if number is not None and number < _EPOCH_MIN:
        return max(1.0, number)
    if number is not None:
        try:
            moment = datetime.fromtimestamp(number / 1000 if number >= _EPOCH_MS_MIN else number, UTC)
        except (OverflowError, ValueError, OSError):  # outside any calendar: a slip of theirs
            return None
    else:
        try:
            moment = datetime.fromisoformat(said.strip())
        except ValueError:
            return None
    if "date" not in headers:
        return UNDATED_S
    moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return max(1.0, (moment - server_now(headers)).total_seconds())
