"""`sourcer db`: the store's migrations and size."""

import typer

from sourcing.cli.session import session

app = typer.Typer(no_args_is_help=True, help="Upgrade and inspect the database.", rich_markup_mode=None)


@app.command()
def upgrade(ctx: typer.Context) -> None:
    """Bring the database to the newest migration; a missing SQLite file is made, a search index filled again."""
    from storage import index, migrate

    at = session(ctx)
    before = migrate.current(at.settings.database_url)
    migrate.upgrade(at.settings.database_url)
    with at.store() as store, store.begin() as tx:
        if index.is_missing(tx):
            index.reindex(tx, None)
    at.record({"before": before, "now": migrate.head()})


@app.command()
def current(ctx: typer.Context) -> None:
    """Show which migration the database is at; exit 3 if it is behind."""
    from sourcing.cli.exits import Code
    from storage import migrate

    at = session(ctx)
    found = migrate.current(at.settings.database_url)
    at.record({"current": found, "head": migrate.head(), "at_head": found == migrate.head()})
    if found != migrate.head():
        raise typer.Exit(Code.NOT_READY)


@app.command()
def stats(ctx: typer.Context) -> None:
    """Count what the store holds: people, identities, and scores per specialism."""
    from storage import persons, runs, scores, statements

    at = session(ctx)
    with at.store() as store, store.read() as tx:
        last = runs.last(tx)
        found = {
            "dialect": store.dialect,
            "people": persons.count(tx),
            "identities": sum(1 for _ in statements.iter_identities(tx)),
            **{f"scored: {name}": count for name, (_, _, count) in scores.ranked(tx).items()},
            "last_run": last.id if last is not None else None,
        }
    at.record(found)
