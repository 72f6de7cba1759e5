"""`python -m spiders CONFIG.toml [OVERLAY.toml]`: tasks in on stdin, visits out on stdout, no database.

One JSON object a line both ways, logs on stderr. With `--seeds`, or a terminal as stdin, it starts from the seeds and
follows what it discovers, up to `--limit` tasks: `python -m spiders config/sources/x.toml --limit 5 | jq`.
"""

import argparse
import io
import os
import queue
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol
from urllib.parse import quote, urlsplit

from pydantic import ValidationError

from spiders import logs
from spiders.door import Door
from spiders.engines.turn import Kit, Stop, make_kit
from spiders.errors import SourceChanged, SpiderError
from spiders.records import Task, Visit
from spiders.redact import Pepper
from spiders.settings import load_settings, secret
from spiders.spec import every_error, load_reader, load_spec, started
from spiders.wire import task_from_line, visit_to_line

_IDLE_S = 0.1


class Engine(Protocol):
    """What the three engines have in common."""

    def run(self, tasks: Iterator[Task], emit: Callable[[Visit], None]) -> None:
        """Visit tasks until they end, handing each visit out as it is done."""
        ...


def main(argv: Sequence[str] | None = None, *, pins: Mapping[str, str] | None = None) -> int:
    """Run one source; return 0, or 2 if its configuration or environment does not allow it.

    pins: host to loopback address, for the invented world and fixtures; there is no option or variable for it.
    """
    options = _options(argv)
    try:
        spec = load_spec(*options.config)
        reader = load_reader(spec)
        seeds = reader.Seeds.model_validate(spec.seeds)
        if options.limit == 0:
            asks = len(started(spec, reader, seeds, {}))
            print(f"{spec.name}: complete; begins with {asks} questions from its seeds", file=sys.stderr)
            return 0
        settings = load_settings(options.home)
        wanted = spec.auth.secrets if spec.auth is not None else ()
        secrets = {name: value for name in wanted if (value := secret(name)) is not None}
        pepper = settings.pepper_bytes()
        hidden = [*secrets.values(), pepper.decode("utf-8", "replace")]
        logs.set_up(secrets=[*hidden, *map(quote, hidden)])  # as they are, and as they stand in an address
        door = Door(user_agent=settings.user_agent, pins=pins)
    except ValidationError as error:
        print(f"{options.config[0]}: {every_error(error, 'seeds')}", file=sys.stderr)
        return 2
    except SpiderError as error:
        print(str(error), file=sys.stderr)
        return 2
    for stream in (sys.stdin, sys.stdout):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8")  # whatever the locale: the parent speaks UTF-8
    stop = Stop()
    previous = _listen(stop)
    kit = make_kit(
        spec,
        reader,
        door,
        pepper=Pepper(pepper),
        home=settings.home,
        clock=_clock(options.now),
        secrets=secrets,
        stop=stop,
    )
    try:
        by_hand = options.seeds or sys.stdin.isatty()
        first = started(spec, reader, seeds, {}) if by_hand or spec.engine == "site" else []
        source = _Followed(first, options.limit, stop) if by_hand else _Piped(options.limit, stop)
        _engine(kit, first).run(iter(source), source.emit)
    except SourceChanged as error:
        print(str(error), file=sys.stderr)
        return 2
    finally:
        _unlisten(previous)
        if kit.worker is not None:
            kit.worker.close()
        door.close()
    return 0


class _Piped:
    """Tasks from stdin, visits to stdout; discovered tasks are the parent's to judge."""

    def __init__(self, limit: int | None, stop: Stop) -> None:
        self._limit = limit
        self._stop = stop
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        threading.Thread(target=self._listen, daemon=True, name="stdin").start()

    def _listen(self) -> None:
        """Read lines as they come, so that the wish to stop is heard while none comes; the end is ''."""
        for line in sys.stdin:
            self._lines.put(line)
        self._lines.put("")

    def __iter__(self) -> Iterator[Task]:
        """Yield tasks until the pipe closes, the limit is reached or a stop is asked."""
        done = 0
        while not self._stop.asked and (self._limit is None or done < self._limit):
            try:
                line = self._lines.get(timeout=_IDLE_S)
            except queue.Empty:
                continue
            if not line:
                return
            if line.strip():
                done += 1
                yield task_from_line(line)

    def emit(self, visit: Visit) -> None:
        """Write one visit, at once."""
        _write(visit, self._stop)


class _Followed:
    """Tasks from the seeds and from what their pages name, of this source only, each once."""

    def __init__(self, started: Sequence[Task], limit: int | None, stop: Stop) -> None:
        self._waiting = deque(started)
        self._seen = {task.key for task in started}
        self._limit = limit
        self._stop = stop
        self._under_way = 0
        self._change = threading.Condition()

    def __iter__(self) -> Iterator[Task]:
        """Yield tasks; waits while a page under way may still name more."""
        done = 0
        while not self._stop.asked and (self._limit is None or done < self._limit):
            with self._change:
                while not self._waiting and self._under_way and not self._stop.asked:
                    self._change.wait(_IDLE_S)
                if not self._waiting:
                    return
                task = self._waiting.popleft()
                self._under_way += 1
            done += 1
            yield task

    def emit(self, visit: Visit) -> None:
        """Write one visit and follow what it names."""
        _write(visit, self._stop)
        with self._change:
            self._under_way -= 1
            for task in visit.tasks:
                if task.source == visit.task.source and task.key not in self._seen:
                    self._seen.add(task.key)
                    self._waiting.append(task)
            self._change.notify_all()


def _write(visit: Visit, stop: Stop) -> None:
    """Write a visit as one line to stdout, flushed, so that the parent can store it now; stop if nobody reads."""
    try:
        sys.stdout.write(visit_to_line(visit) + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        stop.ask()
        os.dup2(
            os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno()
        )  # or the interpreter complains at its end


def _engine(kit: Kit, started: Sequence[Task]) -> Engine:
    """Return the engine of a source; imported here because Scrapy takes its time and only sites need it."""
    match kit.spec.engine:
        case "api":
            from spiders.engines.api import ApiEngine

            return ApiEngine(kit)
        case "git":
            from spiders.engines.repository import RepositoryEngine

            return RepositoryEngine(kit)
        case "site":
            from spiders.engines.site import SiteEngine

            hosts = {urlsplit(task.url).hostname or "" for task in started}
            return SiteEngine(kit, seed_hosts=hosts)


def _clock(fixed: datetime | None) -> Callable[[], datetime]:
    """Return what stamps answers: the given moment, else the moment of this process's start plus time passed."""
    if fixed is not None:
        return lambda: fixed
    return lambda: datetime.fromtimestamp(time.time(), UTC)


def _listen(stop: Stop) -> dict[signal.Signals, object]:
    """Let SIGTERM and SIGINT ask to finish the current task and end; return what they did before."""
    if threading.current_thread() is not threading.main_thread():
        return {}
    wanted = (signal.SIGTERM, signal.SIGINT)
    return {number: signal.signal(number, lambda *_: stop.ask()) for number in wanted}


def _unlisten(previous: Mapping[signal.Signals, object]) -> None:
    """Give the signals back."""
    for number, handler in previous.items():
        signal.signal(number, handler)  # type: ignore[arg-type]


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    """Return the command line."""
    parser = argparse.ArgumentParser(prog="python -m spiders", description=__doc__)
    parser.add_argument(
        "config", type=Path, nargs="+", help="config/sources/NAME.toml, then files laid over it"
    )
    parser.add_argument(
        "--limit", type=int, default=None, help="visit at most this many tasks; 0 only checks the source"
    )
    parser.add_argument("--now", type=_moment, default=None, help="stamp answers with this moment (ISO 8601)")
    parser.add_argument(
        "--home", type=Path, default=None, help="where pages and mirrors go (default SOURCER_HOME)"
    )
    parser.add_argument("--seeds", action="store_true", help="start from the seeds even if stdin is a pipe")
    return parser.parse_args(argv)


def _moment(text: str) -> datetime:
    """Return an ISO moment in UTC; one without a zone is taken as UTC."""
    found = datetime.fromisoformat(text)
    return found.astimezone(UTC) if found.tzinfo is not None else found.replace(tzinfo=UTC)


if __name__ == "__main__":
    sys.exit(main())
