"""TRUST T01–T05: where a link may lead. Links come from a stranger's page, as profiles and homepages bring them."""

import json
import socket
from collections.abc import Callable, Iterator
from itertools import cycle
from typing import Any

import pytest
from rounds import UA, Host, Round, answer, page

from spiders.door import Door

PRIVATE = ("127.0.0.1", "10.0.0.1", "172.16.254.3", "192.168.1.1", "169.254.169.254", "0.0.0.0", "100.64.0.9")
NAMES = (
    "localhost", "LOCALHOST", "localhost.", "a.localhost", "localhost.localdomain", "printer.local", "router.lan",
    "metadata.google.internal", "nas.home.arpa", "intranet", "kubernetes", "ⓛocalhost", "[::1]", "[::]", "[fe80::1]",
    "[fe80::1%25eth0]", "[fc00::1]", "[fd12:3456::1]", "[fec0::1]", "[ff02::1]", "[100::1]", "[2001:db8::1]",
    "[0:0:0:0:0:0:0:1]", "127.1", "127.0.1", "0", "127.0.0.1%00.mira.org", "127.0.0.1\x00.mira.org", "1.2.3.4.5",
    "256.256.256.256", "mira..org", "-mira-.org.", "user:secret@mira.org", "127.0.0.1\\@mira.org", "%6c%6fcalhost",
)  # fmt: skip
INERT = (
    "ext::sh -c id", "javascript:alert(1)", "JaVaScRiPt:alert(1)", "gopher://mira.org/", "file:///etc/passwd",
    "FILE:///etc/passwd", "data:text/html,<script>", "ftp://mira.org/", "ssh://mira.org/", "ws://mira.org/",
    "s3://bucket/x", "mailto:x", "vbscript:x", "view-source:http://mira.org/", "jar:http://mira.org!/", "http:",
    "http://", "https:///x", "http://mi ra.org/", "http://" + "a" * 3_000 + ".org/", "http://[::1", "http://mira.org\n/",
    "blob:https://mira.org/1", "about:blank", "tel:1", "php://filter", "dict://127.0.0.1:6379/x", "ldap://127.0.0.1/",
)  # fmt: skip
PORTS = ("http://mira.org:22/", "http://mira.org:6379/", "https://mira.org:8443/", "http://mira.org:99999/",
         "http://mira.org:0/", "http://mira.org:65535/")  # fmt: skip


def spellings(address: str) -> Iterator[str]:
    """Yield the ways an IPv4 address can be written where a host is expected."""
    a, b, c, d = (int(part) for part in address.split("."))
    whole = (a << 24) + (b << 16) + (c << 8) + d
    high, low = f"{whole >> 16:x}", f"{whole & 0xFFFF:x}"
    yield from (
        address,
        f"{address}.",
        str(whole),
        hex(whole),
        hex(whole).upper(),
        f"0{whole:o}",
        f"{a}.{whole & 0xFFFFFF}",
    )
    yield from (
        f"{a}.{b}.{whole & 0xFFFF}",
        f"0x{a:x}.0x{b:x}.0x{c:x}.0x{d:x}",
        f"0{a:o}.0{b:o}.0{c:o}.0{d:o}",
    )
    yield from (
        f"0x{a:02x}.{b}.0{c:o}.{d}",
        f"{a:03}.{b:03}.{c:03}.{d:03}",
        f"{a}。{b}。{c}。{d}",
        f"{whole + 2**32}",
    )
    yield "".join(chr(ord(char) + 0xFEE0) if char.isdigit() else char for char in address)
    yield "".join(f"%{ord(char):02x}" for char in address)
    for six in (f"::ffff:{address}", f"::ffff:{high}:{low}", f"::{address}", f"::ffff:0:{address}",
                f"64:ff9b::{address}", f"64:ff9b:1::{high}:{low}", f"2002:{high}:{low}::", f"2001:0:{high}:{low}::",
                f"fe80::5efe:{high}:{low}", f"0:0:0:0:0:ffff:{high}:{low}"):  # fmt: skip
        yield f"[{six}]"


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every address somebody tries to connect to; loopback ones are the canary's, and refused."""
    found: list[str] = []
    before = socket.create_connection

    def connect(address: tuple[str, int], *args: Any, **more: Any) -> socket.socket:
        found.append(str(address[0]))
        if address[0] != "127.0.0.1":
            raise ConnectionRefusedError
        return before(address, *args, **more)

    monkeypatch.setattr(socket, "create_connection", connect)
    return found


def link_to(host: Host, links: list[str]) -> None:
    host.scripts["/"] = answer(json.dumps({"links": links}).encode())


@pytest.mark.row("T01", "T04", "T05")
def test_no_spelling_of_a_private_address_is_ever_asked(
    round_of: Callable[..., Round], host: Host, tried: list[str]
) -> None:
    hosts = [one for address in PRIVATE for one in spellings(address)] + list(NAMES)
    assert len(hosts) >= 120
    schemes = cycle(("http", "https"))
    links = [f"{next(schemes)}://{one}/" for one in dict.fromkeys(hosts)] + [*INERT, *PORTS]
    link_to(host, links)
    # whatever is not refused as it stands leads home
    door = Door(user_agent=UA, pins={"lure.org": host.pin}, resolver=lambda name, port: ["127.0.0.1"])
    lured = round_of(door=lambda: door)
    outcomes = lured.ask([page("https://lure.org/")])
    assert outcomes.pop("https://lure.org/") == "ok"
    assert len(outcomes) >= 120 and set(outcomes.values()) == {"blocked_address"}
    assert [path for _, path, _ in host.asked] == ["/robots.txt", "/"]
    assert (
        set(tried) == {"127.0.0.1"} and len(tried) == host.connections
    )  # the lure's own pages, nothing else
    kept = lured.texts()
    assert all(link in kept for link in ("ext::sh -c id", "gopher://mira.org/"))  # as inert text


@pytest.mark.row("T02")
def test_a_name_that_changes_its_mind_reaches_only_what_was_vetted(
    round_of: Callable[..., Round], host: Host, tried: list[str]
) -> None:
    calls: dict[str, int] = {}

    def resolver(name: str, port: int) -> list[str]:
        calls[name] = calls.get(name, 0) + 1
        if name == "mixed.org":
            return ["93.184.215.14", "127.0.0.1"]
        return ["93.184.215.14"] if calls[name] == 1 else ["127.0.0.1"]

    lured = round_of(door=lambda: Door(user_agent=UA, resolver=resolver))
    outcomes = lured.ask([page("http://rebind.org/"), page("https://mixed.org/")])
    assert outcomes["https://mixed.org/"] == "blocked_address" and outcomes["http://rebind.org/"] == "limited"
    assert set(tried) == {"93.184.215.14"}
    lured.later(days=1)
    assert lured.ask([])["http://rebind.org/"] == "blocked_address"
    assert set(tried) == {"93.184.215.14"} and host.connections == 0


HOPS = {
    "http://127.0.0.1/": "blocked_address", "https://[::1]/": "blocked_address", "//10.0.0.1/": "blocked_address",
    "http://169.254.169.254/latest/meta-data": "blocked_address", "file:///etc/passwd": "blocked_address",
    "ftp://lure.org/": "blocked_address", "data:text/plain,x": "blocked_address", "javascript:1": "blocked_address",
    "http://lure.org/plain": "refused", "https://other.org:6379/": "blocked_address",
    "https://2130706433/": "blocked_address",
    "https://elsewhere.org/": "refused",
}  # fmt: skip


@pytest.mark.row("T03")
def test_a_redirect_is_vetted_at_its_hop(
    round_of: Callable[..., Round], host: Host, tried: list[str]
) -> None:
    for number, target in enumerate(HOPS):
        host.scripts[f"/{number}"] = answer(b"", 302, Location="/hop" + str(number))
        host.scripts[f"/hop{number}"] = answer(b"", 302, Location=target)
    host.scripts["/plain"] = answer(b'{"name": "downgraded"}')
    lured = round_of("lure.org", more={"hosts": ("lure.org",)})
    outcomes = lured.ask(page(f"https://lure.org/{number}") for number in range(len(HOPS)))
    assert [outcomes[f"https://lure.org/{number}"] for number in range(len(HOPS))] == list(HOPS.values())
    assert {path for _, path, _ in host.pages()} == {
        f"/{way}{number}" for way in ("", "hop") for number in range(len(HOPS))
    }
    assert len(tried) == host.connections


@pytest.mark.row("T03")
@pytest.mark.parametrize(
    ("scheme", "name"), [("bearer", None), ("header", "x-lure-key"), ("query", "key")]
)  # fmt: skip
def test_a_credential_and_a_cookie_stay_with_their_origin(
    round_of: Callable[..., Round], host: Host, scheme: str, name: str | None
) -> None:
    host.scripts["/here"] = answer(
        b"", 302, Location="https://other.org/there", Set_Cookie="a=b; Domain=.org"
    )
    host.scripts["/there"] = answer(b"{}")
    auth = {"secret": "SOURCER_LURE_KEY", "scheme": scheme} | ({"name": name} if name else {})
    more = {"hosts": ("lure.org", "other.org"), "auth": auth}
    lured = round_of("lure.org", "other.org", more=more, secrets={"SOURCER_LURE_KEY": "planted-credential"})
    assert lured.ask([page("https://lure.org/here")]) == {"https://lure.org/here": "ok"}
    (here, asked, first), (there, path, second) = host.pages()
    assert (here, there) == ("lure.org", "other.org")
    assert "planted-credential" in f"{asked} {first}" and "planted-credential" not in f"{path} {second}"
    assert "cookie" not in second
    assert "planted-credential" not in lured.texts()
