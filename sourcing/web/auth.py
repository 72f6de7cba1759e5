"""Who asks, and whether they may: what every router is guarded with, and the way in and out."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from sourcing import access
from sourcing.access import Scope, Who
from sourcing.errors import BadInput, NotAllowed
from sourcing.web import admission
from sourcing.web import desk as desks
from sourcing.web.security import SAFE

CSRF_FIELD = "_csrf"
CSRF_HEADER = "x-csrf-token"
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


class NotSignedIn(Exception):
    """Nobody is signed in, or not any more. expired: a session was there once."""

    def __init__(self, *, expired: bool = False) -> None:
        super().__init__("your sign-in is over; sign in again" if expired else "sign in first")
        self.expired = expired


class TooManyTries(Exception):
    """Too many wrong secrets, or sign-ins begun, came from this address. wait_s: seconds until the next try."""

    def __init__(self, wait_s: int) -> None:
        super().__init__(f"too many tries from this address; wait {wait_s} seconds")
        self.wait_s = wait_s


class Forged(Exception):
    """A request that changes something does not bring what only our own pages know."""

    def __init__(self) -> None:
        super().__init__("the form is not one of this sign-in; open the page again and repeat what you did")


def desk_of(request: Request) -> desks.Desk:
    """Return what this server works with."""
    found = request.app.state.desk
    assert isinstance(found, desks.Desk)
    return found


def who_of(request: Request) -> Who:
    """Return who asks. Raises NotSignedIn if the router is not guarded and nobody is signed in."""
    found = getattr(request.state, "who", None)
    if not isinstance(found, Who):
        raise NotSignedIn()
    return found


def cookie_name(desk: desks.Desk) -> str:
    """Return the name of the session's cookie; the prefix makes browsers insist on https and this host."""
    return "__Host-sourcer" if desk.is_secure else "sourcer_session"


def caller(request: Request) -> str:
    """Return the address a request comes from."""
    return request.client.host if request.client is not None else "unknown"


def identified(request: Request) -> Who:
    """Find out who sits at the browser. Raises NotSignedIn."""
    desk = desk_of(request)
    secret = request.cookies.get(cookie_name(desk))
    if secret is None:
        raise NotSignedIn()
    web = desk.settings.web
    who = access.find_session(
        desk.store,
        secret,
        now=desk.now(),
        idle_hours=web.idle_hours,
        blind=web.blind,
        admit=lambda claims: admission.scope_now(claims, web.sign_in),
    )
    if who is None:
        raise NotSignedIn(expired=True)
    request.state.who = who
    return who


def identified_by_key(request: Request) -> Who:
    """Find out who calls the API: a key in `Authorization: Bearer`, else the session of a browser.

    Raises NotSignedIn, TooManyTries after five wrong keys a minute from one address.
    """
    kind, _, secret = request.headers.get("authorization", "").partition(" ")
    if not kind:
        return identified(request)
    desk = desk_of(request)
    now = desk.now()
    if wait_s := desk.tries.wait_s(caller(request), now):
        raise TooManyTries(wait_s)
    who = None
    if kind.lower() == "bearer":
        who = access.find_by_key(desk.store, secret.strip(), now=now, blind=desk.settings.web.blind)
    if who is None:
        desk.tries.count(caller(request), now)
        raise NotSignedIn(expired=True)
    request.state.who = who
    return who


def _allowed(request: Request, who: Who, changing: Scope) -> None:
    wanted = Scope.READ if request.method in SAFE else changing
    if not who.may(wanted):
        raise NotAllowed(
            "P11", f"this needs the right to {wanted}; you may {who.scope}: ask an administrator"
        )


async def _unforged(request: Request, who: Who) -> None:
    if (
        request.method in SAFE or who.secret is None
    ):  # a key is sent on purpose, never by a browser on its own
        return
    given: object = request.headers.get(CSRF_HEADER)
    is_form = request.headers.get("content-type", "").startswith(_FORMS)
    if given is None and is_form:
        given = (await request.form()).get(CSRF_FIELD)
    if not isinstance(given, str) or not access.same(given, who.csrf):
        raise Forged()
    if is_form and any("\0" in str(value) for value in (await request.form()).values()):
        raise BadInput("a field has a character that cannot be kept: NUL")  # PostgreSQL takes no such text


async def page_guard(request: Request, who: Annotated[Who, Depends(identified)]) -> None:
    """Let through who is signed in; what changes something needs the right to write and our own form."""
    _allowed(request, who, Scope.WRITE)
    await _unforged(request, who)


async def own_guard(request: Request, who: Annotated[Who, Depends(identified)]) -> None:
    """Let through who is signed in, to change what is only theirs."""
    await _unforged(request, who)


async def api_guard(request: Request, who: Annotated[Who, Depends(identified_by_key)]) -> None:
    """Let through a key or a session; what changes something needs the right to write."""
    _allowed(request, who, Scope.WRITE)
    await _unforged(request, who)


def needs(scope: Scope) -> Callable[[Request], None]:
    """Return a dependency that refuses whoever may not do as much: `dependencies=[Depends(needs(Scope.EXPORT))]`."""

    def check(request: Request) -> None:
        who = who_of(request)
        if not who.may(scope):
            raise NotAllowed(
                "P11", f"this needs the right to {scope}; you may {who.scope}: ask an administrator"
            )

    return check


Desk = Annotated[desks.Desk, Depends(desk_of)]
"""Parameter of an endpoint: what the server works with."""
Asking = Annotated[Who, Depends(who_of)]
"""Parameter of an endpoint: who asks."""

router = APIRouter()


@router.get("/sign-in")
def sign_in(request: Request, desk: Desk, link: str | None = None, next: str = "/") -> Response:
    """Sign in with a one-time link, or say how to."""
    from sourcing.web.showing import local, render

    is_team = bool(desk.settings.web.sign_in.issuer)
    if link is None:
        return render(request, "sign_in.html", is_team=is_team, next=local(next), problem=None)
    now = desk.now()
    if wait_s := desk.tries.wait_s(caller(request), now):
        raise TooManyTries(wait_s)
    secret = access.redeem_link(desk.store, link, now=now)
    if secret is None:
        desk.tries.count(caller(request), now)
        problem = "This link was used already or is older than ten minutes."
        return render(request, "sign_in.html", status=401, is_team=is_team, next=local(next), problem=problem)
    return welcomed(request, desk, secret, to=local(next))


@router.post("/sign-out")
def sign_out(request: Request, desk: Desk) -> Response:
    """End the session and make the browser forget what it kept of it."""
    secret = request.cookies.get(cookie_name(desk))
    if secret is not None:
        access.end_session(desk.store, secret)
    answer = RedirectResponse("/sign-in", status_code=303)
    answer.delete_cookie(cookie_name(desk), path="/", secure=desk.is_secure, httponly=True, samesite="strict")
    answer.headers["clear-site-data"] = '"cache"'
    return answer


def welcomed(request: Request, desk: desks.Desk, secret: str, *, to: str) -> Response:
    """Return a page that goes on by itself, with the session's cookie.

    A redirect would still count as begun by the site that led here, and a strict cookie would not be sent.
    """
    from sourcing.web.showing import render

    answer = render(request, "welcome.html", to=to)
    before = request.cookies.get(cookie_name(desk))
    if before is not None:
        access.end_session(desk.store, before)
    answer.set_cookie(
        cookie_name(desk), secret, httponly=True, samesite="strict", secure=desk.is_secure, path="/"
    )
    return answer
