"""The parent of a crawl against a child that speaks the pipe and does as it is told."""

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from crawling import NAMES, NOW, child, only, run

from sourcing import crawl, nightly
from sourcing.__main__ import main
from sourcing.errors import ConfigError, NotAllowed
from sourcing.settings import Settings
from spiders.archive import Archive
from storage import subjects
from storage.engine import Store
from storage.subjects import PepperKeyer


@pytest.fixture
def keyer() -> PepperKeyer:
    return PepperKeyer(b"a pepper for tests")


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
