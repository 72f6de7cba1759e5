"""`sourcer export`: plan, then write a file; what left is remembered."""

from pathlib import Path
from typing import Annotated, Any

import typer

from sourcing.cli.session import session

app = typer.Typer(no_args_is_help=True, help="Hand people over as files.", rich_markup_mode=None)


@app.command("run")
def run_(
    ctx: typer.Context,
    shortlist: Annotated[
        str | None, typer.Argument(metavar="[LIST]", help="A shortlist; or use --query.")
    ] = None,
    query: Annotated[str | None, typer.Option("--query", metavar="Q", help="Instead of a list.")] = None,
    specialism: Annotated[
        str | None, typer.Option("--specialism", metavar="X", help="Whose scores to send.")
    ] = None,
    to: Annotated[str, typer.Option("--to", metavar="CONNECTOR", help="csv or ndjson.")] = "csv",
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Default: below home/exports.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="With --query: how many.")] = 500,
) -> None:
    """Plan, show the counts, ask, write. --dry-run stops after the plan."""
    from sourcing.export import order
    from sourcing.query import parse

    at = session(ctx)
    if (shortlist is None) == (query is None):
        raise typer.BadParameter("give a shortlist or --query, not both")
    wanted = order.Order(
        shortlist=shortlist,
        query=query,
        specialism=specialism,
        connector=to,
        limit=limit,
        out=_checked(out),
    )
    if query is not None:
        parse(query)
        if specialism is None:
            raise typer.BadParameter("say whose scores to send: --specialism X")
    with at.store() as store:
        prepared = order.prepare(store, at.settings, wanted, now=at.clock())
        said = ", ".join(f"{name} {count:,}" for name, count in prepared.counts.items())
        at.say(f"{len(prepared.rows):,} people: {said}")
        if at.flags.dry_run:
            _show(at, prepared)
            return
        if not at.confirm(f"Write {len(prepared.leads):,} leads to {prepared.destination}?"):
            raise typer.Exit(1)
        number = order.send(store, at.settings, prepared, actor=at.actor, now=at.clock())
    at.record({"export": number, "file": prepared.destination, **prepared.counts})


@app.command()
def history(ctx: typer.Context, limit: Annotated[int, typer.Option("--limit", min=1, max=1000)] = 20) -> None:
    """List what was handed over, newest first."""
    from dataclasses import asdict

    from storage import exports

    at = session(ctx)
    with at.store() as store, store.read() as tx:
        rows = [asdict(one) for one in exports.history(tx, limit=limit)]
    at.rows(rows, "id", "at", "what", "connector", "destination", "specialism", "counts")


def _checked(out: Path | None) -> Path | None:
    from sourcing.errors import BadInput

    if out is None:
        return None
    destination = out.resolve()
    if destination.is_dir() or not destination.parent.is_dir():
        raise BadInput(f"cannot write {str(out)!r}: give a file in an existing directory")
    return destination


def _show(at: Any, prepared: Any) -> None:
    rows = [
        {"person": row.person, "name": row.name, "action": row.action, "reason": row.reason}
        for row in prepared.rows
    ]
    at.rows(rows, "action", "person", "name", "reason")
