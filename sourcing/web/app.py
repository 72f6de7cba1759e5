"""The server: routers under their guards, static files, errors, and what every answer passes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from anyio import to_thread
from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware

from sourcing.web import problems, screens
from sourcing.web.api.described import Described
from sourcing.web.auth import Desk as Asked
from sourcing.web.auth import api_guard, own_guard, page_guard
from sourcing.web.desk import MEDIA, Desk
from sourcing.web.restored import caught_up
from sourcing.web.security import Guard, hosts

ABREAST = 3
"""Answers made at once; the others wait their turn. With eight, threads that wrestle for the interpreter made a page
cost twice the processor time (`tests/bench/web.py`); what reads SQLite takes turns besides (`storage.turn`)."""
_FOR_EVER_S = int(timedelta(days=365).total_seconds())
static = APIRouter()


def create_app(desk: Desk) -> FastAPI:
    """Return the server of one desk. Opens nothing; the desk's store is open already."""
    app = Described(
        lifespan=_abreast,
        title="Sourcer",
        version="1",
        openapi_url="/api/v1/openapi.json",
        docs_url=None,  # they would load scripts from elsewhere
        redoc_url=None,
    )
    app.state.desk = desk
    problems.install(app)
    whole = Depends(caught_up)
    for router in screens.OPEN:
        app.include_router(router, include_in_schema=False, dependencies=[whole])
    app.include_router(static, include_in_schema=False)
    for router in screens.OWN:
        app.include_router(router, include_in_schema=False, dependencies=[whole, Depends(own_guard)])
    for router in screens.SCREENS:
        app.include_router(router, include_in_schema=False, dependencies=[whole, Depends(page_guard)])
    for router in screens.API:
        app.include_router(router, prefix="/api/v1", dependencies=[whole, Depends(api_guard)])
    # safe with a secret in the page: no other site's request carries our strict cookie, so none can probe its length
    app.add_middleware(GZipMiddleware, minimum_size=1024, compresslevel=5)
    app.add_middleware(Guard, hosts=hosts(desk), is_secure=desk.is_secure)
    return app


@asynccontextmanager
async def _abreast(app: FastAPI) -> AsyncIterator[None]:
    """Let few answers be made at once: more would share the same processors, and wait for connections to the store."""
    to_thread.current_default_thread_limiter().total_tokens = ABREAST
    yield


@static.get("/static/{edition}/{name}")
def static_file(edition: str, name: str, desk: Asked) -> Response:
    """Return a static file; its address changes when any of them does, so it may be kept for ever."""
    if edition != desk.edition or name not in desk.static:
        raise HTTPException(404)
    media = MEDIA[f".{name.rpartition('.')[2]}"]
    headers = {"cache-control": f"public, max-age={_FOR_EVER_S}, immutable"}
    return Response(desk.static[name], media_type=media, headers=headers)


@static.get("/favicon.ico")
def favicon(request: Request, desk: Asked) -> Response:
    """Return the icon browsers ask for on their own."""
    return Response(desk.static["icon.svg"], media_type="image/svg+xml")
