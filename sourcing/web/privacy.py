"""What anybody may read and ask: the notice, requests about oneself, and how they stand. Nobody signs in here.

A request is followed under an address that only its asker has; before control is proved it tells nothing, so that
nobody learns by asking who is held.
"""

from threading import BoundedSemaphore
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from sourcing import jurisdictions
from sourcing.privacy import cases, notices, proof, report
from sourcing.privacy.proof import NotShown
from sourcing.settings import load_specs
from sourcing.web.auth import Desk, TooManyTries, caller
from sourcing.web.desk import Desk as Server
from sourcing.web.showing import render
from storage.cases import PROVE_DAYS, THE_PERSON, Case, Kind, State
from storage.errors import NotFound

router = APIRouter()
_LOOKING = BoundedSemaphore(1)
"""One address at a time is read for strangers: their servers may be slow, ours goes on answering."""
_LOOK_S = 5


@router.get("/privacy")
def privacy(request: Request, desk: Desk, lang: str = notices.FALLBACK) -> Response:
    """Show who collects what and why, in a language, and the form to ask."""
    texts = notices.load(desk.settings.roots)
    language = lang if lang in texts else notices.FALLBACK
    return render(
        request,
        "privacy.html",
        title="Privacy",
        text=notices.written(desk.settings, language, page=f"{desk.base}/privacy"),
        languages=texts,
        sources=[one for one in load_specs(desk.settings) if one.enabled],
        kinds=Kind,
        duties=jurisdictions.duties(desk.settings),
    )


@router.post("/privacy/requests")
def ask(
    request: Request,
    desk: Desk,
    kind: Annotated[str, Form()],
    subject: Annotated[str, Form()],
    text: Annotated[str, Form()] = "",
    evidence: Annotated[str, Form()] = "",
    lang: Annotated[str, Form()] = notices.FALLBACK,
) -> Response:
    """Keep a request and lead to the address it is followed under."""
    _counted(desk, caller(request))
    language = lang if lang in notices.load(desk.settings.roots) else notices.FALLBACK
    opened = cases.open_case(
        desk.store, desk.settings, kind=kind, subject=subject, request=text, signal=evidence, language=language,
        now=desk.now(),
    )  # fmt: skip
    return RedirectResponse(f"/privacy/requests/{opened.token}", status_code=303)


@router.get("/privacy/requests/{asked}")
def follow(request: Request, desk: Desk, asked: str) -> Response:
    """Show how a request stands, and what is to be done next."""
    return _shown(request, desk, asked, cases.follow(desk.store, desk.settings, asked))


@router.post("/privacy/requests/{asked}/prove")
def prove(request: Request, desk: Desk, asked: str) -> Response:
    """Look whether the word is where it should be, and do what was asked for."""
    _counted(desk, caller(request))  # each costs a question to somebody else's server
    case = cases.follow(desk.store, desk.settings, asked)
    _counted(desk, f"case:{case.id}")
    if not _LOOKING.acquire(blocking=False):
        raise TooManyTries(_LOOK_S)
    try:
        read = proof.reader(desk.opened_door)
        cases.prove(desk.store, desk.settings, case, read=read, now=desk.now())
    except NotShown as error:
        return _shown(request, desk, asked, case, problem=str(error), status=409)
    finally:
        _LOOKING.release()
    return RedirectResponse(f"/privacy/requests/{asked}", status_code=303)


@router.get("/privacy/requests/{asked}/report/file")
def hand_over(desk: Desk, asked: str, json: bool = False) -> Response:
    """Hand over what is held about the person who proved to be it, as a page or for machines."""
    case = cases.follow(desk.store, desk.settings, asked)
    is_over = proof.began_before(case.opened_at, desk.now(), PROVE_DAYS)
    if case.kind is not Kind.ACCESS or case.state is not State.DONE or case.person is None or is_over:
        raise NotFound("there is no report under this address")
    made = report.make(desk.store, desk.settings, case.person, actor=THE_PERSON, now=desk.now())
    headers = {"cache-control": "no-store"}
    if json:
        return Response(report.as_json(made), media_type="application/json", headers=headers)
    return HTMLResponse(report.as_html(made), headers=headers)


def _shown(
    request: Request, desk: Server, asked: str, case: Case, *, problem: str | None = None, status: int = 200
) -> Response:
    has_report = case.kind is Kind.ACCESS and case.state is State.DONE and case.person is not None
    return render(
        request,
        "privacy_case.html",
        status=status,
        title="Your request",
        case=case,
        asked=asked,
        word=cases.word(desk.settings, case),
        days=PROVE_DAYS,
        has_report=has_report,
        problem=problem,
    )


def _counted(desk: Server, whose: str) -> None:
    """Count what an address, or for a request, is asked for. Raises TooManyTries."""
    now = desk.now()
    if wait_s := desk.requests.wait_s(whose, now):
        raise TooManyTries(wait_s)
    desk.requests.count(whose, now)
