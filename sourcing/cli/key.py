"""`sourcer key`: keys for programs that call the API."""

import re
from typing import Annotated

import typer

from sourcing.cli.session import session

app = typer.Typer(no_args_is_help=True, help="Keys for programs that call the API.", rich_markup_mode=None)
_COLUMNS = ("id", "name", "scope", "actor", "made_at", "ends_at", "revoked_at", "used_at")


@app.command()
def create(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it is for.")],
    scope: Annotated[str, typer.Option("--scope", metavar="SCOPE", help="read, write, export or admin.")],
    expires: Annotated[
        str | None, typer.Option("--expires", metavar="90d", help="Days it is good; without, until revoked.")
    ] = None,
) -> None:
    """Make a key and print it, once: only its digest is kept."""
    from sourcing import access
    from sourcing.errors import UnknownName

    at = session(ctx)
    if scope not in set(access.Scope):
        raise UnknownName("scope", scope, access.Scope)
    days = _days(expires)
    with at.store() as store:
        key, secret = access.create_key(
            store, name, scope=access.Scope(scope), days=days, actor=at.actor, now=at.clock()
        )
    at.record({"id": key.id, "name": key.name, "scope": key.scope, "ends_at": key.ends_at, "key": secret})
    at.say(f"it is shown this once; undo: sourcer key revoke {key.id}")


@app.command("list")
def ls(ctx: typer.Context) -> None:
    """List the keys, revoked ones too; what they are is kept by nobody."""
    from dataclasses import asdict

    from storage import access

    at = session(ctx)
    with at.store() as store, store.read() as tx:
        rows = [asdict(one) for one in access.keys(tx)]
    at.rows(rows, *_COLUMNS)


@app.command()
def revoke(ctx: typer.Context, id: Annotated[str, typer.Argument(metavar="ID")]) -> None:
    """Make a key useless, at once and for good."""
    from sourcing import access

    at = session(ctx)
    with at.store() as store:
        access.revoke_key(store, id, actor=at.actor, now=at.clock())
    at.say(f"revoked {id}; make another with `sourcer key create`")


def _days(expires: str | None) -> float | None:
    if expires is None:
        return None
    if not re.fullmatch(r"[1-9][0-9]{0,3}d", expires):
        raise typer.BadParameter("expected days, as 90d", param_hint="--expires")
    return float(expires[:-1])
