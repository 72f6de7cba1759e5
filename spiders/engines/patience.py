"""What a run has learned of each host's trouble: how long to wait next, and when to leave it alone.

TRUST F02, F05 and SOURCES §4 rule 3: a limit without a time waits 60 s, doubled with jitter up to 15 min; a host that
limits or fails again and again is left alone until the next run.
"""

import random
from dataclasses import dataclass, field

LADDER_S, LADDER_MAX_S = 60.0, 900.0
CIRCUIT_S = 3_600.0  # longer than a run waits for anything
FAILURES_MAX = 3
LIMITS_MAX = 5  # 60 s, 2, 4, 8 and 15 min: the ladder is climbed


@dataclass(slots=True)
class Patience:
    """The trouble of one run, by host."""

    _failures: dict[str, int] = field(default_factory=dict)
    _limits: dict[str, int] = field(default_factory=dict)

    def is_open(self, host: str) -> bool:
        """Return whether a host has failed so often in a row that it is left alone."""
        return self._failures.get(host, 0) >= FAILURES_MAX

    def fine(self, host: str) -> None:
        """Forget a host's trouble: it answered."""
        self._failures.pop(host, None)
        self._limits.pop(host, None)

    def failed(self, host: str) -> None:
        """Note that a question to a host was tried in vain."""
        self._failures[host] = self._failures.get(host, 0) + 1

    def limited(self, host: str, said_s: float | None) -> float:
        """Return how long to wait after a limit: at least what was said, else the next step of the ladder."""
        steps = self._limits[host] = self._limits.get(host, 0) + 1
        if steps > LIMITS_MAX:
            return max(CIRCUIT_S, said_s or 0.0)
        if said_s is not None:
            return said_s
        return min(LADDER_MAX_S, LADDER_S * float(2 ** (steps - 1)) * random.uniform(1.0, 1.2))
