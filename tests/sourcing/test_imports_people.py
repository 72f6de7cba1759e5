"""Dumps of people: read once their terms are accepted, and of them only whom the store knows already."""

import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sourcing import imports
from sourcing.errors import BadInput, NotAllowed
from sourcing.settings import Settings
from storage import intake, statements
from storage.engine import Store

NOW = datetime(2026, 11, 22, 2, 17, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("SOURCER_PEPPER", "a pepper for tests")
    (tmp_path / "config" / "sources").mkdir(parents=True)
    return Settings(home=tmp_path / "home", config_dir=tmp_path / "config")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "meta-kaggle.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(
            "Users.csv", "Id,UserName,DisplayName\n990001,MiraInv,Mira Okafor\n990002,stranger,S\n"
        )
        head = "UserId,AchievementType,Tier,TierAchievementDate,TotalGold,TotalSilver,TotalBronze"
        rows = ("990001,Competitions,3,11/05/2024,1,2,3", "990002,Competitions,4,11/05/2024,9,9,9")
        archive.writestr("UserAchievements.csv", "\n".join((head, *rows)) + "\n")
    return path


def accept(settings: Settings) -> None:
    assert settings.config_dir is not None
    overlay = settings.config_dir / "sources" / "kaggle_dump.toml"
    overlay.write_text("enabled = true\naccepted_on = 2026-11-01\n", encoding="utf-8")


def test_a_dump_is_refused_until_its_terms_are_accepted(store: Store, settings: Settings, file: Path) -> None:
    with pytest.raises(NotAllowed, match="kaggle_dump --accept-terms"):
        imports.people(store, settings, file, "kaggle", now=NOW)


def test_of_a_dump_only_whom_the_store_knows_is_read(
    store: Store, settings: Settings, file: Path, make, keyer
) -> None:
    accept(settings)
    assert imports.people(store, settings, file, "kaggle", now=NOW).new == 0
    mira = make.identity("github:7", links=("https://www.kaggle.com/mirainv",))
    with store.begin() as tx:
        intake.take(tx, make.visit(mira), now=NOW, run=None, keyer=keyer)
    first = imports.people(store, settings, file, "kaggle", now=NOW)
    assert first.new > 0 and first.quarantined == 0
    again = imports.people(store, settings, file, "kaggle", now=NOW)
    assert again.new == again.changed == 0
    with store.read() as tx:
        found = statements.identities(tx, ["kaggle:990001", "kaggle:990002"])
    assert set(found) == {"kaggle:990001"} and found["kaggle:990001"].names == ("Mira Okafor",)


def test_what_is_no_dump_is_refused(store: Store, settings: Settings, tmp_path: Path) -> None:
    accept(settings)
    with pytest.raises(BadInput, match="is not a file"):
        imports.people(store, settings, tmp_path / "nothing.zip", "kaggle", now=NOW)
    text = tmp_path / "text.zip"
    text.write_text("hello")
    with pytest.raises(BadInput, match="no dump of kaggle"):
        imports.people(store, settings, text, "kaggle", now=NOW)
