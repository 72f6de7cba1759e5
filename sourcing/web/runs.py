"""Runs and sources: what ran, what it cost against what it may, what is next."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response

from sourcing import crawl, health, launch
from sourcing.access import Scope
from sourcing.crawl import held
from sourcing.errors import BadInput
from sourcing.settings import load_specs
from sourcing.web.auth import Asking, Desk, needs
from sourcing.web.showing import done, render
from storage import runs, vanish
from storage.model import Run

router = APIRouter()
_RUNS = 12


@router.get("/runs")
def index(request: Request, desk: Desk, before: str | None = None, off: bool = False) -> Response:
    """Show the sources, the review queue and the last runs. off: sources that are switched off, too."""
    now, after = desk.now(), _place(before)
    with desk.store.read() as tx:
        stands = health.stands(tx, desk.settings, now=now)
        listed = runs.ls(tx, limit=_RUNS + 1, after=after)
        night = health.night(tx, now=now)
        questions = desk.questions.count(tx, now=now)
        waiting = vanish.waiting(tx)
    on = [one for one in stands if one.enabled]
    return render(
        request,
        "runs.html",
        title="Runs and sources",
        stands=stands if off else on,
        off=len(stands) - len(on),
        shows_off=off,
        listed=listed[:_RUNS],
        older=_cursor(listed[_RUNS - 1]) if len(listed) > _RUNS else None,
        night=night,
        questions=questions,
        waiting=waiting,
        now=now,
        resumable=_can_go_on,
        names=sorted(one.name for one in on),
    )


@router.get("/runs/plan")
def plan(request: Request, desk: Desk) -> Response:
    """Show what a run would ask now and what that would cost; asks nothing."""
    now = desk.now()
    specs = [one for one in load_specs(desk.settings) if one.enabled]
    with desk.store.read() as tx:
        found = crawl.plan(tx, specs, desk.settings, now=now)
    budgets = {one.name: one.requests_per_run for one in specs}
    return render(request, "plan.html", title="The next run", found=found, budgets=budgets, now=now)


@router.get("/runs/{run}")
def show(request: Request, desk: Desk, run: str) -> Response:
    """Show one run: its steps, what each source did, what went wrong and what to do."""
    with desk.store.read() as tx:
        found = runs.get(tx, run)
        sources = runs.health(tx, run)
        waiting = vanish.waiting(tx, run)
    troubles = health.troubles_of(health.crawled(found))
    return render(
        request,
        "run.html",
        title=f"Run {found.id}",
        run=found,
        steps=health.steps(found),
        sources=sources,
        troubles=troubles,
        waiting=waiting,
        resumable=_can_go_on,
    )


@router.get("/runs/{run}/log", dependencies=[Depends(needs(Scope.ADMIN))])
def log(request: Request, desk: Desk, run: str) -> Response:
    """Show the last words of a run and of its sources."""
    with desk.store.read() as tx:
        said = launch.log(tx, desk.settings, run)
    return render(request, "run_log.html", title=f"Log of {run}", run=run, said=said)


@router.post("/runs/begin", dependencies=[Depends(needs(Scope.ADMIN))])
def begin(
    desk: Desk,
    request: Request,
    who: Asking,
    kind: Annotated[launch.Kind, Form()],
    source: Annotated[str, Form()] = "",
) -> Response:
    """Begin a crawl of one source or of all that are on, or a night."""
    sources = [source] if source and kind is launch.Kind.CRAWL else []
    run = launch.begin(
        desk.store, desk.settings, desk.command, kind=kind, sources=sources, actor=who.actor, clock=desk.now
    )
    return done(request, f"/runs/{run}", "Begun. This page tells how far it is.")


@router.post("/runs/{run}/resume", dependencies=[Depends(needs(Scope.ADMIN))])
def resume(desk: Desk, request: Request, who: Asking, run: str) -> Response:
    """Begin what goes on where a run ended."""
    going = launch.resume(desk.store, desk.settings, desk.command, run, actor=who.actor, clock=desk.now)
    return done(request, f"/runs/{going}", f"Begun: it goes on where {run} ended.")


@router.post("/runs/{run}/cancel", dependencies=[Depends(needs(Scope.ADMIN))])
def cancel(desk: Desk, request: Request, who: Asking, run: str) -> Response:
    """Ask a run to stop; what it holds is returned and asked again another time."""
    state = launch.stop(desk.store, desk.settings, run, actor=who.actor, now=desk.now())
    if state == "running":
        return done(request, f"/runs/{run}", "Asked to stop: it returns what it holds, within 20 seconds.")
    return done(request, f"/runs/{run}", "Its process was gone: the run is over now.")


@router.post("/runs/held", dependencies=[Depends(needs(Scope.ADMIN))])
def decide(
    request: Request,
    desk: Desk,
    who: Asking,
    source: Annotated[str, Form()],
    verdict: Annotated[held.Verdict, Form()],
) -> Response:
    """Believe a source that took back much at once, or keep what it took back and ask again."""
    count = held.decide(desk.store, source, verdict, actor=who.actor, now=desk.now())
    told = (
        f"{count:,} withdrawn." if verdict is held.Verdict.ACCEPT else f"{count:,} kept; asked again tonight."
    )
    return done(request, "/runs", told)


def _can_go_on(run: Run) -> bool:
    try:
        launch.left(run)
    except BadInput:
        return False
    return True


def _cursor(run: Run) -> str:
    return f"{run.started_at.isoformat()}~{run.id}"


def _place(before: str | None) -> tuple[datetime, str] | None:
    if before is None:
        return None
    moment, _, run = before.partition("~")
    try:
        at = datetime.fromisoformat(moment)
    except ValueError as error:
        raise BadInput("the address of this page of runs cannot be read; open Runs again") from error
    if at.tzinfo is None or not run:
        raise BadInput("the address of this page of runs cannot be read; open Runs again")
    return at, run
