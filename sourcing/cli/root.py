"""The command tree: global flags, the nouns, and what happens to errors."""

import os
import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from typer.exceptions import TyperException

from sourcing.cli import (
    config,
    crawl,
    database,
    evaluate,
    export,
    fairness,
    imports,
    installation,
    key,
    lists,
    market,
    mcp,
    person,
    privacy,
    rank,
    resolve,
    runs,
    saved,
    schedule,
    search,
    serve,
    source,
    specialism,
)
from sourcing.cli.exits import Code, causes, code_for, sentence
from sourcing.cli.output import Format, visible
from sourcing.cli.session import Child, Flags, Session, session

_SWITCHES = frozenset(
    {"--json", "--ndjson", "--csv", "--table", "--quiet", "-q", "--verbose", "-v", "--no-color", "--no-input"}
    | {"--yes", "-y", "--dry-run"}
)
_VALUED = frozenset(["--config", "--database", "--fields", "--timeout", "--now"])
_NOUNS = {
    "config": config.app,
    "db": database.app,
    "source": source.app,
    "crawl": crawl.app,
    "import": imports.app,
    "resolve": resolve.app,
    "eval": evaluate.app,
    "rank": rank.app,
    "specialism": specialism.app,
    "list": lists.app,
    "saved": saved.app,
    "person": person.app,
    "export": export.app,
    "privacy": privacy.app,
    "fairness": fairness.app,
    "run": runs.app,
    "schedule": schedule.app,
    "key": key.app,
}


def start(
    argv: Sequence[str], *, child: Child | None = None, now: Callable[[], datetime] | None = None
) -> int:
    """Run a command line and return its exit code; errors raised on purpose become one sentence on stderr."""
    current = Session(child=child, now=now)
    if (
        "_SOURCER_COMPLETE" in os.environ
    ):  # a shell asks for completions; Typer offers no public way to prepare for it
        from typer._completion_classes import completion_init

        completion_init()
    try:
        code = tree()(args=hoisted(argv), obj=current, standalone_mode=False, prog_name="sourcer")
        sys.stdout.flush()
        return code if isinstance(code, int) else Code.DONE
    except TyperException as error:
        _complain(error.format_message())
        return error.exit_code
    except typer.Abort:
        return Code.INTERRUPTED
    except BrokenPipeError:  # `sourcer … | head`: the reader has seen enough
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - until the process ends
        return Code.DONE
    except (Exception, KeyboardInterrupt) as error:
        known = code_for(error)
        if known is None:
            raise
        _complain(sentence(error))
        if current.flags.verbose:
            for cause in causes(error):
                _complain(f"caused by {cause}")
        return known


def hoisted(argv: Sequence[str]) -> list[str]:
    """Return the arguments with global flags first, so that they may stand before or after the command.

    What follows `--` stays where it is.
    """
    first: list[str] = []
    rest: list[str] = []
    at = 0
    while at < len(argv):
        part = argv[at]
        if part == "--":
            rest.extend(argv[at:])
            break
        if part in _SWITCHES or (part.partition("=")[0] in _VALUED and "=" in part):
            first.append(part)
        elif part in _VALUED:
            first.extend(argv[at : at + 2])
            at += 1
        else:
            rest.append(part)
        at += 1
    return [*first, *rest]


def tree() -> typer.Typer:
    """Return the whole command tree; building it imports no crawler, web or database module."""
    app = typer.Typer(
        name="sourcer",
        help="Finds the people who do machine-learning engineering in public; explains every point of a ranking.",
        epilog="Exit: 0 done, 1 failed, 2 usage, 3 not ready, 4 credentials, 5 partly done, 6 locked, 74 disk full, "
        "75 budget or limit: later, 130 interrupted.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    app.callback()(_globals)
    app.command("init")(installation.init)
    app.command("doctor")(installation.doctor)
    app.command("search", context_settings={"ignore_unknown_options": True})(search.search)
    app.command("nightly")(runs.nightly)
    app.command("market")(market.market)
    app.command("serve")(serve.serve)
    app.command("mcp")(mcp.mcp)
    app.command("version")(installation.version)
    app.command("completion")(installation.completion)
    for name, noun in _NOUNS.items():
        app.add_typer(noun, name=name)
    return app


def _globals(
    ctx: typer.Context,
    config_file: Annotated[
        Path | None, typer.Option("--config", metavar="FILE", help="Use this sourcer.toml.")
    ] = None,
    database_url: Annotated[
        str | None, typer.Option("--database", metavar="URL", help="Use this store.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
    as_ndjson: Annotated[bool, typer.Option("--ndjson", help="One JSON object a line.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="CSV, guarded against formulas.")] = False,
    as_table: Annotated[bool, typer.Option("--table", help="Aligned columns (default).")] = False,
    fields: Annotated[str, typer.Option("--fields", metavar="A,B", help="Only these fields.")] = "",
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Nothing but data and errors.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Say what lies beneath an error.")] = False,
    no_color: Annotated[bool, typer.Option("--no-color", help="No colours; NO_COLOR does the same.")] = False,
    no_input: Annotated[bool, typer.Option("--no-input", help="Never ask.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Answer yes.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would happen, change nothing.")
    ] = False,
    timeout: Annotated[
        float | None, typer.Option("--timeout", metavar="S", help="Longest wall time of a crawl; as --time.")
    ] = None,
    now: Annotated[datetime | None, typer.Option("--now", hidden=True)] = None,
) -> None:
    chosen = [
        how
        for how, given in ((Format.JSON, as_json), (Format.NDJSON, as_ndjson), (Format.CSV, as_csv))
        if given
    ]
    if len(chosen) + as_table > 1:
        raise typer.BadParameter("choose one of --json, --ndjson, --csv, --table")
    current = session(ctx)
    current.flags = Flags(
        config=config_file,
        database=database_url,
        how=chosen[0] if chosen else Format.TABLE,
        fields=tuple(part.strip() for part in fields.split(",") if part.strip()),
        quiet=quiet,
        verbose=verbose,
        no_color=no_color,
        no_input=no_input,
        yes=yes,
        dry_run=dry_run,
        timeout_s=timeout,
    )
    if now is not None:
        from sourcing.clock import fixed

        current.now = fixed(now)


def _complain(text: str) -> None:
    print(f"sourcer: {visible(text)}", file=sys.stderr, flush=True)
