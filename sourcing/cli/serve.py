"""`sourcer serve`: the pages and the API."""

from typing import Annotated

import typer

from sourcing.cli.session import session


def serve(
    ctx: typer.Context,
    host: Annotated[str | None, typer.Option("--host", metavar="H", help="Where to listen.")] = None,
    port: Annotated[int | None, typer.Option("--port", metavar="N", min=0, max=65535)] = None,
    open_browser: Annotated[bool, typer.Option("--open", help="Open the pages, signed in.")] = False,
    with_scheduler: Annotated[
        bool, typer.Option("--with-scheduler", help="Also begin every night at its time.")
    ] = False,
) -> None:
    """Serve the pages and the API until interrupted; prints a link to sign in with, good once for ten minutes."""
    from contextlib import ExitStack

    from sourcing import schedule
    from sourcing.web import serving

    at = session(ctx)
    web = at.settings.web
    with at.store() as store, ExitStack() as beside:
        if with_scheduler:
            beside.enter_context(schedule.beside(store, at.settings, at.program, clock=at.clock, say=at.say))
        serving.serve(
            store,
            at.settings,
            host=host if host is not None else web.host,
            port=port if port is not None else web.port,
            actor=at.actor,
            now=at.clock,
            say=lambda text: print(text, flush=True),
            open_browser=open_browser,
            command=at.program,
        )
