"""An installation that collects the guild and its neighbour: the real parent, pipe and store; the engine beside them.

The child of each source is two `cat`s that carry the pipe's lines to an engine in this process, whose waits are noted
instead of waited. Nights follow each other as fast as they are done.
"""

import json
import os
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path
from shutil import rmtree
from typing import Any

import guild
from guild_server import BOARDS, GUILD, NEIGHBOUR, Server

from sourcing import crawl
from sourcing.settings import Crawl, Operator, Settings, load_specs
from spiders.door import Caps, Door, Resolver, resolve
from spiders.engines.api import ApiEngine
from spiders.engines.turn import Kit, make_kit
from spiders.records import Visit
from spiders.redact import Pepper
from spiders.spec import SourceSpec, load_spec
from spiders.wire import task_from_line, visit_to_line
from storage import digest, intake, runs
from storage.engine import Store
from storage.model import Health
from storage.subjects import PepperKeyer

NOW = datetime(2026, 11, 22, 2, 17, tzinfo=UTC)
KEYER = PepperKeyer(b"a pepper for tests")
CHILD = str(Path(__file__).with_name("guild_child.py"))
RELAY = 'exec 3<&0; cat <&3 >"$0/tasks" & exec cat "$0/visits"'


def write_spec(path: Path, host: str, **changed: Any) -> None:
    """Write the file of a source of the guild's reader."""
    spec: dict[str, Any] = {
        "title": path.stem, "reader": "guild", "engine": "api", "home": f"https://{host}/docs",
        "terms": f"https://{host}/terms", "purpose": "tests", "basis": "none", "balance": "invented people",
        "hosts": [host], "requests_per_hour": 3_600_000, "requests_per_run": 1_000, "every_hours": 20,
        "seeds": {"home": f"https://{host}"},
    }  # fmt: skip
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{name} = {_toml(value)}\n" for name, value in (spec | changed).items()))


def is_told_well(source: str, words: str) -> bool:
    """Return whether a sentence for people names the source and what to do or what happens next (TRUST §3)."""
    steps = (
        f"`sourcer source test {source}`",
        "for the next run",
        "`sourcer crawl held`",
        "is not asked for 30 days",
    )
    return f"source {source!r}" in words and any(step in words for step in steps)


def _toml(value: Any) -> str:
    """Return a value as it stands in TOML, tables inline."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name} = {_toml(inner)}" for name, inner in value.items()) + "}"
    return json.dumps(value)


@dataclass
class Nights:
    """One installation with its store, collecting as often as it is told.

    more: what the guild's spec has besides. now: of the last night. total_s: what one answer may take.
    patience_s, wait_max_minutes: longest wait in a visit, and in a run. pins, resolver, door: how hosts are found.
    is_process: children are processes of their own. is_site: and they read the boards. waits: seconds by source.
    visits: what children in this process said, in order.
    """

    store: Store
    server: Server
    home: Path
    more: Mapping[str, Any] = field(default_factory=dict)
    now: datetime = NOW
    total_s: float = Caps().total_s
    patience_s: float = 20.0
    wait_max_minutes: float = 0.0
    resolver: Resolver = resolve
    pins: dict[str, str] | None = None
    door: Callable[..., Door] = Door
    secrets: Mapping[str, str] = field(default_factory=dict)
    is_process: bool = False
    is_site: bool = False
    waits: dict[str, list[float]] = field(default_factory=dict)
    visits: list[Visit] = field(default_factory=list)
    run_name: str = ""

    def settings(self) -> Settings:
        """Return the settings of tonight, the sources' files written."""
        config = self.home / "config"
        write_spec(config / "sources" / "guild.toml", GUILD, **self.more)
        write_spec(config / "sources" / "neighbour.toml", NEIGHBOUR)
        pages = {"pages": [f"https://{host}/" for host in BOARDS]}
        board = {"reader": "noticeboard", "engine": "site", "hosts": [], "seeds": pages}
        write_spec(config / "sources" / "noticeboard.toml", BOARDS[0], **board)
        return Settings(
            home=self.home,
            config_dir=config,
            operator=Operator(controller="Example GmbH", contact="https://recruiting.example"),
            crawl=Crawl(wait_max_minutes=self.wait_max_minutes),
        )

    def night(
        self, *, now: datetime | None = None, limits: crawl.Limits | None = None, rested: bool = True
    ) -> dict[str, crawl.SourceReport]:
        """Collect once and return what each source did. rested: what the buckets were to wait for has passed."""
        self.now = now or self.now
        if rested:
            self.rest()
        settings = self.settings()
        specs = load_specs(settings, ["noticeboard"] if self.is_site else ["guild", "neighbour"])
        self.server.world.now = self.now
        if "auth" in self.more:
            os.environ[self.more["auth"]["secret"]] = "known to the parent"
        with self.store.begin() as tx:
            self.run_name = runs.start(tx, "crawl", now=self.now, actor="test")
        report = crawl.run(
            self.store, settings, specs, now=self.now, run=self.run_name, keyer=KEYER,
            child=self.process if self.is_process or self.is_site else self.child,
            fixed_clock=True, limits=limits,
        )  # fmt: skip
        for one in report.sources:
            assert one.words is not None or not one.is_partial
            assert one.words is None or is_told_well(one.source, one.words), one.words
        return {one.source: one for one in report.sources}

    def rest(self) -> None:
        """Let the time pass that the buckets were to wait for."""
        rmtree(self.home / "buckets", ignore_errors=True)

    def later(self, **span: float) -> dict[str, crawl.SourceReport]:
        """Collect once more, so much later."""
        return self.night(now=self.now + timedelta(**span))

    def nights_until_quiet(self, most: int = 40) -> int:
        """Go from one due moment to the next until nothing is left undone; return how many nights it took."""
        for number in range(most):
            if self.next_due() is None:
                return number
            self.night_when_due()
        raise AssertionError(f"{self.left()} still open after {most} nights")

    def next_due(self) -> datetime | None:
        """Return when the next task is due that has not been answered; None if all are."""
        with self.store.read() as tx:
            said = "SELECT MIN(due_at) FROM task WHERE state NOT IN ('done', 'gone')"
            found = tx.exec_driver_sql(said).scalar()
        if isinstance(found, str):
            found = datetime.fromisoformat(found)
        return None if found is None else found.replace(tzinfo=UTC)

    def night_when_due(self) -> None:
        """Collect when the next task is due, a day later if none is."""
        at = self.next_due()
        self.night(
            now=self.now + timedelta(days=1) if at is None else max(at, self.now + timedelta(minutes=1))
        )

    def is_finished(self) -> bool:
        """Return whether every task is done and every list of members was read to its end."""
        rows = self.server.world.rows
        ends = {"guild": rows[GUILD][-1]["changed"], "neighbour": rows[NEIGHBOUR][-1]["changed"]}
        return not self.left() and all(self.cursor(source) == end for source, end in ends.items())

    def cursor(self, source: str = "guild") -> str | None:
        """Return where a source's list of members ended when it was last read to its end."""
        with self.store.read() as tx:
            return intake.cursors(tx, source).get("members")

    def count(self, table: str, like: str) -> int:
        """Return how many rows of a table have such an id."""
        with self.store.read() as tx:
            said = f"SELECT COUNT(*) FROM {table} WHERE id LIKE '{like.replace('%', '%%')}'"
            return int(tx.exec_driver_sql(said).scalar_one())

    def values(self, attribute: str, source: str = "guild") -> int:
        """Return how many values of an attribute a source has stated."""
        with self.store.read() as tx:
            said = f"SELECT COUNT(*) FROM statement WHERE source = '{source}' AND attribute = '{attribute}'"
            return int(tx.exec_driver_sql(said).scalar_one())

    def left(self) -> list[tuple[str, ...]]:
        """Return the tasks that are not done: source, address, state, outcome, detail."""
        with self.store.read() as tx:
            said = "SELECT source, url, state, outcome, detail FROM task WHERE state <> 'done' ORDER BY 1, 2"
            return [tuple(map(str, row)) for row in tx.exec_driver_sql(said)]

    def digests(self) -> dict[str, str]:
        """Return what the store knows, by part."""
        with self.store.read() as tx:
            return digest.store_digests(tx)

    def health(self, source: str = "guild") -> Health:
        """Return what a source did in the last run, as the store has it."""
        with self.store.read() as tx:
            return next(one for one in runs.health(tx, self.run_name) if one.source == source)

    def assert_neighbour_is_whole(self, report: Mapping[str, crawl.SourceReport]) -> None:
        """Another host's nights were as if nothing had happened."""
        assert not report["neighbour"].is_partial and not [t for t in self.left() if t[0] == "neighbour"]
        assert len(self.server.asked(NEIGHBOUR)) >= 3

    def said(self, source: str = "guild", path: str = "") -> list[Visit]:
        """Return the visits of a source, in order."""
        return [one for one in self.visits if one.task.source == source and path in one.task.url]

    def child(self, arguments: list[str]) -> list[str]:
        """Return the command of a child, and begin to answer it. arguments: as the parent gives them."""
        place = self.home / "pipes" / os.urandom(4).hex()
        place.mkdir(parents=True)
        for pipe in ("tasks", "visits"):
            os.mkfifo(place / pipe)
        spec = load_spec(Path(arguments[0]))
        threading.Thread(target=self._answer, args=(spec, place), daemon=True).start()
        return ["sh", "-c", RELAY, str(place)]

    def process(self, arguments: list[str]) -> list[str]:
        """Return the command of a child that is a process of its own, with real waits."""
        hosts = (GUILD, NEIGHBOUR, *BOARDS)
        return [sys.executable, CHILD, json.dumps(dict.fromkeys(hosts, self.server.pin)), *arguments]

    def _answer(self, spec: SourceSpec, place: Path) -> None:
        """Be the engine of one child, from its first task to the end of its pipe."""
        with (place / "tasks").open() as tasks, (place / "visits").open("w") as visits:
            engine = self.engine(spec)
            for line in tasks:
                visit = engine.visit(task_from_line(line))
                self.visits.append(visit)
                visits.write(visit_to_line(visit) + "\n")
                visits.flush()
            engine.kit.door.close()
            assert engine.kit.worker is not None
            engine.kit.worker.close()

    def engine(self, spec: SourceSpec) -> ApiEngine:
        """Return an engine for a source whose waits are noted."""
        return ApiEngine(
            self._kit(spec), wait=partial(self._wait, spec.name), caps=Caps(total_s=self.total_s)
        )

    def _kit(self, spec: SourceSpec) -> Kit:
        door = self.door(
            user_agent="sourcer/test (+https://recruiting.example)",
            pins=dict.fromkeys((GUILD, NEIGHBOUR), self.server.pin) if self.pins is None else self.pins,
            resolver=self.resolver,
        )
        now = self.now
        reader: Any = guild
        return make_kit(
            spec, reader, door, pepper=Pepper(b"p" * 32), home=self.home, clock=lambda: now, secrets=self.secrets,
            patience_s=self.patience_s,
        )  # fmt: skip

    def _wait(self, source: str, seconds: float) -> None:
        """Note a wait between two tries, after which the source's bucket has rested long enough."""
        self.waits.setdefault(source, []).append(seconds)
        bucket = sha256(source.encode()).hexdigest()[:16]
        self.home.joinpath("buckets", f"{bucket}.json").unlink(missing_ok=True)
