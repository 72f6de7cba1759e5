"""Runs and sources: what ran, what it cost against what it may, what is next."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response

from sourcing import crawl, health
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
    )


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
