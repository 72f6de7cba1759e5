"""One request, one answer, and the loop that carries them: HTTP/1.1 with keep-alive, in threads."""

import gzip
import json
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

BODY_MAX_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request. host: lower case, no port. path: decoded. headers: lower-case names. body: unpacked."""

    method: str
    host: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def agent(self) -> str:
        """The User-Agent, empty if there is none."""
        return self.headers.get("user-agent", "")


@dataclass(slots=True, kw_only=True)
class Answer:
    """One answer. body: bytes, or pieces that are sent in chunks. cut: `reset` or `too_short`, what the wire does."""

    status: int = 200
    body: bytes | Iterator[bytes] = b""
    headers: dict[str, str] = field(default_factory=dict)
    cut: str | None = None


def as_json(value: object, status: int = 200, **headers: str) -> Answer:
    """Return a JSON answer, compact, UTF-8."""
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return Answer(
        status=status, body=body, headers={"Content-Type": "application/json; charset=utf-8", **headers}
    )


def as_text(text: str, kind: str, status: int = 200, **headers: str) -> Answer:
    """Return a text answer of a media type."""
    return Answer(status=status, body=text.encode(), headers={"Content-Type": kind, **headers})


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """One line of the request log. time: seconds since the epoch."""

    host: str
    method: str
    path: str
    status: int
    time: float
    user_agent: str


Respond = Callable[[Asked], Answer]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # small answers on kept connections would wait 40 ms each
    wbufsize = 64 * 1024
    timeout = 60
    server: "Loop"

    def _asked(self) -> Asked:
        target = urlsplit(self.path)  # a client that takes us for its proxy sends the whole address
        host = target.netloc or self.headers.get("Host", "")
        name = host.rsplit("@", 1)[-1].rsplit(":", 1)[0] if ":" in host else host
        body = self._body()
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        return Asked(
            method=self.command,
            host=name.lower(),
            path=unquote(target.path) or "/",
            body=body,
            query=dict(parse_qsl(target.query, keep_blank_values=True)),
            headers={key.lower(): value for key, value in self.headers.items()},
        )

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            parts = []
            while size := int(self.rfile.readline().split(b";")[0], 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)
        return self.rfile.read(min(int(self.headers.get("Content-Length") or 0), BODY_MAX_BYTES))

    def _serve(self) -> None:
        asked = self._asked()
        answer = self.server.respond(asked)
        self.server.note(
            Logged(
                host=asked.host,
                method=asked.method,
                path=self.path,
                status=answer.status,
                time=time.time(),
                user_agent=asked.agent,
            )
        )
        self.send_response_only(answer.status)
        self.send_header("Date", self.date_time_string())
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.cut is not None:
            self._break_off(answer)
        elif isinstance(answer.body, bytes):
            if answer.status != 304:
                self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer.body)
        else:
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for piece in answer.body:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            self.wfile.write(b"0\r\n\r\n")
        self.wfile.flush()

    def _break_off(self, answer: Answer) -> None:
        """Promise the whole body, send half of it, and hang up: with a reset, or as if that were all."""
        assert isinstance(answer.body, bytes)
        self.send_header("Content-Length", str(len(answer.body) + 7))
        self.end_headers()
        self.wfile.write(answer.body[: len(answer.body) // 2])
        self.wfile.flush()
        self.close_connection = True
        if answer.cut == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()

    do_GET = do_POST = do_HEAD = do_PUT = do_DELETE = do_PATCH = _serve

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: requests are in the log that `/log` shows."""


class Loop(ThreadingHTTPServer):
    """Accepts connections and remembers them, so that closing the server closes them too."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, respond: Respond) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.respond = respond
        self.log: list[Logged] = []
        self._open: set[socket.socket] = set()
        self._guard = threading.Lock()

    def note(self, line: Logged) -> None:
        """Append to the request log."""
        with self._guard:
            self.log.append(line)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._guard:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._guard:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Drop a connection whose other end went away; anything else is shown as usual."""
        if not isinstance(sys.exc_info()[1], ConnectionError | TimeoutError):
            super().handle_error(request, client_address)

    def hang_up(self) -> None:
        """Close every connection that clients keep open."""
        with self._guard:
            left = list(self._open)
        for connection in left:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:  # already gone
                continue
