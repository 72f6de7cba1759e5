"""The only module that opens connections.

Every address a name resolves to is checked to be public unicast, every form that embeds an IPv4 address unwrapped;
the connection goes to a checked address while the name stays for TLS, on each redirect again. Sizes and times are
capped. The only way to a private address is `pins`, a constructor argument that no setting can reach.
"""

import socket
import ssl
import sys
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass, field, replace
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any
from urllib.parse import urljoin, urlsplit

import certifi
import httpcore

from spiders.addresses import is_public, is_public_name
from spiders.errors import SpiderError
from spiders.records import Outcome

# httpx brings its own command line along wherever that can be loaded: a terminal's libraries, a sixth of what a source
# takes to start. It does without if it cannot. Drop this once httpx loads them only when its command is called.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]
import httpx  # noqa: E402

Resolver = Callable[[str, int], list[str]]  # host name and port to every address it has now
PORTS = frozenset({80, 443})
URL_MAX_CHARS, HEADERS_MAX_BYTES = 2_000, 64 * 1024
CONNECT_TIMEOUT_S, FIRST_BYTE_TIMEOUT_S, TOTAL_TIMEOUT_S = 10.0, 20.0, 60.0  # TRUST §1
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_TRAVELLING = frozenset(
    {"accept", "accept-language", "content-type", "git-protocol"}
)  # the rest is for one origin


class DoorClosed(SpiderError):
    """The door did not, or could not, bring an answer. outcome: how to record it."""

    def __init__(self, outcome: Outcome, message: str) -> None:
        super().__init__(message)
        self.outcome = outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back. url: after redirects. body: decoded. wire_bytes: as received. headers: names lower case.

    seconds: wall time of the whole exchange. hops: redirects followed.
    """

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    wire_bytes: int = 0
    seconds: float = 0.0
    hops: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """How much one answer may cost. Bytes as received and after decoding; seconds for the whole exchange."""

    wire_bytes: int = 8 * 1024 * 1024
    decoded_bytes: int = 16 * 1024 * 1024
    total_s: float = TOTAL_TIMEOUT_S
    redirects: int = 5


def resolve(host: str, port: int) -> list[str]:
    """Return every address the system's resolver knows for a name."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class Door:
    """Opens connections to public addresses, for one identity, within caps.

    user_agent: product, version, contact. pins: host to `http://127.0.0.1:PORT`, for fixtures and the invented
    world only. resolver: how names become addresses. Safe to share between threads.
    """

    def __init__(
        self, *, user_agent: str, pins: Mapping[str, str] | None = None, resolver: Resolver = resolve
    ) -> None:
        self.user_agent = user_agent
        self._pins = {host.lower(): pin.rstrip("/") for host, pin in (pins or {}).items()}
        self._resolver = resolver
        self._names = ThreadPoolExecutor(max_workers=16, thread_name_prefix="names")
        self._clock = threading.local()
        self._client = self.client()

    def close(self) -> None:
        """Close every connection."""
        self._client.close()
        self._names.shutdown(wait=False, cancel_futures=True)

    def pin_for(self, host: str) -> str | None:
        """Return where a host is pinned to, None for the real internet."""
        return self._pins.get(host.lower())

    def client(self) -> httpx.Client:
        """Return an httpx client over the guarded transport; it follows no redirect and reads no environment."""
        no_cookies = CookieJar(DefaultCookiePolicy(allowed_domains=()))
        return httpx.Client(
            transport=_Guarded(self), headers={"user-agent": self.user_agent}, cookies=no_cookies, trust_env=False,
            timeout=httpx.Timeout(FIRST_BYTE_TIMEOUT_S, connect=CONNECT_TIMEOUT_S), follow_redirects=False,
        )  # fmt: skip

    def vet(self, url: str) -> str:
        """Return the host of an address we may ask. Raises DoorClosed if it may not even be looked up."""
        if len(url) > URL_MAX_CHARS or any(ord(char) <= 32 or ord(char) == 127 for char in url):
            raise DoorClosed(Outcome.BLOCKED_ADDRESS, "address is too long or has characters no address has")
        try:
            parts = urlsplit(url)
            host, port = (parts.hostname or ""), parts.port or (443 if parts.scheme == "https" else 80)
        except ValueError as error:
            raise DoorClosed(Outcome.BLOCKED_ADDRESS, "address cannot be read") from error
        if parts.scheme not in {"http", "https"}:
            raise DoorClosed(Outcome.BLOCKED_ADDRESS, f"scheme {parts.scheme[:20]!r} is never fetched")
        if parts.username is not None or parts.password is not None or "\\" in url:
            raise DoorClosed(Outcome.BLOCKED_ADDRESS, "address carries a user name or a backslash")
        if host in self._pins:
            return host
        if port not in PORTS:
            raise DoorClosed(Outcome.BLOCKED_ADDRESS, f"port {port} is not allowed")
        self._vet_host(host)
        return host

    def _vet_host(self, host: str) -> None:
        """Raise DoorClosed unless a host is an ordinary public name or a public address written plainly."""
        if ":" in host or host.replace(".", "").isdigit():
            if not is_public(host):  # which also knows an address only as it is plainly written
                raise DoorClosed(Outcome.BLOCKED_ADDRESS, "address is not public")
            return
        if not is_public_name(host):
            raise DoorClosed(Outcome.BLOCKED_ADDRESS, "host is no public name")

    def addresses(self, host: str, port: int) -> list[str]:
        """Return the checked addresses of a host. Raises DoorClosed if a single one is not public."""
        try:
            found = self._names.submit(self._resolver, host, port).result(timeout=CONNECT_TIMEOUT_S)
        except FutureTimeout as error:
            raise DoorClosed(Outcome.TIMEOUT, "name server did not answer") from error
        except (OSError, UnicodeError) as error:
            names = {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}
            missing = isinstance(error, socket.gaierror) and error.errno in names
            raise DoorClosed(Outcome.GONE if missing else Outcome.BROKEN, "no such host name") from error
        if not found or not all(is_public(address) for address in found):
            raise DoorClosed(Outcome.BLOCKED_ADDRESS, "name leads to an address that is not public")
        return found

    def send(
        self, url: str, *, method: str = "GET", headers: Mapping[str, str] | None = None,
        content: bytes | None = None, caps: Caps | None = None, hosts: Iterable[str] | None = None,
        permit: Callable[[str], None] | None = None,
    ) -> Answer:  # fmt: skip
        """Return the answer to one request, redirects followed within `caps.redirects`.

        Credentials go only to the scheme, host and port they were given for. hosts: where a redirect may lead,
        None for anywhere public. permit: called with each address a redirect leads to, raises to forbid it; its
        time does not count. Raises DoorClosed with the outcome to record, and what `permit` raises.
        """
        caps = caps or Caps()
        started, outer = time.monotonic(), getattr(self._clock, "deadline", None)
        self._clock.deadline = started + caps.total_s
        try:
            answer = self._follow(url, method, headers or {}, content, caps, hosts, permit)
        finally:
            self._clock.deadline = outer
        return replace(answer, seconds=time.monotonic() - started)

    def _follow(
        self, url: str, method: str, headers: Mapping[str, str], content: bytes | None, caps: Caps,
        hosts: Iterable[str] | None, permit: Callable[[str], None] | None,
    ) -> Answer:  # fmt: skip
        """Return the answer at the end of a chain of redirects. Raises DoorClosed."""
        sent = {name.lower(): value for name, value in headers.items()}
        hops = wire = 0
        while True:
            answer = self._exchange(url, method, sent, content, caps)
            wire += answer.wire_bytes
            target = answer.headers.get("location")
            if answer.status not in _REDIRECTS or target is None or caps.redirects == 0:
                return replace(answer, wire_bytes=wire, hops=hops)
            hops += 1
            if hops > caps.redirects:
                raise DoorClosed(Outcome.REFUSED, f"more than {caps.redirects} redirects")
            there = urljoin(url, target)
            sent = self._onwards(url, there, sent, hosts)
            if method != "GET" and answer.status in {301, 302, 303}:
                method, content = "GET", None
            if content is not None and _origin(url) != _origin(there):
                raise DoorClosed(Outcome.REFUSED, "redirect that would hand our question to another host")
            if permit is not None:
                asked = time.monotonic()
                permit(there)
                self._clock.deadline += time.monotonic() - asked
            url = there

    def _onwards(
        self, here: str, there: str, sent: Mapping[str, str], hosts: Iterable[str] | None
    ) -> dict[str, str]:
        """Return the headers to take along a redirect. Raises DoorClosed on a downgrade or a host off the list."""
        host = self.vet(there)
        if urlsplit(here).scheme == "https" and urlsplit(there).scheme != "https":
            raise DoorClosed(Outcome.REFUSED, "redirect from https to http")
        if hosts is not None and host not in set(hosts) | {urlsplit(here).hostname}:
            raise DoorClosed(Outcome.REFUSED, "redirect to a host that is not on the list")
        if _origin(here) == _origin(there):
            return dict(sent)
        return {name: value for name, value in sent.items() if name in _TRAVELLING}

    def _exchange(
        self, url: str, method: str, headers: Mapping[str, str], content: bytes | None, caps: Caps
    ) -> Answer:
        """Return one answer, read within the caps. Raises DoorClosed."""
        self.vet(url)
        wanted = {"accept-encoding": "gzip", **headers}  # the only coding we unpack under a cap
        try:
            with self._client.stream(method, url, headers=wanted, content=content) as response:
                names = {name.lower(): value for name, value in response.headers.items()}
                if sum(len(name) + len(value) for name, value in names.items()) > HEADERS_MAX_BYTES:
                    raise DoorClosed(Outcome.TOO_LARGE, "headers above 64 KiB")
                body, wire = self._body(response, caps)
                return Answer(url=url, status=response.status_code, headers=names, body=body, wire_bytes=wire)
        except httpx.TimeoutException as error:
            raise DoorClosed(Outcome.TIMEOUT, f"no answer in time ({type(error).__name__})") from error
        except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            raise DoorClosed(Outcome.BLOCKED_ADDRESS, "address cannot be read") from error
        except (httpx.HTTPError, OSError) as error:
            why = (
                "TLS failed: certificate or version not accepted"
                if "SSL" in str(error)
                else "connection failed"
            )
            raise DoorClosed(Outcome.BROKEN, f"{why} ({type(error).__name__})") from error

    def _body(self, response: httpx.Response, caps: Caps) -> tuple[bytes, int]:
        """Return (decoded body, bytes on the wire), stopping at the first cap."""
        coding = response.headers.get("content-encoding", "identity").lower().strip() or "identity"
        if coding not in {"identity", "gzip", "x-gzip", "deflate"}:
            raise DoorClosed(Outcome.WRONG_TYPE, "answer in a coding we did not ask for")
        unpack = None if coding == "identity" else _Unpacker(caps.decoded_bytes)
        parts: list[bytes] = []
        wire = decoded = 0
        for chunk in response.iter_raw(64 * 1024):
            wire += len(chunk)
            part = chunk if unpack is None else unpack.feed(chunk)
            decoded += len(part)
            if wire > caps.wire_bytes or decoded > caps.decoded_bytes:
                raise DoorClosed(Outcome.TOO_LARGE, f"answer is above {caps.wire_bytes} bytes or unpacks so")
            if time.monotonic() > self._clock.deadline:
                raise DoorClosed(Outcome.TIMEOUT, f"answer took more than {caps.total_s:.0f} s")
            parts.append(part)
        if unpack is not None and wire and not unpack.is_whole:
            raise DoorClosed(Outcome.BROKEN, "compressed answer cut short")
        return b"".join(parts), wire

    def remaining_s(self, wanted: float | None) -> float:
        """Return how long the next read may take: what was wanted, or what the deadline of this thread leaves."""
        deadline = getattr(self._clock, "deadline", None)
        wanted = FIRST_BYTE_TIMEOUT_S if wanted is None else wanted
        return wanted if deadline is None else max(0.01, min(wanted, deadline - time.monotonic()))


class _Unpacker:
    """Gzip or deflate, never more than a cap at a time."""

    def __init__(self, cap: int) -> None:
        self._cap = cap
        self._zlib = zlib.decompressobj(wbits=47)
        self.is_whole = False

    def feed(self, chunk: bytes) -> bytes:
        """Return what a chunk unpacks to. Raises DoorClosed above the cap or if it is no such coding."""
        out = bytearray()
        try:
            while chunk:
                out += self._zlib.decompress(chunk, max(1, self._cap + 1 - len(out)))
                if len(out) > self._cap:
                    raise DoorClosed(Outcome.TOO_LARGE, "answer unpacks above its cap")
                chunk = self._zlib.unconsumed_tail
                self.is_whole = self._zlib.eof
                if self._zlib.eof and (chunk := self._zlib.unused_data):
                    self._zlib = zlib.decompressobj(wbits=47)  # a gzip file may have several members
        except zlib.error as error:
            raise DoorClosed(Outcome.BROKEN, "compressed answer damaged") from error
        return bytes(out)


class _Guarded(httpx.HTTPTransport):
    """An httpx transport whose connections go through the door, pinned hosts to their pin over plain HTTP."""

    def __init__(self, door: Door) -> None:
        context = ssl.create_default_context(cafile=certifi.where())
        super().__init__(verify=context, trust_env=False)
        self._door = door
        self._pool = httpcore.ConnectionPool(
            ssl_context=context,
            network_backend=_Backend(door),
            max_connections=32,
            max_keepalive_connections=16,
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        host = self._door.vet(str(request.url))
        if self._door.pin_for(host) is not None:
            request.url = request.url.copy_with(scheme="http", port=80)  # the Host header keeps the real name
        return super().handle_request(request)


class _Backend(httpcore.NetworkBackend):
    """Connects to a checked address of the name it is given."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._plain = httpcore.SyncBackend()

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:  # fmt: skip
        pin = self._door.pin_for(host)
        if pin is not None:
            parts = urlsplit(pin)
            targets, port = [str(parts.hostname)], parts.port or 80
        else:
            targets = self._door.addresses(host, port)
        last: Exception | None = None
        for target in targets[:3]:
            try:
                stream = self._plain.connect_tcp(target, port, self._door.remaining_s(timeout), local_address)
                return _Stream(stream, self._door)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                last = error
        assert last is not None
        raise last


class _Stream(httpcore.NetworkStream):
    """A connection whose reads and writes end when the deadline of the thread ends, however slow the drip."""

    def __init__(self, inner: httpcore.NetworkStream, door: Door) -> None:
        self._inner = inner
        self._door = door

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._door.remaining_s(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._door.remaining_s(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        inner = self._inner.start_tls(ssl_context, server_hostname, self._door.remaining_s(timeout))
        return _Stream(inner, self._door)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


def _origin(url: str) -> tuple[str, str | None, int | None]:
    """Return what credentials belong to: scheme, host, port."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)
