"""TRUST T01–T09: what the door refuses before it connects, and what it cuts off after."""

import ast
import gzip
import json
import os
import resource
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from waiting import PATIENCE_S

from spiders.addresses import is_public
from spiders.door import Caps, Door, DoorClosed
from spiders.records import Outcome, Task
from spiders.settings import Settings
from spiders.spec import SourceSpec
from spiders.wire import task_to_line, visit_from_line

ROOT = Path(__file__).parents[2]

UA = "sourcer/test (+https://recruiting.example)"

SPELLINGS = [
    "127.0.0.1", "127.0.0.1.", "127.1", "127.0.1", "0.0.0.0", "0", "0x7f000001", "0x7f.0.0.1", "0x7f.1",
    "2130706433", "017700000001", "0177.0.0.1", "0177.1", "127.000.000.001", "127.0.0.01", "00127.0.0.1",
    "10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.254", "192.168.1.1", "192.168.257",
    "169.254.169.254", "169.254.1.1", "100.64.0.1", "192.0.0.1", "192.0.2.1", "198.18.0.1", "198.51.100.7",
    "203.0.113.9", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255", "[::1]", "[::]",
    "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[::ffff:10.0.0.1]",
    "[::ffff:169.254.169.254]", "[::ffff:0:127.0.0.1]", "[64:ff9b::127.0.0.1]", "[64:ff9b::10.0.0.1]",
    "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]", "[2002:a00:1::1]", "[2001:0:7f00:1::]", "[2001:db8::1]",
    "[fe80::1]", "[fe80::1%25eth0]", "[fc00::1]", "[fd12:3456::1]", "[fec0::1]", "[ff02::1]", "[100::1]",
    "[2001:10::1]", "[2a00:1450:4001::5efe:7f00:1]", "localhost", "LOCALHOST", "localhost.", "a.localhost",
    "localhost.localdomain", "printer.local", "metadata.google.internal", "router.lan", "nas.home.arpa",
    "intranet", "kubernetes", "broadcasthost", "１２７.０.０.１", "①②⑦.⓪.⓪.①", "127。0。0。1", "%31%32%37.0.0.1",
    "127.0.0.1%00.example", "ⓛocalhost", "a..b", "-a.example.", "1.2.3.4.5", "256.256.256.256",
    "127.0.0.1:22", "8.8.8.8:6379", "site.org:22", "user:secret@site.org", "127.0.0.1\\@site.org",
]  # fmt: skip
SCHEMES = [
    "file:///etc/passwd", "ftp://site.org/", "gopher://site.org/", "javascript:alert(1)",
    "data:text/html,x", "ext::sh -c id", "ssh://site.org/", "", "//site.org/", "http:", "http://",
    "https:///x", "http://site.org/\n", "http://si te.org/", "http://" + "a" * 3000 + ".org/",
    "ws://site.org/", "HTTP\n://site.org", "http://[::1", "http://site.org:99999/",
]  # fmt: skip


def _refused(door: Door, url: str) -> Outcome:
    with pytest.raises(DoorClosed) as caught:
        door.send(url)
    return caught.value.outcome


def test_no_spelling_of_a_private_address_reaches_the_canary(hostile, monkeypatch):
    canary: list[tuple] = []
    monkeypatch.setattr(socket, "create_connection", lambda *args, **kept: canary.append(args))
    door = Door(user_agent=UA, resolver=lambda host, port: ["127.0.0.1"])
    assert len(SPELLINGS) + len(SCHEMES) >= 100
    for host in SPELLINGS:
        for scheme in ("http", "https"):
            assert _refused(door, f"{scheme}://{host}/") is Outcome.BLOCKED_ADDRESS, host
    for url in SCHEMES:
        assert _refused(door, url) is Outcome.BLOCKED_ADDRESS, url
    assert (canary, hostile.log) == ([], [])


def test_ordinary_addresses_are_public():
    for address in (
        "8.8.8.8",
        "140.82.121.4",
        "2606:50c0:8000::153",
        "2a00:1450:4001:80b::200e",
        "64:ff9b::808:808",
    ):
        assert is_public(address), address
    for address in ("64:ff9b::7f00:1", "2002:7f00:1::", "::ffff:10.0.0.1", "not an address"):
        assert not is_public(address), address


def test_a_name_with_one_private_address_is_refused():
    door = Door(user_agent=UA, resolver=lambda host, port: ["8.8.8.8", "10.0.0.7"])
    assert _refused(door, "https://mixed.org/") is Outcome.BLOCKED_ADDRESS


def test_rebinding_connects_only_to_the_vetted_address(monkeypatch):
    answers = iter([["93.184.215.14"], ["127.0.0.1"], ["127.0.0.1"]])
    tried: list[str] = []

    def connect(address, *args, **kept):
        tried.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", connect)
    door = Door(user_agent=UA, resolver=lambda host, port: next(answers))
    assert _refused(door, "http://rebind.org/") is Outcome.BROKEN
    assert _refused(door, "http://rebind.org/") is Outcome.BLOCKED_ADDRESS
    assert tried == ["93.184.215.14"]


def test_no_such_name_is_gone_and_a_failing_resolver_is_broken():
    def fails(errno):
        def resolver(host, port):
            raise socket.gaierror(errno, "no")

        return Door(user_agent=UA, resolver=resolver)

    assert _refused(fails(socket.EAI_NONAME), "http://site.org/") is Outcome.GONE
    assert _refused(fails(socket.EAI_AGAIN), "http://site.org/") is Outcome.BROKEN


@pytest.fixture
def door(hostile):
    made = Door(user_agent=UA, pins={"api.example": hostile.pin, "other.example": hostile.pin})
    yield made
    made.close()


@pytest.mark.parametrize(
    ("target", "outcome"),
    [
        ("http://127.0.0.1/", Outcome.BLOCKED_ADDRESS),
        ("https://[::1]/", Outcome.BLOCKED_ADDRESS),
        ("file:///etc/passwd", Outcome.BLOCKED_ADDRESS),
        ("ftp://api.example/", Outcome.BLOCKED_ADDRESS),
        ("data:text/plain,x", Outcome.BLOCKED_ADDRESS),
        ("http://api.example/plain", Outcome.REFUSED),
        ("/loop", Outcome.REFUSED),
    ],
)
def test_redirects_are_vetted_at_each_hop(hostile, door, answer, target, outcome):
    hostile.scripts["/loop"] = answer(b"", 302, Location=target)
    assert _refused(door, "https://api.example/loop") is outcome
    assert hostile.asked("/plain") == []


def test_credentials_stay_with_their_origin(hostile, door, answer):
    hostile.scripts["/here"] = answer(b"", 302, Location="https://other.example/there", Set_Cookie="a=b")
    hostile.scripts["/there"] = answer(b"{}")
    got = door.send("https://api.example/here", headers={"Authorization": "Bearer secret", "Accept": "x/y"})
    [there] = hostile.asked("/there")
    assert (got.status, got.url, got.hops) == (200, "https://other.example/there", 1)
    assert "authorization" not in there.headers and "cookie" not in there.headers
    assert (there.headers["host"], there.headers["accept"]) == ("other.example", "x/y")
    assert there.headers["user-agent"] == UA
    assert _refused_hosts(door) is Outcome.REFUSED


def _refused_hosts(door):
    with pytest.raises(DoorClosed) as caught:
        door.send("https://api.example/here", hosts=["api.example"])
    return caught.value.outcome


def test_a_gzip_bomb_stops_at_the_cap_and_costs_little_memory(hostile, door, answer):
    layer = gzip.compress(b"\0" * (200 * 1024 * 1024), 9)
    hostile.scripts["/bomb"] = answer(layer, Content_Encoding="gzip")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert _refused(door, "https://api.example/bomb") is Outcome.TOO_LARGE
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024


def test_sizes_and_times_are_cut(hostile, door, answer):
    def drip(asked, connection):
        connection.sendall(b"HTTP/1.1 200 Said\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(5_000):
            connection.sendall(b"x")
            time.sleep(0.05)

    def endless(asked, connection):
        connection.sendall(b"HTTP/1.1 200 Said\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            connection.sendall(b"10000\r\n" + b"x" * 65536 + b"\r\n")

    def slow_head(asked, connection):
        for byte in b"HTTP/1.1 200 Said\r\nX-Slow: " + b"x" * 5_000:
            connection.sendall(bytes([byte]))
            time.sleep(0.05)

    hostile.scripts |= {
        "/drip": drip,
        "/endless": endless,
        "/head": slow_head,
        "/wide": answer(b"{}", X_Wide="x" * 70_000),
    }
    for path, outcome, caps in (
        ("/drip", Outcome.TIMEOUT, Caps(total_s=0.6)),
        ("/head", Outcome.TIMEOUT, Caps(total_s=0.6)),
        ("/endless", Outcome.TOO_LARGE, Caps(wire_bytes=1024 * 1024)),
    ):
        started = time.monotonic()
        with pytest.raises(DoorClosed) as caught:
            door.send(f"https://api.example{path}", caps=caps)
        assert caught.value.outcome is outcome, path
        assert time.monotonic() - started < Caps().total_s  # as slow a host would go on for four minutes
    assert _refused(door, "https://api.example/wide") in {Outcome.TOO_LARGE, Outcome.BROKEN}


@pytest.mark.parametrize("cut", ["length", "gzip", "coding", "reset"])
def test_a_damaged_body_is_never_half_an_answer(hostile, door, answer, cut):
    whole = gzip.compress(b'{"items": []}' * 50)
    hostile.scripts["/cut"] = {
        "length": answer(b"{}", Content_Length="500"),
        "gzip": answer(whole[:-10], Content_Encoding="gzip"),
        "coding": answer(b"x", Content_Encoding="br"),
        "reset": b"HTTP/1.1 200 Said\r\nContent-Length: 10\r\n",
    }[cut]
    assert _refused(door, "https://api.example/cut") in {Outcome.BROKEN, Outcome.WRONG_TYPE}


def test_a_gzip_file_of_several_members_is_whole(hostile, door, answer):
    hostile.scripts["/two"] = answer(gzip.compress(b'{"a":') + gzip.compress(b"1}"), Content_Encoding="gzip")
    assert door.send("https://api.example/two").body == b'{"a":1}'


def test_the_allowance_is_only_ever_a_callers_argument():
    """Shipped code hands `pins` from `main`'s argument to the door, and to nothing else, from nowhere else."""
    given: list[tuple[str, str]] = []
    for file in sorted(
        path for room in ("spiders", "storage", "sourcing") for path in (ROOT / room).rglob("*.py")
    ):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            pinned = [ast.unparse(word.value) for word in node.keywords if word.arg in {"pins", None}]
            if ast.unparse(node.func) in {"Door", "door.Door", "main", "spiders.__main__.main"} and (
                pinned or ast.unparse(node.func).endswith("Door")
            ):
                given.append((str(file.relative_to(ROOT)), *pinned))
            else:
                assert not any(word.arg == "pins" for word in node.keywords), file
        if file.name == "door.py":
            assert not {"os", "spiders.settings"} & {
                name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names
            }
    own = [(f"sourcing/{file}.py",) for file in ("cli/outreach", "export/delivery", "pings", "web/desk")]
    assert given == [*own, ("spiders/__main__.py", "pins")], (
        "what the house asks itself has no allowance at all"
    )
    assert not any("pin" in name for name in (*Settings.model_fields, *SourceSpec.model_fields))


def test_no_setting_or_variable_can_open_a_private_address(hostile, answer, tmp_path, make_spec):
    """A whole child whose configuration and environment say in every way they can that loopback is fine."""
    hostile.scripts["/x"] = answer(b"{}")
    host = f"127.0.0.1:{hostile.port}"
    spec = make_spec(hosts=("127.0.0.1", "localhost", "api.example"), reader="blog_feeds").model_dump(
        mode="json", exclude={"name"}, exclude_none=True
    )
    config, words = (
        tmp_path / "plain.toml",
        ("PINS", "PIN", "DOOR_PINS", "ALLOW_LOOPBACK", "ALLOW_PRIVATE", "PORTS"),
    )
    pins = json.dumps({"api.example": hostile.pin, "127.0.0.1": hostile.pin, "localhost": hostile.pin})
    variables = {f"SOURCER_{word}": pins for word in words} | dict.fromkeys(words, pins)
    for scheme in ("HTTP", "HTTPS", "ALL"):
        variables |= dict.fromkeys((f"{scheme}_PROXY", f"{scheme.lower()}_proxy"), hostile.pin)
    (tmp_path / "aliases").write_text("api.example localhost\n")
    variables |= {"HOSTALIASES": str(tmp_path / "aliases"), "SOURCER_CONTACT": "https://recruiting.example",
                  "SOURCER_PEPPER": "p" * 32, "SOURCER_HOME": str(tmp_path), "PATH": os.environ["PATH"]}  # fmt: skip
    asked = [
        f"http://{host}/x",
        f"https://localhost:{hostile.port}/x",
        "http://127.0.0.1/x",
        "https://api.example/x",
    ]
    lines = "".join(task_to_line(Task(source="plain", kind="feed", url=url)) + "\n" for url in asked)

    def child(text: str) -> subprocess.CompletedProcess[str]:
        config.write_text(text)
        (tmp_path / "sourcer.toml").write_text(f"[pins]\n{text}")
        command = [sys.executable, "-m", "spiders", str(config)]
        return subprocess.run(
            command, input=lines, env=variables | {"PYTHONPATH": str(ROOT)}, cwd=tmp_path, capture_output=True,
            text=True, check=False, timeout=PATIENCE_S,
        )  # fmt: skip

    plain = "".join(
        f"{key} = {json.dumps(value)}\n" for key, value in spec.items() if not isinstance(value, dict)
    )
    done = child(plain)
    visits = [visit_from_line(line) for line in done.stdout.splitlines()]
    assert [visit.outcome for visit in visits] == [Outcome.BLOCKED_ADDRESS] * 4, done.stderr
    assert child(plain + f"[pins]\n'127.0.0.1' = '{hostile.pin}'\n").returncode == 2
    assert hostile.log == []
