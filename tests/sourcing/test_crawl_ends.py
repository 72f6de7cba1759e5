"""What dies, hangs or stands in the way during a crawl: nothing is lost, stored twice or left locked."""

import platform
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from crawling import NAMES, NOW, child, only, run
from waiting import PATIENCE_S, until

from sourcing import crawl, nightly
from sourcing.__main__ import main
from sourcing.crawl import lock, unit
from sourcing.settings import Settings, load
from storage import digest, frontier, persons, runs
from storage.engine import Store
from storage.errors import Busy, Locked, Unreachable


class Killed(BaseException):
    """The end of a process, as far as one that must live on can be given it."""


def test_a_child_that_dies_mid_line_costs_one_lease_and_loses_nothing(
    new_store: Callable[[], Store], settings: Settings
) -> None:
    clean, hurt = new_store(), new_store()
    run(clean, settings)
    report = run(hurt, settings, "crash-once")
    assert only(report).errors == 1
    assert "code 9" in (only(report).detail or "") and nightly.status_of(report) == "partial"
    with clean.read() as one, hurt.read() as other:
        assert digest.store_digest(one) == digest.store_digest(other)


def test_a_task_that_kills_every_child_is_put_aside_and_the_rest_goes_on(
    store: Store, settings: Settings
) -> None:
    report = run(store, settings, "crash-always")
    assert only(report).visits == 2 and only(report).errors == 2
    with store.read() as tx:
        assert frontier.counts(tx, "git_history") == {"done": 2, "parked": 1}


@pytest.mark.row("F25")
@pytest.mark.parametrize("point", ["leased", "before_commit", "after_commit"])
def test_a_parent_killed_at_a_named_point_leaves_the_old_state_or_the_new(
    new_store: Callable[[], Store], settings: Settings, point: str
) -> None:
    def kill(event: str) -> None:
        if event == point:
            raise Killed

    clean, hurt = new_store(), new_store()
    run(clean, settings)
    with pytest.raises(Killed):
        run(hurt, settings, on_event=kill)
    assert only(run(hurt, settings)).waiting == 0
    with clean.read() as one, hurt.read() as other:
        assert digest.store_digest(one) == digest.store_digest(other)


@pytest.mark.row("F29")
@pytest.mark.parametrize("point", ["leased", "before_commit", "after_commit"])
def test_a_store_that_goes_away_is_waited_for_and_every_visit_counts_once(
    new_store: Callable[[], Store], settings: Settings, point: str
) -> None:
    clean, hurt = new_store(), new_store()
    run(clean, settings)
    lost: list[str] = []

    def lose(event: str) -> None:
        if event != point or len(lost) > 1:
            return
        lost.append(event)
        if hurt.dialect == "sqlite":
            if point == "before_commit":
                raise Busy("the store was busy")
            return
        with clean.begin() as tx:  # same server: it ends every connection to the other store
            tx.exec_driver_sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() "
                f"AND datname = '{hurt.url.split('?')[0].rpartition('/')[2]}'"
            )

    report = run(hurt, settings, on_event=lose)
    assert lost and only(report).errors == 0 and only(report).visits == 3
    with clean.read() as one, hurt.read() as other:
        assert digest.store_digest(one) == digest.store_digest(other)


def test_a_server_that_is_away_for_a_while_is_asked_again(store: Store) -> None:
    tries: list[int] = []

    @contextmanager
    def begin() -> Iterator[object]:
        tries.append(1)
        if len(tries) < 3:
            raise Unreachable("the database server does not let us in")
        with store.begin() as tx:
            yield tx

    done = unit.done(begin, lambda tx: runs.start(tx, "crawl", now=NOW, actor="a"), is_stopping=lambda: False)
    assert done and len(tries) == 3


@pytest.mark.slow
def test_a_server_that_stays_away_is_told() -> None:
    @contextmanager
    def begin() -> Iterator[object]:
        raise Unreachable("the database server does not let us in")
        yield

    with pytest.raises(Unreachable):
        unit.done(begin, lambda _: None, is_stopping=lambda: True)


def test_a_run_given_a_time_does_not_wait_a_minute_more_for_a_host_that_hangs() -> None:
    assert crawl.Limits().grace_s + crawl.parent.STOP_S <= 20


def test_a_child_that_ended_is_gone_while_the_crawl_goes_on(
    store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sourcing.settings import config_root

    shipped = (config_root() / "sources" / "git_history.toml").read_text()
    folder, started, dead = settings.home / "config" / "sources", list[crawl.child.Process](), list[bool]()
    for name in ("other_history", "third_history"):
        text = re.sub(r"(?s)\[seeds\].*", f"[seeds]\nrepositories = {list(NAMES)}\n", shipped)
        (folder / f"{name}.toml").write_text(text)
    alone = settings.model_copy(update={"crawl": settings.crawl.model_copy(update={"children_max": 1})})

    def start(*given: Any, **more: Any) -> crawl.child.Process:
        started.append(crawl.start.start(*given, **more))
        return started[-1]

    def look(event: str) -> None:
        if event == "after_commit" and len(started) == 3:
            state = Path(f"/proc/{started[0]._popen.pid}/stat")
            dead.append(state.exists() and state.read_text().rpartition(")")[2].split()[0] == "Z")

    monkeypatch.setattr(crawl.parent, "start", start)
    run(store, alone, on_event=look)
    assert len(dead) == 3 and not any(dead)


@pytest.mark.row("F41")
def test_a_run_past_its_time_stops_its_children_and_returns_their_leases(
    store: Store, settings: Settings
) -> None:
    report = run(store, settings, "slow", limits=crawl.Limits(seconds=1.0, grace_s=0.5))
    assert only(report).stopped == "time" and report.seconds < PATIENCE_S and not report.interrupted
    with store.read() as tx:
        assert frontier.counts(tx, "git_history") == {"due": 3}
    assert only(run(store, settings)).visits == 3  # the next one catches up


def owners(store: Store) -> list[str]:
    with store.read() as tx:
        return [owner for (owner,) in tx.exec_driver_sql("SELECT owner FROM lock").fetchall()]


def test_two_crawls_never_overlap(store: Store, settings: Settings) -> None:
    with ExitStack() as held:
        held.enter_context(lock.holding(store, settings, now=NOW))
        first = owners(store)
        with pytest.raises(Locked, match="2026-11-22 02:17"):
            held.enter_context(lock.holding(store, settings, now=NOW))
        assert owners(store) == first
    assert owners(store) == []
    with lock.holding(store, settings, now=NOW):
        assert owners(store) == first


def test_a_lock_whose_owner_was_killed_is_taken_over(store: Store, settings: Settings) -> None:
    held = lock.holding(store, settings, now=NOW)
    with suppress(Killed), held:
        mine = owners(store)
        with store.begin() as tx:
            tx.exec_driver_sql("UPDATE lock SET owner = owner || '9'")  # its owner will not give it back
        raise Killed
    assert owners(store) == [f"{mine[0]}9"]
    with lock.holding(store, settings, now=NOW):
        assert owners(store) == mine


def test_a_home_under_another_name_takes_its_lock_over_and_a_copy_of_it_does_not(
    store: Store, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with lock.holding(store, settings, now=NOW):
        killed = owners(store)[0]
    with store.begin() as tx:  # as a container that was killed leaves it
        runs.lock(tx, lock.LOCK, f"{killed}9", NOW, 0)
    copied = settings.model_copy(update={"home": tmp_path / "copied"})
    shutil.copytree(settings.home, copied.home)
    monkeypatch.setattr(platform, "node", lambda: "the-next-container")
    with store.read() as tx:
        assert lock.is_at_work(tx, copied, now=NOW) and not lock.is_at_work(tx, settings, now=NOW)
    with pytest.raises(Locked), lock.holding(store, copied, now=NOW):
        raise AssertionError("two at once")
    with lock.holding(store, settings, now=NOW):
        assert owners(store) != [f"{killed}9"]


@pytest.mark.slow
def test_a_terminated_crawl_stops_soon_returns_its_leases_and_says_130(home: Path) -> None:
    config = str(home / "sourcer.toml")
    assert main(["--config", config, "-q", "db", "upgrade"]) == 0
    script = (
        "import sys; from sourcing.__main__ import main\n"
        f"child = lambda a: [sys.executable, {str(home / 'child.py')!r}, 'slow', {str(home)!r}, *a]\n"
        f"sys.exit(main(['--config', {config!r}, 'crawl', 'run'], child=child))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    until((home / "started").exists, alive=lambda: process.poll() is None)
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE_S) == 130
    from storage.engine import open_store

    store = open_store(f"sqlite:///{home / 'store.db'}")
    with store.read() as tx:
        assert frontier.counts(tx, "git_history") == {"due": 3}
        assert persons.count(tx) == 0
    store.close()


def test_a_second_crawl_says_who_is_at_work_and_since_when(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from storage.engine import open_store

    config = ["--config", str(home / "sourcer.toml")]
    assert main([*config, "db", "upgrade"]) == 0
    store = open_store(f"sqlite:///{home / 'store.db'}")
    with lock.holding(store, load(config=home / "sourcer.toml"), now=NOW):
        for command in (["crawl", "run"], ["nightly"]):
            assert main([*config, *command], child=child(home), now=lambda: NOW) == 6
            assert "since 2026-11-22 02:17 UTC" in capsys.readouterr().err
    store.close()
    assert main([*config, "crawl", "run"], child=child(home), now=lambda: NOW) == 0
