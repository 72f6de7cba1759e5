"""TRUST T06–T11: what a stranger's host may answer, and what it costs."""

import json
import resource
import socket
import sys
import threading
import time
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from impatient import Impatient
from rounds import HTML, NOW, UA, Host, Round, answer, page
from waiting import PATIENCE_S

from sourcing import crawl
from sourcing.settings import Crawl, Operator, Settings, load_specs
from spiders.door import Caps
from spiders.records import Page, Task
from spiders.sandbox import Label, Worker
from storage.subjects import PepperKeyer

MIB = 1024 * 1024


def bomb(unpacked: int) -> bytes:
    """Return gzip that unpacks to so many bytes; its blocks repeat, so it is made in no time."""
    packer = zlib.compressobj(9, wbits=31)
    first = packer.compress(b"") + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(b"\0" * (16 * MIB)) + packer.flush(zlib.Z_FULL_FLUSH)
    return first + block * (unpacked // (16 * MIB))


@pytest.mark.row("T06")
def test_a_bomb_stops_at_the_cap_and_costs_little_memory(round_of: Callable[..., Round], host: Host) -> None:
    body = bomb(900 * MIB)
    assert len(body) < 0.95 * MIB
    host.scripts["/bomb"] = answer(body, Content_Encoding="gzip")
    host.scripts["/html"] = answer(body, Content_Encoding="gzip", **HTML)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    lured = round_of("lure.org")
    outcomes = lured.ask([page("https://lure.org/bomb"), page("https://lure.org/html")])
    assert outcomes == dict.fromkeys(("https://lure.org/bomb", "https://lure.org/html"), "too_large")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024
    assert not (lured.home / "pages").exists()


NESTED = b"<!ENTITY a 'xxxxxxxxxx'>" + b"".join(
    f"<!ENTITY {chr(98 + n)} '{f'&{chr(97 + n)};' * 10}'>".encode() for n in range(9)
)
FILES = b'<!ENTITY j SYSTEM "file:///etc/passwd"><!ENTITY k SYSTEM "http://%b/entity">'
HOSTILE_XML = {
    "nested": b"<?xml version='1.0'?><!DOCTYPE r [" + NESTED + b"]><r>&j;</r>",
    "quadratic": b"<?xml version='1.0'?><!DOCTYPE r [<!ENTITY j '" + b"x" * 100_000 + b"'>]><r>"
    + b"&j;" * 50_000 + b"</r>",
    "external": b"<?xml version='1.0'?><!DOCTYPE r [" + FILES + b"]><r>&j;&k;</r>",
    "parameter": b"<?xml version='1.0'?><!DOCTYPE r [<!ENTITY % p SYSTEM 'http://%b/entity'>%p;]><r>x</r>",
    "document type": b"<?xml version='1.0'?><!DOCTYPE r SYSTEM 'http://%b/entity'><r>x</r>",
    "deep": b"<?xml version='1.0'?>" + b"<r>" * 50_000 + b"</r>" * 50_000,
    "include": b"<?xml version='1.0'?><r xmlns:xi='http://www.w3.org/2001/XInclude'>"
    b"<xi:include href='file:///etc/passwd' parse='text'/></r>",
}  # fmt: skip
HOSTILE_XML |= {
    f"{name}, other letters": HOSTILE_XML[name].decode().encode("utf-16")
    for name in ("nested", "quadratic", "external")
}


SPENT = ("took more than", "worker died")  # a page used up the time or the memory it has


def in_place(host: Host, body: bytes) -> bytes:
    return body.replace(b"%b", f"127.0.0.1:{host.port}".encode())


@pytest.mark.row("T07")
def test_entities_are_refused_and_read_nothing(round_of: Callable[..., Round], host: Host) -> None:
    for number, body in enumerate(HOSTILE_XML.values()):
        host.scripts[f"/{number}"] = answer(in_place(host, body), Content_Type="application/xml")
    lured = round_of("lure.org")
    urls = [f"https://lure.org/{number}" for number in range(len(HOSTILE_XML))]
    outcomes = lured.ask(page(url) for url in urls)
    details = " ".join(one.detail or "" for one in lured.visits)
    assert not any(words in details for words in SPENT), "refused before they cost anything"
    told = {name: outcomes[url] for name, url in zip(HOSTILE_XML, urls, strict=True)}
    assert told.pop("include") == "ok"  # not a document type: an unknown element without text
    assert set(told.values()) <= {"unreadable", "broken"}, told
    texts = lured.texts()
    assert "root:" not in texts and "xxxxxxxxxx" not in texts
    assert "/entity" not in {path for _, path, _ in host.asked}


XML_READERS = {
    "arxiv_papers": "records",
    "blog_feeds": "feed",
    "acl_anthology": "volume",
    "orcid_dump": "record",
}


@pytest.mark.parametrize("reader", XML_READERS)
def test_no_reader_of_ours_expands_an_entity(host: Host, reader: str) -> None:
    name = f"spiders.sources.{reader}"
    worker = Worker(name, Label(source=reader, reader=f"{reader}@1", terms="t"))
    task = Task(
        source=reader,
        kind=XML_READERS[reader],
        url="https://lure.org/x",
        params={"set": "cs", "path": "x.xml"},
    )
    try:
        for what, body in HOSTILE_XML.items():
            sent = Page(url=task.url, status=200, media_type="application/xml", fetched_at=NOW, sha256="0" * 64,
                        body=in_place(host, body))  # fmt: skip
            try:
                said = str(worker.read(task, sent))
            except Exception as error:
                said = str(error)
            assert not any(words in said for words in ("root:", "xxxxxxxxxx", *SPENT)), what
    finally:
        worker.close()
    assert host.connections == 0


def drip(connection: socket.socket) -> None:
    connection.sendall(
        b"HTTP/1.1 200 Said\r\nContent-Type: text/html\r\nContent-Length: 100000\r\n\r\n<html>"
    )
    with suppress(OSError):
        for _ in range(5_000):
            connection.sendall(b"x")
            time.sleep(0.05)


def endless(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 Said\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n")
    with suppress(OSError):
        while True:
            connection.sendall(b"1\r\nx\r\n")
            time.sleep(0.02)


def slow_head(connection: socket.socket) -> None:
    with suppress(OSError):
        for byte in b"HTTP/1.1 200 Said\r\nX-Slow: " + b"x" * 5_000:
            connection.sendall(bytes([byte]))
            time.sleep(0.05)


@pytest.mark.row("T08")
def test_a_host_that_drips_is_cut_off(round_of: Callable[..., Round], host: Host) -> None:
    host.scripts |= {"/drip": drip, "/endless": endless, "/head": slow_head, "/fine": answer(b"{}")}
    assert Caps().total_s == 60
    hosts = ("drip.org", "endless.org", "head.org", "fine.org")
    pins = dict.fromkeys(hosts, host.pin)
    lured = round_of(*hosts, door=lambda: Impatient(user_agent=UA, pins=pins, hurried=hosts[:3]))
    urls = [f"https://{name}/{name.removesuffix('.org')}" for name in hosts]
    started = time.monotonic()
    outcomes = lured.ask(page(url) for url in urls)
    assert time.monotonic() - started < PATIENCE_S  # three tries each; a host goes on for longer
    assert [outcomes[url] for url in urls] == ["timeout"] * 3 + ["ok"]


@pytest.mark.row("T09")
def test_loops_and_long_chains_end_and_are_not_tried_again_tonight(
    round_of: Callable[..., Round], host: Host
) -> None:
    host.scripts["/loop"] = answer(b"", 302, Location="/loop")
    host.scripts |= {f"/{n}": answer(b"", 301, Location=f"/{n + 1}") for n in range(6)} | {
        "/6": answer(b"{}")
    }
    host.scripts |= {
        "/back": answer(b"", 307, Location="/forth"),
        "/forth": answer(b"", 307, Location="/back"),
    }
    lured = round_of("lure.org")
    urls = [f"https://lure.org/{path}" for path in ("loop", "0", "back", "1")]
    outcomes = lured.ask(page(url) for url in urls)
    assert [outcomes[url] for url in urls] == [
        "refused",
        "refused",
        "refused",
        "ok",
    ]  # five hops are followed
    asked = len(host.asked)
    assert asked <= 4 * 6 + 1
    lured.later(hours=8)
    lured.ask(page(url) for url in urls[:3])
    assert len(host.asked) == asked and all(
        "redirect" in str(one.detail) for one in lured.visits if one.detail
    )


ODD_PAGES = {
    "latin-1 called utf-8": ("<h1>Zoë Łoś</h1>".encode("latin-1", "replace"), "text/html; charset=utf-8"),
    "utf-8 called latin-1": ("<h1>Zoë 名前 عمر</h1>".encode(), "text/html; charset=iso-8859-1"),
    "utf-16 called ascii": ("<html><h1>Mira</h1>".encode("utf-16"), "text/html; charset=us-ascii"),
    "a charset there is not": (b"<h1>Mira</h1>", "text/html; charset=klingon"),
    "half characters": (b"<h1>Mira \xff\xfe\xed\xa0\x80\xc3</h1>", "text/html"),
    "nothing closed": (b"<html><body><div><a href='/x<h1>Mira<p><table><tr><td>" * 500, "text/html"),
    "one line of a megabyte": (b"<html><p>" + b"x" * MIB, "text/html"),
    "tags without end": (b"<html>" + b"<div>" * 20_000, "text/html"),
    "control characters": (b"<h1>Mi\x00ra\x1b[31m\x07\x9b</h1>", "text/html"),
    "attributes without end": (b"<html><a " + b"x=1 " * 50_000 + b">Mira", "text/html"),
    "nothing": (b"", "text/html"),
    "zeros": (b"\x00" * 5_000, "text/html"),
}  # fmt: skip


@pytest.mark.row("T11")
def test_broken_pages_are_read_as_far_as_they_go(round_of: Callable[..., Round], host: Host) -> None:
    for number, (body, media) in enumerate(ODD_PAGES.values()):
        host.scripts[f"/{number}"] = answer(body, Content_Type=media)
    lured = round_of("lure.org", more={"depth_max": 0})
    urls = [f"https://lure.org/{number}" for number in range(len(ODD_PAGES))]
    outcomes = lured.ask(page(url) for url in urls)
    told = {name: outcomes[url] for name, url in zip(ODD_PAGES, urls, strict=True)}
    unread = {name for name, outcome in told.items() if outcome != "ok"}
    assert unread <= {"nothing", "zeros", "tags without end", "utf-16 called ascii"}, told
    assert set(told.values()) <= {"ok", "unreadable"}
    with lured.store.read() as tx:
        names = [row[0] for row in tx.exec_driver_sql("SELECT value FROM statement WHERE attribute = 'name'")]
    assert "Zoë 名前 عمر" in names and any(name.startswith("Mira") for name in names)
    assert not any("\x00" in name or "\x1b" in name for name in names)


def calendar(path: str) -> bytes:
    """Return a page of a calendar: the next month, the same month in every order, and a folder below itself."""
    month = sum(map(ord, path))
    links = [f"/month?m={month + 1}", f"{path.partition('?')[0].rstrip('/')}/a"]
    links += [f"{path.partition('?')[0]}?sort={n}&dir={n % 2}&m={month}" for n in range(12)]
    return b"<html>" + "".join(f'<a href="{link}">x</a>' for link in links).encode() + b"</html>"


class Traps(dict[str, Any]):
    """Scripts for whatever path is asked: a calendar without end."""

    def get(self, path: str, default: Any = None) -> Any:
        """Return the script of a path."""
        return dict.get(self, path) or answer(calendar(path), **HTML)


CHILD = """
import json, sys
import lure
from spiders.__main__ import main
sys.modules["spiders.sources.lure"] = lure
sys.exit(main(sys.argv[2:], pins=json.loads(sys.argv[1])))
"""
BUDGET = 6


@pytest.mark.row("T10")
def test_a_trap_ends_with_its_sites_budget_and_the_rest_is_collected(
    store: Any, host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host.scripts = Traps(host.scripts)
    for number in range(3):
        host.scripts[f"/fine{number}"] = answer(b"<html><h1>Mira</h1></html>", **HTML)
    pages = ["https://trap.org/month?m=1", *(f"https://fine{n}.org/fine{n}" for n in range(3))]
    hosts = ["trap.org", *(f"fine{n}.org" for n in range(3))]
    table = {
        "title": "Lure", "reader": "lure", "engine": "site", "home": "https://lure.org", "terms": "https://lure.org/t",
        "purpose": "p", "basis": "b", "balance": "b", "requests_per_hour": 3_600_000, "requests_per_run": 500,
        "pages_per_host": BUDGET, "depth_max": 50,
    }  # fmt: skip
    sources = tmp_path / "config" / "sources"
    sources.mkdir(parents=True)
    lines = [f"{key} = {json.dumps(value)}" for key, value in table.items()]
    (sources / "lure.toml").write_text("\n".join([*lines, "[seeds]", f"pages = {json.dumps(pages)}"]))
    operator = Operator(controller="Example GmbH", contact="https://recruiting.example")
    settings = Settings(
        home=tmp_path / "home", config_dir=tmp_path / "config", operator=operator, crawl=Crawl()
    )
    pins = json.dumps(dict.fromkeys(hosts, host.pin))
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    report = crawl.run(
        store, settings, load_specs(settings, ["lure"]), now=NOW, run=None, keyer=PepperKeyer(b"a pepper for tests"),
        child=lambda arguments: [sys.executable, "-c", CHILD, pins, *arguments], fixed_clock=True,
    )  # fmt: skip
    trapped = [path for name, path, _ in host.pages() if name == "trap.org"]
    assert len(trapped) == BUDGET
    with store.read() as tx:
        rows = {str(url): str(said) for url, said in tx.exec_driver_sql("SELECT url, outcome FROM task")}
    assert [rows[url] for url in pages] == ["ok"] * len(pages)
    assert "limited" in rows.values() and report.seconds < PATIENCE_S
    assert threading.active_count() < 60
