"""Level bands from kinds of evidence; fewer than two kinds is `unknown`, never low.

First floor: what features measure. No age, title, employer or number of years enters.
`lead` needs evidence that no source brings yet (chairs, steering groups), and `early` needs to have seen
somebody's beginnings: little or faded evidence is `unknown`. So nobody is given either yet.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from storage.model import Points

KINDS_MIN = 2  # SPECIALISMS: a band needs two different kinds


class Band(StrEnum):
    """How senior the public evidence is."""

    UNKNOWN = "unknown"
    EARLY = "early"
    MID = "mid"
    SENIOR = "senior"
    STAFF = "staff"
    LEAD = "lead"


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """A band with the kinds of evidence that earned it, strongest band's thresholds named."""

    band: Band
    reasons: tuple[str, ...]


_KINDS: Mapping[str, str] = {
    "steadiness": "code",
    "areas": "ownership",
    "repositories": "breadth",
    "review_work": "review",
    "papers_on_topic": "publications",
}
# Decayed feature values from which a kind of evidence speaks for a band; set on the bands' descriptions in
# SPECIALISMS (twelve months of sustained work, an owned area, reviews of newcomers), not yet on labels.
_FROM: Mapping[Band, Mapping[str, float]] = {
    Band.MID: {"steadiness": 5, "areas": 0.5, "review_work": 4, "papers_on_topic": 0.3},
    Band.SENIOR: {"steadiness": 10, "areas": 2, "review_work": 15, "papers_on_topic": 1.2},
    Band.STAFF: {"areas": 6, "repositories": 2.5, "review_work": 40, "papers_on_topic": 3.5},
}


def level(points: Sequence[Points]) -> Level:
    """Return the highest band that two kinds of evidence speak for. points: one person's, with values."""
    values = {earned.feature: (earned.value, earned.unit) for earned in points if earned.value is not None}
    for band in (Band.STAFF, Band.SENIOR, Band.MID):
        kinds: dict[str, str] = {}
        for feature, least in _FROM[band].items():
            value, unit = values.get(feature, (None, ""))
            if value is not None and value >= least:
                kinds.setdefault(
                    _KINDS[feature], f"{_KINDS[feature]}: {value:.1f} {unit}, {band} from {least:g}"
                )
        if len(kinds) >= KINDS_MIN:
            return Level(band=band, reasons=tuple(kinds.values()))
    return Level(band=Band.UNKNOWN, reasons=("fewer than two kinds of evidence",))
