"""What stands on the card of somebody in a list, beside rank and reasons; read for a whole page at once."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sourcing.hours import month
from sourcing.people import Hit
from sourcing.ranking import why
from storage import activity, feedback, rising, traces
from storage import people as marks
from storage.activity import Active
from storage.model import Mark, MarkKind

MONTHS = 12
_NARROW, _WIDE = 15.0, 40.0
"""Points between the ends of a range below which a score is called well, and partly, supported: words, no rule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One person in a list. rising: points in the rising order, and what of them is sure; None without a score.

    org, place: the newest anybody stated. months: signals a month, oldest first, 12 of them. misses: factors without
    points. notes: how many. thumb: the reader's own, up or down, in the specialism shown. others: thumbs up and down of
    everybody.
    """

    rising: tuple[float, float] | None = None
    org: str | None = None
    place: str | None = None
    latest: datetime | None = None
    months: tuple[int, ...] = (0,) * MONTHS
    misses: tuple[str, ...] = ()
    stage: str | None = None
    tags: tuple[str, ...] = ()
    notes: int = 0
    hidden: str | None = None
    thumb: str | None = None
    others: Mapping[str, int] = field(default_factory=dict)


def of(tx: Any, hits: Sequence[Hit], *, actor: str, now: datetime) -> dict[str, Card]:
    """Return the cards of some results, by key. actor: who reads. Costs five queries, however many there are."""
    keys = [hit.person for hit in hits]
    names = [month(now, back=back) for back in range(MONTHS - 1, -1, -1)]
    active = activity.of(tx, keys, since=_first(names[0], now))
    stated = _stated(tx, keys)
    marked = marks.marks_of(tx, keys, list(MarkKind))
    said = feedback.of(tx, keys, kind=feedback.THUMB)
    lately = rising.of(tx, keys)
    cards = {}
    for hit in hits:
        key = hit.person
        held, one = marked.get(key, []), active.get(key, Active())
        words = said.get(key, [])
        mine = [word.value for word in words if word.actor == actor and word.subject == hit.specialism]
        cards[key] = Card(
            rising=lately.get((key, hit.specialism)) if hit.specialism is not None else None,
            org=stated.get((key, "affiliation")),
            place=stated.get((key, "location")),
            latest=one.latest,
            months=tuple(one.months.get(name, 0) for name in names),
            misses=tuple(why.misses(hit.points)),
            stage=_value(held, MarkKind.STAGE),
            tags=tuple(mark.value for mark in held if mark.kind is MarkKind.TAG),
            notes=sum(mark.kind is MarkKind.NOTE for mark in held),
            hidden=next((mark.reason for mark in held if mark.kind is MarkKind.HIDDEN), None),
            thumb=mine[-1] if mine else None,
            others=feedback.thumbs(words, hit.specialism),
        )
    return cards


def sure(lower: float, upper: float) -> str:
    """Return how sure a score is, in words, by nothing but the range that is shown beside it."""
    width = upper - lower
    return "well supported" if width < _NARROW else "partly supported" if width < _WIDE else "wide open"


def _stated(tx: Any, keys: Collection[str]) -> dict[tuple[str, str], str]:
    """Return the newest of what people state, by key and attribute."""
    newest: dict[tuple[str, str], traces.Stated] = {}
    for one in traces.iter_stated(tx, keys, ("affiliation", "location")):
        at = (one.person, one.attribute)
        if at not in newest or one.seen_at > newest[at].seen_at:
            newest[at] = one
    return {at: one.value for at, one in newest.items()}


def _value(held: Sequence[Mark], kind: MarkKind) -> str | None:
    return next((mark.value for mark in held if mark.kind is kind), None)


def _first(name: str, now: datetime) -> datetime:
    year, _, number = name.partition("-")
    return now.replace(year=int(year), month=int(number), day=1, hour=0, minute=0, second=0, microsecond=0)
