"""An edited, removed or cut-off entry of the audit log is named, against a signed checkpoint too."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from sourcing.errors import BadInput
from sourcing.privacy import checkpoint
from sourcing.settings import Settings
from storage import audit
from storage.engine import Store


@pytest.fixture
def signed(store: Store, settings: Settings, now: datetime, tmp_path: Path) -> Path:
    with store.begin() as tx:
        for number in range(5):
            detail = {"über": "größe", "n": number, "list": [1, None, True], "quote": 'a"b\\c\n'}
            audit.append(tx, at=now, actor="ana", action="export.run", subject=f"e{number}", detail=detail)
    path = tmp_path / "checkpoint.json"
    assert checkpoint.sign(store, settings, path, now=now).entries == 5
    return path


@pytest.mark.row("T35")
@pytest.mark.parametrize(
    ("harm", "bad"),
    [
        ("UPDATE audit SET actor = 'ben' WHERE seq = 3", 3),
        ("UPDATE audit SET at = '2026-11-21 02:17:00.000000' WHERE seq = 2", 2),
        ("DELETE FROM audit WHERE seq = 4", 4),
        ("DELETE FROM audit WHERE seq > 3", 4),
    ],
)
def test_the_first_bad_entry_is_named(
    store: Store, settings: Settings, signed: Path, harm: str, bad: int
) -> None:
    assert checkpoint.verify(store, settings, signed).ok
    with store.begin() as tx:
        tx.execute(text(harm))
    found = checkpoint.verify(store, settings, signed)
    assert (found.ok, found.bad) == (False, bad)


@pytest.mark.row("T35")
def test_a_log_written_anew_from_the_start_differs_from_its_checkpoint(
    store: Store, settings: Settings, signed: Path, now: Any
) -> None:
    with store.begin() as tx:
        tx.execute(text("DELETE FROM audit"))
        for number in range(6):
            audit.append(tx, at=now, actor="mallory", action="x", subject=f"e{number}")
    assert checkpoint.verify(store, settings, None).ok
    found = checkpoint.verify(store, settings, signed)
    assert (found.ok, found.reason) == (False, "log was rewritten")


def test_a_checkpoint_of_another_house_or_changed_since_is_refused(
    store: Store, settings: Settings, signed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = signed.read_text()
    signed.write_text(whole.replace('"entries": 5', '"entries": 4'))
    with pytest.raises(BadInput, match="not signed with this installation's secret"):
        checkpoint.verify(store, settings, signed)
    signed.write_text(whole)
    monkeypatch.setenv("SOURCER_PEPPER", "the secret of another house")
    with pytest.raises(BadInput):
        checkpoint.verify(store, settings, signed)
    signed.write_text("[]")
    with pytest.raises(BadInput, match="no checkpoint"):
        checkpoint.verify(store, settings, signed)
