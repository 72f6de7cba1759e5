"""Runs: what was done, by which steps, from which sources; and a ranking begun from here."""

from datetime import datetime
from threading import Thread
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response

from sourcing import nightly
from sourcing.settings import Settings
from sourcing.web.api import shapes
from sourcing.web.api.calls import Asked, NoneMatch, Once
from sourcing.web.api.cursors import pack, unpack_moment
from sourcing.web.api.people import Cursor, known_specialism
from storage import runs
from storage.engine import Store

LOCK = "rank"
STALE_S = 3_600  # longer than any ranking: a lock held for so long is of a server that was killed
router = APIRouter(prefix="/runs", tags=["runs"])


class RunLine(shapes.Shape):
    """One recorded execution. status: running, done, partial, failed or interrupted."""

    run: str
    kind: str
    status: str
    actor: str
    started_at: datetime
    finished_at: datetime | None


class RunsPage(shapes.Shape):
    """Runs, newest first."""

    runs: list[RunLine]
    next: str | None


class StepShape(shapes.Shape):
    """One step of a run. detail: counts, as the step reports them."""

    name: str
    status: str
    started_at: datetime
    finished_at: datetime | None
    detail: dict[str, Any]


class SourceShape(shapes.Shape):
    """What one source did in a run. seconds: wall time of its requests. counted: what was met and left out."""

    source: str
    visits: int
    requests: int
    points: int
    bytes: int
    seconds: float
    new: int
    changed: int
    unchanged: int
    suppressed: int
    not_modified: int
    limited: int
    errors: int
    quarantined: int
    counted: dict[str, int]


class RunShape(RunLine):
    """One run with its steps and sources."""

    detail: dict[str, Any]
    steps: list[StepShape]
    sources: list[SourceShape]


class NewRun(shapes.Body):
    """What to do: rank, the only step that is begun from here. A crawl is begun by `sourcer nightly` or its timer.

    specialism: only this one.
    """

    kind: Literal["rank"]
    specialism: shapes.Line | None = None


class Begun(shapes.Shape):
    """A run that was begun; look at it until it is finished."""

    run: str


@router.get("", response_model=RunsPage, summary="What ran")
def ls(
    call: Asked,
    size: Annotated[int, Query(ge=1, le=200)] = 20,
    cursor: Cursor = None,
    etag: NoneMatch = None,
) -> Response:
    """Return runs, newest first."""
    after = None if cursor is None else unpack_moment(cursor)
    with call.read() as tx:
        found = runs.ls(tx, limit=size + 1, after=after)
    part = found[:size]
    more = pack(part[-1].started_at.isoformat(), part[-1].id) if len(found) > size else None
    return call.answer(RunsPage(runs=[RunLine.of(one, run=one.id) for one in part], next=more))


@router.get("/{run}", response_model=RunShape, summary="One run")
def get(
    call: Asked,
    run: Annotated[str, Path(min_length=1, max_length=40, pattern=r"^[A-Za-z0-9-]+$")],
    etag: NoneMatch = None,
) -> Response:
    """Return a run with its steps and what each source did."""
    with call.read() as tx:
        one, health = runs.get(tx, run), runs.health(tx, run)
    return call.answer(
        RunShape.of(
            one,
            run=one.id,
            detail=dict(one.detail),
            steps=[StepShape.of(step, detail=dict(step.detail)) for step in one.steps],
            sources=[SourceShape.of(each, counted=dict(each.counted)) for each in health],
        )
    )


@router.post("", status_code=202, response_model=Begun, summary="Begin a ranking")
def begin(call: Asked, body: NewRun, once: Once = None) -> Response:
    """Begin to score everybody, for every specialism or one; answers at once, the run goes on. One at a time."""
    known_specialism(call, body.specialism)
    store, settings, now = call.desk.store, call.desk.settings, call.now

    def act() -> Begun:
        with store.begin() as tx:
            run = runs.start(tx, "rank", now=now, actor=call.actor)
            runs.lock(tx, LOCK, run, now, STALE_S)
        # not a daemon: a server that stops lets the ranking end first
        Thread(target=_rank, args=(store, settings, run, now, body.specialism), name=run).start()
        return Begun(run=run)

    return call.once(body, act, status=202)


def _rank(store: Store, settings: Settings, run: str, now: datetime, only: str | None) -> None:
    try:
        with nightly.recorded(store, run, now=now):
            reports = nightly.rank(store, settings, now=now, run=run, only=only)
        with store.begin() as tx:
            runs.finish(tx, run, now=now, status="done", detail={"specialisms": reports})
    finally:
        with store.begin() as tx:
            runs.unlock(tx, LOCK, run)
