"""`sourcer mcp`: read-only tools for an assistant."""

import typer

from sourcing.cli.session import session


def mcp(ctx: typer.Context) -> None:
    """Let an assistant search and read over stdin and stdout; it can change nothing. Off unless [web] mcp is true."""
    from sourcing.errors import ConfigError, NotAllowed

    at = session(ctx)
    if not at.settings.web.mcp:
        raise NotAllowed("N9", "tools for assistants are off; set mcp = true under [web] in sourcer.toml")
    try:
        from sourcing.web import mcp as tools
    except ModuleNotFoundError as error:
        raise ConfigError("the library of the protocol is not installed; install sourcing[mcp]") from error
    from sourcing.web.desk import Desk

    with at.store() as store:
        desk = Desk(settings=at.settings, store=store, port=0, now=at.clock)
        tools.server(desk).run("stdio")
