"""What may go wrong while collecting, grouped by what the caller may do.

SpiderError
├── RetryLater      ask again after a time: limits, outages, resets
├── BudgetSpent     stop this source for tonight: the run's budget is used up
├── SkipRecord      leave this one record out and count it
├── SourceChanged   the source no longer looks as expected: stop and tell a person
└── SourceRefused   the source said no: stop, never work around it
"""


class SpiderError(Exception):
    """Root of everything this room raises on purpose."""


class RetryLater(SpiderError):
    """The source asked for patience or could not answer; try again after `after_s` seconds.

    after_s: seconds to wait, None when the source named no time.
    """

    def __init__(self, message: str, *, after_s: float | None = None) -> None:
        super().__init__(message)
        self.after_s = after_s


class BudgetSpent(SpiderError):
    """The requests, points or time granted to this source for this run are used up."""


class SkipRecord(SpiderError):
    """One record lacks a mandatory field or has one of another type; it is counted and left out."""


class SourceChanged(SpiderError):
    """Too many records were unreadable, or the answer has another shape: a person must look."""


class SourceRefused(SpiderError):
    """The source refused: robots, a challenge, revoked credentials, terms, a forbidden address."""
