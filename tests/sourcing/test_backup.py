"""A backup is whole, and brought back it replaces the store in one step, without whoever was forgotten since."""

import sqlite3
import stat
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from older import PREVIOUS_RELEASE, back_to

from sourcing import backup
from sourcing.cli.root import start
from sourcing.crawl import lock
from sourcing.errors import BadInput
from sourcing.privacy import erase
from sourcing.settings import Settings
from storage import audit, intake, migrate, persons, runs
from storage.digest import store_digest
from storage.engine import Store, open_store
from storage.errors import Locked, NoBackup
from storage.subjects import PepperKeyer


@pytest.fixture
def filled(
    new_url: Callable[[], str], settings: Settings, make: Any, keyer: PepperKeyer, now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> Settings:  # fmt: skip
    """An installation with a store of two people; PostgreSQL's programs are those of the server the tests start."""
    url = new_url()
    if url.startswith("postgresql"):
        import pgserver

        monkeypatch.setenv("PATH", str(Path(pgserver.__file__).parent / "pginstall" / "bin"), prepend=":")
    store = open_store(url)
    with store.begin() as tx:
        run = runs.start(tx, "nightly", now=now, actor="timer")
        records = [make.identity(f"github:{number}", handle=f"h{number}") for number in (1001, 1002)]
        intake.take(tx, make.visit(*records, make.work(), make.signal()), now=now, run=run, keyer=keyer)
        runs.finish(tx, run, now=now, status="done")
        persons.rebuild(tx, [frozenset({one.id}) for one in records], now)
    store.close()
    return settings.model_copy(update={"database": url})


class Opened:
    """A store opened for one look or act."""

    def __init__(self, settings: Settings) -> None:
        self.store = open_store(settings.database_url)

    def __enter__(self) -> Store:
        return self.store

    def __exit__(self, *_: object) -> None:
        self.store.close()


def content(settings: Settings) -> str:
    with Opened(settings) as store, store.read() as tx:
        assert audit.verify(tx).ok and store.integrity() and migrate.check(store) == []
        return store_digest(tx)


def people(settings: Settings) -> list[str]:
    with Opened(settings) as store, store.read() as tx:
        return sorted(persons.keys_by_identity(tx).values())


def written(settings: Settings, path: Path, now: datetime) -> None:
    with Opened(settings) as store:
        assert backup.write(store, settings, path, actor="ana", now=now) == path.stat().st_size > 10_000
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in path.parent.iterdir() if one.name.startswith(path.name)] == [path.name]


def later(settings: Settings, make: Any, keyer: PepperKeyer, at: datetime) -> None:
    """Another night, which finds a third person."""
    with Opened(settings) as store, store.begin() as tx:
        run = runs.start(tx, "nightly", now=at, actor="timer")
        intake.take(tx, make.visit(make.identity("github:1003"), at=at), now=at, run=run, keyer=keyer)
        runs.finish(tx, run, now=at, status="done")


def test_a_backup_brings_back_what_was_there_and_refuses_to_lose_what_came_since(
    filled: Settings, make: Any, keyer: PepperKeyer, now: datetime, tmp_path: Path
) -> None:
    path, before, at = tmp_path / "copy", content(filled), now + timedelta(days=1)
    written(filled, path, now)
    later(filled, make, keyer, at)
    after = content(filled)
    with pytest.raises(BadInput, match=r"2026-11-22 .* 2026-11-23 .* --force"):
        backup.restore(filled, path, actor="ana", now=at)
    assert content(filled) == after != before
    done = backup.restore(filled, path, actor="ana", now=at, force=True)
    assert content(filled) == before and done.newest == now
    fresh = tmp_path / "again"
    written(filled, fresh, at)
    assert backup.restore(filled, fresh, actor="ana", now=at).erased == 0


def test_who_was_forgotten_since_the_backup_stays_forgotten(
    filled: Settings, now: datetime, tmp_path: Path
) -> None:
    path, (gone, stays) = tmp_path / "copy", people(filled)
    written(filled, path, now)
    with Opened(filled) as store:
        erase.erase(store, filled, gone, actor="ana", now=now)
    done = backup.restore(filled, path, actor="ana", now=now + timedelta(days=1), force=True)
    assert (done.erased, people(filled)) == (1, [stays])


def test_a_store_a_crawl_works_on_is_left_alone(filled: Settings, now: datetime, tmp_path: Path) -> None:
    path, before = tmp_path / "copy", content(filled)
    written(filled, path, now)
    with Opened(filled) as store, lock.holding(store, filled, now=now), pytest.raises(Locked):
        backup.restore(filled, path, actor="ana", now=now)
    assert content(filled) == before


def test_what_is_no_backup_changes_nothing(
    filled: Settings, now: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, before = tmp_path / "copy", content(filled)
    written(filled, path, now)
    cut = tmp_path / "cut"
    cut.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    other = tmp_path / "other"
    other.write_text("a letter")
    for one in (cut, other, tmp_path / "absent"):
        with pytest.raises(NoBackup):
            backup.restore(filled, one, actor="ana", now=now, force=True)
    monkeypatch.setattr("storage.migrate.is_known", lambda _: False)
    with pytest.raises(NoBackup, match="later release"):
        backup.restore(filled, path, actor="ana", now=now)
    assert content(filled) == before


def test_a_backup_of_the_release_before_is_brought_to_this_one_over_a_store_of_this(
    filled: Settings, now: datetime, tmp_path: Path
) -> None:
    path, after = tmp_path / "copy", tmp_path / "newest"
    written(filled, after, now)
    back_to(filled.database_url, PREVIOUS_RELEASE)
    assert backup.copies.write(filled.database_url, path) > 0
    backup.restore(filled, after, actor="ana", now=now)
    assert len(people(filled)) == 2
    with pytest.raises(BadInput, match="--force"):
        backup.restore(filled, path, actor="ana", now=now)
    backup.restore(filled, path, actor="ana", now=now, force=True)
    content(filled)
    assert people(filled) == []


def test_the_commands_ask_first_and_a_damaged_store_is_set_aside(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config, file, place = str(home / "sourcer.toml"), tmp_path / "copy.db", home / "store.db"
    assert start(["--config", config, "db", "upgrade"]) == 0
    assert start(["--config", config, "db", "backup", str(file)]) == 0
    with sqlite3.connect(file) as copy:
        assert copy.execute("PRAGMA journal_mode").fetchone()
    assert start(["--config", config, "--no-input", "db", "backup", str(file)]) == 1
    place.write_bytes(b"no database at all, only long enough to look like one" * 100)
    assert start(["--config", config, "--no-input", "db", "restore", str(file)]) == 0
    assert place.read_bytes().startswith(b"no database")
    assert start(["--config", config, "--yes", "db", "restore", str(file)]) == 0
    assert (home / "store.db.damaged").is_file()
    capsys.readouterr()
    for words, said in ((("stats",), "size_bytes"), (("vacuum",), "now_bytes")):
        assert start(["--config", config, "--json", "db", *words]) == 0
        assert f'"{said}"' in capsys.readouterr().out
