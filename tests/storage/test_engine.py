"""Opening, writing together, migrations."""

import sqlite3
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import TimeoutError as NoneFree

from storage import audit, migrate, runs
from storage.engine import Store, mapped, open_store, wal_is_safe
from storage.errors import Busy, Locked, SchemaBehind, StoreFull, Unreachable
from storage.tables import metadata, suppression


def test_migrations_make_exactly_the_tables(store: Store) -> None:
    assert migrate.check(store) == []


def test_upgrading_twice_changes_nothing(new_url: Callable[[], str]) -> None:
    url = new_url()
    migrate.upgrade(url)
    assert migrate.current(url) == migrate.head()


def test_a_database_without_migrations_is_behind(tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / "old.db").execute("CREATE TABLE x (y)").connection.close()
    with pytest.raises(SchemaBehind, match="db upgrade"):
        open_store(f"sqlite:///{tmp_path / 'old.db'}")


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:///{}/missing.db",
        "sqlite:///{}/text.db",
        "nonsense",
        "mysql://x/y",
        "postgresql://u@/d?host={}",
    ],
)
def test_what_cannot_be_opened_says_so(url: str, tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("this is no database, " * 100)
    with pytest.raises(Unreachable):
        open_store(url.format(tmp_path))


def test_an_exception_undoes_the_whole_transaction(store: Store, now) -> None:
    with pytest.raises(RuntimeError), store.begin() as tx:
        audit.append(tx, at=now, actor="ana", action="x", subject="p_1")
        raise RuntimeError
    with store.read() as tx:
        assert audit.verify(tx).entries == 0


def test_two_writers_wait_for_each_other_and_lose_nothing(store: Store, now) -> None:
    def write(actor: str) -> None:
        for _ in range(10):
            with store.begin() as tx:
                audit.append(tx, at=now, actor=actor, action="x", subject="p_1")

    threads = [threading.Thread(target=write, args=(name,)) for name in ("one", "two", "three")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.read() as tx:
        verdict = audit.verify(tx)
    assert (verdict.ok, verdict.entries) == (True, 30)


def test_a_full_disk_loses_only_the_open_transaction(store: Store, now) -> None:
    if store.dialect != "sqlite":
        return  # the page limit that stands for a full disk exists on SQLite only
    with pytest.raises(StoreFull), store.begin() as tx:
        pages = tx.exec_driver_sql("PRAGMA page_count").scalar_one()
        tx.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        for number in range(5_000):
            tx.execute(suppression.insert().values(digest=f"{number:064x}", reason="x" * 100, at=now))
    with store.read() as tx:
        assert tx.execute(select(func.count()).select_from(suppression)).scalar_one() == 0
    assert store.integrity()


def test_a_write_ahead_log_is_used_only_where_it_is_safe() -> None:
    assert not wal_is_safe((3, 40, 1))
    assert not wal_is_safe((3, 51, 2))
    assert wal_is_safe((3, 51, 3))


def test_every_table_has_a_key_and_every_column_a_tag() -> None:
    for table in metadata.tables.values():
        assert table.primary_key.columns, table.name
        assert all(
            set(column.info) >= {"purpose", "category", "retention", "exportable"} for column in table.c
        )


def test_a_second_night_is_refused_until_the_first_is_over_or_dead(store: Store, now) -> None:
    with store.begin() as tx:
        runs.lock(tx, "crawl", "host:1", now, 600)
    with pytest.raises(Locked, match=r"host:1 since 2026-11-22 02:17"), store.begin() as tx:
        runs.lock(tx, "crawl", "host:2", now + timedelta(seconds=599), 600)
    with store.begin() as tx:
        runs.lock(tx, "crawl", "host:2", now + timedelta(seconds=601), 600)
        runs.unlock(tx, "crawl", "host:1")
    with pytest.raises(Locked), store.begin() as tx:
        runs.lock(tx, "crawl", "host:3", now + timedelta(seconds=602), 600)


def test_runs_keep_their_steps_and_the_last_is_found(store: Store, now) -> None:
    with store.begin() as tx:
        first = runs.start(tx, "nightly", now=now, actor="cron")
        second = runs.start(tx, "nightly", now=now, actor="cron")
        runs.step(tx, second, "crawl", now=now, status="running")
        runs.step(tx, second, "crawl", now=now + timedelta(minutes=1), status="done", detail={"new": 3})
        runs.finish(tx, first, now=now, status="failed")
        runs.finish(tx, second, now=now + timedelta(minutes=2), status="done")
    with store.read() as tx:
        last = runs.last(tx, "nightly", status="done")
        assert [run.id for run in runs.ls(tx, limit=1)] == [second]
        assert [run.id for run in runs.ls(tx, limit=5, after=(now, second))] == [first]
    assert last is not None and last.id == second and first != second
    assert last.steps[0].started_at == now and last.steps[0].finished_at == now + timedelta(minutes=1)
    assert last.steps[0].detail == {"new": 3}


def test_a_wait_for_one_of_too_many_connections_is_told_as_busy() -> None:
    with pytest.raises(Busy), mapped():
        raise NoneFree
