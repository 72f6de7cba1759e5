"""A browser without scripts, in process: signs in, follows, sends forms with what they need."""

import atexit
import re
import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any

from anyio.from_thread import BlockingPortal, start_blocking_portal
from lxml import html
from starlette.testclient import TestClient

from sourcing import access, clock
from sourcing.access import Scope
from sourcing.settings import Settings
from sourcing.web import screens
from sourcing.web.app import create_app
from sourcing.web.desk import Desk
from storage.engine import Store

BASE = "http://127.0.0.1:8722"
_BEGUN = re.compile(r"(crawl|nightly|rank)-\d{8}T")  # how runs, and the threads that watch them, are called


def make_desk(settings: Settings, store: Store, now: datetime, **more: Any) -> Desk:
    more = {"command": ("true",)} | more  # what is begun from a page ends at once and asks nobody
    return Desk(settings=settings, store=store, port=8722, now=clock.fixed(now), **more)


def client_of(desk: Desk, **more: Any) -> TestClient:
    """Return a client of a server of its own."""
    client = TestClient(create_app(desk), base_url=BASE, **more)
    client.portal = _portal()
    return client


@cache
def _portal() -> BlockingPortal:
    """Return the thread in which all servers answer: each request would begin and end one of its own."""
    began = start_blocking_portal()
    atexit.register(began.__exit__, None, None, None)
    return began.__enter__()


def let_end(*runs: str) -> None:
    """Wait until the end of what was begun from a page is written down; runs: which, none = all of them."""
    for one in threading.enumerate():
        if one.name in runs or (not runs and _BEGUN.match(one.name)):
            one.join()


def routes() -> list[tuple[str, str]]:
    """Return every method and path that is served, but for static files, with the parameters of its path."""
    groups = (("", (*screens.OPEN, *screens.OWN, *screens.SCREENS)), ("/api/v1", screens.API))
    found = [
        (method, prefix + path)
        for prefix, routers in groups
        for router in routers
        for method, path in _paths(router.routes)
    ]
    return sorted(set(found))


def _paths(routes: Any) -> Iterator[tuple[str, str]]:
    for one in routes:
        if hasattr(
            one, "original_router"
        ):  # a router that another one includes, always without a prefix of its own
            assert not one.include_context.prefix
            yield from _paths(one.original_router.routes)
        for method in (getattr(one, "methods", None) or set()) - {"HEAD", "OPTIONS"}:
            yield method, one.path


class Visitor:
    """Somebody at a browser. scope: what they may do; None = nobody is signed in."""

    def __init__(self, desk: Desk, *, actor: str = "ana", scope: Scope | None = Scope.ADMIN) -> None:
        self.desk = desk
        self.client = client_of(desk, follow_redirects=False)
        self.who: access.Who | None = None
        if scope is not None:
            self.sign_in(actor, scope)

    def sign_in(self, actor: str, scope: Scope) -> None:
        now = self.desk.now()
        secret = access.begin_session(self.desk.store, actor=actor, scope=scope, how="link", now=now)
        self.client.cookies.set("sourcer_session", secret)
        self.who = access.find_session(self.desk.store, secret, now=now, idle_hours=8, blind=False)

    def get(self, path: str, **more: Any) -> Any:
        return self.client.get(path, **more)

    def page(self, path: str) -> Any:
        """Return a page as a tree (lxml), which must be there."""
        answer = self.get(path)
        assert answer.status_code == 200, (path, answer.status_code, answer.text[:2000])
        return html.fromstring(answer.text)

    def text(self, path: str) -> str:
        """Return the words of a page, spaces as one."""
        return " ".join(self.page(path).text_content().split())

    def post(self, path: str, fields: Mapping[str, Any] | None = None, *, csrf: bool = True) -> Any:
        """Send a form of ours."""
        token = {"_csrf": self.who.csrf} if csrf and self.who is not None else {}
        return self.client.post(path, data={**(fields or {}), **token})

    def follow(self, answer: Any) -> Any:
        """Return the page an action led to."""
        assert answer.status_code == 303, (answer.status_code, answer.text[:2000])
        return self.get(answer.headers["location"])

    def choose(self, **chosen: Any) -> None:
        """Prefer something, as the settings page does."""
        assert self.who is not None
        wanted = replace(self.who.preferences, **chosen)
        access.prefer(self.desk.store, self.who, wanted, now=self.desk.now())
