"""Roles with who answers for each, briefs in files, and who is off limits for all of them."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response

from sourcing import known
from sourcing.access import Scope
from sourcing.ranking import brief, pack
from sourcing.web.auth import Asking, Desk, needs
from sourcing.web.showing import done, render
from storage import known as stored
from storage import lists

router = APIRouter()


@router.get("/briefs")
def index(request: Request, desk: Desk) -> Response:
    """Show roles, briefs and what is off limits."""
    roots = desk.settings.roots
    files = [(name, brief.load(name, roots)) for name in pack.found(pack.Kind.BRIEF, roots)]
    with desk.store.read() as tx:
        roles = lists.ls(tx)
        limits = stored.limits(tx)
        systems = stored.systems(tx)
    return render(
        request,
        "briefs.html",
        title="Roles and briefs",
        roles=roles,
        files=files,
        limits=limits,
        systems=systems,
    )


@router.post("/briefs/limits")
def limit(
    request: Request,
    desk: Desk,
    who: Asking,
    reason: Annotated[str, Form()],
    organisation: Annotated[str, Form()] = "",
    person: Annotated[str, Form()] = "",
    back: Annotated[str, Form()] = "/briefs",
) -> Response:
    """Keep somebody, or the people of an organisation, from being approached."""
    known.limit(
        desk.store,
        person=person.strip() or None,
        organisation=organisation.strip() or None,
        reason=reason,
        actor=who.actor,
        now=desk.now(),
    )
    return done(request, back, "Off limits from now on: no export takes them.")


@router.post("/briefs/limits/lift", dependencies=[Depends(needs(Scope.EXPORT))])
def lift(
    request: Request,
    desk: Desk,
    who: Asking,
    rule: Annotated[str, Form()],
    reason: Annotated[str, Form()],
) -> Response:
    """Remove a rule; the log keeps who did it."""
    known.lift(desk.store, rule, reason=reason, actor=who.actor, now=desk.now())
    return done(request, "/briefs", "Lifted.")
