"""What people have a right to: to know what is held, to be forgotten; and who must not come back."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response

from sourcing.access import Scope
from sourcing.errors import BadInput
from sourcing.explained import Explained
from sourcing.privacy import erase as erasing
from sourcing.privacy import held, report
from sourcing.web.api import shapes
from sourcing.web.api.calls import MEDIA, Asked, Key, NoneMatch, Once
from sourcing.web.api.cursors import pack, unpack
from sourcing.web.api.people import Cursor
from sourcing.web.auth import needs
from storage import subjects

router = APIRouter(tags=["privacy"])
_ADMIN = [Depends(needs(Scope.ADMIN))]


class NewErasure(shapes.Body):
    """An erasure cannot be undone: confirm holds the key once more, or dry_run asks for the plan only."""

    dry_run: bool = False
    confirm: shapes.Line | None = None


class Erasure(shapes.Shape):
    """What erasing removes or removed. done: whether it was. rows: of the store; told: files handed over earlier.

    identities, statements, scores, marks: what there was of the person. suppressed: keyed digests that keep them away.
    """

    person: str
    done: bool
    identities: int
    statements: int
    scores: int
    marks: int
    rows: int | None
    suppressed: int | None
    told: list[str]


class HeldShape(shapes.Shape):
    """One table. purposes: by column, why it is kept. rows: every one about the person."""

    table: str
    purposes: dict[str, str]
    rows: list[dict[str, Any]]


class SubjectReport(shapes.Shape):
    """Everything that is held about a person, as `sourcer privacy subject-export` gives it: the same bytes.

    terms: who holds it, why and how long. scores: with their reasons. left_out: what is held beside, in words.
    """

    person: str
    made_at: datetime
    terms: report.Terms
    scores: list[Explained]
    held: list[HeldShape]
    left_out: str


class NoticeShape(shapes.Shape):
    """The notice a person is due. began_at: when the clock began, None = not yet. sent_at: None = not sent."""

    person: str
    began_at: datetime | None
    due_at: datetime | None
    sent_at: datetime | None


class Suppressed(shapes.Shape):
    """A keyed digest of somebody who must not come back; the identifier itself is not kept."""

    digest: str
    reason: str
    since: datetime


class Suppressions(shapes.Shape):
    """Who must not come back, by digest."""

    suppressions: list[Suppressed]
    next: str | None


@router.post(
    "/privacy/{key}/erase",
    status_code=201,
    response_model=Erasure,
    responses={200: {"model": Erasure, "description": "Planned only."}},
    dependencies=_ADMIN,
    summary="Forget a person for good",
)
def erase(call: Asked, key: Key, body: NewErasure, once: Once = None) -> Response:
    """Remove everything about a person and keep keyed digests, so that they stay away."""
    store, settings = call.desk.store, call.desk.settings
    if body.dry_run:
        planned = erasing.plan(store, key)
        return call.answer(Erasure.of(planned, done=False, rows=None, suppressed=None, told=[]))
    if body.confirm != key:
        raise BadInput(f"erasing cannot be undone: send confirm = {key!r}, or dry_run to see what would go")

    def act() -> Erasure:
        planned = erasing.plan(store, key)
        report = erasing.erase(store, settings, key, actor=call.actor, now=call.now)
        return Erasure.of(
            planned, done=True, rows=report.rows, suppressed=report.suppressed, told=list(report.told)
        )

    return call.once(body, act, erases=True)


@router.post(
    "/privacy/{key}/subject-export",
    response_model=SubjectReport,
    dependencies=[Depends(needs(Scope.EXPORT))],
    summary="Hand over what is held about a person",
)
def hand_over(call: Asked, key: Key) -> Response:
    """Return what is held about a person, for that person, whoever keeps them out; writes the audit log."""
    made = report.make(call.desk.store, call.desk.settings, key, actor=call.actor, now=call.now)
    return Response(report.as_json(made), media_type=MEDIA, headers={"cache-control": "no-store"})


@router.post(
    "/privacy/{key}/notice",
    status_code=201,
    response_model=NoticeShape,
    summary="Say that a person was told",
)
def notice(call: Asked, key: Key, once: Once = None) -> Response:
    """Write into the audit log that the person was told what is held; nothing is sent from here."""

    def act() -> NoticeShape:
        store, settings = call.desk.store, call.desk.settings
        return NoticeShape.of(held.told(store, settings, key, actor=call.actor, now=call.now))

    return call.once(None, act)


@router.get(
    "/suppressions", response_model=Suppressions, dependencies=_ADMIN, summary="Who must not come back"
)
def suppressions(
    call: Asked,
    size: Annotated[int, Query(ge=1, le=1_000)] = 100,
    cursor: Cursor = None,
    etag: NoneMatch = None,
) -> Response:
    """Return keyed digests with reasons and dates."""
    (last,) = unpack(cursor, str) if cursor is not None else ("",)
    with call.read() as tx:
        found = subjects.list_suppressed(tx, limit=size + 1, after=last)
    rows = [Suppressed(digest=digest, reason=reason, since=at) for digest, reason, at in found[:size]]
    more = pack(rows[-1].digest) if len(found) > size else None
    return call.answer(Suppressions(suppressions=rows, next=more))
