"""Saved searches: save one, see what is new in it, say what was shown."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response
from pydantic import Field

from sourcing import lists, moves, searches
from sourcing.web.api import shapes, shaping
from sourcing.web.api.calls import Asked, NoneMatch, Once
from sourcing.web.api.people import Sort, known_specialism
from storage import saved

router = APIRouter(prefix="/searches", tags=["searches"])
NEW_MAX = 1_000
CHANGES_MAX = 100  # each with its causes, which are read one by one
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
    """A saved search. people: under it now. new: of them, whom it has not shown.

    risen, fallen, gone: of those it has shown, who moved by a point or more since, or left it.
    """

    name: str
    query: str
    specialism: str | None
    sort: str
    actor: str
    created_at: datetime
    people: int
    new: int
    risen: int
    fallen: int
    gone: int


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


class MovedShape(shapes.Shape):
    """One change. before, after: what the search is sorted by; null where not listed. why: largest cause first.

    links: of the evidence that is new to the search.
    """

    person: str
    name: str | None
    way: moves.Way
    before: float | None
    after: float | None
    why: list[str]
    links: list[str]


class Changes(shapes.Shape):
    """What changed under a saved search since it was last shown. new, risen, fallen, gone: how many there are."""

    name: str
    new: int
    risen: int
    fallen: int
    gone: int
    changes: list[MovedShape]


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


@router.get("/{name}/changes", response_model=Changes, summary="What changed under a search")
def changes(
    call: Asked,
    name: Name,
    limit: Annotated[int, Query(ge=1, le=CHANGES_MAX, description="Of each way, at most.")] = 25,
    etag: NoneMatch = None,
) -> Response:
    """Return who is new, rose, fell and left, with what caused it. Nothing is shown by asking: `POST …/seen`."""
    with call.read() as tx:
        one = searches.fresh(tx, saved.get(tx, name), now=call.now, top=0)
        found = moves.of(tx, name, limit=limit, now=call.now, blind=call.blind)
    counts = {way: getattr(one, way) for way in ("new", "risen", "fallen", "gone")}
    told = [MovedShape.of(each, why=list(each.why), links=list(each.links)) for each in found]
    return call.answer(Changes(name=name, changes=told, **counts))


@router.post("/{name}/seen", status_code=201, response_model=Seen, summary="Say who was displayed")
def see(call: Asked, name: Name, body: Shown, once: Once = None) -> Response:
    """Remember that people were displayed: what they are now is not told as new, risen, fallen or gone any more."""

    def act() -> Seen:
        count = searches.see(call.desk.store, name, body.people, now=call.now)
        return Seen(name=name, seen=count)

    return call.once(body, act)


def _shape(one: searches.Fresh) -> SearchShape:
    counts = {name: getattr(one, name) for name in ("people", "new", "risen", "fallen", "gone")}
    return SearchShape.of(one.saved, **counts)
