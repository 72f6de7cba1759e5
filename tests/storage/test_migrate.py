"""A store of the release before comes up with every row it had."""

from collections.abc import Callable
from pathlib import Path

from alembic import command
from sqlalchemy import inspect, text

from storage import intake, migrate
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
