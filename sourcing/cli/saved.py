"""`sourcer saved`: searches that remember whom they have shown."""

from typing import TYPE_CHECKING, Annotated

import typer

from sourcing.cli.search import known_specialism
from sourcing.cli.session import Session, session

if TYPE_CHECKING:
    from storage.engine import Store

app = typer.Typer(no_args_is_help=True, help="Saved searches.", rich_markup_mode=None)
Name = Annotated[str, typer.Argument(metavar="NAME")]


@app.command("list")
def ls(ctx: typer.Context) -> None:
    """List the saved searches with how many are new in each, and how many moved since they were shown."""
    from sourcing import searches

    at = session(ctx)
    with at.store() as store, store.read() as tx:
        rows = [
            {
                "name": one.saved.name,
                "query": one.saved.query,
                "specialism": one.saved.specialism,
                "people": one.people,
                "new": one.new,
                "risen": one.risen,
                "fallen": one.fallen,
                "gone": one.gone,
            }
            for one in searches.ls(tx, now=at.clock())
        ]
    at.rows(rows, "name", "query", "specialism", "people", "new", "risen", "fallen", "gone")


@app.command(context_settings={"ignore_unknown_options": True})
def add(
    ctx: typer.Context,
    name: Name,
    query: Annotated[str, typer.Argument(metavar="QUERY")],
    specialism: Annotated[str | None, typer.Option("--specialism", metavar="X")] = None,
    sort: Annotated[str, typer.Option("--sort", metavar="S", help="established or rising.")] = "established",
) -> None:
    """Save a search; who comes under it later is new."""
    from sourcing import searches

    at = session(ctx)
    known_specialism(at, specialism)
    with at.store() as store:
        found = searches.save(
            store, name, query, specialism=specialism, actor=at.actor, now=at.clock(), sort=sort
        )
    at.say(f"saved; {found:,} are under it now; undo: sourcer saved rm {name!r}")


@app.command()
def run(
    ctx: typer.Context,
    name: Name,
    new: Annotated[
        bool,
        typer.Option(
            "--new", help="What changed: new, risen, fallen, gone, and why; then it counts as shown."
        ),
    ] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000)] = 25,
) -> None:
    """Run a saved search."""
    from sourcing import people, searches
    from storage import saved

    at = session(ctx)
    with at.store() as store:
        if new:
            _tell_changes(at, store, name, limit)
            return
        with store.read() as tx:
            one = saved.get(tx, name)
            hits = people.find(
                tx,
                searches.tree(one),
                specialism=one.specialism,
                limit=limit,
                now=at.clock(),
                sort=searches.SORTS[one.sort],
            )
    rows = [
        {
            "rank": hit.rank,
            "person": hit.person,
            "name": hit.name,
            "specialism": hit.specialism,
            "score": hit.score,
            "why": [reason.text for reason in hit.reasons],
        }
        for hit in hits
    ]
    at.rows(rows, "rank", "person", "name", "score", "why")


def _tell_changes(at: Session, store: "Store", name: str, limit: int) -> None:
    """Write what changed under a saved search, at most `limit` of each way; unless dry, it counts as shown."""
    from sourcing import moves, searches

    with store.read() as tx:
        found = moves.of(tx, name, limit=limit, now=at.clock())
    rows = [
        {
            "change": one.way,
            "person": one.person,
            "name": one.name,
            "from": one.before,
            "to": one.after,
            "why": list(one.why),
            "evidence": list(one.links),
        }
        for one in found
    ]
    at.rows(rows, "change", "person", "name", "from", "to", "why", "evidence")
    if not at.flags.dry_run:
        searches.see(store, name, [one.person for one in found], now=at.clock())


@app.command()
def rm(ctx: typer.Context, name: Name) -> None:
    """Forget a saved search and whom it has shown."""
    from sourcing import searches

    at = session(ctx)
    with at.store() as store:
        searches.remove(store, name, actor=at.actor, now=at.clock())
    at.say("forgotten")
