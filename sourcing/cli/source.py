"""`sourcer source`: where we collect from."""

from typing import Annotated

import typer

from sourcing.cli.session import session

app = typer.Typer(no_args_is_help=True, help="List and show sources.", rich_markup_mode=None)


@app.command("list")
def ls(ctx: typer.Context) -> None:
    """List every source with its engine, pace and whether it is on."""
    from sourcing.settings import load_specs

    at = session(ctx)
    rows = [
        {
            "source": spec.name,
            "title": spec.title,
            "engine": spec.engine,
            "enabled": spec.enabled,
            "every_hours": spec.every_hours,
            "requests_per_hour": spec.requests_per_hour,
            "requests_per_run": spec.requests_per_run,
            "needs": spec.auth,
        }
        for spec in load_specs(at.settings)
    ]
    at.rows(rows, "source", "engine", "enabled", "every_hours", "requests_per_run", "needs", "title")


@app.command()
def show(ctx: typer.Context, name: Annotated[str, typer.Argument(help="Source name.")]) -> None:
    """Show one source: address, terms, purpose, legal basis, pace, seeds, files."""
    from sourcing.settings import load_specs, spec_paths

    at = session(ctx)
    spec = load_specs(at.settings, [name])[0]
    files = [str(path) for path in spec_paths(at.settings, name)]
    at.record({**spec.model_dump(mode="json"), "files": files})
