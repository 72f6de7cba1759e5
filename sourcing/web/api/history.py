"""What was done and by whom, and how it is taken back."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response

from sourcing import history
from sourcing.settings import pepper
from sourcing.web.api import shapes
from sourcing.web.api.calls import Asked, Key, NoneMatch, Once
from storage.subjects import PepperKeyer

router = APIRouter(tags=["history"])


class DeedShape(shapes.Shape):
    """What was done in one go. place: on which list or in which search. undone_at: None while it holds."""

    deed: str
    at: datetime
    actor: str
    text: str
    reason: str | None
    people: list[str]
    place: str | None
    undone_at: datetime | None
    undone_by: str | None


class History(shapes.Shape):
    """Deeds, newest first."""

    deeds: list[DeedShape]


@router.get("/people/{key}/history", response_model=History, summary="What was done to a person")
def of_person(
    call: Asked, key: Key, limit: Annotated[int, Query(ge=1, le=500)] = 50, etag: NoneMatch = None
) -> Response:
    """Return stages, tags, notes, judgements and the like, newest first."""
    with call.read() as tx:
        found = history.of_person(tx, key, limit=limit)
        found = history.covered(tx, found) if call.blind else found
    return call.answer(History(deeds=[_shape(one) for one in found]))


@router.post("/acts/{deed}/undo", status_code=201, response_model=DeedShape, summary="Take a deed back")
def undo(
    call: Asked,
    deed: Annotated[str, Path(min_length=1, max_length=64, pattern=r"^[0-9A-Za-z_-]+$")],
    once: Once = None,
) -> Response:
    """Take back what was done, if nothing came after it that must be undone first."""
    settings = call.desk.settings
    way = history.Way(home=settings.home, roots=settings.roots, keyer=PepperKeyer(pepper(settings)))

    def act() -> DeedShape:
        done = history.undo(call.desk.store, deed, actor=call.actor, now=call.now, way=way)
        with call.read() as tx:
            (told,) = history.covered(tx, [done]) if call.blind else [done]
        return _shape(told)

    return call.once(None, act)


def _shape(one: history.Deed) -> DeedShape:
    return DeedShape.of(one, deed=one.id)
