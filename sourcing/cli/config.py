"""`sourcer config`: what is set, where it comes from, and whether it is right."""

from typing import Annotated, Any

import typer

from sourcing.cli.session import session

app = typer.Typer(no_args_is_help=True, help="Show and check settings.", rich_markup_mode=None)


@app.command()
def show(
    ctx: typer.Context,
    origin: Annotated[bool, typer.Option("--origin", help="Name the place of each.")] = False,
) -> None:
    """Show every setting in force; secrets are never among them."""
    at = session(ctx)
    rows = _rows(at)
    at.rows(rows, "key", "value", *(["origin"] if origin else []))


@app.command()
def get(ctx: typer.Context, key: Annotated[str, typer.Argument(help="Dotted, as crawl.batch.")]) -> None:
    """Print one setting."""
    from sourcing.errors import UnknownName

    at = session(ctx)
    rows = {row["key"]: row for row in _rows(at)}
    if key not in rows:
        raise UnknownName("setting", key, rows)
    if at.flags.how == "table":
        print(rows[key]["value"])
    else:
        at.record(rows[key])


@app.command()
def path(ctx: typer.Context) -> None:
    """Print the files settings are read from, strongest first, and the directories of configuration."""
    from sourcing import settings

    at = session(ctx)
    found = settings.layers(config=at.flags.config, flags=at.overrides)
    rows = [
        {"what": "settings", "path": name}
        for name, _ in found
        if name not in ("flag", "environment", "defaults")
    ]
    rows += [{"what": "configuration", "path": str(root)} for root in at.settings.roots]
    at.rows(rows, "what", "path")


@app.command()
def validate(ctx: typer.Context) -> None:
    """Check settings, every source and every specialism; the first thing that is wrong is named."""
    from sourcing import settings
    from sourcing.crawl.seeds import check_seeds
    from sourcing.ranking import specialism

    at = session(ctx)
    specs = settings.load_specs(at.settings)
    for spec in specs:
        check_seeds(spec)
    slugs = specialism.names(at.settings.roots)
    for slug in slugs:
        specialism.load(slug, at.settings.roots)
    at.record({"sources": len(specs), "specialisms": len(slugs), "valid": True})


def _rows(at: Any) -> list[dict[str, Any]]:
    from sourcing import settings

    found = settings.layers(config=at.flags.config, flags=at.overrides)
    table = at.settings.model_dump(mode="json", exclude={"title"})
    table["database"] = _without_password(at.settings.database_url)
    rows = []
    for key, value in table.items():
        parts = (
            {f"{key}.{inner}": one for inner, one in value.items()}
            if isinstance(value, dict)
            else {key: value}
        )
        rows += [
            {"key": name, "value": one, "origin": settings.origin(found, name)} for name, one in parts.items()
        ]
    return rows


def _without_password(url: str) -> str:
    from urllib.parse import urlsplit, urlunsplit

    parts = urlsplit(url)
    if parts.password is None:
        return url
    return urlunsplit(parts._replace(netloc=parts.netloc.replace(f":{parts.password}@", ":***@")))
