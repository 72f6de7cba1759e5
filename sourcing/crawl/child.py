"""One source's child process: lines go down and up through threads, so that nobody waits for a full pipe."""

import os
import queue
import subprocess
import threading
import time
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sourcing.crawl.report import SourceReport
from sourcing.settings import Settings, spec_paths
from spiders.records import Task
from spiders.spec import SourceSpec
from spiders.wire import task_to_line

LOG_MAX_BYTES = 4 * 1024 * 1024
_OURS = "SOURCER_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A line a child wrote; line None = its output ended."""

    source: str
    process: "Process"
    line: str | None


Events = queue.SimpleQueue[Heard]


class Process:
    """A started child. log: where its own words go."""

    def __init__(
        self, command: list[str], *, source: str, env: dict[str, str], log: Path, events: Events
    ) -> None:
        log.parent.mkdir(parents=True, exist_ok=True)
        mode = "ab" if log.exists() and log.stat().st_size < LOG_MAX_BYTES else "wb"
        with log.open(mode) as words:
            self._popen = subprocess.Popen(  # noqa: S603 - our own interpreter, no shell, arguments from configuration
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=words,
                env=env,
                text=True,
                encoding="utf-8",
                start_new_session=True,  # Ctrl-C reaches the parent only: it stops the children in order
            )
        self.source, self.log = source, log
        self._events = events
        self._outbox: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        threading.Thread(target=self._write, daemon=True).start()
        threading.Thread(target=self._read, daemon=True).start()

    @property
    def code(self) -> int | None:
        """Return the exit code, None while it runs."""
        return self._popen.poll()

    def send(self, task: Task) -> None:
        """Hand a task down."""
        self._outbox.put(task_to_line(task) + "\n")

    def close(self) -> None:
        """Tell the child that no more tasks come; it ends when it is done."""
        self._outbox.put(None)

    def terminate(self) -> None:
        """Ask the child to finish the task at hand and stop."""
        self.close()
        self._popen.terminate()

    def wait(self, seconds: float) -> None:
        """Wait for the end; a child that takes longer is killed."""
        try:
            self._popen.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End the child at once."""
        if self._popen.poll() is None:
            self._popen.kill()
        self._popen.wait()

    def _write(self) -> None:
        stdin = self._popen.stdin
        assert stdin is not None
        # a child that is gone is noticed by the reading thread, which returns its leases
        try:
            with stdin:
                while (line := self._outbox.get()) is not None:
                    stdin.write(line)
                    stdin.flush()
        except (BrokenPipeError, ValueError):
            return

    def _read(self) -> None:
        stdout = self._popen.stdout
        assert stdout is not None
        try:
            with stdout:
                for line in stdout:
                    if line.endswith("\n"):  # a child that dies mid-line is told by its end, not by the half
                        self._events.put(Heard(source=self.source, process=self, line=line))
        except ValueError as error:  # bytes that are no text: the same as a line that is no visit
            self._events.put(Heard(source=self.source, process=self, line=f"{type(error).__name__}\n"))
        finally:
            self._events.put(Heard(source=self.source, process=self, line=None))


@dataclass(slots=True, kw_only=True)
class Running:
    """A source at work. in_flight: tasks the child holds, oldest first. dry: nothing is due. heard: seconds, monotonic.

    hold_until: a rate limit ends then. suspect: the task at hand when the child last stopped by itself.
    """

    spec: SourceSpec
    report: SourceReport
    in_flight: dict[str, Task] = field(default_factory=dict)
    process: Process | None = None
    dry: bool = False
    hold_until: datetime | None = None
    crashes: int = 0
    suspect: str | None = None
    heard: float = field(default_factory=time.monotonic)

    @property
    def is_idle(self) -> bool:
        """Return whether nothing is under way and nothing will come by waiting."""
        return not self.in_flight and (
            self.report.stopped is not None or (self.dry and self.hold_until is None)
        )


def child_arguments(settings: Settings, spec: SourceSpec) -> list[str]:
    """Return what a source's child is started with: its files and where run-time files go."""
    return [*map(str, spec_paths(settings, spec.name)), "--home", str(settings.home)]


def child_environment(settings: Settings, spec: SourceSpec) -> dict[str, str]:
    """Return a child's environment: of ours only the pepper and the secrets its own source names."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    kept = ["SOURCER_PEPPER", *(spec.auth.secrets if spec.auth is not None else ())]
    for name in kept:
        env.update({key: os.environ[key] for key in (name, f"{name}_FILE") if key in os.environ})
    return env | {"SOURCER_HOME": str(settings.home), "SOURCER_CONTACT": settings.operator.contact or ""}
