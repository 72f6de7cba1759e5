"""The parent of a crawl against a child that speaks the pipe and does as it is told."""

import json
import os
import re
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sourcing import crawl, nightly
from sourcing.__main__ import main
from sourcing.crawl import unit
from sourcing.errors import ConfigError, NotAllowed
from sourcing.settings import Settings, load, load_specs
from spiders.archive import Archive
from storage import digest, frontier, persons, runs, subjects
from storage.engine import Store
from storage.errors import Busy, Locked, Unreachable
from storage.subjects import PepperKeyer

NOW = datetime(2026, 11, 22, 2, 17, tzinfo=UTC)
NAMES = ("orbit/engine", "orbit/trainer", "orbit/vision")
CHILD = textwrap.dedent(
    '''
    """A source's child that needs no network: how it behaves is its first argument."""
    import json, os, sys, time
    from datetime import UTC, datetime
    from pathlib import Path
    from spiders.records import *
    from spiders.wire import task_from_line, visit_to_line

    how, place = sys.argv[1], Path(sys.argv[2])
    place.joinpath("environment.json").write_text(json.dumps(sorted(os.environ)))
    place.joinpath("arguments.json").write_text(json.dumps(sys.argv[3:]))
    AT = datetime(2026, 11, 22, 2, 17, tzinfo=UTC)

    def visit(task):
        name = task.params["repository"]
        via = Provenance(source=task.source, url=task.url, page="0" * 64, fetched_at=AT, reader="r@1", terms="t")
        page = Page(url=task.url, status=200, media_type="x/y", fetched_at=AT, sha256="0" * 64, body=b"", etag="1")
        if task.etag is not None:
            return Visit(task=task, outcome=Outcome.UNCHANGED, at=AT, page=page, cost=Cost(requests=1))
        number = sum(name.encode())
        records = (
            Identity(id=f"github:{number}", kind=IdentityKind.PERSONAL, via=via, handle=f"h{number}"),
            Work(id=f"github:{name}#1", kind=WorkKind.PULL_REQUEST, title="Fuse", url=task.url, via=via),
            Signal(id=f"s{number}", identity=f"github:{number}", work=f"github:{name}#1", via=via,
                   kind=SignalKind.AUTHORED),
        )
        return Visit(task=task, outcome=Outcome.OK, at=AT, page=page, records=records, cost=Cost(requests=1))

    for line in sys.stdin:
        task = task_from_line(line)
        name = task.params["repository"]
        once = place / f"{name.replace('/', '-')}.crashed"
        if name == "orbit/trainer" and how.startswith("crash"):
            if how == "crash-always" or not once.exists():
                once.touch()
                print(visit_to_line(visit(task))[:40], flush=True)
                os._exit(9)
        if how == "slow":
            place.joinpath("started").touch()
            time.sleep(60)
        if how.startswith("limited"):
            wait_s = float(how.partition("-")[2] or 7200)
            print(visit_to_line(Visit(task=task, outcome=Outcome.LIMITED, at=AT, retry_after_s=wait_s)), flush=True)
            continue
        if how == "missing":
            print(visit_to_line(Visit(task=task, outcome=Outcome.GONE, at=AT, detail="no such host name")), flush=True)
            continue
        if how == "refused":
            print(visit_to_line(Visit(task=task, outcome=Outcome.REFUSED, at=AT, detail="it said no")), flush=True)
            continue
        print(visit_to_line(visit(task)), flush=True)
    '''
)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith("SOURCER_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("SOURCER_PEPPER", "a pepper for tests")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "nothing"))
    (tmp_path / "child.py").write_text(CHILD)
    overlay = tmp_path / "config" / "sources"
    overlay.mkdir(parents=True)
    from sourcing.settings import config_root

    for shipped in (config_root() / "sources").glob("*.toml"):
        text = "enabled = false\n"
        if shipped.stem == "git_history":
            text = f"[seeds]\nrepositories = {list(NAMES)}\n[expect]\nsignals_min = 0\n"
        (overlay / shipped.name).write_text(text)
    (tmp_path / "sourcer.toml").write_text(
        'home = "."\nconfig_dir = "config"\n[operator]\ncontroller = "Example GmbH"\ncontact = "https://c.example"\n'
    )
    return tmp_path


@pytest.fixture
def settings(home: Path) -> Settings:
    return load(config=home / "sourcer.toml")


@pytest.fixture
def keyer() -> PepperKeyer:
    return PepperKeyer(b"a pepper for tests")


def child(home: Path, how: str = "well") -> crawl.parent.Child:
    return lambda arguments: [sys.executable, str(home / "child.py"), how, str(home), *arguments]


def run(
    store: Store, settings: Settings, how: str = "well", *, now: datetime = NOW, **more: object
) -> crawl.CrawlReport:
    return crawl.run(
        store, settings, load_specs(settings), now=now, run=None, keyer=PepperKeyer(b"a pepper for tests"),
        child=child(settings.home, how), fixed_clock=True, **more,
    )  # fmt: skip


def only(report: crawl.CrawlReport) -> crawl.SourceReport:
    return report.sources[0]


def test_what_children_say_is_stored_and_the_next_run_asks_only_whether_it_changed(
    store: Store, settings: Settings
) -> None:
    first = run(store, settings)
    assert (only(first).visits, only(first).new, only(first).waiting) == (3, 9, 0)
    assert "first run" in first.sentence and not nightly.is_partial(first)

    same_night = run(store, settings)
    assert only(same_night).visits == 0

    second = run(store, settings, now=NOW + timedelta(days=1))
    assert (only(second).not_modified, only(second).new) == (3, 0)
    assert "incremental run" in second.sentence and "3 answers not modified" in second.sentence


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
    class Killed(BaseException):
        pass

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


def test_a_server_that_is_away_for_a_while_is_asked_again_and_one_that_stays_away_is_told(
    store: Store,
) -> None:
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
    with pytest.raises(Unreachable):
        unit.done(begin, lambda _: (_ for _ in ()).throw(Unreachable("still")), is_stopping=lambda: True)


def test_a_source_that_cannot_be_reached_at_all_is_told_as_such(store: Store, settings: Settings) -> None:
    report = run(store, settings, "missing")
    assert "check that github.com can be reached" in (only(report).detail or "")
    assert nightly.status_of(report) == "partial"


def test_a_page_that_holds_somebody_suppressed_does_not_stay(store: Store, settings: Settings) -> None:
    page = Archive(settings.home).put("0" * 64, b"what the child archived")
    with store.begin() as tx:
        name = sum(NAMES[0].encode())
        keyer = PepperKeyer(b"a pepper for tests")
        subjects.suppress(tx, {keyer.digest("id", f"github:{name}")}, "asked", NOW)
    report = run(store, settings)
    assert only(report).suppressed > 0 and not page.exists()


def test_a_limit_longer_than_we_wait_ends_the_source_for_now(store: Store, settings: Settings) -> None:
    report = run(store, settings, "limited")
    assert only(report).stopped == "limited" and only(report).errors == 0


def test_a_limit_that_would_outlast_the_run_is_not_waited_for(store: Store, settings: Settings) -> None:
    report = run(store, settings, "limited-90", limits=crawl.Limits(seconds=60))
    assert only(report).stopped == "limited" and report.seconds < 30


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
    assert only(report).stopped == "time" and report.seconds < 30 and not report.interrupted
    with store.read() as tx:
        assert frontier.counts(tx, "git_history") == {"due": 3}
    assert only(run(store, settings)).visits == 3  # the next one catches up


def test_sources_of_one_bucket_share_one_allowance_and_have_their_turns_one_after_another(
    store: Store, settings: Settings
) -> None:
    from sourcing.settings import config_root

    shipped = (config_root() / "sources" / "git_history.toml").read_text()
    text = shipped.replace('title = "Git histories"', 'title = "Other histories"\nbucket = "git"')
    text = re.sub(r"(?s)\[seeds\].*", f"[seeds]\nrepositories = {list(NAMES)}\n", text)
    text = re.sub(r"requests_per_run = \d+", "requests_per_run = 4", text)
    folder = settings.home / "config" / "sources"
    (folder / "other_history.toml").write_text(text)
    own = 'bucket = "git"\nrequests_per_run = 4\n' + (folder / "git_history.toml").read_text()
    (folder / "git_history.toml").write_text(own)
    report = run(store, settings)
    assert sorted(one.requests for one in report.sources) == [1, 3]
    assert [one.stopped for one in report.sources if one.requests == 1] == ["budget"]
    assert sum(one.requests for one in run(store, settings).sources) == 2


def test_budgets_end_a_source_and_leave_its_tasks_due(store: Store, settings: Settings) -> None:
    report = run(store, settings, limits=crawl.Limits(requests=2))
    assert (only(report).stopped, only(report).requests, only(report).waiting) == ("budget", 2, 1)
    assert only(run(store, settings)).requests == 1


def test_a_refusal_is_told_with_the_sources_own_words(store: Store, settings: Settings) -> None:
    report = run(store, settings, "refused")
    said = only(report).detail or ""
    assert only(report).errors == 3 and said.startswith("source 'git_history': it said no; ")
    assert "`sourcer source test git_history`" in said


def test_a_child_gets_no_token_it_does_not_need_and_never_the_database(
    store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCER_GITHUB_TOKEN", "planted")
    monkeypatch.setenv("SOURCER_DATABASE", "postgresql://a:planted@db.example/x")
    run(store, settings)
    names = json.loads((settings.home / "environment.json").read_text())
    assert {"SOURCER_GITHUB_TOKEN", "SOURCER_DATABASE"}.isdisjoint(names)
    assert {"SOURCER_PEPPER", "SOURCER_CONTACT", "SOURCER_HOME"} <= set(names)
    arguments = json.loads((settings.home / "arguments.json").read_text())
    assert [Path(one).name for one in arguments[:2]] == ["git_history.toml"] * 2
    assert arguments[2:] == ["--home", str(settings.home), "--now", NOW.isoformat()]


def test_a_secrets_file_that_cannot_be_read_stops_its_own_source_only(
    store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    (settings.home / "config/sources/github_releases.toml").write_text(
        '[seeds]\nrepositories = ["orbit/engine"]\n'
    )
    monkeypatch.setenv("SOURCER_GITHUB_TOKEN_FILE", str(settings.home / "gone"))
    found = {one.source: one for one in run(store, settings).sources}
    assert (found["git_history"].visits, found["github_releases"].stopped) == (3, "credentials")
    assert "SOURCER_GITHUB_TOKEN_FILE names a file" in (found["github_releases"].detail or "")


def test_nobody_crawls_anonymously(store: Store, settings: Settings) -> None:
    unknown = settings.model_copy(update={"operator": settings.operator.model_copy(update={"contact": None})})
    with pytest.raises(NotAllowed, match="no crawl without contact"):
        run(store, unknown)


def test_seeds_a_reader_refuses_are_named(store: Store, settings: Settings) -> None:
    (settings.home / "config/sources/git_history.toml").write_text("[seeds]\nrepositries = []\n")
    with pytest.raises(ConfigError, match=r"git_history.*repositries"):
        run(store, settings)


def test_two_crawls_never_overlap(store: Store, settings: Settings) -> None:
    with (
        nightly.holding(store, settings, now=NOW),
        pytest.raises(Locked, match="2026-11-22 02:17"),
        nightly.holding(store, settings, now=NOW),
    ):
        pass
    with nightly.holding(store, settings, now=NOW):
        pass


def test_a_lock_whose_owner_was_killed_is_taken_over(store: Store, settings: Settings) -> None:
    from contextlib import suppress

    class Killed(BaseException):
        pass

    held = nightly.holding(store, settings, now=NOW)
    with suppress(Killed), held:
        with store.begin() as tx:
            tx.exec_driver_sql("UPDATE lock SET owner = owner || '9'")  # its owner will not give it back
        raise Killed
    with nightly.holding(store, settings, now=NOW):
        pass


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
    deadline = time.monotonic() + 20
    while not (home / "started").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=20) == 130
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
    with nightly.holding(store, load(config=home / "sourcer.toml"), now=NOW):
        for command in (["crawl", "run"], ["nightly"]):
            assert main([*config, *command], child=child(home), now=lambda: NOW) == 6
            assert "since 2026-11-22 02:17 UTC" in capsys.readouterr().err
    store.close()
    assert main([*config, "crawl", "run"], child=child(home), now=lambda: NOW) == 0


def test_a_dry_night_tells_what_it_would_do_and_does_nothing(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = ["--config", str(home / "sourcer.toml")]
    assert main([*config, "db", "upgrade"]) == 0
    capsys.readouterr()
    assert main([*config, "--dry-run", "nightly"], child=child(home), now=lambda: NOW) == 0
    told = capsys.readouterr()
    assert "would do: crawl, resolve, sweep, rank; nothing was done" in told.err
    assert "git_history" in told.out and not (home / "arguments.json").exists()
    assert main([*config, "--json", "run", "list"]) == 0
    assert json.loads(capsys.readouterr().out) == []


def test_no_time_at_all_is_refused_and_not_taken_for_as_long_as_it_takes(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--config", str(home / "sourcer.toml"), "crawl", "run", "--time", "0m"]) == 2
    assert "'0m' is no duration" in capsys.readouterr().err
