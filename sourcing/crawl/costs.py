"""What each kind of question cost and brought in a run, kept with the run: plans and suspicions are learned from it."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any

from pydantic import ConfigDict, TypeAdapter, ValidationError

from spiders.clients import watermarks
from spiders.records import Identity, Outcome, Signal, Task, Visit, Work
from storage import runs
from storage.model import Run

RUNS_MAX = 40  # runs looked back to: what is asked once a month was asked in one of them
_KINDS = ("nightly", "crawl")


@dataclass(slots=True, kw_only=True)
class Tally:
    """Sums over visits. seconds: of waiting for answers. size: units asked for, see `size_of`.

    pages: answers that were read; works, identities, signals: what they said. found: tasks they named, by
    `source/kind`.
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    visits: int = 0
    size: float = 0
    requests: int = 0
    points: int = 0
    bytes: int = 0
    seconds: float = 0.0
    pages: int = 0
    works: int = 0
    identities: int = 0
    signals: int = 0
    found: dict[str, int] = field(default_factory=dict)

    def add(self, visit: Visit) -> None:
        """Count one visit."""
        self.visits += 1
        self.size = round(self.size + size_of(visit.task, visit.at), 3)
        self.requests += visit.cost.requests
        self.points += visit.cost.points
        self.bytes += visit.cost.bytes
        self.seconds = round(self.seconds + visit.cost.seconds, 3)
        if visit.outcome is Outcome.OK:
            self.pages += 1
            self.works += sum(isinstance(one, Work) for one in visit.records)
            self.identities += sum(isinstance(one, Identity) for one in visit.records)
            self.signals += sum(isinstance(one, Signal) for one in visit.records)
        for task in visit.tasks:
            name = f"{task.source}/{task.kind}"
            self.found[name] = self.found.get(name, 0) + 1

    def join(self, other: "Tally") -> "Tally":
        """Return the sums of both."""
        sums = {name: getattr(self, name) + getattr(other, name) for name in _SUMS}
        found = {
            name: self.found.get(name, 0) + other.found.get(name, 0) for name in {*self.found, *other.found}
        }
        return Tally(**sums, found=found)


_SUMS = (
    "visits",
    "size",
    "requests",
    "points",
    "bytes",
    "seconds",
    "pages",
    "works",
    "identities",
    "signals",
)


@dataclass(slots=True, kw_only=True)
class KindCost:
    """One kind of question in a run. due: tasks that were known to be due when it began.

    new: asked for the first time; again: asked before, so that the source may say little; since: the same of questions
    that only want what came after a cursor.
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    due: float = 0
    new: Tally = field(default_factory=Tally)
    again: Tally = field(default_factory=Tally)
    since: Tally = field(default_factory=Tally)

    def add(self, visit: Visit) -> None:
        """Count one visit."""
        getattr(self, mode_of(visit.task)).add(visit)

    @property
    def all(self) -> Tally:
        """Return the sums over all its visits."""
        return self.new.join(self.again).join(self.since)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcePast:
    """What one source did in one run. is_good: it did all it should. known: it had been read before."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    known: bool
    is_good: bool
    seconds: float
    kinds: dict[str, KindCost]

    @property
    def visits(self) -> int:
        """Return how many questions it asked."""
        return sum(cost.all.visits for cost in self.kinds.values())


Past = Mapping[str, list[SourcePast]]
"""By source, newest run first."""
_STORED = TypeAdapter(dict[str, SourcePast])


def mode_of(task: Task) -> str:
    """Return how a task is asked: `new`, `again`, or `since` a cursor."""
    if task.lease is None or task.lease <= 1:
        return "new"
    return "since" if task.cursor is not None else "again"


def size_of(task: Task, now: datetime) -> float:
    """Return for how many things a task asks at once: repositories, accounts, ids; 1 for a plain page.

    A question what moved counts as many repositories as probably did, a little at least; one in which nothing was
    found before most likely holds nothing still.
    """
    if task.kind == watermarks.KIND:
        return max(0.1, watermarks.likely_moved(_read_before(task), now))
    return max([1, *(len(value) for value in task.params.values() if isinstance(value, list))])


def _read_before(task: Task) -> Task:
    """Return a question asked before with only those of its repositories in which something was found."""
    if mode_of(task) == "new":
        return task
    known: dict[str, str] = json.loads(task.cursor or "{}")
    found = {key.partition(":")[0] for key in known}
    names = [name for name in task.params["repositories"] if name in found]
    return replace(task, params={**task.params, "repositories": names})


def as_detail(pasts: Mapping[str, SourcePast]) -> dict[str, Any]:
    """Return what a run keeps of it."""
    return {name: asdict(one) for name, one in pasts.items()}


def past(tx: Any, *, before: datetime | None = None) -> Past:
    """Return what earlier crawls and nights did. before: only runs that started earlier."""
    out: dict[str, list[SourcePast]] = {}
    for run in _crawls(tx):
        if before is not None and run.started_at >= before:
            continue
        try:
            found = _STORED.validate_python(run.detail.get("costs", {}))
        except ValidationError:  # written by another version: not learned from
            continue
        for source, one in found.items():
            out.setdefault(source, []).append(one)
    return out


def _crawls(tx: Any) -> Iterator[Run]:
    """Yield the last finished runs that asked sources, newest first."""
    newest = runs.ls(tx, limit=RUNS_MAX * len(_KINDS))
    yield from [run for run in newest if run.kind in _KINDS and run.finished_at is not None][:RUNS_MAX]
