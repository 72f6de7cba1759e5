"""Whether the server lives, and whether it can answer."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from sourcing.web.auth import Desk
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
