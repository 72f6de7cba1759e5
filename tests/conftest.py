"""A store on both databases, a fixed clock, invented people."""

import gc
import importlib.util
import logging
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from sourcing.__main__ import GARBAGE_AFTER
from spiders.records import (
    Claim,
    Identity,
    IdentityKind,
    Outcome,
    Page,
    Provenance,
    Record,
    Signal,
    SignalKind,
    Task,
    Visit,
    Work,
    WorkKind,
)
from storage import migrate
from storage.engine import Store, open_store
from storage.subjects import PepperKeyer

NOW = datetime(2026, 11, 22, 2, 17, tzinfo=UTC)
MEMORY_DISK, ROOM_BYTES = Path("/dev/shm"), 6 * 1024**3
LONG_GROUPS = ("month", "stop", "kill", "night", "hostile", "optional", "site", "world")


def pytest_configure(config: pytest.Config) -> None:
    """Print the rows of the trust page, and of the connectors, after the tests; by path, as `tests` is not on the path.

    Processes that tests start keep what they compiled: hundreds start, each of hundreds of modules. Stores lie in
    memory where there is room, as every commit waits for its disk.
    """
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    config.args.sort()  # pytest 9.1 loses a folder's fixtures if it comes back to it from the folder above
    if "TMPDIR" not in os.environ and _is_roomy(MEMORY_DISK):
        os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY_DISK)
    for name, plugin in (("rows", "Rows"), ("matrix", "Matrix")):
        spec = importlib.util.spec_from_file_location(name, Path(__file__).parent / f"{name}.py")
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        config.pluginmanager.register(getattr(module, plugin)(), name)


def _is_roomy(disk: Path) -> bool:
    """Return whether a disk has room for what a run leaves, and lets tests run the programs they write there."""
    if not disk.is_dir():
        return False
    told = os.statvfs(disk)
    return told.f_bavail * told.f_frsize > ROOM_BYTES and not told.f_flag & os.ST_NOEXEC


def pytest_collection_finish() -> None:
    """Look for garbage as often as the program does; before its `main` a test would pay for Python's own haste."""
    gc.set_threshold(*GARBAGE_AFTER)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, so that no worker is left alone with it at the end."""

    def place(item: pytest.Item) -> int:
        mark = item.get_closest_marker("xdist_group")
        if mark is not None and mark.args[0] in LONG_GROUPS:
            return LONG_GROUPS.index(mark.args[0])
        return len(LONG_GROUPS) + (item.get_closest_marker("slow") is None)

    items.sort(key=place)


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    """A child's `main`, run in this process, sends all logs to a stream that ends with its test."""
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    yield
    for handler in [one for one in root.handlers if one not in before]:
        root.removeHandler(handler)
    root.setLevel(level)


@pytest.fixture(scope="session")
def nights(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What nights on the invented world left behind; read only, for every test that looks at it."""
    from nights import run_nights

    return run_nights(tmp_path_factory.mktemp("nights"))


@pytest.fixture
def now() -> datetime:
    """The moment at which everything in a test happens."""
    return NOW


@pytest.fixture
def keyer() -> PepperKeyer:
    """The secret of an invented instance."""
    return PepperKeyer(b"a pepper for tests")


@pytest.fixture
def make() -> type["Make"]:
    """Records of invented people."""
    return Make


@pytest.fixture(scope="session")
def _empty_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sqlite") / "empty.db"
    migrate.upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def start_postgres() -> Iterator[Callable[[str], Any]]:
    """Starts one more PostgreSQL server of this test process, by name; it waits longer than the library's 10 s."""
    runtime = tempfile.mkdtemp(prefix="pg-")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", runtime)
        from pgserver import get_server, postgres_server

        usual = postgres_server.pg_ctl
        patch.setattr(
            postgres_server, "pg_ctl", lambda words, **more: usual(words, **more | {"timeout": 240})
        )
        yield lambda name: get_server(Path(runtime) / name, cleanup_mode="delete")
    shutil.rmtree(runtime, ignore_errors=True)


@pytest.fixture(scope="session")
def _postgres(start_postgres: Callable[[str], Any]) -> Iterator[Any]:
    """A server of this test process, with an empty store as template; durability is off, it lives for minutes."""
    server = start_postgres("data")
    with psycopg.connect(server.get_uri(), autocommit=True) as admin:
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            admin.execute(f"ALTER SYSTEM SET {setting} = off")
        admin.execute("SELECT pg_reload_conf()")
        admin.execute("CREATE DATABASE empty")
        migrate.upgrade(server.get_uri("empty"))
        yield admin, server.get_uri
    server.cleanup()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], str]]:
    """Makes the address of one more empty store at the newest migration, on either database."""
    made: list[str] = []

    def sqlite() -> str:
        path = tmp_path / f"store{len(made)}.db"
        shutil.copy(request.getfixturevalue("_empty_sqlite"), path)
        made.append(str(path))
        return f"sqlite:///{path}"

    def postgresql() -> str:
        name = f"t{os.urandom(6).hex()}"
        admin.execute(f"CREATE DATABASE {name} TEMPLATE empty STRATEGY file_copy")
        made.append(name)
        return str(address(name))

    if request.param == "sqlite":
        yield sqlite
        return
    admin, address = request.getfixturevalue("_postgres")
    yield postgresql
    for name in made:
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def new_store(new_url: Callable[[], str]) -> Iterator[Callable[[], Store]]:
    """Makes one more empty store, on either database."""
    opened: list[Store] = []

    def make() -> Store:
        opened.append(open_store(new_url()))
        return opened[-1]

    yield make
    for one in opened:
        one.close()


@pytest.fixture
def store(new_store: Callable[[], Store]) -> Store:
    """An empty store; each test that asks for it runs on SQLite and on PostgreSQL."""
    return new_store()


class Make:
    """Makes records of invented people; every field may be given."""

    @staticmethod
    def via(
        at: datetime = NOW, *, source: str = "git_history", url: str = "https://code.example/1"
    ) -> Provenance:
        return Provenance(
            source=source,
            url=url,
            page="0" * 64,
            fetched_at=at,
            reader=f"{source}@1",
            terms="https://code.example/t",
        )

    @staticmethod
    def identity(
        id: str = "github:1001", *, at: datetime = NOW, source: str = "git_history", **more: Any
    ) -> Identity:
        more.setdefault("kind", IdentityKind.PERSONAL)
        return Identity(id=id, via=Make.via(at, source=source), **more)

    @staticmethod
    def work(
        id: str = "github:orbit/engine#7", *, at: datetime = NOW, source: str = "git_history", **more: Any
    ) -> Work:
        more.setdefault("kind", WorkKind.PULL_REQUEST)
        more.setdefault("title", "Fuse attention and sampling kernels")
        more.setdefault("url", "https://code.example/orbit/engine/7")
        return Work(id=id, via=Make.via(at, source=source), **more)

    @staticmethod
    def signal(
        identity: str = "github:1001",
        work: str = "github:orbit/engine#7",
        *,
        at: datetime = NOW,
        source: str = "git_history",
        **more: Any,
    ) -> Signal:
        kind = more.setdefault("kind", SignalKind.AUTHORED)
        more.setdefault("occurred_at", NOW)
        more.setdefault("id", f"git:{work}:{kind}:{identity}")
        return Signal(identity=identity, work=work, via=Make.via(at, source=source), **more)

    @staticmethod
    def claim(
        left: str, right: str, kind: str = "noreply", *, at: datetime = NOW, source: str = "git_history"
    ) -> Claim:
        return Claim(left=left, right=right, kind=kind, via=Make.via(at, source=source))

    @staticmethod
    def task(number: int = 1, *, source: str = "git_history", **more: Any) -> Task:
        more.setdefault("kind", "history")
        more.setdefault("url", f"https://code.example/{number}")
        return Task(source=source, **more)

    @staticmethod
    def visit(
        *records: Record,
        task: Task | None = None,
        at: datetime = NOW,
        outcome: Outcome = Outcome.OK,
        **more: Any,
    ) -> Visit:
        task = task or Make.task()
        page = Page(
            url=task.url,
            status=200,
            media_type="application/json",
            fetched_at=at,
            sha256="0" * 64,
            body=b"",
            etag='"1"',
        )
        more.setdefault("page", page)
        return Visit(task=task, outcome=outcome, at=at, records=records, reader=f"{task.source}@1", **more)
