"""One server over an invented town and one Chromium for all tests of pages; a page that complains fails its test."""

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import town
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from visiting import make_desk
from waiting import PATIENCE_S, until

from sourcing import access
from sourcing.access import Scope
from sourcing.settings import Settings, config_root, load
from sourcing.web.app import create_app
from sourcing.web.desk import Desk
from storage.engine import open_store
from storage.subjects import PepperKeyer

HERE = Path(__file__).parent
CHROMIUM = shutil.which("chromium")
PATIENCE_MS = 1000 * PATIENCE_S


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All of them drive Chromium, in one process: they share a server and a browser."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.xdist_group("browser"))


@dataclass(kw_only=True)
class Town:
    """A running server. keys: of its people by number, best first."""

    desk: Desk
    base: str
    keys: list[str]

    def sign_in(self, context: BrowserContext, actor: str = "ana", scope: Scope = Scope.ADMIN) -> None:
        """Sign a browser in, as if it had come by a link."""
        now = self.desk.now()
        secret = access.begin_session(self.desk.store, actor=actor, scope=scope, how="link", now=now)
        context.add_cookies([{"name": "sourcer_session", "value": secret, "url": self.base}])


@dataclass(kw_only=True)
class Complaints:
    """What pages complained of. expected: words of complaints a test provokes on purpose."""

    base: str
    found: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        page.on("console", lambda told: self._add(told.text) if told.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: self._add(f"script failed: {error}"))
        page.on("request", lambda asked: self._foreign(asked.url))
        page.on("dialog", lambda dialog: (self._add(f"dialog: {dialog.message}"), dialog.dismiss()))

    def _foreign(self, url: str) -> None:
        if not url.startswith((self.base, "data:", "blob:", "about:")):
            self._add(f"foreign request: {url}")

    def _add(self, text: str) -> None:
        if not any(words in text for words in self.expected):
            self.found.append(text)


@pytest.fixture(scope="session")
def open_town(tmp_path_factory: pytest.TempPathFactory, _empty_sqlite: Path) -> Iterator[Callable[..., Town]]:
    """Serves one more town. words: what its people say of themselves."""
    running: list[tuple[uvicorn.Server, threading.Thread, Desk]] = []

    def serve(words: tuple[str, ...] = ()) -> Town:
        home = tmp_path_factory.mktemp("town")
        shutil.copy(_empty_sqlite, home / "store.db")
        (home / "pepper").write_text("a pepper for tests of pages\n")
        desk = make_desk(_settings(home), open_store(f"sqlite:///{home / 'store.db'}"), NOW())
        keyer = PepperKeyer(b"a pepper for tests of pages")
        keys = town.fill(desk.store, _make(), NOW(), keyer, desk.settings, words=words)
        config = uvicorn.Config(
            create_app(desk), host="127.0.0.1", port=0, log_level="error", access_log=False
        )
        server = uvicorn.Server(config)
        listening = config.bind_socket()
        desk.port = listening.getsockname()[1]
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        until(lambda: server.started, alive=thread.is_alive)
        running.append((server, thread, desk))
        return Town(desk=desk, base=f"http://127.0.0.1:{desk.port}", keys=keys)

    yield serve
    for server, thread, desk in running:
        server.should_exit = True
        thread.join(PATIENCE_S)
        desk.store.close()


@pytest.fixture(scope="session")
def served(open_town: Callable[..., Town]) -> Town:
    """The town most tests walk through. Tests that change it put back what they changed, or only add."""
    return open_town()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox"], timeout=PATIENCE_MS
        )
        yield started
        started.close()


@pytest.fixture
def complaints(served: Town) -> Iterator[Complaints]:
    """Fails a test at whose end a page had complained on the console or asked another host."""
    heard = Complaints(base=served.base)
    yield heard
    assert heard.found == []


@pytest.fixture
def visit(browser: Browser, served: Town, complaints: Complaints) -> Iterator[Callable[..., Page]]:
    """Opens one more browser window, signed in unless `scope` is None; options as of a context of Playwright."""
    contexts: list[BrowserContext] = []

    def opened(*, actor: str = "ana", scope: Scope | None = Scope.ADMIN, **options: Any) -> Page:
        options = {"viewport": {"width": 1280, "height": 900}, "reduced_motion": "reduce", **options}
        context = browser.new_context(base_url=served.base, **options)
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        if scope is not None:
            served.sign_in(context, actor, scope)
        page = context.new_page()
        complaints.watch(page)
        return page

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture
def page(visit: Callable[..., Page]) -> Page:
    """A window of Ana's, who may do everything."""
    return visit()


def NOW() -> datetime:
    """Return the moment of the suite's other tests, whose conftest is not importable by name."""
    return datetime.fromisoformat("2026-11-22T02:17:00+00:00")


def _make() -> Any:
    import importlib.util

    spec = importlib.util.spec_from_file_location("suite", HERE.parent / "conftest.py")
    assert spec is not None and spec.loader is not None
    suite = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(suite)
    return suite.Make


def _settings(home: Path) -> Settings:
    (home / "sourcer.toml").write_text(
        'home = "."\n[operator]\ncontroller = "Example GmbH"\ncontact = "https://c.example"\n'
    )
    before = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("SOURCER_")}
    try:
        assert config_root().is_dir()
        return load(config=home / "sourcer.toml")
    finally:
        os.environ.update(before)
