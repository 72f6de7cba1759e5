"""A store of the release before comes up with every row it had."""

from collections.abc import Callable
from pathlib import Path

from alembic import command
from sqlalchemy import inspect, text

from storage import intake, migrate, scores
from storage.engine import connect, open_store

TABLES = ("identity", "statement", "claim", "work", "signal", "visit", "source_health")


def back_to(url: str, revision: str) -> None:
    """Empty a database and bring it to an older migration."""
    if url.startswith("sqlite"):
        Path(url.removeprefix("sqlite:///")).unlink()
    engine = connect(url, create=True)
    with engine.connect() as connection, connection.begin():
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("DROP SCHEMA public CASCADE")
            connection.exec_driver_sql("CREATE SCHEMA public")
        config = migrate._config()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    engine.dispose()


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
