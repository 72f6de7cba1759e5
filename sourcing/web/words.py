"""How values are written on a page: times, numbers, addresses; in words a person reads and a machine can too."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlsplit

from markupsafe import Markup, escape

_UNKNOWN = "unknown"
_ID_MAX, _ID_SHOWN = (
    40,
    18,
)  # characters: a digest of forty digits breaks any line, its first ten tell it apart
_STEPS = ((31_557_600, "year"), (2_629_800, "month"), (604_800, "week"), (86_400, "day"), (3_600, "hour"))


def ago(moment: datetime, now: datetime) -> str:
    """Return how long ago a moment is, in its largest unit: `3 days ago`; `in 2 hours` for one to come."""
    seconds = (now - moment).total_seconds()
    size = abs(seconds)
    for length, unit in (*_STEPS, (60, "minute")):
        if size >= length:
            count = int(size // length)
            text = f"{count} {unit}{'' if count == 1 else 's'}"
            return f"{text} ago" if seconds > 0 else f"in {text}"
    return "just now"


def moment(value: datetime | None, now: datetime) -> Markup:
    """Return a time element: relative in the text, exact on hover and for machines (PRODUCT §2 rule 7)."""
    if value is None:
        return Markup("<span>{}</span>").format(_UNKNOWN)
    at = value.astimezone(UTC)
    exact = f"{at:%Y-%m-%d %H:%M:%S} UTC"
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        f"{at:%Y-%m-%dT%H:%M:%SZ}", exact, ago(value, now)
    )


def exact(value: datetime | date | None) -> Markup:
    """Return a time element with the minute, or the day, written out."""
    if value is None:
        return Markup("<span>{}</span>").format(_UNKNOWN)
    if isinstance(value, datetime):
        at = value.astimezone(UTC)
        return Markup('<time datetime="{}">{}</time>').format(
            f"{at:%Y-%m-%dT%H:%M:%SZ}", f"{at:%Y-%m-%d %H:%M} UTC"
        )
    return Markup('<time datetime="{}">{}</time>').format(value.isoformat(), value.isoformat())


def number(value: float | None, places: int = 0) -> str:
    """Return a number with thousands apart; `unknown` for None."""
    return _UNKNOWN if value is None else f"{value:,.{places}f}"


def percent(share: float | None, places: int = 0) -> str:
    """Return a share (0–1) in percent; `unknown` for None."""
    return _UNKNOWN if share is None else f"{100 * share:.{places}f} %"


def duration(seconds: float) -> str:
    """Return a length of time in its two largest units: `48 min`, `1 h 5 min`, `3 s`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def plural(count: int, one: str, many: str | None = None) -> str:
    """Return a count with its noun: `1 person`, `2 people`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def address(url: str | None) -> str | None:
    """Return an address a link may lead to: http and https only; None for anything else (TRUST T13)."""
    if url is None or any(ord(char) <= 32 or ord(char) == 127 for char in url):
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in {"http", "https"} and parts.netloc else None


def link(url: str | None, text: str | None = None) -> Markup:
    """Return a link to somewhere else; plain text if the address is none a link may lead to."""
    shown = text if text is not None else url or _UNKNOWN
    safe = address(url)
    if safe is None:
        return Markup("<span>{}</span>").format(shown)
    return Markup('<a href="{}" rel="noopener noreferrer external">{}</a>').format(safe, shown)


def sentence(text: str) -> Markup:
    """Return a sentence of ours for a page: what stands between backticks is a command."""
    parts = text.split("`")
    shown = [
        Markup("<code>{}</code>").format(part) if n % 2 else escape(part) for n, part in enumerate(parts)
    ]
    return Markup("").join(shown)


def isolated(text: str | None) -> Markup:
    """Return what somebody wrote so that its direction of writing moves nothing around it (TRUST F37)."""
    return Markup("<bdi>{}</bdi>").format(_UNKNOWN if text is None else text)


def shortened(id: str) -> str:
    """Return an account's id; a long one, as of an author in a history, by its beginning: show it whole on hover."""
    return id if len(id) <= _ID_MAX else f"{id[:_ID_SHOWN]}…"


def name(key: str, told: str | None, *, blind: bool) -> Markup:
    """Return how a person is called on a page: by name, or by key in blind mode or without a known name."""
    if blind or told is None:
        return Markup('<span class="key">{}</span>').format(key)
    return Markup("<bdi>{}</bdi>").format(told)


FILTERS: Mapping[str, Callable[..., Any]] = {
    "ago": ago,
    "moment": moment,
    "exact": exact,
    "number": number,
    "percent": percent,
    "duration": duration,
    "plural": plural,
    "address": address,
    "link": link,
    "sentence": sentence,
    "isolated": isolated,
    "shortened": shortened,
}
