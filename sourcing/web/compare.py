"""Two to five people side by side, in one specialism."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from sourcing import board
from sourcing.web.auth import Asking, Desk
from sourcing.web.showing import render
from storage import persons, scores

router = APIRouter()


@router.get("/compare")
def compare(
    request: Request,
    desk: Desk,
    who: Asking,
    keys: Annotated[list[str] | None, Query()] = None,
    spec: str = "",
    list_: Annotated[str, Query(alias="list")] = "",
) -> Response:
    """Show people in columns, factors in rows."""
    chosen = list(dict.fromkeys(keys or []))
    if len(chosen) < board.COMPARE_MIN:
        return render(request, "compare.html", title="Compare", compared=None, keys=chosen, of_list=list_)
    with desk.store.read() as tx:
        slug = spec or _best(tx, chosen)
        compared = board.compare(tx, chosen, specialism=slug, blind=who.preferences.blind)
    return render(request, "compare.html", title="Compare", compared=compared, keys=chosen, of_list=list_)


def _best(tx: Any, keys: list[str]) -> str:
    """Return the specialism most of some people are best in; the first of equals by name."""
    counts: dict[str, int] = {}
    for key in keys:
        for one in scores.of_person(tx, persons.resolve_key(tx, key))[:1]:
            counts[one.specialism] = counts.get(one.specialism, 0) + 1
    return min(counts, key=lambda slug: (-counts[slug], slug), default="")
