"""Nights begin once at their time, whatever clocks and machines do, and units for others are complete."""

import configparser
import os
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from waiting import PATIENCE_S, until

from sourcing import clock, schedule, timetable, units
from sourcing.cli.exits import Code
from sourcing.cli.root import start
from sourcing.errors import ConfigError
from sourcing.settings import Settings, config_root, load
from sourcing.timetable import Schedule
from sourcing.units import Form, Place
from storage import events, migrate, runs
from storage.engine import Store, open_store

NOW = datetime(2026, 11, 22, 2, 17, tzinfo=UTC)
LATE = timedelta(minutes=15)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("chosen", "now", "before", "after"),
    [
        ({"at": "02:17"}, "2026-11-22T02:17", "2026-11-22T02:17", "2026-11-23T02:17"),
        ({"at": "02:17"}, "2026-11-22T02:16", "2026-11-21T02:17", "2026-11-22T02:17"),
        ({"at": "02:17", "days": ("mon",)}, "2026-11-22T02:17", "2026-11-16T02:17", "2026-11-23T02:17"),
        ({"at": "00:30", "zone": "Asia/Tokyo"}, "2026-11-22T12:00", "2026-11-21T15:30", "2026-11-22T15:30"),
        # 02:30 is skipped on 29 March and comes twice on 25 October: one night each, and the days around keep theirs
        ({"at": "02:30", "zone": "Europe/Berlin"}, "2026-03-29T00:00", "2026-03-28T01:30", "2026-03-29T01:30"),
        ({"at": "02:30", "zone": "Europe/Berlin"}, "2026-03-29T01:30", "2026-03-29T01:30", "2026-03-30T00:30"),
        ({"at": "02:30", "zone": "Europe/Berlin"}, "2026-10-25T00:30", "2026-10-25T00:30", "2026-10-26T01:30"),
        ({"at": "02:30", "zone": "Europe/Berlin"}, "2026-10-25T01:30", "2026-10-25T00:30", "2026-10-26T01:30"),
    ],
)  # fmt: skip
def test_each_day_has_one_night_whatever_its_clocks_do(
    chosen: dict[str, Any], now: str, before: str, after: str
) -> None:
    table = Schedule(**chosen)
    assert timetable.previous(table, at(now)) == at(before)
    assert timetable.following(table, at(now)) == at(after)


@pytest.mark.parametrize("line", ['at = "2:17"', 'zone = "Nowhere/At_All"', 'days = ["monday"]', "hour = 2"])
def test_a_schedule_that_cannot_be_is_refused_with_its_key(home: Path, line: str) -> None:
    file = home / "sourcer.toml"
    file.write_text(f"{file.read_text()}[schedule]\n{line}\n")
    with pytest.raises(ConfigError, match=f"schedule.{line.partition(' ')[0]}"):
        load(config=file)


class Machine:
    """A clock that only waiting moves, and nights that say when they began."""

    def __init__(self, store: Store, settings: Settings, until: datetime) -> None:
        self.store, self.settings, self.now, self.until = store, settings, NOW + LATE, until
        self.nights: list[datetime] = []
        self.ends: list[Callable[[str], int]] = []
        self.said: list[str] = []

    def wait(self, seconds: float) -> bool:
        # a look a quarter of an hour, so that days have few; shorter waits end where they should
        self.now += LATE if seconds == schedule.LOOK_S else timedelta(seconds=seconds)
        return self.now >= self.until

    def start(self) -> int:
        """Begin a night; it ends as the next of `ends` says, or well."""
        self.nights.append(self.now)
        with self.store.begin() as tx:
            name = runs.start(tx, "nightly", now=self.now, actor="timer")
        return self.ends.pop(0)(name) if self.ends else self.ended(name, "done", 0)

    def ended(self, name: str, status: str, code: int) -> int:
        with self.store.begin() as tx:
            runs.finish(tx, name, now=self.now, status=status)
        return code

    def live(self) -> None:
        schedule.run(
            self.store,
            self.settings,
            self.start,
            clock=lambda: self.now,
            wait=self.wait,
            say=self.said.append,
        )


def test_nights_begin_at_their_time_and_warnings_are_no_reason_to_begin_again(
    store: Store, settings: Settings
) -> None:
    machine = Machine(store, settings, at("2026-11-25T12:00"))
    machine.ends = [
        lambda name: machine.ended(name, "partial", 5),
        lambda name: machine.ended(name, "partial", 75),
        lambda name: machine.ended(name, "failed", 1),
    ]
    machine.live()
    assert [f"{one:%d %H}" for one in machine.nights] == ["23 02", "24 02", "25 02"]
    told = [line for line in machine.said if "ended with" in line]
    assert ["warning" in line for line in told] == [True, True, False] and "sourcer run list" in told[2]


def test_a_missed_night_is_caught_up_with_once(store: Store, settings: Settings) -> None:
    machine = Machine(store, settings, at("2026-11-22T20:00"))
    with store.begin() as tx:  # the last one is three days ago: the machine was off
        name = runs.start(tx, "nightly", now=NOW - timedelta(days=3), actor="timer")
        runs.finish(tx, name, now=NOW - timedelta(days=3), status="done")
    machine.live()
    assert machine.nights == [NOW + LATE]


def test_a_night_that_was_killed_begins_again_thrice_at_most_and_one_a_person_stopped_does_not(
    store: Store, settings: Settings
) -> None:
    machine = Machine(store, settings, at("2026-11-23T20:00"))
    machine.ends = [lambda _: -9] * 9
    machine.live()
    assert len(machine.nights) == schedule.TRIES_MAX
    machine.until = at("2026-11-24T20:00")

    def stopped(name: str) -> int:
        with store.begin() as tx:
            runs.ask_to_stop(tx, name, actor="ana", now=machine.now)
        return machine.ended(name, "interrupted", 130)

    machine.ends = [stopped]
    machine.live()
    assert len(machine.nights) == schedule.TRIES_MAX + 1


def test_a_night_kept_out_by_another_run_begins_when_that_is_over(store: Store, settings: Settings) -> None:
    machine = Machine(store, settings, at("2026-11-23T04:00"))
    tries: list[datetime] = []

    def start() -> int:
        tries.append(machine.now)
        return Code.LOCKED if len(tries) < 3 else machine.start()

    schedule.run(store, settings, start, clock=lambda: machine.now, wait=machine.wait)
    assert len(tries) == 3 and tries[1] - tries[0] == timedelta(seconds=schedule.AGAIN_S)


def test_between_nights_the_receiver_of_webhooks_is_tried_again(
    store: Store, settings: Settings, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = home / "config" / "connectors"
    folder.mkdir()
    (folder / "webhook.toml").write_text('url = "https://127.0.0.1/inside"\n')  # which is never asked
    monkeypatch.setenv("SOURCER_WEBHOOK_SECRET", f"whsec_{'A' * 32}")
    with store.begin() as tx:
        events.put(tx, events.RUN_FINISHED, {}, now=NOW)
    Machine(store, settings, at("2026-11-22T03:10")).live()
    with store.read() as tx:
        (owed,) = events.due(tx, now=NOW + timedelta(days=1), limit=9)
    assert owed.tries > 0


@pytest.mark.slow
@pytest.mark.parametrize("how", [("schedule", "run"), ("serve", "--port", "0", "--with-scheduler")])
def test_a_missing_night_is_begun_by_a_process_that_ends_when_told(home: Path, how: tuple[str, ...]) -> None:
    (home / "config" / "sources" / "git_history.toml").write_text("enabled = false\n")
    url = f"sqlite:///{home / 'store.db'}"
    migrate.upgrade(url)
    store, before = open_store(url), clock.now() - timedelta(days=3)
    with store.begin() as tx:
        runs.finish(tx, runs.start(tx, "nightly", now=before, actor="timer"), now=before, status="done")
    command = [sys.executable, "-m", "sourcing", "--config", str(home / "sourcer.toml"), *how]
    with (home / "said").open("wb") as said:
        process = subprocess.Popen(command, stdout=said, stderr=said)

    def is_begun() -> bool:
        with store.read() as tx:
            last = runs.last(tx, "nightly")
        return last is not None and last.started_at > before

    try:
        until(is_begun, alive=lambda: process.poll() is None)
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) in (0, -signal.SIGTERM)
    finally:
        process.kill()
        process.wait()
        store.close()
    assert "the night of " in (home / "said").read_text()


def test_next_says_when_and_what_is_missing(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = str(home / "sourcer.toml")
    assert start(["--config", config, "db", "upgrade"]) == 0
    capsys.readouterr()
    assert start(["--config", config, "--json", "--now", "2026-11-22T10:00:00", "schedule", "next"]) == 0
    told = yaml.safe_load(capsys.readouterr().out)
    assert (told["next_at"], told["missing_since"]) == ("2026-11-23T02:17:00+00:00", None)
    assert told["local"] == "Mon 2026-11-23 02:17 UTC" and told["tasks_due"] > 0


def texts(form: Form, now: datetime = NOW, place: Place | None = None, **chosen: Any) -> dict[str, str]:
    return dict(units.texts(form, Schedule(**chosen), place or Place(), now=now))


WEEKDAYS = {"at": "23:30", "days": ("mon", "sun"), "zone": "America/New_York"}


def test_the_warnings_are_the_exit_codes_that_say_partly_and_later() -> None:
    assert timetable.WARNINGS == (Code.PARTLY, Code.LATER)


@pytest.mark.parametrize(("code", "ends"), [(0, 0), (5, 0), (75, 0), (1, 1), (6, 6), (130, 130)])
def test_a_shell_takes_warnings_for_success_and_nothing_else(code: int, ends: int) -> None:
    line = units.guarded(f"sh -c 'exit {code}'")
    assert subprocess.run(["sh", "-c", line], stdout=subprocess.DEVNULL, check=False).returncode == ends


def test_a_shell_that_comes_first_passes_the_word_to_stop_on_and_waits(tmp_path: Path) -> None:
    (tmp_path / "night").write_text(
        f"trap 'echo stopped > {tmp_path}/said; exit 5' TERM; echo begun > {tmp_path}/said; while :; do sleep .02; done"
    )
    line = units.guarded(units.passed_on(f"sh {tmp_path / 'night'}"))
    process = subprocess.Popen(["sh", "-c", line], stdout=subprocess.DEVNULL)
    said = tmp_path / "said"
    try:
        until(lambda: said.is_file() and said.read_text(), alive=lambda: process.poll() is None)
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == 0 and said.read_text() == "stopped\n"
    finally:
        process.kill()
        process.wait()
    for code, ends in ((0, 0), (75, 0), (6, 6)):
        line = units.guarded(units.passed_on(f"sh -c 'exit {code}'"))
        assert subprocess.run(["sh", "-c", line], stdout=subprocess.DEVNULL, check=False).returncode == ends


def test_a_crontab_line_has_its_moment_its_zone_and_a_command_a_shell_reads() -> None:
    place = Place(command=("/opt/a b/sourcer", "--config", "/etc/100%.toml"))
    *_, zone, line = texts(Form.CRON, place=place, **WEEKDAYS)["crontab"].splitlines()
    assert zone == "CRON_TZ=America/New_York"
    *fields, command = line.split(" ", 5)
    assert fields == ["30", "23", "*", "*", "0,1"]
    assert subprocess.run(["sh", "-n", "-c", command], check=False).returncode == 0
    assert shlex.split(command.replace(r"\%", "%"))[:3] == ["/opt/a b/sourcer", "--config", "/etc/100%.toml"]


def test_systemd_units_name_warnings_catch_up_and_are_shut_in(tmp_path: Path) -> None:
    found = {}
    home = "/tmp/a b$100%"
    for name, text in texts(
        Form.SYSTEMD, place=Place(command=(sys.executable,), home=home), **WEEKDAYS
    ).items():
        found[name] = configparser.ConfigParser(interpolation=None, strict=True)
        found[name].optionxform = str  # type: ignore[assignment,method-assign]
        found[name].read_string(text)
        (tmp_path / name).write_text(text)
    service, timer = found["sourcer-nightly.service"]["Service"], found["sourcer-nightly.timer"]
    assert service["SuccessExitStatus"] == "5 75" and service["ExecStart"].endswith(" --no-input nightly")
    assert (service["Type"], service["ProtectSystem"]) == ("oneshot", "strict")
    # a word of a list is unquoted, a directory is not; in neither is `$` more than itself
    assert (service["ReadWritePaths"], service["WorkingDirectory"]) == ('"/tmp/a b$100%%"', "/tmp/a b$100%%")
    assert timer["Timer"]["OnCalendar"] == "Mon,Sun *-*-* 23:30:00 America/New_York"
    assert timer["Timer"]["Persistent"] == "true" and timer["Install"]["WantedBy"] == "timers.target"
    assert found["sourcer-web.service"]["Service"]["Restart"] == "on-failure"
    if shutil.which("systemd-analyze"):  # where there is one, it reads them as systemd would
        paths = [str(tmp_path / name) for name in found]
        told = subprocess.run(
            ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", *paths],
            env={**os.environ, "SYSTEMD_UNIT_PATH": f"{tmp_path}:"}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert not [line for line in told.stderr.splitlines() if str(tmp_path) in line], told.stderr


def test_a_day_without_the_hour_has_its_night_all_the_same() -> None:
    chosen = {"at": "02:30", "zone": "Europe/Berlin"}
    named = [
        line.partition("=")[2]
        for line in texts(Form.SYSTEMD, **chosen)["sourcer-nightly.timer"].splitlines()
        if line.startswith("OnCalendar=")
    ]
    assert named[:2] == ["*-*-* 02:30:00 Europe/Berlin", "2027-03-28 01:30:00 UTC"] and len(named) == 11
    assert "next 2027-03-28, 2028-03-26" in texts(Form.K8S, **chosen)["cronjob.yaml"]


def test_a_cron_job_never_overlaps_has_its_zone_and_takes_no_warning_for_failure() -> None:
    job = yaml.safe_load(texts(Form.K8S, **WEEKDAYS)["cronjob.yaml"])
    spec = job["spec"]
    assert (job["apiVersion"], job["kind"]) == ("batch/v1", "CronJob")
    assert (spec["schedule"], spec["timeZone"]) == ("30 23 * * 0,1", "America/New_York")
    assert spec["concurrencyPolicy"] == "Forbid" and spec["startingDeadlineSeconds"] > 0
    pod = spec["jobTemplate"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert pod["restartPolicy"] == "Never" and pod["securityContext"]["runAsNonRoot"] is True
    assert container["args"] == [units.guarded(units.passed_on("sourcer --no-input nightly"))]
    assert {one["name"] for one in container["volumeMounts"]} == {one["name"] for one in pod["volumes"]}


@pytest.mark.parametrize(
    ("chosen", "now", "cron"),
    [
        ({}, NOW, "17 2 * * *"),
        (WEEKDAYS, NOW, "30 4 * * 1,2"),  # an hour before midnight there is the next day in UTC
        ({"at": "00:30", "days": ("mon",), "zone": "Asia/Tokyo"}, NOW, "30 15 * * 0"),
    ],
)
def test_a_workflow_begins_in_utc_on_the_day_it_is_there(
    chosen: dict[str, Any], now: datetime, cron: str
) -> None:
    found = yaml.safe_load(texts(Form.GITHUB, now, **chosen)["nightly.yml"])
    assert found[True]["schedule"] == [{"cron": cron}]  # YAML 1.1 reads `on` as true
    assert found["concurrency"]["cancel-in-progress"] is False
    steps = found["jobs"]["nightly"]["steps"]
    installed = next(one["run"] for one in steps if "--require-hashes" in one.get("run", ""))
    assert (config_root().parent / installed.split()[-1]).is_file()
    assert steps[-1]["run"] == units.guarded("sourcer --no-input nightly --time 5h")
    assert set(steps[-1]["env"]) >= {"SOURCER_DATABASE", "SOURCER_PEPPER"}
