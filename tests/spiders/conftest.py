"""Fixtures of the collecting room: a scripted raw-socket server, a plain reader, kits without the internet."""

import importlib
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from loopback import Loopback

from spiders.door import Door
from spiders.engines.api import ApiEngine
from spiders.engines.turn import Kit, make_kit
from spiders.redact import Pepper
from spiders.spec import SourceSpec

NOW = datetime(2026, 11, 22, 2, 17, tzinfo=UTC)
Script = bytes | Callable[["Asked", socket.socket], None] | list[Any]


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes = b""


def answer(body: bytes = b"{}", status: int = 200, **headers: str) -> bytes:
    kept = {"Content-Type": "application/json", "Content-Length": str(len(body)), "Connection": "close"}
    kept |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"HTTP/1.1 {status} Said", *(f"{name}: {value}" for name, value in kept.items()), "", ""]
    return "\r\n".join(lines).encode() + body


class Hostile(Loopback):
    """Answers each path with its script: bytes, a function on the socket, or a list used up one by one."""

    def __init__(self) -> None:
        self.scripts: dict[str, Script] = {}
        self.log: list[Asked] = []
        super().__init__()

    def asked(self, path: str) -> list[Asked]:
        return [one for one in self.log if one.path == path]

    def answered(
        self, method: str, path: str, headers: dict[str, str], body: bytes, to: socket.socket
    ) -> None:
        asked = Asked(method, path, headers, body)
        self.log.append(asked)
        script = self.scripts.get(path, answer(b"", 404))
        if isinstance(script, list):
            script = script.pop(0) if len(script) > 1 else script[0]
        if callable(script):
            script(asked, to)
        else:
            to.sendall(script)


@pytest.fixture
def hostile() -> Iterator[Hostile]:
    server = Hostile()
    yield server
    server.close()


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    return importlib.import_module("plain_reader")


def make_spec(**changed: Any) -> SourceSpec:
    base: dict[str, Any] = {
        "name": "plain", "title": "Plain", "reader": "plain", "engine": "api", "home": "https://api.example/docs",
        "terms": "https://api.example/terms", "purpose": "tests", "basis": "none", "balance": "invented people",
        "hosts": ("api.example", "other.example"), "requests_per_hour": 360_000, "requests_per_run": 1000,
    }  # fmt: skip
    return SourceSpec.model_validate(base | changed)


@pytest.fixture
def kit_for(hostile: Hostile, reader: Any, tmp_path: Path) -> Iterator[Callable[..., Kit]]:
    made: list[Kit] = []

    def make(
        *, secrets: dict[str, str] | None = None, patience_s: float = 5.0, pins: dict[str, str] | None = None,
        **spec: Any,
    ) -> Kit:  # fmt: skip
        names = ("api.example", "other.example", "github.com", "mira.example")
        door = Door(
            user_agent="sourcer/test (+https://recruiting.example)",
            pins=pins or dict.fromkeys(names, hostile.pin),
        )
        kit = make_kit(
            make_spec(**spec), reader, door, pepper=Pepper(b"p" * 32), home=tmp_path / "home", clock=lambda: NOW,
            secrets=secrets, patience_s=patience_s,
        )  # fmt: skip
        made.append(kit)
        return kit

    yield make
    for kit in made:
        kit.door.close()
        assert kit.worker is not None
        kit.worker.close()


@pytest.fixture
def engine_for(kit_for: Callable[..., Kit]) -> Callable[..., tuple[ApiEngine, list[float]]]:
    """Makes an engine, and the list of what it would have waited, s."""

    def make(**changed: Any) -> tuple[ApiEngine, list[float]]:
        waits: list[float] = []
        engine = ApiEngine(kit_for(**changed), wait=waits.append)
        return engine, waits

    return make


@pytest.fixture(scope="session")
def hostile_class() -> type[Hostile]:
    return Hostile


@pytest.fixture(name="answer", scope="session")
def answer_fixture() -> Callable[..., bytes]:
    return answer


@pytest.fixture(name="make_spec", scope="session")
def make_spec_fixture() -> Callable[..., SourceSpec]:
    return make_spec


@pytest.fixture
def git_server(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    return importlib.import_module("git_server")


@pytest.fixture
def made(git_server: Any, tmp_path: Path) -> Any:
    return git_server.Made(tmp_path / "made")


@pytest.fixture
def served(git_server: Any, tmp_path: Path) -> Iterator[Any]:
    """A host of repositories; `made` is lab/engine on it, `root` holds them all."""
    root = tmp_path / "served"
    root.mkdir()
    server = git_server.Served(root)
    server.made = server.new("lab/engine")
    yield server
    server.close()
