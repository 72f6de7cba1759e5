"""One table from what went wrong to a status and words, and the page or the problem details that say them."""

from contextlib import suppress
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse, Response
from starlette.exceptions import HTTPException
from starlette.types import ExceptionHandler

from sourcing import errors
from sourcing.web.auth import Forged, NotSignedIn, TooManyTries, identified
from sourcing.web.details import details, is_program
from sourcing.web.security import HEADERS, SAFE
from sourcing.web.showing import render
from spiders import errors as spider_errors
from storage import errors as store_errors

_AGAIN = "Try again in a moment."
_MEND = "Go back, mend it and try again."

TABLE: tuple[tuple[type[Exception], int, str, str], ...] = (
    (errors.BadQuery, 400, "The query cannot be read", "Mend the query at the place named."),
    (errors.UnknownName, 404, "There is no such name", "Choose one of those that are known."),
    (errors.NotOffered, 409, "This source is not offered", "Choose what stands in for it."),
    (errors.BadInput, 422, "What was given cannot be used", _MEND),
    (errors.NotAllowed, 403, "A rule forbids this", "The message says what is missing."),
    (errors.NoCredentials, 409, "A secret is missing", "Ask whoever runs this installation to set it."),
    (errors.ExportBlocked, 409, "Nothing may leave", "Look at the preview: it says why each row is blocked."),
    (errors.ConfigError, 503, "The configuration is broken", "Whoever runs this can check: sourcer doctor"),
    (errors.SourcingError, 400, "This cannot be done", _MEND),
    (store_errors.NotFound, 404, "Nothing is here", "It may have been erased or renamed."),
    (store_errors.Busy, 503, "The store is busy", _AGAIN),
    (store_errors.Locked, 409, "Another run is at work", "Wait for it to end, then try again."),
    (store_errors.Conflict, 409, "Somebody was faster", "Open the page again and look what is there now."),
    (store_errors.SchemaBehind, 503, "The database is behind", "Whoever runs this: sourcer db upgrade"),
    (store_errors.Suppressed, 404, "Nothing is here", "It may have been erased or renamed."),
    (store_errors.StoreFull, 507, "The disk is full", "Nothing was half-written. Free some space first."),
    (store_errors.StoreError, 503, "The store cannot be reached", _AGAIN),
    (spider_errors.RetryLater, 503, "A source asks for patience", _AGAIN),
    (spider_errors.SpiderError, 502, "A source did not answer as expected", _AGAIN),
    (NotSignedIn, 401, "You are not signed in", "Sign in, then do it again: nothing was changed."),
    (Forged, 403, "This form is out of date", "Nothing was changed. Open the page again and repeat it."),
    (TooManyTries, 429, "Too many tries", "Wait a minute."),
)
"""What may be raised on purpose, most special first: its status, a title, and the next step."""


def install(app: FastAPI) -> None:
    """Answer what is raised on purpose with words; anything else says that it is our mistake, and surfaces."""
    handlers: dict[type[Exception], ExceptionHandler] = {
        HTTPException: _http,
        RequestValidationError: _invalid,
        Exception: _bug,
    }
    roots: tuple[type[Exception], ...] = (
        errors.SourcingError,
        store_errors.StoreError,
        spider_errors.SpiderError,
        NotSignedIn,
        Forged,
        TooManyTries,
    )
    handlers |= dict.fromkeys(roots, _known)
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)


def wants_json(request: Request) -> bool:
    """Return whether a program asks, rather than a browser."""
    return is_program(request.url.path)


def problem(request: Request, status: int, title: str, detail: str, next_step: str, **more: Any) -> Response:
    """Return an error as problem details (RFC 9457) or as a page with words and a next step."""
    if wants_json(request):
        return details(status, title, detail, next_step, **more)
    return render(
        request, "problem.html", status=status, code=status, title=title, detail=detail, next_step=next_step
    )


def _recognise(request: Request) -> None:
    """Find out who sits at the browser, if anybody: pages outside of the guards greet whom they know, too."""
    if getattr(request.state, "who", None) is None:
        with suppress(NotSignedIn, store_errors.StoreError):
            identified(request)


def _known(request: Request, error: Exception) -> Response:
    status, title, step = next(row[1:] for row in TABLE if isinstance(error, row[0]))
    if isinstance(error, NotSignedIn) and not wants_json(request):
        return _to_sign_in(request)
    more: dict[str, Any] = {}
    if isinstance(error, errors.BadQuery):
        more["column"] = error.column
    answer = problem(request, status, title, str(error), step, **more)
    if isinstance(error, TooManyTries):
        answer.headers["retry-after"] = str(error.wait_s)
    if isinstance(error, NotSignedIn):
        answer.headers["www-authenticate"] = "Bearer"
    return answer


def _to_sign_in(request: Request) -> Response:
    """Return the way to the sign-in page; what a form would have changed is not done, and is said so."""
    if request.method in SAFE:
        query = f"?{request.url.query}" if request.url.query else ""
        to = f"/sign-in?next={quote(request.url.path + query, safe='')}"
        if request.headers.get("hx-request"):  # a part of a page asks: the whole page goes
            return Response(status_code=401, headers={"hx-redirect": to})
        return RedirectResponse(to, status_code=303)
    title = "Your sign-in is over"
    step = "Nothing was changed. Sign in, then do it again."
    return problem(request, 401, title, "what you sent arrived after your sign-in ended", step)


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    _recognise(request)
    words = {
        404: (
            "Nothing is here",
            "there is no page at this address",
            "Start from Today or search for people.",
        ),
        405: (
            "Not in this way",
            "this address does not answer to this method",
            "Use the page's own buttons.",
        ),
    }
    fallback = ("This did not work", str(error.detail), _MEND)
    answer = problem(request, error.status_code, *words.get(error.status_code, fallback))
    for name, value in (error.headers or {}).items():
        answer.headers[name] = value
    return answer


def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    wrong = [
        {"field": ".".join(str(part) for part in one["loc"][1:]), "message": one["msg"]}
        for one in error.errors()
    ]
    detail = "; ".join(f"{one['field'] or 'body'}: {one['message']}" for one in wrong[:5])
    return problem(request, 422, "What was given cannot be used", detail, _MEND, errors=wrong)


def _bug(request: Request, error: Exception) -> Response:
    step = "Go back and try again; if it stays so, tell whoever runs this what you did."
    answer = problem(request, 500, "This is our mistake", f"unexpected {type(error).__name__}", step)
    for name, value in HEADERS.items():  # this answer leaves outside of the guard that adds them
        answer.headers[name] = value
    return answer
