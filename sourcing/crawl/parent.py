"""The parent of a crawl: seeds the frontier, leases tasks to children, takes their visits, one transaction each.

Every store write happens in the thread that called `run`; other threads only carry lines.
"""

import os
import queue
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sourcing.crawl.child import Events, Heard, Process, Running, child_arguments, child_environment
from sourcing.crawl.report import CrawlReport, Limits, SourceReport, unbelievable
from sourcing.crawl.seeds import seed_tasks
from sourcing.crawl.signals import stopped_by_signals
from sourcing.crawl.unit import Result, done
from sourcing.settings import Settings, require_operator, secret
from spiders.archive import Archive
from spiders.errors import SourceChanged
from spiders.records import Outcome, Task, Visit
from spiders.spec import SourceSpec
from spiders.wire import visit_from_line
from storage import frontier, intake
from storage.engine import Store
from storage.errors import Busy, Conflict
from storage.subjects import Keyer

PASSES_MAX = (
    8  # profiles name homepages, homepages name feeds: three suffice, the rest is for what those bring
)
CRASHES_MAX = 3
STOP_S = 15  # TRUST F27: everything stopped within 20 s
LIMIT_S = 60.0  # TRUST F02: a limit without a time
CRASH_PARK_H = 1
_WANTED = "a token: set SOURCER_GITHUB_TOKEN or SOURCER_GITHUB_TOKEN_FILE"
_ABREAST = {"git": 1, "api": 1, "site": 4}  # times `crawl.batch`: a site engine works on many hosts at once
_SETTLED = (Outcome.OK, Outcome.UNCHANGED, Outcome.NONE_YET, Outcome.GONE, Outcome.ROBOTS)

Child = Callable[[list[str]], list[str]]
Progress = Callable[[SourceReport], None]


def run(
    store: Store,
    settings: Settings,
    specs: Sequence[SourceSpec],
    *,
    now: datetime,
    run: str | None,
    keyer: Keyer,
    child: Child | None = None,
    limits: Limits | None = None,
    fixed_clock: bool = False,
    progress: Progress | None = None,
    on_event: Callable[[str], None] | None = None,
) -> CrawlReport:
    """Ask every source for what is due and store what it says; sources that want answers of others come after them.

    The caller holds the crawl lock, so leases found at the start belong to a run that was killed.
    child: from a child's arguments to its command; None = `python -m spiders`. fixed_clock: children are told `now`.
    on_event: named points for tests: `leased`, `before_commit`, `after_commit`.
    Raises NotAllowed if nobody answers for the collecting, ConfigError for seeds a reader refuses.
    """
    require_operator(settings)
    crawl = _Crawl(store, settings, specs, now=now, run=run, keyer=keyer)
    crawl.limits = limits or crawl.limits
    crawl.command = child or crawl.command
    crawl.fixed_clock = fixed_clock
    crawl.progress = progress or crawl.progress
    crawl.on_event = on_event or crawl.on_event
    with stopped_by_signals(crawl.stop):
        return crawl.everything()


class _Crawl:
    def __init__(
        self,
        store: Store,
        settings: Settings,
        specs: Sequence[SourceSpec],
        *,
        now: datetime,
        run: str | None,
        keyer: Keyer,
    ) -> None:
        self.store, self.settings, self.keyer, self.run = store, settings, keyer, run
        self.specs = [spec for spec in specs if spec.enabled]
        self.began, self.start = time.monotonic(), now
        self.every_hours = {spec.name: spec.every_hours for spec in specs}
        self.reports = {spec.name: SourceReport(source=spec.name) for spec in self.specs}
        self.pages = Archive(settings.home)
        self.events: Events = queue.SimpleQueue()
        self.ending: list[Process] = []
        self.stopping = False
        self.limits = Limits()
        self.fixed_clock = False
        self.command: Child = lambda arguments: [sys.executable, "-m", "spiders", *arguments]
        self.progress: Progress = lambda _: None
        self.on_event: Callable[[str], None] = lambda _: None

    def owner(self, spec: SourceSpec) -> str:
        return f"crawl:{self.run or os.getpid()}/{spec.name}"

    def moment(self) -> datetime:
        return self.start + timedelta(seconds=time.monotonic() - self.began)

    def stamp(self) -> datetime:
        """Return the moment that is written down: under a fixed clock all of a night happens at one moment."""
        return self.start if self.fixed_clock else self.moment()

    def write(self, unit: Callable[[Any], Result]) -> Result:
        return done(self.store.begin, unit, is_stopping=lambda: self.stopping)

    def stop(self) -> None:
        self.stopping = True

    def is_late(self) -> bool:
        return self.limits.seconds is not None and time.monotonic() - self.began > self.limits.seconds

    def everything(self) -> CrawlReport:
        active: dict[str, Running] = {}
        try:
            self._prepare()
            for number in range(PASSES_MAX):
                self._seed(number)
                ready = [spec for spec in self.specs if self._is_due(spec) and (number or not spec.wants)]
                if self.stopping or self.is_late() or (number and not ready):
                    break
                self._one_pass(ready, active)
            self._abandon(active)
            return self._finish()
        finally:  # an error: the children end, and nothing more is taken into a store that may be in trouble
            for running in active.values():
                if running.process is not None:
                    running.process.kill()
            for process in self.ending:
                process.kill()

    def _prepare(self) -> None:
        def free(tx: Any) -> dict[str, bool]:
            # under the lock every lease left over belongs to a run that was killed: its tasks are asked again
            frontier.expire(tx, self.moment() + timedelta(minutes=self.settings.crawl.lease_minutes, days=1))
            return {spec.name: frontier.counts(tx, spec.name).get("done", 0) > 0 for spec in self.specs}

        known = self.write(free)
        for spec in self.specs:
            report = self.reports[spec.name]
            report.known = known[spec.name]
            if spec.auth == "github" and secret("SOURCER_GITHUB_TOKEN") is None:
                report.stopped = "credentials"
                report.detail = f"source {spec.name!r} needs {_WANTED}"

    def _seed(self, number: int) -> None:
        for spec in self.specs:
            if self.reports[spec.name].stopped or bool(number) != bool(spec.wants):
                continue
            self.write(partial(self._seed_one, spec))

    def _seed_one(self, spec: SourceSpec, tx: Any) -> None:
        now = self.stamp()
        tasks, answers = seed_tasks(tx, spec, self.settings, now=now)
        frontier.add(tx, tasks, now=now, every_hours=self.every_hours, keyer=self.keyer)
        for want, rows in answers.items():
            frontier.put_asked(tx, want, rows, now=now)

    def _is_due(self, spec: SourceSpec) -> bool:
        if self.reports[spec.name].stopped:
            return False
        return self._due(spec) > 0

    def _due(self, spec: SourceSpec) -> int:
        due = partial(frontier.due, source=spec.name, now=self.moment())
        return done(self.store.read, due, is_stopping=lambda: self.stopping)

    def _one_pass(self, ready: Sequence[SourceSpec], active: dict[str, Running]) -> None:
        waiting = deque(ready)
        while (waiting or active) and not self.stopping:
            while waiting and len(active) < self.settings.crawl.children_max:
                spec = waiting.popleft()
                active[spec.name] = Running(spec=spec, report=self.reports[spec.name])
            for running in list(active.values()):
                self._feed(running)
                self._watch(running)
                if running.is_idle:
                    del active[running.spec.name]
                    if running.process is not None:
                        running.process.close()
                        self.ending.append(running.process)
            if active:
                self._listen(active)

    def _listen(self, active: Mapping[str, Running]) -> None:
        try:
            heard = self.events.get(timeout=0.1)
        except queue.Empty:
            return
        running = active.get(heard.source)
        if running is not None and heard.process is running.process:
            self._hear(running, heard, active)

    def _hear(self, running: Running, heard: Heard, active: Mapping[str, Running]) -> None:
        running.heard = time.monotonic()
        if heard.line is None:
            self._crashed(running, "ended")
            return
        try:
            visit = visit_from_line(heard.line)
        except SourceChanged:
            self._crashed(running, "wrote a line that is no visit and was stopped")
            return
        self._take(running, visit)
        for task in visit.tasks:
            if task.source in active:
                active[task.source].dry = False
        self.progress(running.report)

    def _feed(self, running: Running) -> None:
        report, now = running.report, self.moment()
        if running.hold_until is not None and now >= running.hold_until:
            running.hold_until, running.dry = None, False
        if self.is_late() and report.stopped is None:
            report.stopped = "time"
        batch = self.settings.crawl.batch * _ABREAST[running.spec.engine]
        if (
            report.stopped
            or running.dry
            or running.hold_until is not None
            or len(running.in_flight) > batch // 2
        ):
            return
        most = min(running.spec.requests_per_run, self.limits.requests or running.spec.requests_per_run)
        left = most - report.requests - len(running.in_flight)
        if left <= 0:
            report.stopped = "budget"
            return
        wanted = min(batch - len(running.in_flight), left)
        tasks = self.write(
            lambda tx: frontier.lease(
                tx,
                running.spec.name,
                wanted,
                now=now,
                owner=self.owner(running.spec),
                for_s=self.settings.crawl.lease_minutes * 60,
                keyer=self.keyer,
            )
        )
        running.dry = not tasks
        for task in tasks:
            self._send(running, task)
        if tasks:
            self.on_event("leased")

    def _send(self, running: Running, task: Task) -> None:
        if running.process is None:
            spec = running.spec
            running.heard = time.monotonic()
            extra = ["--now", self.start.isoformat()] if self.fixed_clock else []
            running.process = Process(
                self.command([*child_arguments(self.settings, spec), *extra]),
                source=spec.name,
                env=child_environment(self.settings, spec),
                log=self.settings.home / "logs" / f"{spec.name}.log",
                events=self.events,
            )
        running.in_flight[task.key] = task
        running.process.send(task)

    def _take(self, running: Running, visit: Visit) -> None:
        report = running.report
        running.in_flight.pop(visit.task.key, None)

        def take(tx: Any) -> intake.Taken:
            taken = intake.take(
                tx, visit, now=self.moment(), run=self.run, keyer=self.keyer, every_hours=self.every_hours
            )
            self.on_event("before_commit")
            return taken

        try:
            taken = self.write(take)
        except Busy:
            raise
        except Conflict:  # the lease is stale: another run has the task, its visit counts
            return
        self.on_event("after_commit")
        if taken.suppressed and visit.page is not None:  # the page holds somebody who must not be kept
            self.pages.drop(visit.page.sha256)
        report.add(visit, taken)
        self._judge(running, visit)

    def _judge(self, running: Running, visit: Visit) -> None:
        report = running.report
        if visit.outcome is Outcome.UNCHANGED:
            report.not_modified += 1
        elif visit.outcome is Outcome.LIMITED:
            report.limited += 1
            if running.spec.hosts:  # a source of anybody's hosts goes on: one host's limit is not everybody's
                wait_s = visit.retry_after_s if visit.retry_after_s is not None else LIMIT_S
                running.hold_until = self.moment() + timedelta(seconds=wait_s)
                if wait_s > self.settings.crawl.wait_max_minutes * 60:
                    running.hold_until, report.stopped = None, "limited"
        elif visit.outcome not in _SETTLED:
            report.errors += 1
            report.detail = f"source {running.spec.name!r}: {visit.detail or visit.outcome.value}"
            if visit.outcome is Outcome.REFUSED and running.spec.engine == "api" and running.spec.hosts:
                report.stopped = "refused"

    def _crashed(self, running: Running, why: str) -> None:
        process, report = running.process, running.report
        assert process is not None
        running.process = None
        if why != "ended":
            process.kill()
        process.wait(STOP_S)
        if not running.in_flight and process.code == 0:
            return
        running.crashes += 1
        report.errors += 1
        report.detail = (
            f"source {running.spec.name!r}: its process {why} (code {process.code}); "
            f"its last words: {process.log}"
        )
        first = next(iter(running.in_flight.values()), None)
        is_twice = first is not None and first.key == running.suspect  # it shall not take a third along

        def give_back(tx: Any) -> None:
            if is_twice and first is not None:
                until = self.stamp() + timedelta(hours=CRASH_PARK_H)
                frontier.park(tx, first, until=until, reason="its child stopped twice")
            frontier.release(tx, self.owner(running.spec))

        self.write(give_back)
        running.suspect = first.key if first is not None else None
        running.in_flight.clear()
        running.dry = False
        if running.crashes >= CRASHES_MAX:
            report.stopped = "crashed"

    def _watch(self, running: Running) -> None:
        silent_s = time.monotonic() - running.heard
        is_silent = silent_s > self.settings.crawl.silent_minutes * 60
        if running.process is not None and running.in_flight and is_silent:
            self._crashed(running, f"said nothing for {silent_s / 60:.0f} minutes and was stopped")

    def _abandon(self, active: dict[str, Running]) -> None:
        """Stop every child at once, take what they still say, and return every lease; nothing if all ended."""
        deadline = time.monotonic() + STOP_S
        alive = {running.process: running for running in active.values() if running.process is not None}
        for process in alive:
            process.terminate()
        while alive and time.monotonic() < deadline:
            try:
                heard = self.events.get(timeout=0.1)
            except queue.Empty:
                continue
            running = alive.get(heard.process)
            if running is not None and heard.line is None:
                del alive[heard.process]
            elif running is not None and heard.line is not None:
                self._take_last(running, heard.line)
        for running in active.values():
            running.report.stopped = running.report.stopped or "interrupted"
            if running.process is not None:
                running.process.kill()
            self.write(partial(frontier.release, owner=self.owner(running.spec)))
        for process in self.ending:
            process.wait(max(0.0, deadline - time.monotonic()))
        active.clear()

    def _take_last(self, running: Running, line: str) -> None:
        try:
            self._take(running, visit_from_line(line))
        except SourceChanged:  # cut off by the stop: its lease is returned and the page asked again
            return

    def _finish(self) -> CrawlReport:
        for spec in self.specs:
            report = self.reports[spec.name]
            report.waiting = self._due(spec)
            report.detail = report.detail or unbelievable(spec, report)
        seconds = time.monotonic() - self.began
        return CrawlReport(sources=tuple(self.reports.values()), seconds=seconds, interrupted=self.stopping)
