"""TRUST T07, F42, parse door: hostile pages cost their visit, never the run."""

import hashlib
import socket
from datetime import UTC, datetime
from pathlib import Path

import pytest

from spiders.errors import SkipRecord
from spiders.records import Page, Task
from spiders.sandbox import WALL_S, Worker, label_for

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def page(body: bytes, url: str = "https://mira.example/") -> Page:
    return Page(
        url=url,
        status=200,
        media_type="text/html",
        fetched_at=NOW,
        sha256=hashlib.sha256(body).hexdigest(),
        body=body,
    )


@pytest.fixture
def worker_for(reader, make_spec):
    made = []

    def make(**kept):
        made.append(Worker("plain_reader", label_for(make_spec(engine="site"), reader), **kept))
        return made[-1]

    yield make
    for worker in made:
        worker.close()


def ask(**params) -> Task:
    return Task(source="plain", kind="page", url="https://mira.example/", params=params)


def test_a_page_is_read_and_the_worker_lives_on(worker_for):
    worker = worker_for()
    reading = worker.read(ask(), page(b'<a href="/talks">talks</a>' + b" " * 3_000_000))
    assert [record.id for record in reading.records] == ["page:https://mira.example/"]
    assert reading.records[0].via.reader == "plain@1"
    assert [task.url for task in reading.tasks] == ["https://mira.example/talks"]
    process = worker._process.pid
    worker.read(ask(), page(b""))
    assert worker._process.pid == process


@pytest.mark.parametrize(("body", "wall_s"), [(b"HANG", 1.5), (b"EAT", WALL_S)])
def test_a_worker_that_hangs_or_eats_costs_one_page(worker_for, body, wall_s):
    worker = worker_for(wall_s=wall_s)
    with pytest.raises(SkipRecord):
        worker.read(ask(), page(body))
    worker._wall_s = WALL_S  # only a page that hangs is cut off soon; a new worker takes time to start
    assert len(worker.read(ask(), page(b"")).records) == 1


def test_a_worker_killed_from_outside_costs_one_page(worker_for):
    worker = worker_for()
    worker.read(ask(), page(b""))
    worker._process.kill()
    worker._process.wait()
    assert len(worker.read(ask(), page(b"")).records) == 1


def test_readers_reach_no_network_and_no_file(worker_for, hostile, tmp_path):
    worker = worker_for()
    for body in (b"CONNECT", b"WRITE", b"PEEK"):
        with pytest.raises(SkipRecord, match="PermissionError"):
            worker.read(ask(port=hostile.port, file=str(tmp_path / "x")), page(body))
    assert hostile.log == [] and not (tmp_path / "x").exists()
    with socket.create_connection(("127.0.0.1", hostile.port), timeout=1):
        pass


def test_no_secret_reaches_the_worker(worker_for, monkeypatch):
    monkeypatch.setenv("SOURCER_GITHUB_TOKEN", "ghp_planted")
    worker = worker_for()
    worker.read(ask(), page(b""))
    process = Path("/proc", str(worker._process.pid))
    assert b"ghp_planted" not in (process / "environ").read_bytes() + (process / "cmdline").read_bytes()
