"""Crawls begun from a page: processes of their own, one at a time, stopped through the store, gone on with."""

import sys
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest
from crawling import NOW
from visiting import let_end
from waiting import until

from sourcing import launch, nightly
from sourcing.__main__ import main
from sourcing.crawl import lock
from sourcing.errors import BadInput, UnknownName
from sourcing.launch import Kind
from sourcing.settings import Settings, load
from storage import audit, frontier, runs
from storage.engine import Store, open_store
from storage.errors import Locked, NotFound
from storage.model import Run


def command(home: Path, how: str) -> list[str]:
    """How a program is started whose sources' children behave as told."""
    script = (
        "import sys; from sourcing.__main__ import main\n"
        f"child = lambda a: [sys.executable, {str(home / 'child.py')!r}, {how!r}, {str(home)!r}, *a]\n"
        "sys.exit(main(sys.argv[1:], child=child))"
    )
    return [sys.executable, "-c", script, "--config", str(home / "sourcer.toml")]


@pytest.fixture
def place(home: Path) -> tuple[Store, Settings, Path]:
    assert main(["--config", str(home / "sourcer.toml"), "-q", "db", "upgrade"]) == 0
    store = open_store(f"sqlite:///{home / 'store.db'}")
    yield store, load(config=home / "sourcer.toml"), home
    let_end()
    store.close()


def ended(place: tuple[Store, Settings, Path], run: str) -> Run:
    """Wait until a run is over and its process keeps nobody out any more, which follows, and return the run."""
    store, settings, _ = place

    def found() -> Run | None:
        with store.read() as tx:
            told = runs.get(tx, run)
            return None if told.status == "running" or lock.is_at_work(tx, settings, now=NOW) else told

    until(found)
    with store.read() as tx:
        return runs.get(tx, run)


def begin(place: tuple[Store, Settings, Path], how: str = "well") -> str:
    store, settings, home = place
    return launch.begin(store, settings, command(home, how), kind=Kind.CRAWL, actor="ana", clock=lambda: NOW)


@pytest.mark.row("F27")
def test_a_crawl_begun_here_is_stopped_returns_its_leases_and_goes_on(place) -> None:
    store, settings, home = place
    run = begin(place, "slow")
    until((home / "started").exists)
    with pytest.raises(Locked):
        begin(place)
    assert launch.stop(store, settings, run, actor="ben", now=NOW) == "running"
    cut = ended(place, run)
    assert (cut.status, cut.stop_by) == ("interrupted", "ben")
    with store.read() as tx:
        assert frontier.counts(tx, "git_history") == {"due": 3}
        told = [(one.action, one.actor) for one in audit.entries(tx, limit=9)]
    assert ("run.begin", "ana") in told and ("run.stop", "ben") in told
    going = launch.resume(store, settings, command(home, "well"), run, actor="ana", clock=lambda: NOW)
    done = ended(place, going)
    assert (done.status, done.detail["resumes"]) == ("done", run)
    with store.read() as tx:
        assert frontier.counts(tx, "git_history") == {"done": 3}
    until(
        lambda: "git_history" in (home / "logs" / f"{going}.log").read_text()
    )  # told once the run is written down
    with store.read() as tx:
        assert f"== {going} ==" in launch.log(tx, settings, going)
    with pytest.raises(BadInput, match="nothing is left"):
        launch.resume(store, settings, command(home, "well"), going, actor="ana", clock=lambda: NOW)
    with pytest.raises(BadInput, match="is over"):
        launch.stop(store, settings, going, actor="ana", now=NOW)


def test_a_process_that_cannot_begin_is_told_and_keeps_nobody_out(place) -> None:
    store, settings, _ = place
    broken = [sys.executable, "-c", "raise SystemExit('no such thing')"]
    ticks = count()
    run = launch.begin(
        store,
        settings,
        broken,
        kind=Kind.CRAWL,
        actor="ana",
        clock=lambda: NOW + timedelta(minutes=next(ticks)),
    )
    failed = ended(place, run)
    assert failed.status == "failed" and "code 1" in failed.detail["error"]
    assert failed.started_at < failed.finished_at
    with store.read() as tx:
        assert any("no such thing" in line for line in launch.log(tx, settings, run))
    assert ended(place, begin(place)).status == "done"


def test_a_program_that_is_not_there_is_told_and_keeps_nobody_out(place) -> None:
    store, settings, home = place
    with pytest.raises(BadInput, match="could not be started"):
        launch.begin(store, settings, [str(home / "none")], kind=Kind.CRAWL, actor="ana", clock=lambda: NOW)
    with store.read() as tx:
        (failed,) = runs.ls(tx, limit=9)
    assert failed.status == "failed" and "could not be started" in failed.detail["error"]
    assert ended(place, begin(place)).status == "done"


def test_a_run_that_is_gone_is_over_though_another_is_at_work(store: Store, settings: Settings) -> None:
    with store.begin() as tx:
        lost = runs.start(tx, "nightly", now=NOW, actor="ana")
        other = runs.start(tx, "crawl", now=NOW + timedelta(hours=1), actor="ana")
    with lock.holding(store, settings, now=NOW + timedelta(hours=1)):
        assert launch.stop(store, settings, lost, actor="ana", now=NOW + timedelta(hours=2)) == "interrupted"
        assert launch.stop(store, settings, other, actor="ana", now=NOW + timedelta(hours=2)) == "running"


def test_a_run_whose_process_is_gone_is_over_when_it_is_cancelled(store: Store, settings: Settings) -> None:
    with store.begin() as tx:
        lost, other = (runs.start(tx, kind, now=NOW, actor="ana") for kind in ("crawl", "rank"))
    with lock.holding(store, settings, now=NOW):
        assert launch.stop(store, settings, lost, actor="ana", now=NOW) == "running"
    assert launch.stop(store, settings, lost, actor="ana", now=NOW) == "interrupted"
    with pytest.raises(BadInput, match="cannot be cancelled"):
        launch.stop(store, settings, other, actor="ana", now=NOW)
    with pytest.raises(NotFound):
        launch.stop(store, settings, "crawl-1", actor="ana", now=NOW)


def test_what_a_night_left_is_its_steps_from_the_first_that_is_not_done(store: Store) -> None:
    with store.begin() as tx:
        run = runs.start(tx, "nightly", now=NOW, actor="ana", detail={"steps": list(nightly.Step)})
        runs.step(tx, run, "crawl", now=NOW, status="done")
        runs.step(tx, run, "resolve", now=NOW, status="failed")
        runs.finish(tx, run, now=NOW, status="failed")
        assert launch.left(runs.get(tx, run)) == ([], ["resolve", "sweep", "rank"])


def test_a_name_nobody_knows_begins_nothing(store: Store, settings: Settings) -> None:
    with pytest.raises(UnknownName):
        launch.begin(store, settings, [], kind=Kind.CRAWL, sources=["githb"], actor="ana", clock=lambda: NOW)
    with store.read() as tx:
        assert runs.ls(tx, limit=9) == []


def test_the_command_line_cancels_goes_on_and_reads_logs(place, capsys: pytest.CaptureFixture[str]) -> None:
    _, _, home = place
    run = begin(place, "slow")
    until((home / "started").exists)
    config = ["--config", str(home / "sourcer.toml")]
    assert main([*config, "crawl", "cancel", run]) == 0
    assert "asked to stop" in capsys.readouterr().err
    assert ended(place, run).status == "interrupted"
    until(lambda: (home / "logs" / f"{run}.log").read_text() != "")
    assert main([*config, "run", "logs", run]) == 0
    assert f"== {run} ==" in capsys.readouterr().out

    def well(arguments: list[str]) -> list[str]:
        return [sys.executable, str(home / "child.py"), "well", str(home), *arguments]

    assert main([*config, "crawl", "run", "--resume", run], child=well, now=lambda: NOW) == 0
    assert main([*config, "crawl", "run", "--resume", run, "git_history"], child=well) == 2
