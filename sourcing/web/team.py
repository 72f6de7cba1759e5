"""Signing in with a team's own service: there and back."""

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from sourcing import access
from sourcing.errors import NotAllowed
from sourcing.settings import SignIn, secret
from sourcing.web import admission, oidc
from sourcing.web.auth import Desk, TooManyTries, caller, welcomed
from sourcing.web.desk import Desk as Server
from sourcing.web.showing import local, render

router = APIRouter()
WAY = "sourcer_way"
SECRET = "SOURCER_SIGN_IN_SECRET"  # noqa: S105 - the name of a variable
_PATH = "/sign-in"


@router.get("/sign-in/team")
def there(request: Request, desk: Desk, next: str = "/") -> Response:
    """Send a browser to the team's service; what must come back with it is kept for ten minutes."""
    sign_in, now = _service(desk), desk.now()
    if wait_s := desk.ways.wait_s(caller(request), now):
        raise TooManyTries(wait_s)
    desk.ways.count(caller(request), now)  # each costs a question to the service and a row of ours
    try:
        described = oidc.describe(desk.opened_door, sign_in.issuer)
    except admission.Refused as error:
        return _refused(request, str(error), status=502)
    way = oidc.begin(described, sign_in, back=_back(desk), to=local(next))
    held = access.begin_way(desk.store, way.content, now=now)
    answer = RedirectResponse(way.url, status_code=303)
    # lax: the service's page leads back here, and a strict cookie would stay at home
    answer.set_cookie(
        WAY,
        held,
        max_age=access.WAY_MINUTES * 60,
        path=_PATH,
        httponly=True,
        samesite="lax",
        secure=desk.is_secure,
    )
    return answer


@router.get("/sign-in/back")
def back(
    request: Request, desk: Desk, code: str | None = None, state: str = "", error: str | None = None
) -> Response:
    """Let in who comes back from the team's service with what was sent along, once."""
    sign_in, now = _service(desk), desk.now()
    if wait_s := desk.tries.wait_s(caller(request), now):
        raise TooManyTries(wait_s)
    held = request.cookies.get(WAY)
    way = access.take_way(desk.store, held, now=now) if held is not None else None
    if way is None or not access.same(state, way["state"]):
        desk.tries.count(caller(request), now)
        return _refused(request, "this way back is not one that began here, or took too long; begin again")
    if code is None or error is not None:
        return _refused(request, "the sign-in service did not let you in")
    try:
        described = oidc.describe(desk.opened_door, sign_in.issuer)
        known = oidc.finish(
            desk.opened_door,
            described,
            sign_in,
            secret=secret(SECRET),
            code=code,
            way=way,
            back=_back(desk),
            now=now,
        )
    except admission.Refused as refusal:
        desk.tries.count(caller(request), now)
        return _refused(request, str(refusal))
    begun = access.begin_session(
        desk.store, actor=known.actor, scope=known.scope, how="oidc", now=now, claims=known.claims
    )
    answer = welcomed(request, desk, begun, to=local(way["to"]))
    answer.delete_cookie(WAY, path=_PATH, httponly=True, samesite="lax", secure=desk.is_secure)
    return answer


def _service(desk: Server) -> SignIn:
    sign_in = desk.settings.web.sign_in
    if not sign_in.issuer or not sign_in.client_id:
        raise NotAllowed("T21", "no sign-in service is set up: issuer and client_id under [web.sign_in]")
    return sign_in


def _back(desk: Server) -> str:
    return f"{desk.base}{_PATH}/back"


def _refused(request: Request, problem: str, *, status: int = 401) -> Response:
    answer = render(request, "sign_in.html", status=status, is_team=True, next="/", problem=problem)
    answer.delete_cookie(WAY, path=_PATH, httponly=True, samesite="lax")
    return answer
