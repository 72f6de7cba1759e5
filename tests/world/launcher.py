"""Runs `sourcer` against the invented world: the real program, real HTTP and real git, on loopback.

This is the only place outside the tests where the door learns of loopback addresses: host names of the invented
world are pinned to its one server by a constructor argument. No setting or variable can do the same.
"""

import contextlib
import json
import os
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import invented

FIRST_DAY = date(2026, 11, 22)
TOKEN = "invented-token-of-nobody"
HERE = Path(__file__).resolve().parent
CONFIG = """\
# Written for the invented world. A real installation: `sourcer init DIR`.
[operator]
controller = "Example Recruiting GmbH"
contact = "https://recruiting.example/sourcing"
"""


def after(day: date) -> datetime:
    """Return the hour of the night that follows `day`, UTC."""
    return datetime.combine(day + timedelta(days=1), time(2, 17), tzinfo=UTC)


class Night:
    """An invented world at one day, served, with `sourcer` pointed at it. Use as a context manager."""

    def __init__(self, home: Path, *, size: int = 100, seed: int = 7, day: date = FIRST_DAY) -> None:
        self.home = home
        self.day = day
        self.now = after(day)
        self.world = invented.build(home / "world", size=size, seed=seed, until=day)
        self.pins = home / "world" / "pins.json"
        self.server: Any = None

    @contextlib.contextmanager
    def serving(self) -> Iterator["Night"]:
        """Serve the world and set the environment that `sourcer` and its children read."""
        self.home.mkdir(parents=True, exist_ok=True)
        config = self.home / "sourcer.toml"
        if not config.exists():
            config.write_text(CONFIG)
        self.world.write_config(self.home / "config")
        with invented.serve(self.world) as server:
            self.server = server
            self.pins.write_text(json.dumps({host: f"http://127.0.0.1:{server.port}" for host in server.hosts}))
            before = dict(os.environ)
            os.environ.update(
                SOURCER_HOME=str(self.home),
                SOURCER_CONFIG_DIR=str(self.home / "config"),
                SOURCER_GITHUB_TOKEN=TOKEN,
                SOURCER_PEPPER="the invented world keeps no secrets",
            )
            try:
                yield self
            finally:
                os.environ.clear()
                os.environ.update(before)

    def child(self) -> Callable[[list[str]], list[str]]:
        """Return what turns the arguments of a source's child into the command that starts it on this world."""
        return lambda arguments: [sys.executable, str(HERE), "child", str(self.pins), *arguments]

    def sourcer(self, *arguments: str) -> int:
        """Run `sourcer ARGUMENTS` in this process; return its exit code."""
        from sourcing.__main__ import main

        return main(
            ["--config", str(self.home / "sourcer.toml"), *arguments], child=self.child(), now=lambda: self.now
        )


def child(arguments: list[str]) -> int:
    """Be a source's child process whose door knows the invented hosts: PINS.json, then `python -m spiders`' own."""
    from spiders.__main__ import main

    return main(arguments[1:], pins=json.loads(Path(arguments[0]).read_text()))


def attached(arguments: list[str]) -> int:
    """Run `sourcer` in this process against a world that another process serves: PINS.json NOW ARGUMENTS…"""
    from sourcing.__main__ import main

    pins, moment, *rest = arguments
    now = datetime.fromisoformat(moment)
    return main(rest, child=lambda call: [sys.executable, str(HERE), "child", pins, *call], now=lambda: now)


def night(home: Path, *, size: int, seed: int, specialism: str) -> int:
    """Run one night of the invented world, then print the shortlist and write leads.csv; the next call is a day later."""
    memory = home / "world" / "nights.json"
    nights = json.loads(memory.read_text()) if memory.exists() else []
    day = FIRST_DAY + timedelta(days=len(nights))
    say = lambda text: print(text, file=sys.stderr, flush=True)  # noqa: E731
    say(f"The invented world on {day}, {size} people: {'building' if not nights else 'a day later'} …")
    with Night(home, size=size, seed=seed, day=day).serving() as tonight:
        if not nights and tonight.sourcer("db", "upgrade") != 0:
            return 1
        code = tonight.sourcer("nightly")
        if code not in (0, 5):
            return code
        memory.write_text(json.dumps([*nights, day.isoformat()]))
        print(f"\nShortlist: {specialism}\n", flush=True)
        shown = tonight.sourcer("search", "", "--specialism", specialism, "--limit", "10")
        out = home / "leads.csv"
        sent = tonight.sourcer("export", "run", "--query", "", "--specialism", specialism, "--to", "csv", "--out", str(out), "--yes")
    say(f"\nRun the same again for the night after: only what is new is asked for. Everything is under {home}.")
    return code or shown or sent
