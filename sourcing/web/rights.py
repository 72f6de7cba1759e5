"""What a person has a right to, done from their page: told, never contacted, forgotten; the last two ask first."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response

from sourcing.access import Scope
from sourcing.errors import BadInput
from sourcing.privacy import erase as erasing
from sourcing.privacy import held, profiling, suppression
from sourcing.web.auth import Asking, Desk, needs
from sourcing.web.showing import done, render
from sourcing.web.words import plural
from storage import persons, statements

router = APIRouter()
_ADMIN = [Depends(needs(Scope.ADMIN))]
_ASKED = suppression.REASONS[0]


@router.post("/people/{key}/notice")
def notice(request: Request, desk: Desk, who: Asking, key: str) -> Response:
    """Remember that the person was told what is held; nothing is sent from here."""
    held.told(desk.store, desk.settings, key, actor=who.actor, now=desk.now())
    return done(request, f"/people/{key}#privacy", "The notice is kept as sent.")


@router.get("/people/{key}/erase", dependencies=_ADMIN)
def ask(request: Request, desk: Desk, key: str) -> Response:
    """Say what erasing and keeping away would do, before either is done."""
    planned = erasing.plan(desk.store, key)
    with desk.store.read() as tx:
        person = persons.get(tx, key)
    return render(request, "erase.html", title="Erase or keep away", planned=planned, person=person)


@router.post("/people/{key}/erase", dependencies=_ADMIN)
def erase(
    request: Request, desk: Desk, who: Asking, key: str, confirm: Annotated[str, Form()] = ""
) -> Response:
    """Remove everything about a person, once the key is typed again."""
    if confirm.strip() != key:
        raise BadInput(f"erasing cannot be undone: type the key {key} to confirm it")
    report = erasing.erase(desk.store, desk.settings, key, actor=who.actor, now=desk.now())
    told = f" Handed over earlier, tell them too: {', '.join(report.told)}." if report.told else ""
    rows = plural(report.rows, "row")
    return done(request, "/people", f"Erased: {rows} are gone, and digests keep the person away.{told}")


@router.post("/people/{key}/do-not-contact", dependencies=_ADMIN)
def keep_away(
    request: Request, desk: Desk, who: Asking, key: str, confirm: Annotated[bool, Form()] = False
) -> Response:
    """Put a person on the list of those who are never shown or contacted; what was collected stays until it is due."""
    if not confirm:
        raise BadInput("tick that the person is to be kept out of everything from now on")
    with desk.store.read() as tx:
        person = persons.get(tx, key)
        views = statements.identities(tx, person.identities)
    lines = [f"github:{one.partition(':')[2]}" for one in person.identities if one.startswith("github:")]
    lines += [number for one in views.values() for number in one.orcids]
    lines += [url for one in views.values() for url in one.homepages if url.startswith("http")]
    if not lines:
        raise BadInput(
            "no account, ORCID or homepage is known that could be recognised again: hide or erase instead"
        )
    added = suppression.add(
        desk.store, desk.settings, dict.fromkeys(lines), reason=_ASKED, now=desk.now(), actor=who.actor
    )
    return done(
        request,
        "/people",
        f"Kept away from now on: {plural(added.added, 'digest')} on the list, nothing is shown.",
    )


@router.post("/people/{key}/opt-out", dependencies=_ADMIN)
def opt_out(
    request: Request, desk: Desk, who: Asking, key: str, reason: Annotated[str, Form()] = ""
) -> Response:
    """Score a person no more, who asks for it."""
    profiling.opt_out(desk.store, key, reason=reason, actor=who.actor, now=desk.now())
    return done(request, f"/people/{key}#privacy", "Not scored any more: in no ranking, and still here.")


@router.post("/people/{key}/opt-in", dependencies=_ADMIN)
def opt_in(
    request: Request, desk: Desk, who: Asking, key: str, reason: Annotated[str, Form()] = ""
) -> Response:
    """Score a person again, who asks for it."""
    profiling.opt_in(desk.store, desk.settings, key, reason=reason, actor=who.actor, now=desk.now())
    return done(request, f"/people/{key}#privacy", "Scored again.")
