"""`sourcer run` and `sourcer nightly`: what was done, and doing all of it."""

from typing import Annotated, Any

import typer

from sourcing.cli.crawl import Begun, Time, exit_code, seconds, show_plan
from sourcing.cli.exits import Code
from sourcing.cli.session import session

app = typer.Typer(no_args_is_help=True, help="Look at past runs.", rich_markup_mode=None)


@app.command("list")
def ls(ctx: typer.Context, limit: Annotated[int, typer.Option("--limit", min=1, max=1000)] = 20) -> None:
    """List runs, newest first."""
    from storage import runs

    at = session(ctx)
    with at.store() as store, store.read() as tx:
        rows = [_row(one) for one in runs.ls(tx, limit=limit)]
    at.rows(rows, "run", "kind", "status", "started_at", "finished_at")


@app.command()
def show(ctx: typer.Context, name: Annotated[str, typer.Argument(metavar="RUN")]) -> None:
    """Show one run: its steps, and what each source did."""
    from storage import runs, vanish

    at = session(ctx)
    with at.store() as store, store.read() as tx:
        one, health, waiting = runs.get(tx, name), runs.health(tx, name), vanish.waiting(tx, name)
    if at.flags.how == "table":
        at.record(_row(one))
        steps = [
            {"step": step.name, "status": step.status, "held": step.detail.get("held")} for step in one.steps
        ]
        at.rows(steps, "step", "status", *(["held"] if any(step["held"] for step in steps) else []))
        columns = (
            "source",
            "requests",
            "points",
            "bytes",
            "new",
            "changed",
            "unchanged",
            "not_modified",
            "limited",
            "errors",
            "seconds",
        )
        at.rows([{name: getattr(row, name) for name in columns} for row in health], *columns)
    else:
        at.record({**_row(one), "detail": one.detail, "steps": one.steps, "sources": health, "held": waiting})
    for held in waiting:
        at.say(
            f"source {held.source!r}: {held.gone:,} of {held.known:,} known records vanished in this run; "
            "nothing was withdrawn, see `sourcer crawl held`"
        )


@app.command()
def logs(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="RUN")],
    lines: Annotated[int, typer.Option("--lines", min=1, max=10_000, help="Of each log, the last.")] = 200,
) -> None:
    """Print the last words of a run and of its sources."""
    from sourcing import launch

    at = session(ctx)
    with at.store() as store, store.read() as tx:
        said = launch.log(tx, at.settings, name, lines=lines)
    for line in said:
        print(line)
    if not said:
        at.say("no log is kept of this run: it was begun at a terminal and asked no source")


def nightly(
    ctx: typer.Context,
    only: Annotated[
        list[str] | None, typer.Option("--only", metavar="STEP", help="crawl, resolve, sweep or rank.")
    ] = None,
    skip: Annotated[list[str] | None, typer.Option("--skip", metavar="STEP")] = None,
    time: Time = None,
    resume: Annotated[
        str | None, typer.Option("--resume", metavar="RUN", help="Do the steps a night left.")
    ] = None,
    begun: Begun = None,
) -> None:
    """Do the night: crawl, resolve, sweep, rank, summary; safe to run again. Exit 5 partly done, 75 later."""
    from sourcing import crawl, launch
    from sourcing import nightly as night
    from storage import runs

    at = session(ctx)
    limits = crawl.Limits(seconds=seconds(time) or at.flags.timeout_s)
    steps = _steps(only, skip)
    if resume is not None:
        if only or skip:
            raise typer.BadParameter("give --resume RUN, or --only and --skip")
        with at.store() as store, store.read() as tx:
            steps = launch.left(runs.get(tx, resume))[1]
    if at.flags.dry_run:
        at.say(f"would do: {', '.join(steps)}; nothing was done")
        if night.Step.CRAWL in steps:
            show_plan(at, [], limits)
        return
    with at.store() as store, at.progress("crawl") as draw:
        report = night.run(
            store,
            at.settings,
            now=at.clock(),
            actor=at.actor,
            steps=steps,
            child=at.child,
            limits=limits,
            fixed_clock=at.now is not None,
            begun=begun,
            progress=lambda one: draw(one.source, one.visits, None),
            say=at.say,
        )
    if at.flags.how == "table":
        print(night.summary(report), end="")
    else:
        at.record(
            {"run": report.run, "status": report.status, "seconds": report.seconds, "steps": report.steps}
        )
    raise typer.Exit(exit_code(report.crawl) if report.crawl is not None else Code.DONE)


def _steps(only: list[str] | None, skip: list[str] | None) -> Any:
    from sourcing.errors import UnknownName
    from sourcing.nightly import Step

    known = [str(step) for step in Step]
    for name in [*(only or []), *(skip or [])]:
        if name not in known:
            raise UnknownName("step", name, known)
    return [step for step in Step if (not only or step in only) and step not in (skip or [])]


def _row(one: Any) -> dict[str, Any]:
    names = ("kind", "status", "actor", "started_at", "finished_at")
    return {"run": one.id, **{name: getattr(one, name) for name in names}}
