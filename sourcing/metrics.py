"""What a monitoring system may watch, as Prometheus reads it: counts and moments, nobody's name.

Source: https://prometheus.io/docs/instrumenting/exposition_formats/ (text format 0.0.4), read 2026-11-24
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sourcing import timetable
from sourcing.crawl import lock
from sourcing.settings import Settings
from sourcing.today import Questions
from storage import recalls, runs, standing, stats, vanish
from storage.model import Health, Run

MEDIA_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
SAYS: Final[Mapping[str, str]] = {
    "sourcer_night_last_success_timestamp_seconds": "When the last night that was done, or partly done, ended.",
    "sourcer_night_begun_timestamp_seconds": "When the last night began.",
    "sourcer_night_duration_seconds": "How long the last night that ended took.",
    "sourcer_night_status": "1 for how the last night stands: running, done, partial, failed or interrupted.",
    "sourcer_night_at_work": "Whether a crawl or a night holds the lock.",
    "sourcer_night_next_timestamp_seconds": "When the next night begins by the schedule.",
    "sourcer_source_answered_timestamp_seconds": "When each source last answered.",
    "sourcer_source_requests": "Requests to each source in the last run that asked it.",
    "sourcer_source_visits": "Answers of each source in the last run that asked it, by outcome.",
    "sourcer_queue_tasks": "Tasks of each source by state.",
    "sourcer_review_questions": "Open questions in the review queue.",
    "sourcer_held_withdrawals": "Withdrawals of each source that wait for a person's word.",
    "sourcer_recalls": "Messages to systems that hold copies of leads, by state.",
    "sourcer_people": "People that a search may find.",
    "sourcer_store_bytes": "What the database takes on its disk.",
}
"""Every metric and its meaning; all are gauges."""
_FINE: Final = ("done", "partial")
_ENDED: Final = (*_FINE, "failed", "interrupted")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One value. labels: by name."""

    name: str
    value: float
    labels: Mapping[str, str]


def text(tx: Any, settings: Settings, questions: Questions, *, now: datetime) -> str:
    """Return every metric that has a value. Reads every task, and the review queue after something changed."""
    found: dict[str, list[Sample]] = {name: [] for name in SAYS}
    for one in _samples(tx, settings, questions, now):
        found[one.name].append(one)
    lines: list[str] = []
    for name, samples in found.items():
        if samples:
            lines += [f"# HELP {name} {SAYS[name]}", f"# TYPE {name} gauge", *map(_line, samples)]
    return "".join(f"{line}\n" for line in lines)


def _samples(tx: Any, settings: Settings, questions: Questions, now: datetime) -> Iterable[Sample]:
    yield from _of_nights(tx, settings, now)
    for source, at in sorted(standing.answered(tx).items()):
        yield _sample("source_answered_timestamp_seconds", at.timestamp(), source=source)
    for one in runs.health(tx):
        yield from _of_source(one)
    for (source, state), number in sorted(stats.tasks(tx).items()):
        yield _sample("queue_tasks", number, source=source, state=state)
    yield _sample("review_questions", questions.count(tx, now=now))
    for held in vanish.waiting(tx):
        yield _sample("held_withdrawals", held.gone, source=held.source)
    owed: dict[str, int] = {}
    for (_connector, _event, state), number in recalls.counts(tx).items():
        owed[state] = owed.get(state, 0) + number
    for state, number in sorted(owed.items()):
        yield _sample("recalls", number, state=state)
    yield _sample("people", standing.people(tx))
    yield _sample("store_bytes", stats.size_bytes(tx))


def _of_nights(tx: Any, settings: Settings, now: datetime) -> Iterable[Sample]:
    newest = runs.last(tx, "nightly")
    if newest is not None:
        yield _sample("night_begun_timestamp_seconds", newest.started_at.timestamp())
        yield _sample("night_status", 1, status=newest.status)
    fine, ended = (_newest(tx, states) for states in (_FINE, _ENDED))
    if fine is not None:
        yield _sample("night_last_success_timestamp_seconds", fine.started_at.timestamp() + _seconds(fine))
    if ended is not None:
        yield _sample("night_duration_seconds", _seconds(ended))
    yield _sample("night_at_work", lock.is_at_work(tx, settings, now=now))
    following = timetable.following(settings.schedule, now)
    yield _sample("night_next_timestamp_seconds", following.timestamp())


def _of_source(one: Health) -> Iterable[Sample]:
    yield _sample("source_requests", one.requests, source=one.source)
    troubled = {"not_modified": one.not_modified, "limited": one.limited, "error": one.errors}
    outcomes = {"used": max(0, one.visits - sum(troubled.values())), **troubled}
    for outcome, number in outcomes.items():
        yield _sample("source_visits", number, source=one.source, outcome=outcome)


def _newest(tx: Any, states: Iterable[str]) -> Run | None:
    found = [run for state in states if (run := runs.last(tx, "nightly", status=state)) is not None]
    return max(found, key=lambda run: run.started_at, default=None)


def _seconds(run: Run) -> float:
    """Return how long a run took; one that failed says so by its end only."""
    told = run.detail.get("seconds")
    if told is not None:
        return float(told)
    return (run.finished_at - run.started_at).total_seconds() if run.finished_at is not None else 0.0


def _sample(name: str, value: float, **labels: str) -> Sample:
    return Sample(name=f"sourcer_{name}", value=value, labels=labels)


def _line(one: Sample) -> str:
    labels = ",".join(f'{name}="{_escaped(value)}"' for name, value in one.labels.items())
    return f"{one.name}{f'{{{labels}}}' if labels else ''} {float(one.value):.15g}"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
