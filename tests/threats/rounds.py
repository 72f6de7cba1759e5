"""Frontier, engine, pipe and intake in one process: what becomes of a question, as the store has it afterwards."""

import importlib
import socket
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

from loopback import Loopback

from spiders.door import Caps, Door
from spiders.engines.api import ApiEngine
from spiders.engines.repository import RepositoryEngine
from spiders.engines.turn import Kit, make_kit
from spiders.records import Task, Visit
from spiders.redact import Pepper
from spiders.spec import SourceSpec
from spiders.wire import task_from_line, task_to_line, visit_from_line, visit_to_line
from storage import frontier, intake
from storage.engine import Store
from storage.subjects import PepperKeyer

NOW = datetime(2026, 11, 22, 2, 17, tzinfo=UTC)
KEYER = PepperKeyer(b"a pepper for tests")
UA = "sourcer/test (+https://recruiting.example)"
HTML = {"Content-Type": "text/html; charset=utf-8"}
Script = bytes | Callable[[socket.socket], None]


def answer(body: bytes = b"{}", status: int = 200, **headers: str) -> bytes:
    """Return an answer as it goes over the wire."""
    kept = {"Content-Type": "application/json", "Content-Length": str(len(body)), "Connection": "close"}
    kept |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = "\r\n".join([f"HTTP/1.1 {status} Said", *(f"{name}: {value}" for name, value in kept.items())])
    return head.encode() + b"\r\n\r\n" + body


class Host(Loopback):
    """A loopback server for any name. scripts: by path. asked: (host, path, headers) in order; it is the canary too."""

    def __init__(self) -> None:
        self.scripts: dict[str, Script] = {"/robots.txt": answer(b"", 404)}
        self.asked: list[tuple[str, str, dict[str, str]]] = []
        self.connections = 0
        super().__init__()

    def pages(self) -> list[tuple[str, str, dict[str, str]]]:
        """Return what was asked, robots files left out."""
        return [one for one in self.asked if one[1] != "/robots.txt"]

    def connected(self) -> None:
        """Count a connection, whether or not anything is asked on it."""
        self.connections += 1

    def answered(
        self, method: str, path: str, headers: dict[str, str], body: bytes, to: socket.socket
    ) -> None:
        """Answer with the script of the path, with its query or without."""
        self.asked.append((headers.get("host", ""), path, headers))
        script = self.scripts.get(path) or self.scripts.get(path.partition("?")[0], answer(b"", 404))
        script(to) if callable(script) else to.sendall(script)


def spec_of(**changed: Any) -> SourceSpec:
    """Return the spec of an invented source that may ask any public host."""
    base: dict[str, Any] = {
        "name": "lure", "title": "Lure", "reader": "lure", "engine": "api", "home": "https://lure.org/docs",
        "terms": "https://lure.org/terms", "purpose": "tests", "basis": "none", "balance": "invented people",
        "requests_per_hour": 3_600_000, "requests_per_run": 10_000,
    }  # fmt: skip
    return SourceSpec.model_validate(base | changed)


@dataclass
class Round:
    """One source of one installation. door: how the engine's door is made. caps: of one answer."""

    store: Store
    home: Path
    spec: SourceSpec
    reader: ModuleType = field(default_factory=lambda: importlib.import_module("lure"))
    door: Callable[[], Door] = field(default=lambda: Door(user_agent=UA))
    caps: Caps = field(default_factory=Caps)
    secrets: Mapping[str, str] = field(default_factory=dict)
    now: datetime = NOW
    visits: list[Visit] = field(default_factory=list)

    def ask(self, tasks: Iterable[Task], *, most: int = 10_000) -> dict[str, str]:
        """Ask tasks and all that their answers name, through frontier, engine, pipe and intake; outcomes by address.

        The store's word, not the engine's.
        """
        with self.store.begin() as tx:
            frontier.add(tx, tasks, now=self.now, every_hours={})
        kit = self.kit()
        engine = ApiEngine(kit, wait=lambda _: None, caps=self.caps)
        visit_one = RepositoryEngine(kit).visit if self.spec.engine == "git" else engine.visit
        try:
            while most > 0:
                with self.store.begin() as tx:
                    leased = frontier.lease(
                        tx, self.spec.name, min(most, 500), now=self.now, owner="test", for_s=600, keyer=KEYER
                    )
                if not leased:
                    break
                most -= len(leased)
                self._take([visit_one(task_from_line(task_to_line(one))) for one in leased])
        finally:
            kit.door.close()
            assert kit.worker is not None
            kit.worker.close()
        return self.outcomes()

    def kit(self) -> Kit:
        """Return what the engine works with."""
        return make_kit(
            self.spec, self.reader, self.door(), pepper=Pepper(b"p" * 32), home=self.home,
            clock=lambda: self.now, secrets=self.secrets, patience_s=0.0,
        )  # fmt: skip

    def _take(self, visits: Iterable[Visit]) -> None:
        with self.store.begin() as tx:
            for visit in visits:
                carried = visit_from_line(visit_to_line(visit))
                self.visits.append(carried)
                intake.take(tx, carried, now=self.now, run=None, keyer=KEYER)

    def outcomes(self) -> dict[str, str]:
        """Return how the last visit of each address ended, as the store has it."""
        with self.store.read() as tx:
            rows = tx.exec_driver_sql("SELECT url, outcome FROM task ORDER BY url").fetchall()
        return {str(url): str(outcome) for url, outcome in rows}

    def texts(self) -> str:
        """Return every row of every table as text."""
        from storage.tables import metadata

        with self.store.read() as tx:
            return "\n".join(
                str(tuple(row)) for table in metadata.sorted_tables for row in tx.execute(table.select())
            )

    def later(self, **span: float) -> None:
        """Move the clock."""
        self.now += timedelta(**span)


def page(url: str, **more: Any) -> Task:
    """Return a question for one page."""
    return Task(source="lure", kind="page", url=url, **more)
