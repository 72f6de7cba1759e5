"""Saved searches: save one, see what is new in it, say what was shown."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response
from pydantic import Field

from sourcing import lists, searches
from sourcing.web.api import shapes, shaping
from sourcing.web.api.calls import Asked, NoneMatch, Once
from sourcing.web.api.people import Sort, known_specialism
from storage import saved

router = APIRouter(prefix="/searches", tags=["searches"])
NEW_MAX = 1_000
Name = Annotated[
    str,
    Path(
        min_length=1,
        max_length=lists.NAME_MAX,
        pattern=r"^[^\x00-\x1f\x7f/]+$",
        description="The search's name.",
    ),
]


class SearchShape(shapes.Shape):
    """A saved search. people: under it now. new: of them, whom it has not shown."""

    name: str
    query: str
    specialism: str | None
    sort: str
    actor: str
    created_at: datetime
    people: int
    new: int


class Searches(shapes.Shape):
    """Every saved search, by name."""

    searches: list[SearchShape]


class NewSearch(shapes.Body):
    """A search to save. Who is under it now is not new; who comes later is."""

    name: Annotated[shapes.Line, Field(max_length=lists.NAME_MAX)]
    query: shapes.Query = ""
    specialism: shapes.Line | None = None
    sort: Sort = Sort.ESTABLISHED


class NewPeople(shapes.Shape):
    """Whom a saved search has not shown, best first. new: how many there are."""

    name: str
    new: int
    people: list[shapes.HitShape]


class Shown(shapes.Body):
    """Who was displayed to somebody."""

    people: Annotated[list[shapes.Line], Field(min_length=1, max_length=NEW_MAX)]


class Seen(shapes.Shape):
    """How many of those displayed had been new."""

    name: str
    seen: int


@router.get("", response_model=Searches, summary="The saved searches")
def ls(call: Asked, etag: NoneMatch = None) -> Response:
    """Return every saved search with how many people are under it and how many of them are new."""
    with call.read() as tx:
        found = searches.ls(tx, now=call.now, top=0)
    return call.answer(Searches(searches=[_shape(one) for one in found]))


@router.post("", status_code=201, response_model=SearchShape, summary="Save a search")
def create(call: Asked, body: NewSearch, once: Once = None) -> Response:
    """Save a search under a name."""
    known_specialism(call, body.specialism)

    def act() -> SearchShape:
        searches.save(
            call.desk.store, body.name, body.query, specialism=body.specialism, sort=body.sort,
            actor=call.actor, now=call.now,
        )  # fmt: skip
        with call.read() as tx:
            return _shape(searches.fresh(tx, saved.get(tx, body.name), now=call.now, top=0))

    return call.once(body, act)


@router.get("/{name}/new", response_model=NewPeople, summary="What is new in a search")
def new(
    call: Asked,
    name: Name,
    limit: Annotated[int, Query(ge=1, le=NEW_MAX)] = 25,
    etag: NoneMatch = None,
) -> Response:
    """Return whom a search has not shown. Nobody is shown by asking: say so with `POST …/seen`."""
    with call.read() as tx:
        one = searches.fresh(tx, saved.get(tx, name), now=call.now, top=0)
        people = shaping.hits(tx, searches.new(tx, name, limit=limit, now=call.now), blind=call.blind)
    return call.answer(NewPeople(name=name, new=one.new, people=people))


@router.post("/{name}/seen", status_code=201, response_model=Seen, summary="Say who was displayed")
def see(call: Asked, name: Name, body: Shown, once: Once = None) -> Response:
    """Remember that people were displayed: they are not new in this search any more."""

    def act() -> Seen:
        count = searches.see(call.desk.store, name, body.people, now=call.now)
        return Seen(name=name, seen=count)

    return call.once(body, act)


def _shape(one: searches.Fresh) -> SearchShape:
    return SearchShape.of(one.saved, people=one.people, new=one.new)
