"""Runs the server: where it may listen, its first link, its end."""

import socket
import webbrowser
from collections.abc import Callable, Sequence
from datetime import datetime

import uvicorn

from sourcing import access
from sourcing.access import Scope
from sourcing.errors import BadInput, NotAllowed
from sourcing.settings import Settings
from sourcing.web.app import create_app
from sourcing.web.desk import Desk
from sourcing.web.security import is_loopback
from storage.engine import Store

STOP_S = 5  # how long answers under way may take when the server is stopped


def check_bind(settings: Settings, host: str) -> None:
    """Raise NotAllowed unless only this machine can reach `host`, or a team signs in there over https (TRUST T21)."""
    if is_loopback(host):
        return
    web = settings.web
    missing = [
        name
        for name, is_set in (
            ("[web] public_url with https", web.public_url.startswith("https://")),
            ("[web.sign_in] issuer and client_id", bool(web.sign_in.issuer and web.sign_in.client_id)),
        )
        if not is_set
    ]
    if missing:
        raise NotAllowed(
            "T21",
            f"listening on {host} lets other machines in: set {' and '.join(missing)} in sourcer.toml first",
        )


def serve(
    store: Store,
    settings: Settings,
    *,
    host: str,
    port: int,
    actor: str,
    now: Callable[[], datetime],
    say: Callable[[str], None],
    open_browser: bool,
    command: Sequence[str],
) -> None:
    """Serve until interrupted; `say` is told the link to sign in with. command: as `Desk` has it.

    Raises NotAllowed for an address others can reach without a team's sign-in, BadInput for a port in use.
    """
    check_bind(settings, host)
    desk = Desk(settings=settings, store=store, port=port, now=now, command=command)
    assert desk.specialisms and desk.edition  # read before the first page asks for them
    config = uvicorn.Config(
        create_app(desk),
        host=host,
        port=port,
        log_level="warning",
        access_log=False,  # addresses of pages hold queries and keys
        server_header=False,
        proxy_headers=bool(settings.web.public_url),
        timeout_graceful_shutdown=STOP_S,
    )
    server = uvicorn.Server(config)
    try:
        listening = config.bind_socket()
    except (OSError, SystemExit) as error:
        raise BadInput(
            f"cannot listen on {host} port {port}: in use or not ours; choose another with --port"
        ) from error
    # asyncio does so only where a socket names its protocol, and uvicorn's does not. An answer's head and body go out
    # one after the other: without it the body waits until the browser has said that it got the head, 40 ms later.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listening.listen()  # whoever follows the link at once waits, rather than finding nobody
    desk.port = int(listening.getsockname()[1])
    link = access.make_link(store, actor=actor, scope=Scope.ADMIN, now=now())
    address = f"{desk.base}/sign-in?link={link}"
    say(f"Sourcer is at {desk.base}\nSign in (works once, for ten minutes): {address}")
    if open_browser:
        webbrowser.open(address)
    try:
        server.run(sockets=[listening])
    except KeyboardInterrupt:  # the way to stop a server is no failure
        say("stopped")
    finally:
        listening.close()
