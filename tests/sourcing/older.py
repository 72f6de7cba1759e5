"""Databases as an earlier release made them."""

from pathlib import Path

from alembic import command

from storage import migrate
from storage.engine import connect

PREVIOUS_RELEASE = "0011"


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
