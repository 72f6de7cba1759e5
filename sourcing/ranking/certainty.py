"""How wide a score may be read: an interval from how much independent evidence there is, and who cannot be placed.

No estimate of an error: what was never looked at could be anything between nothing and all, and what was seen may stand
for more than was seen. So an interval narrows with evidence only, and never by what somebody is.
"""

import numpy as np

from storage.model import WIDTH_MAX

SCORE_MAX = 100.0


def upper(value: np.ndarray, *, unknown: np.ndarray, sure: np.ndarray) -> np.ndarray:
    """Return the highest scores the evidence leaves room for, 0–100, never below `value`; one for each person.

    value: 0–100. unknown: share of the weight, 0–1, on what was never observed: all of it may be there. sure: 0–1,
    how far the evidence carries on what was observed; the rest of its weight may be there as well.
    """
    unseen = np.minimum(SCORE_MAX * unknown, SCORE_MAX - value)
    open_ = np.maximum(0.0, SCORE_MAX - unseen - value)
    found: np.ndarray = value + open_ * (1 - sure) + unseen
    return found


def is_told(lower: float, high: float) -> bool:
    """Return whether an interval is narrow enough to give somebody a place; "cannot tell" is no low place."""
    return high - lower <= WIDTH_MAX


def shown(value: float, lower: float, high: float) -> str:
    """Return a score as people read it: `62 (41–70)`."""
    return f"{value:.0f} ({lower:.0f}–{high:.0f})"
