"""Crawls and nights that are begun from a page or the API: processes of their own, asked to stop through the store.

A run that was cut short goes on where it was: what was answered is not asked again, so going on is another run of the
same sources, or of the steps of a night that are left.
"""

import subprocess
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from threading import Thread
from typing import Any

from sourcing import nightly
from sourcing.clock import Clock
from sourcing.crawl import lock
from sourcing.errors import BadInput
from sourcing.settings import Settings, load_specs, require_operator
from storage import audit, runs
from storage.engine import Store
from storage.errors import StoreError
from storage.model import Run

LOG_LINES = 200
_OVER = ("partial", "failed", "interrupted")
_LOCKING = ("crawl", "nightly", "replay")  # kinds of runs of which one is at work at a time


class Kind(StrEnum):
    """What can be begun."""

    CRAWL = "crawl"
    NIGHTLY = "nightly"


def begin(
    store: Store,
    settings: Settings,
    command: Sequence[str],
    *,
    kind: Kind,
    sources: Sequence[str] = (),
    steps: Sequence[nightly.Step] = (),
    actor: str,
    clock: Clock,
    resumes: str | None = None,
) -> str:
    """Begin a crawl or a night in a process of its own, and return its run at once.

    command: how this program is started with these settings. sources: of a crawl, none = all that are on. steps: of a
    night, none = all. resumes: the run that this one goes on with.
    Raises Locked while another is at work, NotAllowed if nobody answers for the collecting (P02), UnknownName for a
    source, BadInput if the process cannot be started, which the run then tells as well.
    """
    now = clock()
    require_operator(settings)
    load_specs(settings, list(sources) or None)
    asked: dict[str, Any] = {"asked": list(sources), "steps": list(steps)}
    with store.begin() as tx:
        run = runs.start(
            tx, kind, now=now, actor=actor, detail={**asked, **({"resumes": resumes} if resumes else {})}
        )
        lock.reserve(tx, settings, run, now=now)
        detail = {"kind": kind, "sources": len(sources), **({"resumes": resumes} if resumes else {})}
        audit.append(tx, at=now, actor=actor, action="run.begin", subject=run, detail=detail)
    only = [part for step in steps for part in ("--only", str(step))]
    arguments = ["crawl", "run", *sources] if kind is Kind.CRAWL else ["nightly", *only]
    try:
        process = _started([*command, "--no-input", *arguments, "--as", run], log_file(settings, run))
    except OSError as error:
        _fail(store, settings, run, f"its process could not be started: {error}", now=clock())
        raise BadInput(f"{run} could not be started: {error}") from error
    Thread(target=_watch, args=(store, settings, run, process, clock), name=run, daemon=True).start()
    return run


def resume(
    store: Store, settings: Settings, command: Sequence[str], run: str, *, actor: str, clock: Clock
) -> str:
    """Begin what goes on where a run ended, and return the new run. Raises as `begin`, NotFound, BadInput (`left`)."""
    with store.read() as tx:
        cut = runs.get(tx, run)
    sources, steps = left(cut)
    return begin(
        store, settings, command, kind=Kind(cut.kind), sources=sources, steps=steps, actor=actor, clock=clock,
        resumes=run,
    )  # fmt: skip


def left(run: Run) -> tuple[list[str], list[nightly.Step]]:
    """Return what a run left to do: the sources of a crawl (none = all that are on), the steps of a night.

    Raises BadInput for a run that is at work, did everything, or is none that can go on.
    """
    if run.kind not in set(Kind):
        raise BadInput(f"{run.id} is a {run.kind} run: only crawls and nights go on where they ended")
    if run.status not in _OVER:
        why = "is still at work" if run.status == "running" else "did everything: nothing is left"
        raise BadInput(f"{run.id} {why}")
    if run.kind == Kind.CRAWL:
        return list(run.detail.get("asked", ())), []
    wanted = [nightly.Step(one) for one in run.detail.get("steps", ())] or list(nightly.Step)
    finished = {step.name for step in run.steps if step.status == "done"}
    first = next((at for at, step in enumerate(wanted) if step not in finished), None)
    if first is None:
        raise BadInput(f"{run.id} did everything: nothing is left")
    return [], wanted[first:]


def stop(store: Store, settings: Settings, run: str, *, actor: str, now: datetime) -> str:
    """Ask a crawl or a night to stop as Ctrl-C does, and return its state: running until it has, within 20 seconds.

    A run whose process is gone is over at once. Writes the audit log and the run. Raises NotFound, BadInput for a run
    that is over or cannot be stopped.
    """
    with store.begin() as tx:
        found = runs.get(tx, run)
        if found.kind not in set(Kind):
            raise BadInput(f"{run} is a {found.kind} run, which ends by itself and cannot be cancelled")
        if found.status != "running":
            raise BadInput(f"{run} is over: {found.status}")
        audit.append(tx, at=now, actor=actor, action="run.stop", subject=run, detail={})
        runs.ask_to_stop(tx, run, actor=actor, now=now)
        if lock.is_at_work(tx, settings, now=now) and _is_newest(tx, found):
            return "running"
        runs.finish(
            tx, run, now=now, status="interrupted", detail={**found.detail, "error": "its process is gone"}
        )
        return "interrupted"


def log_file(settings: Settings, name: str) -> Path:
    """Return where a run that was begun here, or a source's child, writes its own words."""
    return settings.home / "logs" / f"{name}.log"


def log(tx: Any, settings: Settings, run: str, *, lines: int = LOG_LINES) -> list[str]:
    """Return the last words of a run, then of each of its sources, at most `lines` of each. Raises NotFound."""
    names = [runs.get(tx, run).id, *(one.source for one in runs.health(tx, run))]
    found: list[str] = []
    for name in names:
        with suppress(FileNotFoundError):
            text = log_file(settings, name).read_text(encoding="utf-8", errors="replace")
            said = text.splitlines()[-lines:]
            found += [f"== {name} ==", *said] if said else []
    return found


def _started(command: Sequence[str], log: Path) -> subprocess.Popen[bytes]:
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as words:
        return subprocess.Popen(  # noqa: S603 - our own program, no shell, names of sources that are known
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=words,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # a server that is stopped leaves it at work
        )


def _is_newest(tx: Any, run: Run) -> bool:
    """Return whether a running run is the one at work, if any is: all take one lock, and each took it as it began."""
    begun = [one for kind in _LOCKING if (one := runs.last(tx, kind, status="running")) is not None]
    return all((one.started_at, one.id) <= (run.started_at, run.id) for one in begun)


def _watch(
    store: Store, settings: Settings, run: str, process: subprocess.Popen[bytes], clock: Clock
) -> None:
    """Wait for the end and write down that of a process that could not do so itself."""
    code = process.wait()
    told = f"its process ended with code {code}; `sourcer run logs {run}` has its last words"
    with suppress(StoreError):  # the server may be gone before the crawl
        _fail(store, settings, run, told, now=clock())


def _fail(store: Store, settings: Settings, run: str, told: str, *, now: datetime) -> None:
    """Give back what was reserved for a run, and write down that it failed unless it told its end itself."""
    with store.begin() as tx:
        lock.release(tx, settings, run)
        found = runs.get(tx, run)
        if found.status == "running":
            runs.finish(tx, run, now=now, status="failed", detail={**found.detail, "error": told})
