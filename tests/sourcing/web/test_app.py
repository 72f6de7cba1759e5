"""Pages of the server itself: static files, health, problems, what was done."""

import hashlib
from pathlib import Path

import pytest
from lxml import html
from visiting import Visitor

from sourcing.web import desk as desks
from sourcing.web import problems
from sourcing.web.desk import Desk
from sourcing.web.showing import local
from sourcing.web.words import address, ago, link
from storage.errors import Busy

HTMX = "a0abb04f2f45a1f89d1d4844023245537e5e6014c87b144553e0607b4cc32130"


def test_the_vendored_script_is_the_one_that_was_published() -> None:
    """htmx.org 4.0.1, dist/htmx.min.js; its licence lies beside it."""
    assert hashlib.sha256((desks.STATIC / "htmx.js").read_bytes()).hexdigest() == HTMX
    assert "Zero-Clause BSD" in (desks.STATIC / "htmx.LICENSE.txt").read_text()


def test_static_files_are_kept_for_ever_under_an_address_that_changes_with_them(visitor: Visitor) -> None:
    address = visitor.desk.asset("base.css")
    answer = visitor.get(address)
    assert answer.status_code == 200 and "immutable" in answer.headers["cache-control"]
    assert visitor.get(address.replace(visitor.desk.edition, "0" * 16)).status_code == 404
    for name in ("../desk.py", "..%2fdesk.py", "nothing.css"):
        assert visitor.get(f"/static/{visitor.desk.edition}/{name}").status_code == 404


def test_static_files_name_no_other_host() -> None:
    foreign = [
        path.name
        for path in Path(desks.STATIC).glob("*")
        if path.suffix in {".css", ".js"} and path.name != "htmx.js" and "://" in path.read_text()
    ]
    assert foreign == []


def test_the_first_page_with_all_it_needs_is_small(visitor: Visitor) -> None:
    """Without cache, as sent: PRODUCT asks for less than 100 kB."""
    page = visitor.get("/")
    parts = [
        one.get("href") or one.get("src")
        for one in html.fromstring(page.text).cssselect("head [href], [src]")
    ]
    assert len(parts) >= 4
    sent = [int(visitor.get(part).headers["content-length"]) for part in ("/", *parts)]
    assert sum(sent) < 100_000


def test_health_tells_life_from_readiness(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    nobody = Visitor(desk, scope=None)
    assert nobody.get("/healthz").json() == {"status": "ok"}
    assert nobody.get("/readyz").json() == {"status": "ok"}

    class Gone:
        def read(self):
            raise Busy("the store was busy")

    desk.store = Gone()  # type: ignore[assignment]
    assert nobody.get("/healthz").status_code == 200
    assert nobody.get("/readyz").status_code == 503


def test_an_error_is_a_page_with_a_next_step_or_problem_details(visitor: Visitor) -> None:
    page = visitor.get("/nothing")
    assert page.status_code == 404
    assert "Start from Today" in page.text and "/settings" in page.text
    answer = visitor.get("/api/v1/nothing")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == 404


def test_every_error_we_raise_has_words(subtests) -> None:
    from sourcing import errors
    from spiders import errors as spider_errors
    from storage import errors as store_errors

    rooms = (errors, spider_errors, store_errors)
    kinds = [one for room in rooms for one in vars(room).values() if isinstance(one, type)]
    for kind in (one for one in kinds if issubclass(one, Exception)):
        with subtests.test(kind.__name__):
            title = next(row[2] for row in problems.TABLE if issubclass(kind, row[0]))
            assert title


def test_a_mistake_of_ours_says_so_and_tells_no_more(desk: Desk) -> None:
    from starlette.testclient import TestClient

    visitor = Visitor(desk)
    client = TestClient(visitor.client.app, base_url="http://127.0.0.1:8722", raise_server_exceptions=False)
    client.cookies = visitor.client.cookies

    class Broken:
        def __getattr__(self, name: str):
            raise RuntimeError("secret detail")

    desk.store = Broken()  # type: ignore[assignment]
    answer = client.get("/runs")
    assert answer.status_code == 500
    assert "our mistake" in answer.text and "secret detail" not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_what_was_done_is_told_once(visitor: Visitor) -> None:
    answer = visitor.post("/settings/theme", {"theme": "dark", "back": "/help"})
    assert "Colours: dark." in visitor.follow(answer).text
    assert "Colours: dark." not in visitor.get("/help").text


def test_a_forged_notice_is_not_shown(visitor: Visitor) -> None:
    for value in ("!!", "e30=", "eyJ0ZXh0IjogMX0=", "eyJ0ZXh0IjoiYSIsInVuZG8iOiIvL2UifQ=="):
        visitor.client.cookies.set("sourcer_notice", value)
        page = visitor.page("/help")
        assert page.get_element_by_id("status").text_content().strip() == "", value


def test_only_our_paths_are_ours() -> None:
    assert local("/people?q=a%20b&page=x") == "/people?q=a%20b&page=x"
    for to in ("", "people", "//e.example", "/\\e.example", "https://e.example", "/a\nb"):
        assert local(to) == "/", to


def test_links_lead_to_the_web_only() -> None:
    assert address("https://a.example/x") == "https://a.example/x"
    for url in (
        "javascript:alert(1)",
        "data:text/html,x",
        " https://a.example",
        "ftp://a.example",
        "https:",
        None,
    ):
        assert address(url) is None
        assert "<a" not in link(url)
    assert "&lt;b&gt;" in link("https://a.example", "<b>")


def test_times_are_told_in_their_largest_unit(now) -> None:
    from datetime import timedelta

    told = {ago(now - timedelta(seconds=s), now) for s in (0, 61, 7200, 86_400 * 3)}
    assert told == {"just now", "1 minute ago", "2 hours ago", "3 days ago"}
    assert ago(now + timedelta(hours=5), now) == "in 5 hours"
