"""The invented guild on a raw socket: what it would answer, and the fault that comes instead."""

import gzip
import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from hashlib import sha256
from urllib.parse import parse_qs, urlsplit

from guild import as_json
from loopback import Loopback

GUILD, NEIGHBOUR = "guild.example.org", "neighbour.example.org"
BOARDS = tuple(f"board{number}.example.org" for number in range(8))
PAGE = 2
CALM_REQUESTS = 9  # to the guild, in a first night without faults: three pages of members, six of deeds
START = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
_REASONS = {200: "OK", 304: "Not Modified", 403: "Forbidden", 404: "Not Found", 429: "Too Many Requests"}


@dataclass(frozen=True)
class Asked:
    """One request as it came. number: how many this host was asked before. at: seconds, monotonic."""

    host: str
    path: str
    headers: Mapping[str, str]
    number: int
    at: float


@dataclass(frozen=True)
class Truth:
    """What a server without faults would say. headers: names as they are sent."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


class Exchange:
    """A request, its true answer, and the connection on which something else may be said."""

    def __init__(self, asked: Asked, truth: Truth, connection: socket.socket) -> None:
        self.asked, self.truth, self.connection = asked, truth, connection
        self.asked_at = parsedate_to_datetime(truth.headers["Date"])  # on the server's own clock

    def say(self, status: int | None = None, body: bytes | None = None, **headers: str) -> None:
        """Send an answer; what is not given is as it would have been."""
        status = self.truth.status if status is None else status
        body = self.truth.body if body is None else body
        self.raw(head(status, {**self.truth.headers, **named(headers)}, len(body)) + body)

    def instead(self, status: int, body: bytes = b"", **headers: str) -> None:
        """Send an answer that has nothing of the true one but its date."""
        kept = {"Date": self.truth.headers["Date"], "Content-Type": "application/json", **named(headers)}
        self.raw(head(status, kept, len(body)) + body)

    def raw(self, sent: bytes) -> None:
        """Send bytes."""
        self.connection.sendall(sent)

    def reset(self) -> None:
        """Break the connection off, so that the other side notices."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()


Fault = Callable[[Exchange], None]
Rule = Callable[[Asked], Fault | None]


def named(headers: Mapping[str, str]) -> dict[str, str]:
    """Return headers given as keywords."""
    return {name.replace("_", "-"): value for name, value in headers.items()}


def iso(at: datetime) -> str:
    """Return a moment as it may stand in an address."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def head(status: int, headers: Mapping[str, str], length: int) -> bytes:
    """Return status line and headers; a length among the headers wins."""
    kept = {"Content-Length": str(length), "Connection": "close", **headers}
    lines = [f"HTTP/1.1 {status} {_REASONS.get(status, 'Said')}", *(f"{k}: {v}" for k, v in kept.items())]
    return "\r\n".join([*lines, "", ""]).encode()


class World:
    """What is true: members by host in the order of their last change, and three deeds of each."""

    def __init__(self, members: int = 6, neighbours: int = 2) -> None:
        self.rows = {
            host: [self._row(number) for number in range(1, count + 1)]
            for host, count in ((GUILD, members), (NEIGHBOUR, neighbours))
        }
        self.skew = timedelta()  # of the guild's clock against ours
        self.now = START

    def _row(self, number: int) -> dict[str, object]:
        kind = "company" if number % 5 == 0 else "person"
        changed = iso(START + timedelta(hours=number))
        row = {"id": number, "login": f"mira{number}", "kind": kind, "changed": changed}
        return row | {"name": f"Mira Invented {number}", "place": "Harbour Town"}

    def join(self, at: datetime) -> None:
        """Add a member who joined at a moment of the guild's clock."""
        rows = self.rows[GUILD]
        rows.append({**self._row(len(rows) + 1), "changed": iso(at)})

    def touch(self, at: datetime) -> None:
        """Let every member be listed again as changed, though nothing of theirs is."""
        for rows in self.rows.values():
            for row in rows:
                row["changed"] = iso(at)

    def deeds(self, number: int) -> list[dict[str, object]]:
        """Return what a member did, oldest first."""
        kinds = ("wrote", "merged", "reviewed")
        return [
            {
                "id": 100 * number + place,
                "title": f"Kernel {number}-{place}",
                "did": did,
                "at": (START - timedelta(days=number + place)).isoformat(),
            }
            for place, did in enumerate(kinds)
        ]

    def truth(self, asked: Asked) -> Truth:
        """Return the true answer."""
        parts = urlsplit(asked.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        headers = {"Content-Type": "application/json", "Date": format_datetime(self.now + self.skew, True)}
        match parts.path.strip("/").split("/"):
            case [""] if asked.host in BOARDS:
                body = f"<html><h1>Mira of {asked.host}</h1>{' ' * 2_000}</html>".encode()
                return self._unless_known(
                    asked, Truth(200, body, {**headers, "Content-Type": "text/html; charset=utf-8"})
                )
            case ["members"]:
                return Truth(200, self._members(asked.host, query), headers)
            case ["members", number, "deeds"]:
                body = as_json(self.deeds(int(number)))
                if int(number) % 2:  # half of it comes compressed
                    headers["Content-Encoding"] = "gzip"
                    body = gzip.compress(body, mtime=0)
                return self._unless_known(asked, Truth(200, body, headers))
            case ["circular.xml"]:
                posts = "".join(
                    f'<post id="{900 + n}" by="{n}" at="{START.isoformat()}">Circular {n}</post>'
                    for n in (1, 2)
                )
                body = f"<?xml version='1.0'?><circular>{posts}</circular>".encode()
                return self._unless_known(
                    asked, Truth(200, body, {**headers, "Content-Type": "application/xml"})
                )
        return Truth(404, b"{}", headers)

    def _members(self, host: str, query: Mapping[str, str]) -> bytes:
        since, _, first = query.get("page", "").partition("~")
        since = query.get("since", since)
        rows = [row for row in self.rows[host] if not since or str(row["changed"]) >= since]
        begin = int(first or 0)
        more = begin + PAGE < len(rows)
        return as_json(
            rows[begin : begin + PAGE], total=len(rows), next=f"{since}~{begin + PAGE}" if more else None
        )

    def _unless_known(self, asked: Asked, truth: Truth) -> Truth:
        etag = f'"{sha256(truth.body).hexdigest()[:8]}"'
        known = asked.headers.get("if-none-match") == etag
        headers = {**truth.headers, "ETag": etag}
        return Truth(304, b"", headers) if known else replace(truth, headers=headers)


class Server(Loopback):
    """Serves a world on a loopback port. rule: the fault a request meets, None for the truth."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.rule: Rule = lambda _: None
        self.log: list[Asked] = []
        self._lock = threading.Lock()
        super().__init__()

    def asked(self, host: str = GUILD, path: str = "") -> list[Asked]:
        """Return what a host was asked, in order."""
        return [one for one in self.log if one.host == host and one.path.startswith(path)]

    def answered(
        self, method: str, path: str, headers: dict[str, str], body: bytes, to: socket.socket
    ) -> None:
        """Give the true answer, or the fault that the rule wants instead."""
        with self._lock:
            host = headers["host"].partition(":")[0]
            asked = Asked(host, path, headers, len(self.asked(host)), time.monotonic())
            self.log.append(asked)
            fault = self.rule(asked)
        (fault or Exchange.say)(Exchange(asked, self.world.truth(asked), to))


def rows_of(truth: Truth) -> tuple[list[dict[str, object]], dict[str, object]]:
    """Return the rows of a true answer and what stands beside them."""
    body = gzip.decompress(truth.body) if "Content-Encoding" in truth.headers else truth.body
    table = json.loads(body)
    return table.pop("items"), table
