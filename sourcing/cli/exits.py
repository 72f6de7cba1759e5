"""One table from what went wrong to the exit code of PRODUCT §5, and one sentence for a person."""

import errno
from enum import IntEnum

from sourcing import errors
from spiders import errors as spider_errors


class Code(IntEnum):
    """What a caller may do next, as a number."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    NOT_READY = 3
    CREDENTIALS = 4
    PARTLY = 5
    LOCKED = 6
    DISK = 74
    LATER = 75
    INTERRUPTED = 130


_TABLE: tuple[tuple[type[BaseException], Code], ...] = (
    (errors.ConfigError, Code.NOT_READY),
    (errors.NotAllowed, Code.NOT_READY),
    (errors.UnknownName, Code.USAGE),
    (errors.NotOffered, Code.USAGE),
    (errors.BadQuery, Code.USAGE),
    (errors.NoCredentials, Code.CREDENTIALS),
    (errors.SourcingError, Code.FAILED),
    (spider_errors.RetryLater, Code.LATER),
    (spider_errors.BudgetSpent, Code.LATER),
    (spider_errors.SpiderError, Code.FAILED),
    (KeyboardInterrupt, Code.INTERRUPTED),
)
_DISK = {errno.ENOSPC, errno.EDQUOT}
_DISK_WORDS = ("database or disk is full", "no space left on device", "disk quota exceeded")


def code_for(error: BaseException) -> Code | None:
    """Return the exit code of an error raised on purpose; None for a bug, which is allowed to surface."""
    if is_disk_full(error):
        return Code.DISK
    for kind, code in _TABLE:
        if isinstance(error, kind):
            return code
    return _store_code(error)


def sentence(error: BaseException) -> str:
    """Return what a person reads: what happened, to what, what to do."""
    if is_disk_full(error):
        return "the disk is full; nothing was half-written. Free space, then run the same command again"
    if isinstance(error, KeyboardInterrupt):
        return "interrupted; what was done is kept"
    return str(error)


def causes(error: BaseException) -> list[str]:
    """Return the kinds of error beneath an error, outermost first; a driver's own words may hold a secret."""
    found, at = [], error.__cause__ or error.__context__
    while at is not None:
        found.append(type(at).__name__)
        at = at.__cause__ or at.__context__
    return found


def is_disk_full(error: BaseException) -> bool:
    """Return whether a full disk is what lies beneath an error."""
    at: BaseException | None = error
    while at is not None:
        if isinstance(at, OSError) and at.errno in _DISK:
            return True
        if any(words in str(at).lower() for words in _DISK_WORDS):
            return True
        at = at.__cause__ or at.__context__
    return False


def _store_code(error: BaseException) -> Code | None:
    # only reached when something failed: importing the room's errors earlier would slow down `--help`
    from storage import errors as store_errors

    match error:
        case store_errors.StoreFull():
            return Code.DISK
        case store_errors.Locked():
            return Code.LOCKED
        case store_errors.SchemaBehind() | store_errors.Unreachable():
            return Code.NOT_READY
        case store_errors.StoreError():
            return Code.FAILED
    return None
