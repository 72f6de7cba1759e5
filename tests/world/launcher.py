"""Whole nights of an installation whose internet is invented: what `make run` and `sourcer init --demo` do."""

import contextlib
import json
import os
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import attach
import invented

CONTROLLER = "Example Recruiting GmbH"
CONTACT = "https://recruiting.example/sourcing"


def night_after(day: date) -> datetime:
    """Return the hour of the night that follows `day`, UTC."""
    return datetime.combine(day + timedelta(days=1), time(2, 17), tzinfo=UTC)


class Night:
    """One night of an installation whose internet is invented. home: where it and the world are kept."""

    def __init__(self, home: Path, *, size: int = 100, seed: int = 7, day: date = invented.UNTIL) -> None:
        self.home = home
        self.now = night_after(day)
        self.pins = home / "world" / "pins.json"
        self.world = invented.build(home / "world" / f"{size}-{seed}", size=size, seed=seed, until=day)

    @contextlib.contextmanager
    def serving(self) -> Iterator["invented.Server"]:
        """Serve the world; `sourcer` calls inside find its configuration and its token."""
        self.world.write_config(self.home / "config")
        with invented.serve(self.world) as server:
            self.pins.write_text(json.dumps(dict.fromkeys(server.hosts, f"http://127.0.0.1:{server.port}")))
            before = os.environ.get("SOURCER_GITHUB_TOKEN")
            os.environ["SOURCER_GITHUB_TOKEN"] = self.world.token
            try:
                yield server
            finally:
                os.environ.pop("SOURCER_GITHUB_TOKEN")
                if before is not None:
                    os.environ["SOURCER_GITHUB_TOKEN"] = before

    def sourcer(self, *arguments: str) -> int:
        """Run `sourcer ARGUMENTS` in this process on this night; return its exit code."""
        config = ["--config", str(self.home / "sourcer.toml")] if arguments[0] != "init" else []
        return attach.attached([str(self.pins), self.now.isoformat(), *config, *arguments])

    def install(self) -> int:
        """Make the installation if there is none: `sourcer init`, and the world's configuration laid over it."""
        config = self.home / "sourcer.toml"
        if config.exists():
            return 0
        code = self.sourcer(
            "init", str(self.home), "--controller", CONTROLLER, "--contact", CONTACT, "--quiet"
        )
        text = 'config_dir = "config"                    # the invented world\'s seeds\n' + config.read_text()
        config.write_text(text)
        return code


def night(home: Path, *, size: int, seed: int, specialism: str) -> int:
    """Run a night, print the shortlist and write leads.csv. Called again, it is the next night, a day later."""
    memory = home / "world" / "nights.json"
    nights = json.loads(memory.read_text()) if memory.exists() else []
    day = invented.UNTIL + timedelta(days=len(nights))
    _say(f"The invented world of {size} people, as it is on {day}." + (" One day later." if nights else ""))
    tonight = Night(home, size=size, seed=seed, day=day)
    with tonight.serving():
        code = tonight.install() or tonight.sourcer("nightly")
        if code not in (0, 5):
            return code
        memory.write_text(json.dumps([*nights, day.isoformat()]))
        _say(f"\nShortlist for {specialism}:")
        code = tonight.sourcer("search", "", "--specialism", specialism, "--limit", "10")
        leads = ("export", "run", "--query", "", "--specialism", specialism, "--to", "csv", "--yes")
        code = code or tonight.sourcer(*leads, "--dry-run")  # nobody is handed over unseen
        code = code or tonight.sourcer(*leads, "--out", str(home / "leads.csv"))
    _say(f"\nEverything is below {home}. Run it again for the next night: only what is new is asked for.")
    return code


def demo(home: Path, *, size: int, seed: int) -> int:
    """Fill an installation from the invented world, for `sourcer init --demo`."""
    tonight = Night(home, size=size, seed=seed)
    with tonight.serving():
        return tonight.install() or tonight.sourcer("nightly")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
