"""A run's own times: the moment it is, the moment that is written down, and when it has to end."""

import time
from datetime import datetime, timedelta

from sourcing.crawl.allowance import Limits


class Times:
    """start: the run's first moment. limits: how long it may take. is_fixed: all of it happens at one moment."""

    def __init__(self, start: datetime, limits: Limits, *, is_fixed: bool) -> None:
        self.start, self.limits, self.is_fixed = start, limits, is_fixed
        self._began = time.monotonic()

    @property
    def passed_s(self) -> float:
        """Return the seconds since the run began."""
        return time.monotonic() - self._began

    def moment(self) -> datetime:
        """Return the moment it is: the start and the time that passed."""
        return self.start + timedelta(seconds=self.passed_s)

    def stamp(self) -> datetime:
        """Return the moment that is written down: under a fixed clock all of a night happens at one moment."""
        return self.start if self.is_fixed else self.moment()

    def is_late(self, by_s: float = 0.0) -> bool:
        """Return whether the run's time ends before `by_s` seconds from now; negative: ended so long ago."""
        most = self.limits.seconds
        return most is not None and self.passed_s + by_s > most
