"""A month unattended: night after night on one store, while the world lives on and a share of its answers fails.

Two installations see the same nights, one of them through a faulty wire. At the end both stores must hold what the
model of the world says (`model.py`), and have one digest; and no night may have moved a person's key without need
(`keys.py`).
"""

import contextlib
import json
import math
import os
import re
import subprocess
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from statistics import fmean, linear_regression
from typing import Any

import attach
import invented
import keys
import launcher
import model
from sqlalchemy import Connection, select

from storage import audit, runs
from storage.digest import store_digests
from storage.engine import open_store
from storage.statements import stands
from storage.tables import signal, work

ACCEPTED = (0, 5)  # done, or partly done and said so
_HISTORY = ("work", "signal", "withdrawal")  # hold what was taken back too, which depends on when one looked
_OF_PERSONS = ("edge", "person", "score")  # differ where one house asks what the other joined: `keys.agree`
_POLL_S = 0.2
_MEASURED_NIGHTS = 20  # the first ones fill caches
_FLAT_MIB = 1.0  # a night, of some hundred: what the world's own growth and the allocator account for
_SHIPPED = Path(__file__).parents[2] / "config" / "sources"
_TTL = re.compile(r"wanted_ttl_days = \d+")


@dataclass(slots=True, kw_only=True)
class Dark:
    """One night of one installation. peak_mib: of the parent; child_mib: of the biggest process of all.

    held_mib: what the parent held after each step, as its run says.
    """

    night: int
    day: str
    code: int
    seconds: float
    requests: int
    points: int
    faults: dict[str, int]
    peak_mib: float
    child_mib: float
    store_mib: float
    held_mib: dict[str, int]


@dataclass(slots=True)
class House:
    """One installation through the month. faulty: share of requests that fail. people: who was who, night by night."""

    home: Path
    faulty: float
    url: str | None = None
    nights: list[Dark] = field(default_factory=list)
    people: list[keys.Census] = field(default_factory=list)

    def database(self) -> str:
        """Return where its store is."""
        return self.url or f"sqlite:///{self.home / 'store.db'}"


@dataclass(slots=True, kw_only=True)
class Month:
    """A month of a world.

    quiet: nights at the end without events, so that what is asked every `ttl_days` is asked once more. On the last
    night everything is due, or two stores would differ in the day on which they last looked.
    calm: nights at the end without faults, so that what failed is asked again.
    ranks: whether every night ranks, or only the last.
    """

    root: Path
    houses: list[House]
    size: int = 2_000
    seed: int = 7
    nights: int = 30
    quiet: int = 9
    calm: int = 3
    ttl_days: int = 5
    ranks: bool = True

    def run(self) -> None:
        """Live through every night, with all installations at once."""
        for number in range(self.nights):
            day = invented.UNTIL + timedelta(days=number)
            self._one(number, day)

    def world(self, day: date) -> invented.World:
        """Return the world as it is on a day."""
        lively = max(1, self.nights - self.quiet)
        return invented.build(
            self.root / "world", size=self.size, seed=self.seed, until=day, lively_days=lively
        )

    def _one(self, number: int, day: date) -> None:
        world, now = self.world(day), launcher.night_after(day)
        with contextlib.ExitStack() as held:
            running = [held.enter_context(self._begun(house, number, world, now)) for house in self.houses]
            with ThreadPoolExecutor() as waiting:
                for done in [waiting.submit(one.wait) for one in running]:
                    done.result()

    @contextlib.contextmanager
    def _begun(self, house: House, number: int, world: invented.World, now: datetime) -> Iterator["_Running"]:
        calm = number >= self.nights - self.calm
        limits = invented.Limits(faulty=0.0 if calm else house.faulty, fault_seed=self.seed * 1_000 + number)
        house.home.mkdir(parents=True, exist_ok=True)
        with invented.serve(world, limits=limits) as server:
            pins = house.home / "pins.json"
            pins.write_text(json.dumps(dict.fromkeys(server.hosts, f"http://127.0.0.1:{server.port}")))
            sources = world.write_config(house.home / "config") / "sources"
            if not (house.home / "sourcer.toml").exists():
                _install(house, pins, now)
            is_last = number == self.nights - 1
            asked = sorted(_SHIPPED.glob("*.toml")) if is_last else [_SHIPPED / "homepages.toml"]
            _ask_every(1 if is_last else self.ttl_days, house, sources, asked)
            is_ranked = self.ranks or number == self.nights - 1
            steps = [] if is_ranked else ["--skip", "rank"]
            yield _Running(house, number, world, now, server, pins, steps)


class _Running:
    def __init__(
        self,
        house: House,
        number: int,
        world: invented.World,
        now: datetime,
        server: invented.Server,
        pins: Path,
        steps: Sequence[str],
    ) -> None:
        self.house, self.number, self.world, self.server = house, number, world, server
        self.began = time.monotonic()
        self.log = (house.home / "nights.log").open("ab")
        command = [sys.executable, str(attach.HERE), "attached", str(pins), now.isoformat()]
        command += [
            "--config",
            str(house.home / "sourcer.toml"),
            "--database",
            house.database(),
            "nightly",
            *steps,
        ]
        env = os.environ | {
            "SOURCER_GITHUB_TOKEN": world.token,
            "SOURCER_PEPPER": "the same for all houses",
            "NO_COLOR": "1",
        }
        self.process = subprocess.Popen(command, env=env, stdout=self.log, stderr=self.log)

    def wait(self) -> None:
        """Wait for the night's end and write down what it took."""
        peak = 0.0
        while True:
            ended, status, used = os.wait4(self.process.pid, os.WNOHANG)
            if ended:
                break
            peak = max(peak, _peak_mib(self.process.pid))
            time.sleep(_POLL_S)
        self.process.returncode = code = os.waitstatus_to_exitcode(status)
        self.log.close()
        path = self.house.home / "store.db"
        night = Dark(
            night=self.number + 1,
            day=self.world.until.isoformat(),
            code=code,
            seconds=round(time.monotonic() - self.began, 1),
            requests=len(self.server.log),
            points=self.server.points,
            faults=dict(self.server.faults.counted),
            peak_mib=round(peak, 1),
            child_mib=round(used.ru_maxrss / 1024, 1),
            store_mib=round(path.stat().st_size / 2**20, 1) if path.exists() else 0.0,
            held_mib=_held_mib(self.house.database()) if code in ACCEPTED else {},
        )
        self.house.nights.append(night)
        with (self.house.home / "month.jsonl").open("a") as file:
            file.write(json.dumps(asdict(night)) + "\n")
        if code not in ACCEPTED:
            words = (self.house.home / "nights.log").read_text(errors="replace")[-2_000:]
            raise RuntimeError(f"night {self.number + 1} ended with exit code {code}:\n{words}")
        store = open_store(self.house.database())
        try:
            with store.read() as tx:
                self.house.people.append(keys.census(tx))
        finally:
            store.close()


def _ask_every(days: int, house: House, sources: Path, asked: Sequence[Path]) -> None:
    """Have what is wanted, and some shipped sources, be asked again after so many days at most."""
    config = house.home / "sourcer.toml"
    config.write_text(_TTL.sub(f"wanted_ttl_days = {days}", config.read_text()))
    for path in asked:
        if tomllib.loads(path.read_text()).get("every_hours", 0) > 24 * days:
            overlay = sources / path.name
            more = overlay.read_text() if overlay.exists() else ""
            overlay.write_text(f"every_hours = {24 * days}\n{more}")


def _install(house: House, pins: Path, now: datetime) -> None:
    words = ["init", str(house.home), "--controller", launcher.CONTROLLER, "--contact", launcher.CONTACT]
    if attach.attached([str(pins), now.isoformat(), *words, "--quiet"]) != 0:
        raise RuntimeError(f"cannot install below {house.home}")
    config = house.home / "sourcer.toml"
    config.write_text(f'config_dir = "config"\n{config.read_text()}\n[crawl]\nwanted_ttl_days = 1\n')


def _held_mib(url: str) -> dict[str, int]:
    store = open_store(url)
    try:
        with store.read() as tx:
            night = runs.last(tx, "nightly")
        assert night is not None
        return {one.name: one.detail["memory_mib"] for one in night.steps}
    finally:
        store.close()


def _peak_mib(process: int) -> float:
    """Return the most memory a process has had, MiB; 0 once it is gone."""
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return 0.0
    line = next((line for line in status.splitlines() if line.startswith("VmHWM:")), "VmHWM: 0 kB")
    return int(line.split()[1]) / 1024


def differences(month: Month) -> list[str]:
    """Return what is not as it should be after a month: stores against the model, and against each other."""
    world = month.world(invented.UNTIL + timedelta(days=month.nights - 1))
    now = launcher.night_after(world.until)
    lines, digests = [], []
    for house in month.houses:
        store = open_store(house.database())
        try:
            found, told = model.compared(store, world, house.home / "compared", now=now)
            lines += [f"{house.home.name}: {line}" for line in told.differences(found)]
            with store.read() as tx:
                is_whole = audit.verify(tx).ok
                parts = {part: one for part, one in store_digests(tx).items() if part not in _HISTORY}
                digests.append(parts | standing(tx))
            if not (is_whole and store.integrity()):
                lines.append(f"{house.home.name}: the store is damaged")
        finally:
            store.close()
    first = digests[0]
    for house, other in zip(month.houses[1:], digests[1:], strict=True):
        mine, theirs = month.houses[0].people[-1], house.people[-1]
        is_same = mine.clusters() == theirs.clusters() or not keys.agree(mine, theirs)
        parts = sorted(part for part in first if first[part] != other[part])
        parts = [part for part in parts if is_same or part not in _OF_PERSONS]
        lines += [f"{house.home.name}: {part} differs from the clean store" for part in parts]
    return lines + keys.differences({house.home.name: house.people for house in month.houses})


def standing(tx: Connection) -> dict[str, str]:
    """Return the digests of works and signals nobody took back: a night that failed misses some."""
    digests = {}
    for table in (work, signal):
        names = [one for one in table.columns if one.name not in ("visit", "seen_at")]
        rows = tx.execute(select(*names).where(stands(table, table.c.id)))
        lines = sorted(repr(tuple(row)) for row in rows)
        digests[f"standing {table.name}"] = sha256("\n".join(lines).encode()).hexdigest()
    return digests


@dataclass(frozen=True, slots=True, kw_only=True)
class Slope:
    """By how much a measure grew a night, MiB, and the standard error of that."""

    mib: float
    error: float

    def __str__(self) -> str:
        return f"{self.mib:+.2f} ± {self.error:.2f} MiB a night"


def slopes(house: House) -> dict[str, Slope]:
    """Return how the parent's memory grew over the last 20 nights: what it held after each step, and its peak."""
    nights = house.nights[-_MEASURED_NIGHTS:]
    if len(nights) < _MEASURED_NIGHTS:
        return {}
    held = {f"after {step}": [night.held_mib[step] for night in nights] for step in nights[-1].held_mib}
    return {
        name: _slope(values) for name, values in {**held, "peak": [one.peak_mib for one in nights]}.items()
    }


def _slope(values: Sequence[float]) -> Slope:
    places = range(len(values))
    line = linear_regression(places, values)
    left = sum(
        (value - line.intercept - line.slope * x) ** 2 for x, value in zip(places, values, strict=True)
    )
    spread = sum((x - fmean(places)) ** 2 for x in places)
    return Slope(mib=round(line.slope, 2), error=round(math.sqrt(left / (len(values) - 2) / spread), 2))


def growth(houses: list[House]) -> list[str]:
    """Return which installations needed more memory night after night."""
    return [
        f"{house.home.name}: memory, {name}: {one}"
        for house in houses
        for name, one in slopes(house).items()
        if one.mib > _FLAT_MIB
    ]


def month(root: Path, *, size: int, seed: int, nights: int, share: float) -> int:
    """Run a month, print what it took and what is wrong; 0 if nothing is."""
    if root.exists():
        raise SystemExit(f"{root} is there already: a month begins with empty stores, give a new folder")
    root.mkdir(parents=True)
    houses = [House(root / "clean", 0.0), House(root / "faulty", share)]
    made = Month(root=root, houses=houses, size=size, seed=seed, nights=nights)
    made.run()
    wrong = [*differences(made), *growth(houses)]
    report: dict[str, Any] = {
        "size": size,
        "seed": seed,
        "share": share,
        "growth": {
            house.home.name: {name: str(one) for name, one in slopes(house).items()} for house in houses
        },
        "nights": {house.home.name: [asdict(night) for night in house.nights] for house in houses},
        "wrong": wrong,
    }
    (root / "month.json").write_text(json.dumps(report, indent=1))
    print(table(houses))
    print("\n".join(wrong) or "both stores equal the model of the world, and each other")
    return 1 if wrong else 0


def table(houses: list[House]) -> str:
    """Return a month as text: a line a night for each installation."""
    lines = ["house   night requests points faults seconds parent MiB biggest MiB store MiB exit"]
    for house in houses:
        lines += [
            f"{house.home.name:<7} {one.night:>5} {one.requests:>8} {one.points:>6} "
            f"{sum(one.faults.values()):>6} {one.seconds:>7.1f} {one.peak_mib:>10.0f} "
            f"{one.child_mib:>11.0f} {one.store_mib:>9.1f} {one.code:>4}"
            for one in house.nights
        ]
        total = Counter[str]()
        for one in house.nights:
            total.update(one.faults)
        if total:
            lines.append("        " + ", ".join(f"{kind} {times}" for kind, times in total.most_common()))
        lines += [f"        memory, {name}: {one}" for name, one in slopes(house).items()]
    return "\n".join(lines)
