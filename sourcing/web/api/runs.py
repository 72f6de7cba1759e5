"""Runs: what was done, by which steps, from which sources; and a ranking begun from here."""

from datetime import datetime
from threading import Thread
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query
from fastapi.responses import Response
from pydantic import Field

from sourcing import launch, nightly
from sourcing.access import Scope
from sourcing.clock import Clock
from sourcing.settings import Settings
from sourcing.web.api import shapes
from sourcing.web.api.calls import Asked, NoneMatch, Once
from sourcing.web.api.cursors import pack, unpack_moment
from sourcing.web.api.people import Cursor, known_specialism
from sourcing.web.auth import needs
from storage import runs
from storage.engine import Store

LOCK = "rank"
SOURCES_MAX = 100
STALE_S = 3_600  # longer than any ranking: a lock held for so long is of a server that was killed
router = APIRouter(prefix="/runs", tags=["runs"])
Name = Annotated[str, Path(min_length=1, max_length=40, pattern=r"^[A-Za-z0-9-]+$")]


class RunLine(shapes.Shape):
    """One recorded execution. status: running, done, partial, failed or interrupted. stop_at: when asked to stop."""

    run: str
    kind: str
    status: str
    actor: str
    started_at: datetime
    finished_at: datetime | None
    stop_at: datetime | None
    stop_by: str | None


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
    """What to do: rank; or, for an administrator, crawl or nightly.

    specialism: of a ranking, only this one. sources: of a crawl, none = all that are on.
    """

    kind: Literal["rank", "crawl", "nightly"]
    specialism: shapes.Line | None = None
    sources: Annotated[list[shapes.Line], Field(max_length=SOURCES_MAX, default_factory=list)]


class Begun(shapes.Shape):
    """A run that was begun; look at it until it is finished."""

    run: str


class Stopped(shapes.Shape):
    """A run that was asked to stop. status: running until it has; interrupted at once if its process was gone."""

    run: str
    status: str


class LogShape(shapes.Shape):
    """The last words of a run and of its sources, a heading before each."""

    run: str
    lines: list[str]


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
    run: Name,
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


@router.post("", status_code=202, response_model=Begun, summary="Begin a ranking or a crawl")
def begin(call: Asked, body: NewRun, once: Once = None) -> Response:
    """Begin to score everybody, or to ask sources; answers at once, the run goes on. One at a time of each."""
    known_specialism(call, body.specialism)
    store, settings, now = call.desk.store, call.desk.settings, call.now
    if body.kind != "rank":
        needs(Scope.ADMIN)(call.request)

    def act() -> Begun:
        if body.kind != "rank":
            run = launch.begin(
                store, settings, call.desk.command, kind=launch.Kind(body.kind), sources=body.sources,
                actor=call.actor, clock=call.desk.now,
            )  # fmt: skip
            return Begun(run=run)
        with store.begin() as tx:
            run = runs.start(tx, "rank", now=now, actor=call.actor)
            runs.lock(tx, LOCK, run, now, STALE_S)
        # not a daemon: a server that stops lets the ranking end first
        Thread(target=_rank, args=(store, settings, run, call.desk.now, body.specialism), name=run).start()
        return Begun(run=run)

    return call.once(body, act, status=202)


@router.post(
    "/{run}/resume",
    status_code=202,
    response_model=Begun,
    dependencies=[Depends(needs(Scope.ADMIN))],
    summary="Go on where a run ended",
)
def resume(call: Asked, run: Name, once: Once = None) -> Response:
    """Begin a run of what a crawl or a night left to do; answers at once."""

    def act() -> Begun:
        desk = call.desk
        going = launch.resume(desk.store, desk.settings, desk.command, run, actor=call.actor, clock=desk.now)
        return Begun(run=going)

    return call.once(None, act, status=202)


@router.post(
    "/{run}/cancel",
    status_code=202,
    response_model=Stopped,
    dependencies=[Depends(needs(Scope.ADMIN))],
    summary="Ask a run to stop",
)
def cancel(call: Asked, run: Name, once: Once = None) -> Response:
    """Ask a crawl or a night to stop: it returns what it holds and ends within 20 seconds."""

    def act() -> Stopped:
        status = launch.stop(call.desk.store, call.desk.settings, run, actor=call.actor, now=call.now)
        return Stopped(run=run, status=status)

    return call.once(None, act, status=202)


@router.get(
    "/{run}/log",
    response_model=LogShape,
    dependencies=[Depends(needs(Scope.ADMIN))],
    summary="The last words of a run",
)
def log(call: Asked, run: Name, etag: NoneMatch = None) -> Response:
    """Return what a run and its sources said last."""
    with call.read() as tx:
        return call.answer(LogShape(run=run, lines=launch.log(tx, call.desk.settings, run)))


def _rank(store: Store, settings: Settings, run: str, clock: Clock, only: str | None) -> None:
    try:
        with nightly.recorded(store, run, clock=clock):
            reports = nightly.rank(store, settings, now=clock(), run=run, only=only)
        with store.begin() as tx:
            runs.finish(tx, run, now=clock(), status="done", detail={"specialisms": reports})
    finally:
        with store.begin() as tx:
            runs.unlock(tx, LOCK, run)
