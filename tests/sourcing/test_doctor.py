"""The doctor: every trouble is found and comes with its fix."""

from pathlib import Path

import pytest

from sourcing import doctor
from sourcing.doctor import State
from sourcing.settings import Operator, Settings
from storage import migrate


def found(settings: Settings) -> dict[str, doctor.Check]:
    return {check.name: check for check in doctor.examine(settings)}


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
