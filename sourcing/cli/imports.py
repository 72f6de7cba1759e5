"""`sourcer import`: an operator's own files."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from sourcing.cli.session import Session, session

app = typer.Typer(no_args_is_help=True, help="Read local mirrors and files.", rich_markup_mode=None)


@app.command()
def git(
    ctx: typer.Context,
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", help="A clone or bare mirror; never written into.")
    ],
    name: Annotated[str, typer.Option("--name", metavar="OWNER/REPO", help="What the repository is called.")],
    until: Annotated[
        datetime | None,
        typer.Option("--until", metavar="DATE", formats=["%Y-%m-%d"], help="Leave out later commits."),
    ] = None,
) -> None:
    """Read the history of a local git repository, and its owner files with all their versions."""
    from sourcing import imports

    at = session(ctx)
    end = until.replace(hour=23, minute=59, second=59, tzinfo=UTC) if until is not None else None
    _import(
        at,
        name,
        lambda **call: imports.git(call.pop("store"), at.settings, directory, name, until=end, **call),
    )


@app.command()
def papers(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE")],
    kind: Annotated[str, typer.Option("--format", metavar="F", help="paperlists, arxiv-oai or acl.")],
) -> None:
    """Read a bulk file of papers; one that is cut short is refused before anything is stored."""
    from sourcing import imports
    from sourcing.errors import UnknownName

    at = session(ctx)
    if kind not in imports.FORMATS:
        raise UnknownName("format", kind, imports.FORMATS)
    _import(at, file.name, lambda **call: imports.papers(call.pop("store"), at.settings, file, kind, **call))


@app.command()
def people(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE")],
    kind: Annotated[str, typer.Option("--format", metavar="F", help="orcid or kaggle.")],
) -> None:
    """Read a dump of people, and of it only whom the store knows already."""
    from sourcing import imports
    from sourcing.errors import UnknownName

    at = session(ctx)
    if kind not in imports.DUMPS:
        raise UnknownName("format", kind, imports.DUMPS)
    _import(at, file.name, lambda **call: imports.people(call.pop("store"), at.settings, file, kind, **call))


@app.command()
def suppress(ctx: typer.Context, file: Annotated[Path, typer.Argument(metavar="FILE")]) -> None:
    """Keep people out: one address, login, ORCID, homepage or id a line (see `privacy dnc add`)."""
    from sourcing.privacy import suppression

    at = session(ctx)
    lines = suppression.read_file(file)
    with at.store() as store:
        done = suppression.add(
            store, at.settings, lines, reason="imported list", now=at.clock(), actor=at.actor
        )
    at.record(done)


@app.command()
def crm(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV in UTF-8, as the CRM exports it.")],
    mapping: Annotated[
        Path, typer.Option("--map", metavar="MAP.toml", help="Which columns say what; see config/README.md.")
    ],
) -> None:
    """Mark whom a CRM knows, has contacted or holds off limits; of the file only keyed digests are kept."""
    from sourcing import crm as reading

    at = session(ctx)
    chosen = reading.load_map(mapping)
    with at.store() as store:
        done = reading.read(store, at.settings, file, chosen, actor=at.actor, now=at.clock())
    at.record(done)


def _import(at: Session, what: str, work: Any) -> None:
    from sourcing import imports, nightly
    from storage import runs

    now = at.clock()
    with at.store() as store:
        with store.begin() as tx:
            run = runs.start(tx, "import", now=now, actor=at.actor)
        with nightly.recorded(store, run, clock=at.clock), at.progress("import") as show:
            report = work(store=store, now=now, run=run, progress=lambda done, total: show(what, done, total))
        with store.begin() as tx:
            runs.finish(tx, run, now=at.clock(), status="done", detail=imports.as_detail(report))
    at.record(report)
    at.say(report.sentence)
