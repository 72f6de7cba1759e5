"""Places in a list, opaque to the caller: they hold the last row seen, so rows that come or go move nobody else."""

import base64
import binascii
import json
from datetime import datetime
from typing import Any

from sourcing.errors import BadInput

_NONE = "this is no cursor of a page; leave it out to begin with the first page"


def pack(*parts: str) -> str:
    """Return a cursor behind a row."""
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def unpack(cursor: str, *kinds: type) -> list[Any]:
    """Return what a cursor was made of. kinds: of its parts. Raises BadInput for one that no page gave."""
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        parts = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        if not isinstance(parts, list) or list(map(type, parts)) != list(kinds):
            raise ValueError(cursor)
    except (ValueError, UnicodeError, RecursionError, binascii.Error) as error:
        raise BadInput(_NONE) from error
    return parts


def unpack_moment(cursor: str) -> tuple[datetime, str]:
    """Return when a row was made, and its id, from `pack(moment, id)`. Raises BadInput."""
    at, id = unpack(cursor, str, str)
    try:
        found = datetime.fromisoformat(at)
    except ValueError as error:
        raise BadInput(_NONE) from error
    if found.tzinfo is None:
        raise BadInput(_NONE)
    return found, id
