"""`sourcer list`: shortlists."""

from typing import Annotated

import typer

from sourcing.cli.search import known_specialism
from sourcing.cli.session import session

app = typer.Typer(no_args_is_help=True, help="Shortlists.", rich_markup_mode=None)
Name = Annotated[str, typer.Argument(metavar="LIST")]


@app.command()
def ls(ctx: typer.Context) -> None:
    """List the shortlists."""
    from dataclasses import asdict

    from storage import lists

    at = session(ctx)
    with at.store() as store, store.read() as tx:
        rows = [asdict(one) for one in lists.ls(tx)]
    at.rows(rows, "name", "specialism", "size", "created_at")


@app.command()
def create(
    ctx: typer.Context,
    name: Name,
    specialism: Annotated[str | None, typer.Option("--specialism", metavar="X")] = None,
) -> None:
    """Make an empty shortlist."""
    from sourcing import lists

    at = session(ctx)
    known_specialism(at, specialism)
    with at.store() as store:
        lists.create(store, name, specialism=specialism, actor=at.actor, now=at.clock())
    at.say(f"made {name!r}; fill it: sourcer list add {name!r} KEY…")


@app.command()
def show(ctx: typer.Context, name: Name) -> None:
    """Show the people of a shortlist in its order; who asked not to be approached since is marked, without a name."""
    from storage import lists, persons, wishes

    at = session(ctx)
    with at.store() as store, store.read() as tx:
        found = lists.show(tx, name)
        asked = wishes.of(tx, [item.person for item in found.items])
        known = persons.get_many(tx, [item.person for item in found.items])
        rows = [
            {
                "position": item.position,
                "person": item.person,
                "name": known[item.person].name if item.person in known.keys() - asked else None,
                "added_at": item.added_at,
                "note": asked[item.person][0].sentence if item.person in asked else None,
            }
            for item in found.items
        ]
    columns = ("position", "person", "name", "added_at")
    at.rows(rows, *columns, *(["note"] if asked else []))


@app.command()
def add(
    ctx: typer.Context,
    name: Name,
    keys: Annotated[list[str] | None, typer.Argument(metavar="KEY...")] = None,
    query: Annotated[
        str | None, typer.Option("--from-search", metavar="Q", help="The best of a query.")
    ] = None,
    top: Annotated[int, typer.Option("--top", min=1, max=1000, help="How many of the query.")] = 25,
    specialism: Annotated[str | None, typer.Option("--specialism", metavar="X")] = None,
) -> None:
    """Put people on a shortlist."""
    from sourcing import lists, people
    from sourcing.query import parse

    at = session(ctx)
    known_specialism(at, specialism)
    with at.store() as store:
        chosen = list(keys or [])
        if query is not None:
            tree = parse(query)
            with store.read() as tx:
                chosen += people.every_key(tx, tree, specialism=specialism, limit=top)
        if not chosen:
            raise typer.BadParameter("give person keys or --from-search Q")
        count = lists.add(store, name, chosen, actor=at.actor, now=at.clock())
    at.say(f"added {count:,}; undo: sourcer list remove {name!r} KEY…")


@app.command()
def remove(
    ctx: typer.Context, name: Name, keys: Annotated[list[str], typer.Argument(metavar="KEY...")]
) -> None:
    """Take people off a shortlist."""
    from sourcing import lists

    at = session(ctx)
    with at.store() as store:
        count = lists.remove(store, name, keys, actor=at.actor, now=at.clock())
    at.say(f"removed {count:,}; undo: sourcer list add {name!r} {' '.join(keys)}")
