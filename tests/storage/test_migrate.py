"""A store of the release before comes up with every row it had."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any

import pytest
from older import PREVIOUS_RELEASE, back_to
from sqlalchemy import Column, MetaData, Table, inspect, select, text
from waiting import until

from storage import intake, migrate, scores
from storage.engine import connect, open_store
from storage.tables import SEARCH_INDEX

TABLES = ("identity", "statement", "claim", "work", "signal", "visit", "source_health")
EMPTIED = {
    "web_session"
}  # sessions begun before 0012 hold no word of the team's service: people sign in again


def test_the_release_before_comes_up_with_every_row(new_url: Callable[[], str], make, now, keyer) -> None:
    url, model = new_url(), new_url()
    newest = open_store(model)
    with newest.begin() as tx:  # rows as the release before would have them
        records = (
            make.identity(name="Ona Vale"),
            make.work(),
            make.signal(),
            make.claim("git:a", "github:1001"),
        )
        intake.take(tx, make.visit(*records), now=now, run="crawl-1", keyer=keyer)
        rows = {name: tx.execute(text(f'SELECT * FROM "{name}"')).mappings().all() for name in TABLES}
    newest.close()
    back_to(url, "0001")
    engine = connect(url)
    with engine.connect() as connection, connection.begin():
        for name, these in rows.items():
            columns = {column["name"] for column in inspect(connection).get_columns(name)}
            for row in these:
                kept = {key: value for key, value in row.items() if key in columns}
                names = ", ".join(f'"{key}"' for key in kept)
                values = ", ".join(f":{key}" for key in kept)
                connection.execute(
                    text(f'INSERT INTO "{name}" ({names}) VALUES ({values})'),
                    {key: str(value) if isinstance(value, list) else value for key, value in kept.items()},
                )
    engine.dispose()
    migrate.upgrade(url)
    store = open_store(url)
    assert migrate.check(store) == []
    with store.read() as tx:
        for name, these in rows.items():
            assert tx.execute(text(f'SELECT count(*) FROM "{name}"')).scalar_one() == len(these) > 0
    with store.begin() as tx:
        again = intake.take(tx, make.visit(*records), now=now, run=None, keyer=keyer)
    assert (again.new, again.unchanged) == (0, 4)
    store.close()


def test_points_of_single_factors_become_the_parts_of_scores(new_url: Callable[[], str]) -> None:
    url = new_url()
    back_to(url, "0003")
    engine = connect(url)
    shared = {"specialism": "s", "unit": "items"}
    rows = [
        {"person": "p_1", "factor": "Work", "place": 0, "feature": "merged_work", "value": 7.5, "points": 31.25,
         "evidence": '["b","a"]'},
        {"person": "p_1", "factor": "Papers", "place": 1, "feature": "papers_on_topic", "value": None, "points": 0.0,
         "evidence": "[]"},
        {"person": "p_1", "factor": "Review", "place": 2, "feature": "review_work", "value": 2.0, "points": 4.0,
         "evidence": '["c","a"]'},
        {"person": "p_2", "factor": "Work", "place": 0, "feature": "merged_work", "value": 0.0, "points": 0.0,
         "evidence": "[]"},
    ]  # fmt: skip
    with engine.connect() as connection, connection.begin():
        for row in (shared | one for one in rows):
            names, values = ", ".join(row), ", ".join(f":{name}" for name in row)
            connection.execute(text(f"INSERT INTO points ({names}) VALUES ({values})"), row)
    engine.dispose()
    migrate.upgrade(url)
    store = open_store(url)
    with store.read() as tx:
        found = scores.points_of(tx, ["p_1", "p_2"], "s")
        assert scores.grounds(tx, "p_1", "s") == ()
    told = [(one.factor, one.feature, one.value, one.unit, one.points, one.evidence) for one in found["p_1"]]
    assert told == [
        ("Work", "merged_work", 7.5, "items", 31.25, ("b", "a")),
        ("Papers", "papers_on_topic", None, "items", 0.0, ()),
        ("Review", "review_work", 2.0, "items", 4.0, ("c", "a")),
    ]
    assert [(one.points, one.rising) for one in found["p_1"]] == [(31.25, 31.25), (0.0, 0.0), (4.0, 4.0)]
    assert [one.points for one in found["p_2"]] == [0.0]
    store.close()


UPGRADE = "import sys; sys.stdin.readline(); from storage import migrate; migrate.upgrade(sys.argv[1])"


@pytest.mark.slow
def test_of_two_upgrades_at_once_one_waits_and_both_succeed(new_url: Callable[[], str]) -> None:
    url = new_url()
    back_to(url, PREVIOUS_RELEASE)
    both = [
        subprocess.Popen(
            [sys.executable, "-c", UPGRADE, url], stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    with held(url):
        for one in both:
            assert one.stdin is not None
            one.stdin.write("\n")
            one.stdin.flush()
    said = [one.communicate()[1] for one in both]
    assert [one.returncode for one in both] == [0, 0], said
    open_store(url).close()


@contextmanager
def held(url: str) -> Iterator[None]:
    """Hold the upgrade's lock until both wait for it; SQLite has none but its own."""
    engine = connect(url)
    with engine.connect() as connection, connection.begin():
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": migrate.LOCK})
        yield
        if engine.dialect.name == "postgresql":
            waiting = text(
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted "
                "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            )
            until(lambda: connection.execute(waiting).scalar_one() == 2)
    engine.dispose()


@pytest.mark.slow
def test_every_row_of_the_previous_release_comes_up_with_its_values(new_url: Callable[[], str]) -> None:
    url = new_url()
    back_to(url, PREVIOUS_RELEASE)
    engine, before = connect(url), MetaData()
    with engine.connect() as connection, connection.begin():
        before.reflect(connection)
        tables = [
            one
            for one in before.sorted_tables
            if not one.name.startswith((SEARCH_INDEX, "alembic", "sqlite"))
        ]
        for table in tables:
            rows = [
                {one.name: invented(table.name, one, number) for one in table.columns} for number in (1, 2)
            ]
            connection.execute(table.insert(), rows)
        was = {table.name: rows_of(connection, table) for table in tables}
    engine.dispose()
    assert len(was) > 40 and all(len(rows) == 2 for rows in was.values())
    migrate.upgrade(url)
    store = open_store(url)
    assert migrate.check(store) == []
    with store.read() as tx:
        for table in tables:
            if table.name in EMPTIED:
                continue
            assert rows_of(tx, table) == was[table.name], table.name
    store.close()


def invented(table: str, column: Column[Any], number: int) -> Any:
    """A value of a column's type that tells the table, the column and the row."""
    match column.type.python_type.__name__:
        case "str":
            said = f"{table}.{column.name}.{number}"
            length = getattr(column.type, "length", None)
            return said if length is None else f"{number}{said}"[:length]
        case "datetime":
            return datetime(2026, 1, number, 3, 4, 5, tzinfo=UTC)
        case "date":
            return date(2026, 2, number)
        case "bool":
            return number == 1
        case "float":
            return number + 0.25
        case "bytes":
            return f"{table}{number}".encode()
        case "dict" | "list":
            return {"of": [table, number]}
        case _:
            return number


def rows_of(connection: Any, table: Table) -> list[dict[str, Any]]:
    """What a table holds in the columns it had, in the order of its key."""
    found = connection.execute(select(table)).mappings().all()
    keys = [column.name for column in table.primary_key.columns]
    return sorted((dict(row) for row in found), key=lambda row: tuple(str(row[key]) for key in keys))
