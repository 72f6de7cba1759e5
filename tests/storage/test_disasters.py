"""What the machine under a store can do to it: a full disk, a lock, a power cut, a server that restarts."""

import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest
from sqlalchemy import func, select
from waiting import PATIENCE_S

from sourcing.crawl import unit
from storage import audit, migrate, runs
from storage.engine import BUSY_TIMEOUT_S, Store, open_store
from storage.errors import Busy, Unreachable
from storage.tables import run, suppression

FULL_BYTES = 16 * 1024 * 1024  # the size of the server's own log files, which must still fit


@pytest.fixture
def own_server(start_postgres: Callable[[str], Any]) -> Iterator["Server"]:
    """A PostgreSQL server that may be killed; its durability is as shipped."""
    server = start_postgres("own")
    yield Server(server)
    server.cleanup()


class Server:
    """Kills a server as a power cut would, and starts it again."""

    def __init__(self, server: Any) -> None:
        self._server = server
        self.url = str(server.get_uri())
        migrate.upgrade(self.url)

    def kill(self) -> None:
        process = self._server.get_postmaster_info().process
        family = [process, *process.children(recursive=True)]
        for one in family:
            with suppress(psutil.NoSuchProcess):  # it goes with its parent
                one.kill()
        for one in family:
            with suppress(psutil.NoSuchProcess):
                one.wait(PATIENCE_S)

    def start(self) -> None:
        self._server.ensure_postgres_running()

    def restart(self) -> None:
        self.kill()
        self.start()


def suppressed(store: Store) -> int:
    with store.read() as tx:
        assert audit.verify(tx).ok
        return int(tx.execute(select(func.count()).select_from(suppression)).scalar_one())


def allow(process: int, size_bytes: int) -> None:
    """Set how large a file the children of a process may write; only its own user may."""
    owner = Path(f"/proc/{process}").stat()

    def as_its_user() -> None:
        if os.geteuid() == 0:
            os.setgroups([])
            os.setgid(owner.st_gid)
            os.setuid(owner.st_uid)
        most = resource.prlimit(process, resource.RLIMIT_FSIZE)[1]
        resource.prlimit(process, resource.RLIMIT_FSIZE, (size_bytes, most))

    subprocess.run(["/bin/true"], preexec_fn=as_its_user, check=True)


@pytest.mark.row("F22")
def test_a_full_disk_ends_with_74_and_the_same_command_goes_on_when_there_is_room(
    new_url: Callable[[], str], tmp_path: Path
) -> None:
    url = new_url()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SOURCER_")}
    environment |= {"SOURCER_PEPPER": "a pepper for tests", "XDG_CONFIG_HOME": str(tmp_path / "nothing")}
    store = open_store(url)
    people = [f"person{number}@mail.example" for number in range(2_000)]
    command = [sys.executable, "-m", "sourcing", "--database", url, "privacy", "dnc", "add", *people]

    def add(limit: Callable[[], None] | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, cwd=tmp_path, env=environment, preexec_fn=limit, capture_output=True, text=True, check=False
        )  # fmt: skip

    if store.dialect == "sqlite":
        size = Path(url.removeprefix("sqlite:///")).stat().st_size
        done = add(lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)))
        before = 0
    else:
        with store.begin() as tx:  # a file as large as the server may write it
            tx.exec_driver_sql(
                "INSERT INTO suppression SELECT lpad(i::text, 64, '0'), 'asked not to be contacted', now() "
                "FROM generate_series(1, 140000) i"
            )
            backend = tx.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        status = Path(f"/proc/{backend}/status").read_text()
        postmaster = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("PPid"))
        before = suppressed(store)
        allow(postmaster, FULL_BYTES)
        try:
            done = add()
        finally:
            allow(postmaster, resource.RLIM_INFINITY)
    assert (done.returncode, "Traceback" in done.stderr) == (74, False), done.stderr
    assert suppressed(store) == before and store.integrity()
    assert add().returncode == 0
    assert suppressed(store) == before + len(people)
    store.close()


@pytest.mark.row("F23")
def test_a_locked_store_is_waited_for_and_nothing_is_dropped(new_url: Callable[[], str], now) -> None:
    url = new_url()
    store, other = open_store(url), open_store(url)
    with store.begin() as tx:
        runs.lock(tx, "crawl", "host:1", now, 600)
    held, release = threading.Event(), threading.Event()

    def hold() -> None:
        with other.begin() as tx:
            runs.lock(tx, "crawl", "host:1", now, 600)
            held.set()
            release.wait(PATIENCE_S)

    holder = threading.Thread(target=hold)
    holder.start()
    assert held.wait(PATIENCE_S)
    began = time.monotonic()
    threading.Timer(0.7, release.set).start()
    for _ in range(2):  # the first waits, the second finds it free
        with store.begin() as tx:
            runs.lock(tx, "crawl", "host:1", now, 600)
            runs.start(tx, "crawl", now=now, actor="a")
    waited_s = time.monotonic() - began
    holder.join()
    with store.read() as tx:
        assert tx.execute(select(func.count()).select_from(run)).scalar_one() == 2
        if store.dialect == "sqlite":
            assert tx.exec_driver_sql("PRAGMA busy_timeout").scalar_one() == BUSY_TIMEOUT_S * 1000 == 60_000
        else:
            assert tx.exec_driver_sql("SHOW lock_timeout").scalar_one() == "0"
    assert 0.7 <= waited_s < BUSY_TIMEOUT_S
    store.close()
    other.close()


WRITER = """
import sys
from datetime import UTC, datetime
from storage.engine import open_store
from storage.tables import suppression
store = open_store(sys.argv[1])
for number in range(100_000):
    with store.begin() as tx:
        row = {"digest": f"{number:064x}", "reason": "x", "at": datetime.now(UTC)}
        tx.execute(suppression.insert().values(**row))
    print(number, flush=True)
"""


@pytest.mark.row("F28")
@pytest.mark.kill
def test_a_power_cut_loses_no_commit_that_was_acknowledged(
    request: pytest.FixtureRequest, new_url: Callable[[], str]
) -> None:
    url = new_url()
    server = request.getfixturevalue("own_server") if url.startswith("postgresql") else None
    url = server.url if server is not None else url
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, url], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout is not None
    said = [int(next(process.stdout)) for _ in range(15)]
    if server is not None:
        server.kill()
    process.send_signal(signal.SIGKILL)
    said += [int(line) for line in process.stdout if line.endswith("\n")]
    process.wait()
    process.stdout.close()
    if server is not None:
        server.start()
    store = open_store(url)
    assert store.integrity()
    assert suppressed(store) in (len(said), len(said) + 1)  # the last one was perhaps not told any more
    with store.read() as tx:
        if store.dialect == "sqlite":
            assert tx.exec_driver_sql("PRAGMA synchronous").scalar_one() == 2
        else:
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                assert tx.exec_driver_sql(f"SHOW {setting}").scalar_one() == "on"
    store.close()


@pytest.mark.row("F29")
@pytest.mark.kill
def test_a_unit_cut_short_by_a_restart_of_the_database_is_done_exactly_once(
    request: pytest.FixtureRequest, new_url: Callable[[], str], now
) -> None:
    url = new_url()
    server = request.getfixturevalue("own_server") if url.startswith("postgresql") else None
    store = open_store(server.url if server is not None else url)
    tries: list[str] = []

    def write(tx: Any) -> None:
        tries.append(runs.start(tx, "crawl", now=now, actor="a"))
        if len(tries) > 1:
            return
        if server is None:  # a file has no server: somebody else's lock is what can come between
            raise Busy("the store was busy")
        server.restart()

    unit.done(store.begin, write, is_stopping=lambda: False)
    assert len(tries) == 2
    with store.read() as tx:
        assert tx.execute(select(func.count()).select_from(run)).scalar_one() == 1
    if server is not None:
        server.kill()
        with pytest.raises((Busy, Unreachable)), store.begin() as tx:
            runs.start(tx, "crawl", now=now, actor="a")
        server.start()
        with store.begin() as tx:
            assert runs.last(tx) is not None
    store.close()
