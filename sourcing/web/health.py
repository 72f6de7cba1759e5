"""Whether the server lives, whether it can answer, and what a monitoring system may watch."""

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response

from sourcing import metrics as measured
from sourcing.web.auth import Desk, caller, identified_by_key
from sourcing.web.security import is_loopback
from storage import runs
from storage.errors import StoreError

router = APIRouter()


@router.get("/healthz")
def healthz() -> JSONResponse:
    """Say that the process answers."""
    return JSONResponse({"status": "ok"})


@router.get("/readyz")
def readyz(desk: Desk) -> JSONResponse:
    """Say whether the store answers."""
    try:
        with desk.store.read() as tx:
            runs.ls(tx, limit=1)
    except StoreError as error:
        return JSONResponse({"status": "not ready", "why": type(error).__name__}, status_code=503)
    return JSONResponse({"status": "ok"})


@router.get("/metrics")
def metrics(request: Request, desk: Desk) -> Response:
    """Tell counts and moments, nobody's name: to this machine's own programs, to others with a key.

    With a server in front everybody seems to come from this machine, so that all need a key.
    """
    if desk.settings.web.public_url or not is_loopback(caller(request)):
        identified_by_key(request)
    with desk.store.read() as tx:
        text = measured.text(tx, desk.settings, desk.questions, now=desk.now())
    return PlainTextResponse(text, media_type=measured.MEDIA_TYPE)
