"""Brings a database to the newest migration: Alembic, driven from code, forward only."""

from functools import cache
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, text

from storage.engine import Store, connect, mapped
from storage.errors import Unreachable
from storage.tables import SEARCH_INDEX, metadata

LOCK = 0x50_17_CE_02  # a number of ours among those PostgreSQL keeps for programs


def upgrade(url: str) -> None:
    """Bring the database at `url` to the newest migration; a missing SQLite file is made.

    Of two at once the second waits for the first and finds nothing to do. Raises Unreachable if it cannot be opened.
    """
    engine = connect(url, create=True)
    try:
        with mapped(), engine.connect() as connection:
            connection = connection.execution_options(sourcer_write=True)
            with connection.begin():
                if connection.dialect.name == "postgresql":  # on SQLite whoever writes is alone as it is
                    connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": LOCK})
                config = _config()
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
    finally:
        engine.dispose()


def current(url: str) -> str | None:
    """Return the migration the database at `url` is at, None if it has none or does not exist."""
    try:
        engine = connect(url)
    except Unreachable:
        return None
    try:
        with mapped(), engine.connect() as connection:
            return version(connection)
    finally:
        engine.dispose()


def version(connection: Connection) -> str | None:
    """Return the migration an open database is at."""
    return MigrationContext.configure(connection).get_current_revision()


@cache
def head() -> str:
    """Return the newest migration."""
    newest = ScriptDirectory.from_config(_config()).get_current_head()
    assert newest is not None
    return newest


def is_known(revision: str) -> bool:
    """Return whether a migration is one of ours; one of a later release is not."""
    try:
        return ScriptDirectory.from_config(_config()).get_revision(revision) is not None
    except CommandError:
        return False


def check(store: Store) -> list[str]:
    """Return how the database differs from `tables.py`; empty when migrations and tables agree."""
    with store.read() as tx:
        context = MigrationContext.configure(
            tx, opts={"compare_type": True, "include_object": include_object, "target_metadata": metadata}
        )
        return [repr(difference) for difference in compare_metadata(context, metadata)]


def include_object(_object: Any, name: str | None, kind: str, _reflected: bool, _other: Any) -> bool:
    """Tell Alembic to leave the full-text index alone: each database has its own kind."""
    return not (kind == "table" and name is not None and name.startswith(SEARCH_INDEX))


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "storage:migrations")
    config.set_main_option("path_separator", "os")
    return config
