"""What every request passes and every answer carries: known hosts, same origin, headers (TRUST T13, T20)."""

from collections.abc import Iterable
from urllib.parse import parse_qsl, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sourcing.web.desk import Desk
from sourcing.web.details import details, is_program

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",  # `no-referrer` would make browsers send `Origin: null` with our own forms
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=()",
}
BODY_MAX_BYTES = 4 * 1024 * 1024  # far above any form of ours; read before anybody is known, so it is bounded
_FIRST_OF_ALL = (
    "the address is none this server answers to; add it as `public_url` under [web] in sourcer.toml"
)


def hosts(desk: Desk) -> frozenset[str]:
    """Return the host names this server answers to: a page of somebody else's name cannot be pointed at it."""
    public = urlsplit(desk.settings.web.public_url).hostname
    return LOOPBACK | ({public} if public else set())


def is_loopback(host: str) -> bool:
    """Return whether only this machine can reach a server that listens there."""
    return host.strip("[]") in LOOPBACK


class Guard:
    """Refuses unknown hosts and, for what changes something, other sites; adds the headers to every answer."""

    def __init__(self, app: ASGIApp, *, hosts: Iterable[str], is_secure: bool) -> None:
        self.app = app
        self.hosts = frozenset(hosts)
        self.is_secure = is_secure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)

        async def sealed(message: Message) -> None:
            if message["type"] == "http.response.start":
                out = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    out.setdefault(name, value)
                out.setdefault("cache-control", "private, no-cache")
                if self.is_secure:
                    out.setdefault("strict-transport-security", "max-age=31536000")
            await send(message)

        refusal = self._refusal(scope["method"], headers)
        if _is_unkeepable(scope["path"], scope["query_string"]):
            refusal = 400, "the address has a character that no name has"
        if refusal is not None:
            status, text = refusal
            answer: Response = PlainTextResponse(f"{text}\n", status_code=status)
            if is_program(scope["path"]):
                answer = details(
                    status, "The request is refused", text, "Mend the request and send it again."
                )
            await answer(scope, receive, sealed)
            return
        await self.app(scope, receive, sealed)

    def _refusal(self, method: str, headers: Headers) -> tuple[int, str] | None:
        host = headers.get("host", "")
        if _name(host) not in self.hosts:
            return 421, _FIRST_OF_ALL
        if method in SAFE:
            return None
        size = headers.get("content-length")
        if size is None and "transfer-encoding" in headers:
            return 411, "say how long the content is"
        if size is not None and (not size.isdecimal() or int(size) > BODY_MAX_BYTES):
            return 413, f"the content is longer than {BODY_MAX_BYTES:,} bytes; nothing was done"
        site = headers.get("sec-fetch-site")
        if site is not None and site not in {"same-origin", "none"}:
            return 403, "another site sent this request; nothing was done. Open the page here and do it again"
        origin = headers.get("origin")
        if origin is not None and _place(origin) != host.lower():
            return (
                403,
                "the request comes from another origin; nothing was done. Open the page here and do it again",
            )
        return None


def _is_unkeepable(path: str, asked: bytes) -> bool:
    """Whether an address has text that PostgreSQL neither keeps nor compares; a query is refused at its column."""
    if "\0" in path or b"%00" not in asked:
        return "\0" in path
    given = parse_qsl(asked.decode("latin-1"), keep_blank_values=True)
    return any("\0" in name or (name != "q" and "\0" in value) for name, value in given)


def _place(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return None


def _name(host: str) -> str | None:
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None
