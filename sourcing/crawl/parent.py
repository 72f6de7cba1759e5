"""The parent of a crawl: seeds the frontier, leases tasks to children, takes their visits, one transaction each.

Every store write happens in the thread that called `run`; other threads only carry lines.
"""

import os
import queue
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sourcing.crawl.advice import look
from sourcing.crawl.allowance import Limits, bucket_of, in_order, left, next_ready
from sourcing.crawl.child import Events, Heard, Process, Running
from sourcing.crawl.costs import KindCost, Past, past
from sourcing.crawl.forecast import Forecast
from sourcing.crawl.judge import judge
from sourcing.crawl.plan import hours_of, is_known, lacking, plan
from sourcing.crawl.report import CrawlReport, SourceReport, collapsed, unbelievable
from sourcing.crawl.seeds import seed_tasks
from sourcing.crawl.signals import stopped_by_signals, stopped_by_word
from sourcing.crawl.start import start
from sourcing.crawl.times import Times
from sourcing.crawl.unit import Result, done
from sourcing.settings import Settings, require_operator
from spiders.archive import Archive
from spiders.errors import SourceChanged
from spiders.records import Task, Visit
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
STOP_S = 10  # TRUST F27: everything stopped within 20 s, on a machine that is busy too
CRASH_PARK_H = 1
_ABREAST = {"git": 1, "api": 1, "site": 4}  # times `crawl.batch`: a site engine works on many hosts at once

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
    crawl.times = Times(now, limits or Limits(), is_fixed=fixed_clock)
    crawl.command = child or crawl.command
    crawl.progress = progress or crawl.progress
    crawl.on_event = on_event or crawl.on_event
    with stopped_by_signals(crawl.stop), stopped_by_word(store, run, crawl.stop):
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
        self.times = Times(now, Limits(), is_fixed=False)
        self.every_hours = hours_of(specs)
        self.reports = {spec.name: SourceReport(source=spec.name) for spec in self.specs}
        self.pages = Archive(settings.home)
        self.events: Events = queue.SimpleQueue()
        self.ending: list[Process] = []
        self.stopping = False
        self.past: Past = {}
        self.forecast: Forecast | None = None
        self.begun: dict[str, float] = {}
        self.command: Child = lambda arguments: [sys.executable, "-m", "spiders", *arguments]
        self.progress: Progress = lambda _: None
        self.on_event: Callable[[str], None] = lambda _: None

    def owner(self, spec: SourceSpec) -> str:
        return f"crawl:{self.run or os.getpid()}/{spec.name}"

    def write(self, unit: Callable[[Any], Result]) -> Result:
        return done(self.store.begin, unit, is_stopping=lambda: self.stopping)

    def stop(self) -> None:
        self.stopping = True

    def everything(self) -> CrawlReport:
        active: dict[str, Running] = {}
        try:
            self._prepare()
            for number in range(PASSES_MAX):
                self._seed(number)
                ready = [spec for spec in self.specs if self._is_due(spec) and (number or not spec.wants)]
                if self.stopping or self.times.is_late() or (number and not ready):
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
            frontier.expire(
                tx, self.times.moment() + timedelta(minutes=self.settings.crawl.lease_minutes, days=1)
            )
            return {spec.name: is_known(tx, spec) for spec in self.specs}

        known = self.write(free)
        done(self.store.read, self._foresee, is_stopping=lambda: self.stopping)
        for spec in self.specs:
            report = self.reports[spec.name]
            report.known = known[spec.name]
            if (detail := lacking(spec)) is not None:
                report.stopped, report.detail = "credentials", detail

    def _foresee(self, tx: Any) -> None:
        self.past = past(tx)
        self.forecast = plan(
            tx, self.specs, self.settings, now=self.times.stamp(), limits=self.times.limits, learned=self.past
        )
        for source, kinds in self.forecast.due.items():
            self.reports[source].kinds = {kind: KindCost(due=number) for kind, number in kinds.items()}

    def _seed(self, number: int) -> None:
        for spec in self.specs:
            if self.reports[spec.name].stopped or bool(number) != bool(spec.wants):
                continue
            self.write(partial(self._seed_one, spec))

    def _seed_one(self, spec: SourceSpec, tx: Any) -> None:
        now = self.times.stamp()
        tasks, answers = seed_tasks(tx, spec, self.settings, now=now)
        frontier.add(tx, tasks, now=now, every_hours=self.every_hours, keyer=self.keyer)
        frontier.revive(tx, spec.name, spec.recurs, now=now, every_hours=self.every_hours)
        for want, rows in answers.items():
            frontier.put_asked(tx, want, rows, now=now, source=spec.name)

    def _is_due(self, spec: SourceSpec) -> bool:
        if self.reports[spec.name].stopped:
            return False
        return self._due(spec) > 0

    def _due(self, spec: SourceSpec) -> int:
        due = partial(frontier.due, source=spec.name, now=self.times.moment())
        return done(self.store.read, due, is_stopping=lambda: self.stopping)

    def _one_pass(self, ready: Sequence[SourceSpec], active: dict[str, Running]) -> None:
        assert self.forecast is not None
        waiting = in_order(ready, {one.name: one.seconds for one in self.forecast.sources})
        while (
            (waiting or active) and not self.stopping and not self.times.is_late(-self.times.limits.grace_s)
        ):
            while len(active) < self.settings.crawl.children_max:
                spec = next_ready(waiting, (bucket_of(one.spec) for one in active.values()))
                if spec is None:
                    break
                waiting.remove(spec)
                self.begun[spec.name] = time.monotonic()
                active[spec.name] = Running(spec=spec, report=self.reports[spec.name])
            # asking for the code reaps the dead
            self.ending = [one for one in self.ending if one.code is None]
            for running in list(active.values()):
                self._feed(running)
                self._watch(running)
                if running.is_idle:
                    self._end(running)
                    del active[running.spec.name]
                    if running.process is not None:
                        running.process.close()
                        self.ending.append(running.process)
            if active:
                self._listen(active)

    def _end(self, running: Running) -> None:
        began = self.begun.pop(running.spec.name)
        if running.process is not None:
            running.report.seconds += round(time.monotonic() - began, 1)

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
        report, now = running.report, self.times.moment()
        if running.hold_until is not None and now >= running.hold_until:
            running.hold_until, running.dry = None, False
        if self.times.is_late() and report.stopped is None:
            report.stopped = "time"
        batch = self.settings.crawl.batch * _ABREAST[running.spec.engine]
        is_waiting = running.dry or running.hold_until is not None
        if report.stopped or is_waiting or len(running.in_flight) > batch // 2:
            return
        used = {name: one.requests for name, one in self.reports.items()}
        used[running.spec.name] += len(running.in_flight)
        most = left(running.spec, self.specs, used, self.times.limits)
        if most == 0:
            if not running.in_flight:  # what is under way may name nothing more, and then nothing is missing
                report.stopped = "budget" if self._due(running.spec) else None
                running.dry = True
            return
        wanted = min(batch - len(running.in_flight), most)
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
            running.heard = time.monotonic()
            at = self.times.start if self.times.is_fixed else None
            running.process = start(self.settings, running.spec, self.command, events=self.events, at=at)
        running.in_flight[task.key] = task
        running.process.send(task)

    def _take(self, running: Running, visit: Visit) -> None:
        report = running.report
        running.in_flight.pop(visit.task.key, None)

        def take(tx: Any) -> intake.Taken:
            taken = intake.take(
                tx,
                visit,
                now=self.times.moment(),
                run=self.run,
                keyer=self.keyer,
                every_hours=self.every_hours,
                vanished_max=running.spec.expect.vanished_max,
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
        for sha256 in sorted(taken.pages):  # the law took these away
            self.pages.drop(sha256)
        if taken.barred:
            from storage import snapshot  # PyArrow takes a second to load

            snapshot.remove(self.settings.home)
        if taken.suppressed and visit.page is not None:  # the page holds somebody who must not be kept
            self.pages.drop(visit.page.sha256)
        report.add(visit, taken)
        judge(running, visit, self.times, wait_max_s=self.settings.crawl.wait_max_minutes * 60)

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
            f"source {running.spec.name!r}: its process {why} (code {process.code}) and what it held is asked again; "
            f"if it stays so, {look(running.spec.name)}; its last words: {process.log}"
        )
        first = next(iter(running.in_flight.values()), None)
        is_twice = first is not None and first.key == running.suspect  # it shall not take a third along

        def give_back(tx: Any) -> None:
            if is_twice and first is not None:
                until = self.times.stamp() + timedelta(hours=CRASH_PARK_H)
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
            self._end(running)
            running.report.stopped = running.report.stopped or ("interrupted" if self.stopping else "time")
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
            if report.waiting and self.times.is_late() and report.stopped is None:
                report.stopped = "time"  # its turn did not come
            report.collapsed = collapsed(spec, report, self.past.get(spec.name, ()))
            report.detail = report.collapsed or report.detail or unbelievable(spec, report)
        return CrawlReport(
            sources=tuple(self.reports.values()), seconds=self.times.passed_s,
            interrupted=self.stopping, planned=None if self.forecast is None else self.forecast.total,
        )  # fmt: skip
