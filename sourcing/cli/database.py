"""`sourcer db`: the store's migrations, size and backups."""

from pathlib import Path
from typing import Annotated

import typer

from sourcing.cli.session import session

app = typer.Typer(
    no_args_is_help=True, help="Upgrade, inspect and back up the database.", rich_markup_mode=None
)


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
    """Count what the store holds: bytes, people, identities, tasks, scores per specialism, rows of every table."""
    from collections import Counter

    from storage import migrate, persons, runs, scores
    from storage import stats as counted

    at = session(ctx)
    with at.store() as store, store.read() as tx:
        last = runs.last(tx)
        rows = counted.rows(tx)
        tasks: Counter[str] = Counter()
        for (_, state), number in counted.tasks(tx).items():
            tasks[state] += number
        found = {
            "dialect": store.dialect,
            "migration": migrate.head(),
            "size_bytes": counted.size_bytes(tx),
            "people": persons.count(tx),
            "identities": rows["identity"],
            **{f"tasks: {state}": number for state, number in sorted(tasks.items())},
            **{f"scored: {name}": count for name, (_, _, count) in scores.ranked(tx).items()},
            "last_run": last.id if last is not None else None,
            **{f"rows: {name}": number for name, number in rows.items()},
        }
    at.record(found)


@app.command()
def vacuum(ctx: typer.Context) -> None:
    """Rewrite the database, so that what was erased leaves no bytes and its room is free; nobody writes meanwhile."""
    from storage import stats as counted

    at = session(ctx)
    sizes = []
    with at.store() as store:
        for is_done in (False, True):
            if is_done and not at.flags.dry_run:
                store.vacuum()
            with store.read() as tx:
                sizes.append(counted.size_bytes(tx))
    at.record(dict(zip(("before_bytes", "now_bytes"), sizes, strict=True)))


@app.command()
def backup(ctx: typer.Context, file: Annotated[Path, typer.Argument(metavar="FILE")]) -> None:
    """Write a consistent copy of the store to FILE while everything goes on; it is as secret as the store."""
    from sourcing import backup as backups
    from sourcing.errors import BadInput

    at = session(ctx)
    backups.expect_place(at.settings, file)
    if file.exists() and not at.confirm(f"{file} is there and would be replaced."):
        raise BadInput(f"{file} is there; nothing was written")
    if at.flags.dry_run:
        at.say(f"would write {file}; nothing was done")
        return
    with at.store() as store:
        size = backups.write(store, at.settings, file, actor=at.actor, now=at.clock())
    at.record({"file": str(file), "size_bytes": size})
    at.say("keep copies of `pepper` and `suppressed.log` below home, apart from it")


@app.command()
def restore(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE")],
    force: Annotated[bool, typer.Option("--force", help="Lose what the store has more than FILE.")] = False,
) -> None:
    """Put the copy in FILE in the place of the store; whoever was forgotten since is forgotten again first."""
    from sourcing import backup as backups

    at = session(ctx)
    if at.flags.dry_run:
        from storage import backup as copies

        at.record(copies.look(at.settings.database_url, file))
        return
    if not at.confirm(f"Everything in the store gives way to {file}. Stop the server first."):
        return
    done = backups.restore(at.settings, file, actor=at.actor, now=at.clock(), force=force)
    at.record(done)
    at.say("start the server again")
