"""One row of an answer that is not of the shape it should be costs that row: what stands beside it is read.

TRUST F11–F13: quarantined with its place and reason, never half of it kept.
"""

from collections.abc import Iterable, Iterator
from typing import Final, TypeVar

from spiders.errors import SkipRecord
from spiders.records import Identity, Quarantined, Yield

Found = TypeVar("Found")

# What Python says of a value that is of another type, missing, or out of range. Errors for the whole page pass.
_MALFORMED: Final = (SkipRecord, ValueError, TypeError, LookupError, AttributeError, ArithmeticError)


def guarded(where: str, found: Iterable[Found]) -> Iterator[Found | Quarantined]:
    """Yield all that a row says, or, if reading it fails anywhere, only that it was quarantined.

    where: the row's place in the page. found: what reads the row when asked, a generator most often.
    """
    try:
        whole = list(found)
    except _MALFORMED as error:
        kind = "" if isinstance(error, SkipRecord) else f"{type(error).__name__} "
        yield Quarantined(where=where, reason=f"{kind}{error}")
    else:
        yield from whole


def once(found: Iterable[Yield], told: set[str]) -> Iterator[Yield]:
    """Yield what was found without identities that were told before. told: their ids; grows."""
    for one in found:
        if not isinstance(one, Identity):
            yield one
        elif one.id not in told:
            told.add(one.id)
            yield one
