"""Begins nights at their time, one after the other, and catches up with one that was missed or cut off (TRUST F41)."""

import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from threading import Event, Thread
from typing import Any

from sourcing import timetable
from sourcing.clock import Clock
from sourcing.crawl import lock
from sourcing.settings import Settings
from storage import runs
from storage.engine import Store
from storage.model import Run

LOOK_S = 60.0  # clocks are set and machines sleep, so the time is looked at again, however far off a night is
AGAIN_S = 600.0  # after a night that could not begin: another run holds the lock, or the store is away
TRIES_MAX = 3  # of one night that is cut off each time: what kills it may well be the night itself
_KEPT_MAX = 50  # runs looked through for the tries of one night
_STOP_S = 30.0  # a night gives back what it leased within twenty (TRUST F27)
_SAYS = {
    0: "done",
    5: "done but for a source that failed, which is asked again: a warning",
    6: "another run holds the lock: tried again",
    75: "a limit or budget was reached: a warning, the rest is for the next",
}

Start = Callable[[], int]
"""Does a night and returns its exit code."""
Wait = Callable[[float], bool]
"""Waits so many seconds at most; returns whether it is time to end."""


def due(tx: Any, settings: Settings, *, now: datetime, since: datetime) -> datetime | None:
    """Return the moment of the night that should be at work or over by now and is not; None if none is missing.

    since: from when on nights are watched; earlier ones count only if any ever ran. A night that was killed or stopped
    by its machine is missing, unless a person stopped it or it was tried `TRIES_MAX` times.
    """
    moment = timetable.previous(settings.schedule, now)
    tried = [
        run for run in runs.ls(tx, limit=_KEPT_MAX) if run.kind == "nightly" and run.started_at >= moment
    ]
    if not tried:
        earlier = runs.last(tx, "nightly")
        return moment if moment >= (since if earlier is None else earlier.started_at) else None
    is_cut = _is_cut(tried[0]) and not lock.is_at_work(tx, settings, now=now)
    return moment if is_cut and len(tried) < TRIES_MAX else None


def run(
    store: Store,
    settings: Settings,
    start: Start,
    *,
    clock: Clock,
    wait: Wait,
    say: Callable[[str], None] = lambda _: None,
) -> None:
    """Do every night at its time until `wait` says to end; what goes wrong with one is told and ends nothing.

    Between nights the receiver of webhooks is told what it did not take.
    """
    since, pause_s = clock(), 0.0
    while not wait(pause_s):
        now = clock()
        pause_s = LOOK_S
        try:
            with store.read() as tx:
                moment = due(tx, settings, now=now, since=since)
            if moment is None:
                _tell(store, settings, now=now)
        except Exception as error:  # whatever it is, nobody else begins the next night
            say(f"whether a night is due cannot be told: {type(error).__name__}: {error}")
            pause_s = AGAIN_S
            continue
        if moment is None:
            next_s = (timetable.following(settings.schedule, now) - now).total_seconds()
            pause_s = max(min(LOOK_S, next_s), 0.1)
            continue
        say(f"the night of {moment:%Y-%m-%d %H:%M} UTC begins")
        try:
            code = start()
        except OSError as error:  # as of a machine without memory for another process
            say(f"the night could not begin: {error}")
            pause_s = AGAIN_S
            continue
        say(f"the night ended with {code}: {_SAYS.get(code, 'see `sourcer run list` and `sourcer doctor`')}")
        pause_s = LOOK_S if code in (0, *timetable.WARNINGS) else AGAIN_S


def night(command: Sequence[str], stop: Event) -> int:
    """Do a night in a process of its own and return its exit code; asked to `stop`, it ends as by Ctrl-C.

    command: how this program is started with the settings in force.
    """
    with subprocess.Popen([*command, "--no-input", "nightly"], stdin=subprocess.DEVNULL) as process:  # noqa: S603 - our own program
        while process.poll() is None:
            if stop.wait(0.5):
                process.terminate()
                try:
                    process.wait(_STOP_S)
                except subprocess.TimeoutExpired:
                    process.kill()
        return process.returncode


@contextmanager
def beside(
    store: Store, settings: Settings, command: Sequence[str], *, clock: Clock, say: Callable[[str], None]
) -> Iterator[None]:
    """Begin nights in a thread for as long as something else is done; a night under way is asked to stop at its end."""
    stop = Event()

    def nights() -> None:
        run(store, settings, lambda: night(command, stop), clock=clock, wait=stop.wait, say=say)

    thread = Thread(target=nights, name="schedule", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(2 * _STOP_S)  # a night that does not end when asked is killed after half of it


def _tell(store: Store, settings: Settings, *, now: datetime) -> None:
    from sourcing.export import events  # late, as all that leads are made with

    events.deliver(store, settings, now=now)


def _is_cut(run: Run) -> bool:
    """Return whether a run ended without doing all it could and nobody cancelled it; Ctrl-C cancels nothing."""
    return run.status in {"running", "interrupted"} and run.stop_at is None
