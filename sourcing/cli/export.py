"""`sourcer export`: plan, then write a file; what left is remembered."""

from pathlib import Path
from typing import Annotated, Any

import typer

from sourcing.cli.search import known_specialism
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
    from sourcing.errors import UnknownName
    from sourcing.export import plan
    from sourcing.export.connectors.files import KINDS
    from sourcing.query import parse
    from sourcing.settings import pepper
    from storage import lists
    from storage.subjects import PepperKeyer

    at = session(ctx)
    if (shortlist is None) == (query is None):
        raise typer.BadParameter("give a shortlist or --query, not both")
    if to not in KINDS:
        raise UnknownName("connector", to, KINDS)
    known_specialism(at, specialism)
    tree = parse(query) if query is not None else None
    keyer = PepperKeyer(pepper(at.settings))
    with at.store() as store:
        with store.read() as tx:
            chosen = specialism or (lists.show(tx, shortlist).specialism if shortlist is not None else None)
            if chosen is None:
                raise typer.BadParameter("say whose scores to send: --specialism X")
            if tree is not None:
                keys = plan.keys_of_query(tx, tree, specialism=chosen, limit=limit)
            else:
                keys = plan.keys_of_list(tx, shortlist or "")
            target = _target(at, shortlist or chosen, to, out, what=shortlist or f"query: {query}")
            prepared = plan.plan(tx, keys, target, _occasion(at, chosen, shortlist), keyer=keyer)
        said = ", ".join(f"{name} {count:,}" for name, count in prepared.counts.items())
        at.say(f"{len(prepared.rows):,} people: {said}")
        if at.flags.dry_run:
            _show(at, prepared)
            return
        if not at.confirm(f"Write {len(prepared.leads):,} leads to {prepared.destination}?"):
            raise typer.Exit(1)
        number = plan.push(store, prepared, actor=at.actor, now=at.clock(), keyer=keyer)
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


def _target(at: Any, name: str, to: str, out: Path | None, *, what: str) -> Any:
    from sourcing.errors import BadInput
    from sourcing.export.connectors.files import file_name
    from sourcing.export.plan import Target

    destination = (
        out.resolve() if out is not None else at.settings.home / "exports" / file_name(name, kind=to)
    )
    if destination.is_dir() or (out is not None and not destination.parent.is_dir()):
        raise BadInput(f"cannot write {str(out)!r}: give a file in an existing directory")
    return Target(connector=to, destination=destination, what=what)


def _occasion(at: Any, specialism: str, shortlist: str | None) -> Any:
    from sourcing.export.lead import Occasion

    privacy = at.settings.privacy
    return Occasion(
        specialism=specialism,
        now=at.clock(),
        keep_days=privacy.keep_exports_days,
        notice_days=privacy.notice_days,
        shortlist=shortlist,
    )


def _show(at: Any, prepared: Any) -> None:
    rows = [
        {"person": row.person, "name": row.name, "action": row.action, "reason": row.reason}
        for row in prepared.rows
    ]
    at.rows(rows, "action", "person", "name", "reason")
