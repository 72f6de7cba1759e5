"""An invented system over real HTTP on loopback: what it holds, what it logs, how it fails.

A record is refused if a text in it has REFUSE (with its whole message, where one has many) or INVALID (alone), unless
`is_lenient`. `faults`: what happens to the next writes, in order. `answers`: what the next writes are told instead of
being done. `log`: every request that came. `strike`: what is done once it holds so many records.
"""

import base64
import json
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from loopback import Loopback

from sourcing.export.mapping import Mapping

CLOCK = "Sun, 22 Nov 2026 02:17:00 GMT"
LATER = "Sun, 22 Nov 2026 02:17:09 GMT"
HTML = b"<html><body>Just a moment</body></html>"


@dataclass(frozen=True, kw_only=True)
class Asked:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    json: Any = None
    is_write: bool = False


@dataclass(kw_only=True)
class Record:
    """What a system holds: who it is by our key, and the values of its fields."""

    key: str
    values: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    flags: set[str] = field(default_factory=set)


class Said(Exception):
    """An answer that ends a request. status, body."""

    def __init__(self, status: int, body: Any) -> None:
        self.status, self.body = status, body


class System(Loopback):
    """One system. fields: the mapping it is configured with. secret: what callers must show."""

    secret = "s3cr3t-of-tests-0123456789abcdef"
    hosts: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()  # beginnings of paths that are asked, not written, by POST

    def __init__(self, fields: Mapping) -> None:
        self.fields, self.log, self.faults = fields, list[Asked](), list[str]()
        self.answers: list[tuple[int, Any]] = []
        self.records: dict[str, Record] = {}
        self.moved: dict[str, str] = {}
        self.is_lenient = False
        self.strike: tuple[int, Callable[[], None]] | None = None  # what to do once it holds so many records
        super().__init__()

    @property
    def writes(self) -> list[Asked]:
        return [one for one in self.log if one.is_write]

    @property
    def keys(self) -> list[str]:
        return sorted(one.key for one in self.records.values())

    def answered(
        self, method: str, path: str, headers: dict[str, str], body: bytes, to: socket.socket
    ) -> bool:
        parts = urlsplit(path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        is_write = method != "GET" and not any(parts.path.startswith(one) for one in self.reads)
        is_json = headers.get("content-type") == "application/json"
        asked = Asked(
            method=method, path=parts.path, query=query, headers=headers, body=body,
            json=json.loads(body) if is_json and body else None, is_write=is_write,
        )  # fmt: skip
        self.log.append(asked)
        fault = self.faults.pop(0) if is_write and self.faults else None
        before = {
            "429s": (429, {"Retry-After": "7"}),
            "429d": (429, {"Retry-After": LATER}),
            "500": (500, {}),
            "400": (400, {}),
        }
        if fault in before:
            status, more = before[fault]
            to.sendall(said(status, b"{}", Date=CLOCK, **more))
            return True
        if is_write and self.answers:
            status, content = self.answers.pop(0)
            to.sendall(said(status, json.dumps(content).encode()))
            return True
        try:
            status, content = (200, self.act(asked)) if self.knows(asked) else (401, {"message": "who?"})
        except Said as error:
            status, content = error.status, error.body
        if self.strike is not None and len(self.records) >= self.strike[0]:
            (_, strike), self.strike = self.strike, None
            strike()
            return False
        if fault == "after":  # done, and the answer never comes
            return False
        if fault == "no id":
            to.sendall(said(200, json.dumps(without_ids(content)).encode()))
            return True
        if fault == "html":
            to.sendall(said(200, HTML, Content_Type="text/html"))
            return True
        if isinstance(content, bytes):
            to.sendall(said(status, content, Content_Type="text/csv"))
            return True
        to.sendall(said(status, b"" if content is None else json.dumps(content).encode()))
        return True

    def knows(self, asked: Asked) -> bool:
        return asked.headers.get("authorization") == f"Bearer {self.secret}"

    def is_bad(self, value: Any, word: str) -> bool:
        return not self.is_lenient and word in texts(value)

    def act(self, asked: Asked) -> Any:
        raise NotImplementedError

    def put(self, key: str, values: dict[str, Any], known: str | None = None) -> str:
        """Make a record, or change one; only fields of the mapping may be in it."""
        strange = set(values) - set(self.fields.fields)
        assert not strange, f"fields nobody configured: {strange}"
        if known is None:
            known = next((name for name, one in self.records.items() if one.key == key), None)
        number = self.moved.get(known, known) if known is not None else self.fresh()
        one = self.records.setdefault(number, Record(key=key))
        one.key = key or one.key
        one.values |= values
        return number

    def fresh(self) -> str:
        """An id that no record has."""
        return str(max((int(one) for one in self.records), default=1000) + 1)

    def id_of(self, key: str) -> str:
        return next(number for number, one in self.records.items() if one.key == key)

    def merge(self, key: str) -> str:
        """A recruiter merges a record into another one: it has another id from now on."""
        old, new = self.id_of(key), f"9{self.id_of(key)}"
        self.records[new] = self.records.pop(old)
        self.moved[old] = new
        return new


def said(status: int, body: bytes, **headers: str) -> bytes:
    kept = {"Content-Type": "application/json", "Content-Length": str(len(body))}
    kept |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"HTTP/1.1 {status} Said", *(f"{name}: {value}" for name, value in kept.items()), "", ""]
    return "\r\n".join(lines).encode() + body


def without_ids(value: Any) -> Any:
    if isinstance(value, list):
        return [without_ids(one) for one in value]
    if isinstance(value, dict):
        return {name: without_ids(one) for name, one in value.items() if name != "id"}
    return value


def texts(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


class Granting(System):
    """A system whose tokens are given for client credentials."""

    secret = "client-1:word-of-tests"
    grants = ""
    reads: tuple[str, ...] = ()

    def knows(self, asked: Asked) -> bool:
        if asked.path == self.grants:
            pair = base64.b64encode(self.secret.encode()).decode()
            return asked.headers["authorization"] == f"Basic {pair}" and b"client_credentials" in asked.body
        return asked.headers.get("authorization") == "Bearer token-1"

    def act(self, asked: Asked) -> Any:
        return {"access_token": "token-1"} if asked.path == self.grants else self.done(asked)

    def done(self, asked: Asked) -> Any:
        raise NotImplementedError
