"""Problem details (RFC 9457): how a program is told what went wrong."""

from typing import Any

from starlette.responses import JSONResponse

API = "/api/"
WATCHED = frozenset({"/healthz", "/readyz", "/metrics"})
MEDIA = "application/problem+json"


def is_program(path: str) -> bool:
    """Return whether a program asks at this path, rather than a browser."""
    return path.startswith(API) or path in WATCHED


def details(status: int, title: str, detail: str, next_step: str, **more: Any) -> JSONResponse:
    """Return an error with a title of its kind, what happened this time, and what to do next."""
    content = {"type": "about:blank", "title": title, "status": status, "detail": detail, "next": next_step}
    return JSONResponse({**content, **more}, status_code=status, media_type=MEDIA)
