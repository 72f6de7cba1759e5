"""`sourcer key` and `sourcer serve`: what administrators type."""

import json
import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from waiting import PATIENCE_S

from sourcing.cli.root import start
from storage import migrate


@pytest.fixture
def ready(home: Path) -> Path:
    migrate.upgrade(f"sqlite:///{home / 'store.db'}")
    return home / "sourcer.toml"


def run(config: Path, *argv: str) -> int:
    return start(["--config", str(config), *argv])


def test_a_key_is_made_shown_once_listed_and_revoked(ready: Path, capsys) -> None:
    assert run(ready, "key", "create", "dashboard", "--scope", "read", "--expires", "90d", "--json") == 0
    told = capsys.readouterr()
    made = json.loads(told.out)
    assert made["key"].startswith(f"sk_{made['id']}_")
    assert f"sourcer key revoke {made['id']}" in told.err
    assert run(ready, "key", "list", "--json") == 0
    listed = capsys.readouterr().out
    assert made["key"] not in listed
    (row,) = json.loads(listed)
    assert (row["name"], row["scope"], row["revoked_at"]) == ("dashboard", "read", None)
    assert run(ready, "key", "revoke", made["id"]) == 0
    assert run(ready, "key", "revoke", made["id"]) == 1
    capsys.readouterr()
    assert run(ready, "key", "list", "--json") == 0
    assert json.loads(capsys.readouterr().out)[0]["revoked_at"] is not None


@pytest.mark.parametrize(
    ("argv", "code"),
    [
        (("key", "create", "x", "--scope", "root"), 2),
        (("key", "create", "x", "--scope", "read", "--expires", "soon"), 2),
        (("key", "create", " ", "--scope", "read"), 1),
        (("key", "revoke", "none"), 1),
        (("serve", "--host", "0.0.0.0"), 3),
    ],
)
def test_what_cannot_be_is_refused_with_its_exit_code(ready: Path, argv: tuple[str, ...], code: int) -> None:
    assert run(ready, *argv) == code


@pytest.mark.slow
def test_serve_prints_a_link_that_signs_in_once_and_stops_when_told(ready: Path) -> None:
    command = [sys.executable, "-m", "sourcing", "--config", str(ready), "serve", "--port", "0"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        lines = server.stdout.readline() + server.stdout.readline()
        link = re.search(r"http://127\.0\.0\.1:\d+/sign-in\?link=\S+", lines)
        assert link is not None, lines
        with urllib.request.urlopen(link[0], timeout=PATIENCE_S) as answer:
            assert answer.headers["set-cookie"].startswith("sourcer_session=")
        with urllib.request.urlopen(
            f"{link[0].partition('/sign-in')[0]}/healthz", timeout=PATIENCE_S
        ) as answer:
            assert answer.status == 200
        server.send_signal(signal.SIGINT)
        assert server.wait(PATIENCE_S) == 0
    finally:
        server.kill()
        server.communicate()
