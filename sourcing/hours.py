"""Whose days overlap: a third of the world from the clocks of a person's own commits, or nothing.

A filter for teams that work together, never a point, a residence or a time of day. Kept coarse from the start: a page
of a history holds no clock, only its third of the world (see `spiders.gitlog.zone`).
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from spiders.records import Zone

MONTHS_BACK = 24
"""People move: what is older says nothing about their days now."""

COMMITS_MIN, MONTHS_MIN = 30, 3
"""Below these a journey or one busy week would decide (SPECIALISMS, Places)."""

_SHARE_MIN = 0.8  # of the months: who works from two thirds of the world is in none


def band(told: Iterable[str], commits: Mapping[str, int], now: datetime) -> Zone | None:
    """Return the zone of a person's working days; None if too little, or too mixed, is known.

    told: `2026-09 europe-africa`, of all identities. commits: written per month, `2026-09` → 12.
    """
    first = month(now, back=MONTHS_BACK)
    recent = {name: count for name, count in commits.items() if name > first and count > 0}
    if sum(recent.values()) < COMMITS_MIN or len(recent) < MONTHS_MIN:
        return None
    zones: dict[str, set[str]] = {}
    for one in told:
        when, _, zone = one.partition(" ")
        if first < when <= month(now) and zone in set(Zone):
            zones.setdefault(zone, set()).add(when)
    months = {when for found in zones.values() for when in found}
    if len(months) < MONTHS_MIN:
        return None  # clocks at UTC only, or hardly any clock at all
    usual = max(sorted(zones), key=lambda zone: len(zones[zone]))
    alone = months - {when for zone, found in zones.items() if zone != usual for when in found}
    return Zone(usual) if len(alone) >= _SHARE_MIN * len(months) else None


def month(moment: datetime, *, back: int = 0) -> str:
    """Return a month as `2026-09`. back: so many months earlier."""
    number = moment.year * 12 + moment.month - 1 - back
    return f"{number // 12:04d}-{number % 12 + 1:02d}"
