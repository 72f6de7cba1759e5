"""Pages of a search: each knows how to go on and how to go back, by the place of its ends, never by counting rows."""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sourcing import people
from sourcing.errors import BadInput
from sourcing.people import Hit
from storage import search
from storage.model import Found
from storage.query import Tree

SIZES = (25, 50, 100)
SORTS = {"established": search.LOWER, "rising": search.RISING}
"""What a list can be sorted by, and the column of score that is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some people of a result. before, after: what `page` takes to show the page in front and the one behind, if any.

    They are opaque and hold nothing but a place in the order: people who come or go meanwhile move nobody else.
    """

    hits: Sequence[Hit]
    before: str | None
    after: str | None


def page(
    tx: Any,
    tree: Tree,
    *,
    specialism: str | None,
    size: int,
    now: datetime,
    cursor: str | None = None,
    order: str = "established",
) -> Page:
    """Return one page of the people under a search tree, best first, ties by key. order: one of `SORTS`.

    Raises BadInput for a cursor that no page gave.
    """
    sort = SORTS[order]
    place, rank, back = (None, 1, False) if cursor is None else _read(cursor)
    found = search.find(
        tx,
        people.in_specialism(tree, specialism),
        specialism=specialism,
        limit=size + 1,
        after=None if back else place,
        before=place if back else None,
        sort=sort,
    )
    is_more = len(found) > size
    kept = (found[-size:] if back else found[:size]) if is_more else found
    hits = people.shown(tx, kept, now=now)
    placed = sum(hit.rank is not None for hit in hits)
    first = max(1, rank - placed) if back else rank
    is_before, is_after = (is_more, True) if back else (place is not None, is_more)
    return Page(
        hits=[replace(hit, rank=hit.rank + first - 1) if hit.rank is not None else hit for hit in hits],
        before=_cursor("b", kept[0], first, sort) if kept and is_before else None,
        after=_cursor("a", kept[-1], first + placed, sort) if kept and is_after else None,
    )


def _cursor(way: str, end: Found, rank: int, sort: str) -> str:
    text = json.dumps([way, *search.place_of(end, sort), rank])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read(cursor: str) -> tuple[search.After, int, bool]:
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        way, value, key, rank = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        if way not in ("a", "b") or not isinstance(key, str) or not isinstance(rank, int):
            raise ValueError(way)
        return (float(value), key), rank, way == "b"
    except (ValueError, TypeError, UnicodeError, binascii.Error) as error:
        raise BadInput(
            "this is no cursor of a page; leave --page out to begin with the first page"
        ) from error
