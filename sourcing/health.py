"""How runs and sources stand: what ran, what it cost against what it may, what is next, what went wrong."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sourcing.crawl import advice
from sourcing.crawl.plan import lacking
from sourcing.settings import Settings, load_specs
from spiders.spec import SourceSpec
from storage import runs, standing
from storage.model import Health, Run, RunStep

LATE_HOURS = 26  # a night is due every 24 hours; two more for one that began later or took longer
ORDER = ("crawl", "resolve", "sweep", "rank")
DEAD_HOURS = 12  # longer than any night: a run that says it still runs was killed


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What went wrong at one source, in a sentence that ends in what to do."""

    source: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """The last night as told on Today. status: running, done, partial, failed, interrupted, late or lost.

    late: none finished for a day. lost: it began and no end was recorded. ok: sources without trouble.
    """

    run: Run
    status: str
    ok: int
    troubles: tuple[Trouble, ...]
    held: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """One source. people: it tells of. budget: requests a run may ask. pace: what its terms or we allow, in words.

    answered_at: None = never. due_at: when it is asked next, None for one that is off. last: of the last run that
    asked it, None = never. lacks: the credential it waits for, in a sentence. trouble: of its last run.
    """

    name: str
    title: str
    enabled: bool
    terms: str
    pace: str
    every_hours: float
    budget: int
    people: int
    answered_at: datetime | None
    due_at: datetime | None
    last: Health | None
    lacks: str | None
    trouble: str | None

    @property
    def used(self) -> float | None:
        """Return the share (0–1, or more) of its budget that the last run used; None if it never ran."""
        return None if self.last is None else self.last.requests / self.budget


def night(tx: Any, *, now: datetime) -> Night | None:
    """Return the last night, or the last crawl of a store without one; None if nothing ever ran."""
    run = runs.last(tx, "nightly") or runs.last(tx, "crawl")
    if run is None:
        return None
    told = crawled(run)
    troubles = troubles_of(told)
    return Night(
        run=run,
        status=_status(run, now),
        ok=len(told) - len({one.source for one in troubles}),
        troubles=tuple(troubles),
        held=tuple(text for step in run.steps for text in step.detail.get("held", ())),
    )


def crawled(run: Run) -> Sequence[Mapping[str, Any]]:
    """Return what each source reported in a run, by source."""
    details = [step.detail for step in run.steps if step.name == "crawl"] or [run.detail]
    found: Sequence[Mapping[str, Any]] = [
        one for one in details[0].get("sources", ()) if isinstance(one, Mapping)
    ]
    return found


def steps(run: Run) -> list[RunStep]:
    """Return the steps of a run in the order of a night: all of them carry the moment at which it began."""
    order = {name: place for place, name in enumerate(ORDER)}
    return sorted(run.steps, key=lambda one: (order.get(one.name, len(order)), one.started_at, one.name))


def troubles_of(told: Sequence[Mapping[str, Any]]) -> list[Trouble]:
    """Return what went wrong, by source: only what makes a run partial."""
    found = []
    for one in told:
        text = _trouble(one)
        if text is not None:
            found.append(Trouble(source=str(one["source"]), text=text))
    return found


def stands(tx: Any, settings: Settings, *, now: datetime) -> list[Stand]:
    """Return every source by name, those that are on first. Raises ConfigError for a broken file."""
    answered, people = standing.answered(tx), standing.people_by_source(tx)
    last = {one.source: one for one in runs.health(tx)}
    ran = night(tx, now=now)
    trouble = {one.source: one.text for one in ran.troubles} if ran is not None else {}
    found = [
        _stand(spec, answered.get(spec.name), people.get(spec.name, 0), last.get(spec.name), trouble, now)
        for spec in load_specs(settings)
    ]
    return sorted(found, key=lambda one: (not one.enabled, one.name))


def _stand(
    spec: SourceSpec,
    answered_at: datetime | None,
    people: int,
    last: Health | None,
    trouble: Mapping[str, str],
    now: datetime,
) -> Stand:
    due_at = (
        None
        if not spec.enabled
        else now
        if answered_at is None
        else answered_at + timedelta(hours=spec.every_hours)
    )
    return Stand(
        name=spec.name,
        title=spec.title,
        enabled=spec.enabled,
        terms=spec.terms,
        pace=_pace(spec),
        every_hours=spec.every_hours,
        budget=spec.requests_per_run,
        people=people,
        answered_at=answered_at,
        due_at=due_at,
        last=last,
        lacks=lacking(spec) if spec.enabled else None,
        trouble=trouble.get(spec.name),
    )


def _pace(spec: SourceSpec) -> str:
    if spec.gap_s:
        return f"1 request / {spec.gap_s:g} s"
    return f"{spec.requests_per_hour:,} requests / h"


def _status(run: Run, now: datetime) -> str:
    age = now - run.started_at
    if run.status == "running":
        return "lost" if age > timedelta(hours=DEAD_HOURS) else "running"
    if run.status in {"done", "partial"} and age > timedelta(hours=LATE_HOURS):
        return "late"
    return run.status


def _trouble(one: Mapping[str, Any]) -> str | None:
    """Return what a report says went wrong, in a sentence; None if nothing did."""
    name, stopped, waiting = str(one["source"]), one.get("stopped"), int(one.get("waiting") or 0)
    if one.get("detail") is not None:
        return str(one["detail"])
    if stopped is not None:
        return advice.stopped(name, str(stopped), waiting) or f"source {name!r} stopped: {stopped}"
    if errors := int(one.get("errors") or 0):
        return f"source {name!r}: {errors:,} answers could not be used; {advice.look(name)}"
    return None
