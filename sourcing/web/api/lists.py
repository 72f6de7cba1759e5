"""Shortlists: make one, see who is on it, put people on it, take them off."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response
from pydantic import Field, model_validator

from sourcing import lists as shortlists
from sourcing import marking, people
from sourcing.query import parse
from sourcing.web.api import shapes
from sourcing.web.api.calls import Asked, Call, Key, NoneMatch, Once
from sourcing.web.api.people import known_specialism
from storage import lists, persons
from storage import people as marks
from storage.model import MarkKind, Shortlist

router = APIRouter(prefix="/lists", tags=["lists"])
PEOPLE_MAX = 1_000
Name = Annotated[
    str,
    Path(
        min_length=1,
        max_length=shortlists.NAME_MAX,
        pattern=r"^[^\x00-\x1f\x7f/]+$",
        description="The list's name.",
    ),
]

Why = Annotated[
    str | None,
    Query(
        max_length=marking.REASON_MAX, description="Why; needed where the chosen laws ask for human review."
    ),
]


class ListLine(shapes.Shape):
    """One shortlist. size: people on it. owner: who answers for the role."""

    name: str
    specialism: str | None
    actor: str
    created_at: datetime
    size: int
    owner: str | None
    status: str
    query: str | None


class Lists(shapes.Shape):
    """Every shortlist, by name."""

    lists: list[ListLine]


class ItemShape(shapes.Shape):
    """Somebody on a shortlist. note: why there is no name, for whoever asked not to be approached since."""

    position: int
    person: str
    name: str | None
    stage: str
    reviewer: str | None
    actor: str
    added_at: datetime
    note: str | None


class ListShape(ListLine):
    """A shortlist and its people in order."""

    items: list[ItemShape]


class NewList(shapes.Body):
    """A shortlist for a role. owner: who answers for it, the caller if left out. query: who is looked for."""

    name: Annotated[shapes.Line, Field(max_length=shortlists.NAME_MAX)]
    specialism: shapes.Line | None = None
    owner: Annotated[shapes.Line, Field(max_length=shortlists.PERSON_MAX)] | None = None
    query: shapes.Query | None = None


class Addition(shapes.Body):
    """Who is put on a list: people, or the best of a query; one of them. top: how many of the query."""

    people: Annotated[list[shapes.Line], Field(min_length=1, max_length=PEOPLE_MAX)] | None = None
    query: shapes.Query | None = None
    specialism: shapes.Line | None = None
    top: Annotated[int, Field(ge=1, le=PEOPLE_MAX)] = 25

    @model_validator(mode="after")
    def _says_one(self) -> "Addition":
        if (self.people is None) == (self.query is None):
            raise ValueError("give people or query, one of them")
        return self


class ChangedList(shapes.Shape):
    """What an act on a list did. people: how many it changed something for. deed: for undo, None = it did nothing."""

    name: str
    people: int
    deed: str | None


@router.get("", response_model=Lists, summary="The shortlists")
def ls(call: Asked, etag: NoneMatch = None) -> Response:
    """Return every shortlist by name, without its people."""
    with call.read() as tx:
        found = lists.ls(tx)
    return call.answer(Lists(lists=[ListLine.of(one) for one in found]))


@router.post("", status_code=201, response_model=ListLine, summary="Make a shortlist")
def create(call: Asked, body: NewList, once: Once = None) -> Response:
    """Make an empty shortlist for a role."""
    known_specialism(call, body.specialism)

    def act() -> ListLine:
        shortlists.create(
            call.desk.store, body.name, specialism=body.specialism, owner=body.owner, query=body.query,
            actor=call.actor, now=call.now,
        )  # fmt: skip
        return ListLine.of(_show(call, body.name))

    return call.once(body, act)


@router.get("/{name}", response_model=ListShape, summary="One shortlist")
def get(call: Asked, name: Name, etag: NoneMatch = None) -> Response:
    """Return a shortlist with its people in order."""
    with call.read() as tx:
        return call.answer(shown(tx, name, blind=call.blind))


def shown(tx: Any, name: str, *, blind: bool) -> ListShape:
    """Return a shortlist as it is sent. blind: without names. Raises NotFound."""
    found = lists.show(tx, name)
    keys = [item.person for item in found.items]
    asked = marking.silent(tx, keys, blind=blind)
    known = persons.get_many(tx, keys)
    staged = marks.marks_of(tx, keys, [MarkKind.STAGE])
    items = [
        ItemShape.of(
            item,
            name=None if blind or item.person in asked else known[item.person].name,
            stage=shortlists.stage_in(item, staged[item.person][-1].value if item.person in staged else None),
            note=asked.get(item.person),
        )
        for item in found.items
        if item.person in known
    ]
    return ListShape.of(found, items=items)


@router.post(
    "/{name}/items", status_code=201, response_model=ChangedList, summary="Put people on a shortlist"
)
def add(call: Asked, name: Name, body: Addition, once: Once = None) -> Response:
    """Put people at the end of a shortlist, in the order given."""
    known_specialism(call, body.specialism)

    def act() -> ChangedList:
        keys = list(body.people or ())
        if body.query is not None:
            tree = parse(body.query)
            with call.read() as tx:
                keys = people.every_key(tx, tree, specialism=body.specialism, limit=body.top)
        done = shortlists.add(call.desk.store, name, keys, actor=call.actor, now=call.now)
        return ChangedList.of(done, name=name)

    return call.once(body, act)


@router.delete("/{name}/items/{key}", response_model=ChangedList, summary="Take somebody off a shortlist")
def remove(call: Asked, name: Name, key: Key, reason: Why = None) -> Response:
    """Take one person off a shortlist."""
    done = shortlists.remove(
        call.desk.store, name, [key], reason=reason, guard=call.desk.guard(call.who), actor=call.actor,
        now=call.now,
    )  # fmt: skip
    return call.answer(ChangedList.of(done, name=name))


def _show(call: Call, name: str) -> Shortlist:
    with call.read() as tx:
        return lists.show(tx, name)
