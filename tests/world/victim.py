"""An installation that a served world belongs to and that crawls in processes of its own, which a test may end."""

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import attach
import launcher
import psutil

from storage.audit import verify
from storage.digest import store_digests
from storage.engine import open_store

AIMED = attach.HERE / "aimed.py"
PATIENCE_S = 240


class Victim:
    """An installation pointed at a served world. url: its store. crawl: its `[crawl]` settings."""

    def __init__(
        self, night: launcher.Night, home: Path, url: str, crawl: Mapping[str, float] | None = None
    ) -> None:
        self.home, self.url, self.crawl = home, url, dict(crawl or {})
        self.stderr = home / "stderr.log"
        self.config = home / "sourcer.toml"
        home.mkdir(parents=True)
        self.live_on(night)

    def live_on(self, night: launcher.Night) -> None:
        """Have it be a night, and the world and its configuration as they are then."""
        self.night = night
        self.config.write_text(
            f'home = "."\nconfig_dir = "{night.home}/config"\n'
            f'[operator]\ncontroller = "{launcher.CONTROLLER}"\ncontact = "{launcher.CONTACT}"\n'
            + "[crawl]\n"
            + "".join(f"{name} = {value}\n" for name, value in self.crawl.items())
        )

    def start(
        self,
        *words: str,
        pins: Path | None = None,
        now: datetime | None = None,
        limit: Callable[[], None] | None = None,
    ) -> subprocess.Popen[bytes]:
        """Start `sourcer WORDS` and return its process. limit: done in it before anything else."""
        hour = (now or self.night.now).isoformat()
        command = [str(attach.HERE), "attached", str(pins or self.night.pins), hour]
        return self._popen([*command, "--config", str(self.config), "--database", self.url, *words], limit)

    def aimed(self, point: str, times: int) -> subprocess.Popen[bytes]:
        """Start a crawl that kills itself when it passes a named point for the so many-th time."""
        command = [str(AIMED), str(self.night.pins), self.night.now.isoformat(), point, str(times)]
        return self._popen([*command, str(self.config), self.url])

    def _popen(
        self, command: Sequence[str], limit: Callable[[], None] | None = None
    ) -> subprocess.Popen[bytes]:
        with self.stderr.open("wb") as words:
            return subprocess.Popen(
                [sys.executable, *command],
                env=os.environ | {"SOURCER_PEPPER": "the same for all stores"},
                stdout=subprocess.DEVNULL,
                stderr=words,
                preexec_fn=limit,
            )

    def run(
        self,
        *words: str,
        pins: Path | None = None,
        now: datetime | None = None,
        limit: Callable[[], None] | None = None,
    ) -> int:
        """Run `sourcer WORDS` to its end and return its exit code."""
        return self.start(*words, pins=pins, now=now, limit=limit).wait(PATIENCE_S)

    @property
    def said(self) -> str:
        """What the last process wrote to stderr."""
        return self.stderr.read_text(errors="replace")

    def left_open(self) -> set[tuple[str, ...]]:
        """Return the tasks that are not done: source, kind, url, state, outcome, detail."""
        store = open_store(self.url)
        try:
            with store.read() as tx:
                told = "SELECT source, kind, url, state, outcome, detail FROM task WHERE state <> 'done'"
                return {tuple(map(str, row)) for row in tx.exec_driver_sql(told)}
        finally:
            store.close()

    def leased(self) -> int:
        """Return how many tasks somebody still has a lease on."""
        return sum(task[3] == "leased" for task in self.left_open())

    def digests(self) -> dict[str, str]:
        """Return what the store knows, by part, after it was found whole."""
        store = open_store(self.url)
        try:
            assert store.integrity()
            with store.read() as tx:
                assert verify(tx).ok
                return store_digests(tx)
        finally:
            store.close()


def family(pid: int) -> list[psutil.Process]:
    """Return the processes that descend from one, its children first; nothing if it is gone."""
    with suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).children(recursive=True)
    return []


def children(pid: int) -> dict[str, psutil.Process]:
    """Return a crawl's children by the source they ask."""
    found = {}
    with suppress(psutil.NoSuchProcess):
        for one in psutil.Process(pid).children():
            with suppress(psutil.NoSuchProcess, StopIteration):
                paths = [Path(word) for word in one.cmdline() if word.endswith(".toml")]
                # just forked, it still shows its parent's words
                found[next(path.stem for path in paths if path.parent.name == "sources")] = one
    return found


class Hole:
    """A host that takes every connection and question and never answers; a context manager. heard: whom they meant."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._held: list[socket.socket] = []
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        """What to pin a host to."""
        return f"http://127.0.0.1:{self._listening.getsockname()[1]}"

    def _listen(self) -> None:
        with suppress(OSError):  # closed
            while True:
                connection, _ = self._listening.accept()
                self._held.append(connection)
                threading.Thread(target=self._hear, args=(connection,), daemon=True).start()

    def _hear(self, connection: socket.socket) -> None:
        with suppress(OSError):  # closed, or broken off by who asked
            asked = connection.recv(65_536).decode("latin-1")
            lines = [line for line in asked.splitlines() if line.lower().startswith("host:")]
            self.heard += [line.partition(":")[2].strip() for line in lines]

    def __enter__(self) -> "Hole":
        return self

    def __exit__(self, *_: object) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._thread.join()  # or it would take a connection of whoever is given the same descriptor next
        for connection in (self._listening, *self._held):
            connection.close()
