"""What ends a crawl from outside: another crawl, a signal, a full disk, the clock; the next one finishes the work."""

import os
import resource
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import invented
import launcher
import psutil
import pytest
import victim
from waiting import until

from sourcing.crawl import lock
from sourcing.settings import Operator, Settings
from storage import migrate
from storage.engine import Store, open_store
from storage.errors import Locked

SOURCES = ("git_history", "github_people", "github_pulls", "arxiv_papers", "pmlr")
SILENT = ("oaipmh.arxiv.org", "api.github.com", "github.com")  # two APIs and a git server
STOPPED_S = 20  # TRUST F27
WAL_SEGMENT_BYTES = 16 * 1024 * 1024  # a file the server must be able to write, however full the disk

pytestmark = [pytest.mark.kill, pytest.mark.slow, pytest.mark.world, pytest.mark.xdist_group("stop")]
NewUrl = Callable[[], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Clean:
    """What a store knows after a crawl that nothing ended. left: tasks that nobody could have done."""

    night: launcher.Night
    digests: dict[str, str]
    left: set[tuple[str, ...]]


@contextmanager
def served(home: Path, *, days: int = 0) -> Iterator[tuple[launcher.Night, "invented.Server"]]:
    """Serve the world of so many days later, of which a few sources are collected."""
    night = launcher.Night(home, size=60, day=invented.UNTIL + timedelta(days=days))
    with night.serving() as server:
        for path in (home / "config" / "sources").glob("*.toml"):
            if path.stem not in SOURCES:
                path.write_text(path.read_text().replace("enabled = true", "enabled = false"))
        yield night, server


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clean]:
    """One for both databases: what they know has the same digest."""
    home = tmp_path_factory.mktemp("clean")
    migrate.upgrade(url := f"sqlite:///{home / 'store.db'}")
    with served(home / "night") as (night, _):
        calm = victim.Victim(night, home / "home", url)
        assert calm.run("crawl", "run") in (0, 5), calm.said
        yield Clean(night=night, digests=calm.digests(), left=calm.left_open())


@pytest.fixture
def hole() -> Iterator[victim.Hole]:
    with victim.Hole() as one:
        yield one


def pins_with(night: launcher.Night, hole: victim.Hole, directory: Path, hosts: Sequence[str]) -> Path:
    """Return pins under which some hosts never answer."""
    import json

    path = directory / "silent.json"
    path.write_text(json.dumps(json.loads(night.pins.read_text()) | dict.fromkeys(hosts, hole.address)))
    return path


def assert_finished(one: victim.Victim, clean: Clean) -> None:
    """The store is what an undisturbed crawl leaves."""
    found = one.digests()
    assert one.left_open() ^ clean.left == set()
    assert [part for part in found if found[part] != clean.digests[part]] == []


@pytest.mark.row("F26")
def test_a_second_crawl_refuses_and_names_who_holds_the_store_since_when(
    clean: Clean, new_url: NewUrl, hole: victim.Hole, tmp_path: Path
) -> None:
    url = new_url()
    first = victim.Victim(clean.night, tmp_path / "first", url)
    elsewhere = victim.Victim(clean.night, tmp_path / "elsewhere", url)  # as of another machine
    pins = pins_with(clean.night, hole, tmp_path, SILENT)
    process = first.start("crawl", "run", "arxiv_papers", pins=pins)
    try:
        until(lambda: hole.heard, alive=lambda: process.poll() is None, said=lambda: first.said)
        since = f"{clean.night.now:%Y-%m-%d %H:%M}"
        tomorrow = clean.night.now + timedelta(days=1)  # the first takes longer than a day
        for other, now, command in (
            (first, clean.night.now, ("crawl", "run")),
            (first, tomorrow, ("nightly",)),
            (elsewhere, clean.night.now, ("crawl", "run")),
        ):
            assert other.run(*command, now=now) == 6, other.said
            assert f":{process.pid} since {since}" in other.said, other.said
        assert process.poll() is None
    finally:
        for child in [*victim.family(process.pid), psutil.Process(process.pid)]:
            child.kill()
        process.wait()
    assert first.run("crawl", "run") in (0, 5), first.said  # nobody waits for a lock whose owner was killed
    assert_finished(first, clean)


@pytest.mark.row("F27")
def test_sigterm_ends_everything_within_20_s_and_returns_every_lease(
    clean: Clean, new_url: NewUrl, hole: victim.Hole, tmp_path: Path
) -> None:
    one = victim.Victim(clean.night, tmp_path / "one", new_url())
    process = one.start("crawl", "run", pins=pins_with(clean.night, hole, tmp_path, SILENT))

    def is_at_work() -> bool:
        return {*SILENT} <= {*hole.heard} and len(victim.children(process.pid)) >= 3 and one.leased() >= 3

    until(is_at_work, alive=lambda: process.poll() is None, said=lambda: one.said)
    everybody = victim.family(process.pid)
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    assert process.wait(victim.PATIENCE_S) == 130, one.said
    _, alive = psutil.wait_procs(everybody, timeout=max(0.0, STOPPED_S - (time.monotonic() - began)))
    stopped_s = time.monotonic() - began
    assert stopped_s <= STOPPED_S and alive == [], f"{stopped_s:.1f} s, {alive}"
    assert one.leased() == 0
    print(f"{len(everybody)} processes stopped within {stopped_s:.1f} s")
    assert one.run("crawl", "run", now=one.night.now + timedelta(hours=1)) in (0, 5), one.said
    assert_finished(one, clean)


def _as_owner_of(pid: int) -> Callable[[], None]:
    """Return what makes a new process one of the owner of another: only its own user may set its limits."""
    owner = Path(f"/proc/{pid}").stat()

    def become() -> None:
        if os.geteuid() == 0:
            os.setgroups([])
            os.setgid(owner.st_gid)
            os.setuid(owner.st_uid)

    return become


def _allow(server: int, size_bytes: int) -> None:
    """Set how large a file the children of a database server may write."""

    def limit() -> None:
        _as_owner_of(server)()
        most = resource.prlimit(server, resource.RLIMIT_FSIZE)[1]
        resource.prlimit(server, resource.RLIMIT_FSIZE, (size_bytes, most))

    subprocess.run(["/bin/true"], preexec_fn=limit, check=True)


@contextmanager
def no_room(url: str, left_bytes: int) -> Iterator[Callable[[], None] | None]:
    """Let a store grow by so much and no more. Gives what a process must do first to be limited itself, if it must."""
    path = Path(url.removeprefix("sqlite:///"))
    if url.startswith("sqlite"):
        size = path.stat().st_size + left_bytes
        yield lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        return
    store = open_store(url)
    with store.begin() as tx:  # every visit is written down here, and no file may grow past this one
        tx.exec_driver_sql(
            "INSERT INTO visit SELECT 'filler' || i, 'filler', '', NULL, now(), '', repeat('x', 400) "
            "FROM generate_series(1, 40000) i"
        )
        size = int(tx.exec_driver_sql("SELECT pg_relation_size('visit')").scalar_one())
        backend = tx.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
    assert size > WAL_SEGMENT_BYTES
    status = Path(f"/proc/{backend}/status").read_text()
    server = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("PPid"))
    _allow(server, size + left_bytes)
    try:
        yield None
    finally:
        _allow(server, resource.RLIM_INFINITY)
        with store.begin() as tx:
            tx.exec_driver_sql("DELETE FROM visit WHERE source = 'filler'")
        store.close()


@pytest.mark.row("F22")
def test_a_disk_that_fills_up_during_a_night_ends_it_with_74_and_the_same_command_goes_on(
    clean: Clean, new_url: NewUrl, tmp_path: Path
) -> None:
    one = victim.Victim(clean.night, tmp_path / "one", new_url())
    with no_room(one.url, 16 * 1024) as limit:
        process = one.start("crawl", "run", limit=limit)
        everybody: set[psutil.Process] = set()
        while process.poll() is None:
            everybody.update(victim.family(process.pid))
            time.sleep(0.1)
        assert process.wait() == 74, one.said
        assert "Traceback" not in one.said and "free some space" in one.said
        _, alive = psutil.wait_procs(everybody, timeout=STOPPED_S)
        assert alive == []
    assert one.run("crawl", "run") in (0, 5), one.said
    assert_finished(one, clean)


@pytest.mark.row("F26", "F41")
def test_a_crawl_that_takes_longer_than_a_day_keeps_its_lock_while_it_lives(
    new_store: Callable[[], Store], tmp_path: Path
) -> None:
    store, now = new_store(), launcher.night_after(invented.UNTIL)
    here, elsewhere = (Settings(home=tmp_path / name, operator=Operator()) for name in ("here", "elsewhere"))
    with lock.holding(store, here, now=now) as beat:
        for hours in range(0, 30, 6):
            beat(now + timedelta(hours=hours))
        with (
            pytest.raises(Locked) as refused,
            lock.holding(store, elsewhere, now=now + timedelta(hours=30)),
        ):
            raise AssertionError("two at once")
        assert refused.value.since == now
        later = now + timedelta(hours=48)  # and nothing was heard since
        with lock.holding(store, elsewhere, now=later), pytest.raises(Locked):
            beat(later)


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """The world today, in three days and in four, and what an installation knows that misses no night of them."""

    first: launcher.Night
    cut: launcher.Night
    last: launcher.Night
    server: "invented.Server"
    asked: int
    digests: dict[str, str]
    left: set[tuple[str, ...]]


ONE_BY_ONE = {"children_max": 1, "batch": 1}  # so that a night of a second is cut short in the middle


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Days]:
    """One for both databases, as `clean` is."""
    home = tmp_path_factory.mktemp("days")
    migrate.upgrade(url := f"sqlite:///{home / 'store.db'}")
    with ExitStack() as held:
        (first, _), (cut, _), (last, server) = (
            held.enter_context(served(home / f"night{days}", days=days)) for days in (0, 3, 4)
        )
        punctual = victim.Victim(first, home / "punctual", url, ONE_BY_ONE)
        assert punctual.run("crawl", "run") in (0, 5), punctual.said
        server.reset()
        punctual.live_on(last)
        assert punctual.run("nightly", "--only", "crawl") in (0, 5), punctual.said
        yield Days(
            first=first,
            cut=cut,
            last=last,
            server=server,
            asked=len(server.log),
            digests=punctual.digests(),
            left=punctual.left_open(),
        )


@pytest.mark.row("F41")
def test_after_missed_nights_and_one_cut_short_the_next_catches_up_in_one_go(
    days: Days, new_url: NewUrl, tmp_path: Path
) -> None:
    late = victim.Victim(days.first, tmp_path / "late", new_url(), ONE_BY_ONE)
    assert late.run("crawl", "run") in (0, 5), late.said
    late.live_on(days.cut)  # two nights were missed, the third takes too long
    assert late.run("nightly", "--only", "crawl", "--time", "1s") == 75, late.said
    assert late.leased() == 0
    days.server.reset()
    late.live_on(days.last)
    assert late.run("nightly", "--only", "crawl") in (0, 5), late.said
    assert len(days.server.log) <= 1.1 * days.asked  # one night's questions, not those of every night missed
    found = late.digests()
    assert [part for part in found if found[part] != days.digests[part]] == []
    assert late.left_open() ^ days.left == set()
