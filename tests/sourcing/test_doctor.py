"""The doctor: every trouble is found and comes with its fix."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from older import PREVIOUS_RELEASE, back_to

from sourcing import doctor
from sourcing.crawl import lock
from sourcing.doctor import State
from sourcing.settings import Operator, Settings
from storage import migrate, runs
from storage.engine import Store

NOW = datetime(2026, 11, 22, 2, 17, tzinfo=UTC)


def found(settings: Settings, now: datetime = NOW) -> dict[str, doctor.Check]:
    return {check.name: check for check in doctor.examine(settings, now=now)}


def test_a_fresh_directory_is_not_ready_and_every_trouble_has_a_fix(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (
        "SOURCER_PEPPER",
        "SOURCER_PEPPER_FILE",
        "SOURCER_GITHUB_TOKEN",
        "SOURCER_GITHUB_TOKEN_FILE",
    ):
        monkeypatch.delenv(name, raising=False)
    checks = found(Settings(home=tmp_path / "new"))
    bad = {name for name, check in checks.items() if check.state is State.FAIL}
    assert bad == {"operator", "instance secret", "database"}
    assert all(check.fix for check in checks.values() if check.state is not State.OK)
    assert "sourcer db upgrade" in (checks["database"].fix or "")


def test_a_ready_installation_has_no_failure_and_shows_no_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCER_PEPPER", "planted planted planted")
    monkeypatch.setenv("SOURCER_GITHUB_TOKEN", "planted")
    operator = Operator(controller="Example GmbH", contact="https://c.example")
    settings = Settings(home=tmp_path, operator=operator)
    migrate.upgrade(settings.database_url)
    checks = found(settings)
    assert not [check for check in checks.values() if check.state is State.FAIL]
    assert "planted" not in str(checks)


def test_a_damaged_database_and_a_short_secret_are_failures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCER_PEPPER", "short")
    (tmp_path / "store.db").write_bytes(
        b"no database, but long enough to be taken for the header of one" * 20
    )
    checks = found(Settings(home=tmp_path))
    assert checks["database"].state is checks["instance secret"].state is State.FAIL


@pytest.mark.parametrize(
    ("number", "safe"),
    [
        ((2, 39, 5), False),
        ((2, 50, 1), False),
        ((2, 50, 2), True),
        ((2, 51, 2), False),
        ((2, 56, 1), True),
        ((2, 57, 0), True),
    ],
)
def test_git_needs_the_fixes_of_november(number: tuple[int, ...], safe: bool) -> None:
    assert doctor.is_safe_git(number) is safe


def test_a_file_that_another_project_overwrote_is_noticed(tmp_path: Path) -> None:
    import hashlib
    from base64 import urlsafe_b64encode

    path = tmp_path / "module.py"
    path.write_text("ours")
    recorded = urlsafe_b64encode(hashlib.sha256(b"ours").digest()).rstrip(b"=").decode()
    assert doctor.is_as_recorded(str(path), recorded)
    path.write_text("theirs")
    assert not doctor.is_as_recorded(str(path), recorded)
    path.unlink()
    assert not doctor.is_as_recorded(str(path), recorded)


@pytest.fixture
def lived(store: Store, settings: Settings) -> Settings:
    """An installation whose last night was done in time."""
    with store.begin() as tx:
        runs.finish(tx, runs.start(tx, "nightly", now=NOW, actor="timer"), now=NOW, status="done")
    return settings.model_copy(update={"database": store._engine.url.render_as_string(hide_password=False)})


def test_nights_that_stay_away_and_a_clock_that_goes_back_are_told(lived: Settings) -> None:
    fine = found(lived, NOW + timedelta(days=1, hours=3))
    assert fine["nights"].state is fine["clock"].state is fine["lock"].state is State.OK
    late = found(lived, NOW + timedelta(days=2))["nights"]
    assert late.state is State.WARN and "sourcer schedule" in (late.fix or "")
    back = found(lived, NOW - timedelta(hours=2))["clock"]
    assert back.state is State.FAIL and "timedatectl" in (back.fix or "")


def test_a_lock_that_nobody_holds_any_more_is_told(lived: Settings, store: Store) -> None:
    with lock.holding(store, lived, now=NOW):
        assert "at work" in found(lived)["lock"].found
        with store.begin() as tx:
            owner = runs.holder(tx, lock.LOCK)
    assert owner is not None
    with store.begin() as tx:  # as a process that was killed leaves it
        runs.lock(tx, lock.LOCK, owner[0], NOW, 0)
    left = found(lived)["lock"]
    assert left.state is State.WARN and left.fix is not None and "takes it over" in left.fix


def test_secrets_that_others_may_read_are_told_and_closed(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    given, ours = settings.home / "token", settings.home / "pepper"
    for path, mode in ((given, 0o644), (ours, 0o640)):
        path.write_text("planted planted planted")
        path.chmod(mode)
    monkeypatch.setenv("SOURCER_GITHUB_TOKEN_FILE", str(given))
    told = found(settings)["secret files"]
    assert told.state is State.WARN and {"pepper", "token"} <= set(told.found.replace(",", "").split())
    doctor.mend(settings)
    assert found(settings)["secret files"].state is State.OK and ours.stat().st_mode & 0o777 == 0o600


def test_a_database_of_the_release_before_is_told_and_brought_up(
    settings: Settings, new_url: Callable[[], str]
) -> None:
    old = settings.model_copy(update={"database": new_url()})
    back_to(old.database_url, PREVIOUS_RELEASE)
    assert found(old)["database"].fix == "sourcer db upgrade"
    assert doctor.mend(old) and found(old)["database"].state is State.OK
    assert doctor.mend(old) == []


def test_a_server_without_programs_for_backups_is_told(
    lived: Settings, store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("storage.backup._PG_PLACES", tmp_path)
    told = found(lived)["database server"]
    assert (told.state, "pg_dump" in (told.fix or "")) == (
        (State.WARN, True) if store.dialect == "postgresql" else (State.OK, False)
    )
