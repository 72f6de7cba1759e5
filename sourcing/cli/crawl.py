"""`sourcer crawl`: ask the sources for what is due."""

import re
from typing import Annotated, Any

import typer

from sourcing.cli.exits import Code
from sourcing.cli.held import held
from sourcing.cli.replay import replay
from sourcing.cli.session import Session, session

app = typer.Typer(no_args_is_help=True, help="Collect from the sources.", rich_markup_mode=None)
app.command("held")(held)
app.command("replay")(replay)
_DURATION = re.compile(r"(\d+(?:\.\d+)?)([smh])")
_SECONDS = {"s": 1, "m": 60, "h": 3600}
_LATER = ("budget", "limited", "time")

Names = Annotated[
    list[str] | None, typer.Argument(metavar="[SOURCE]...", help="Sources; none = all enabled.")
]
Time = Annotated[str | None, typer.Option("--time", metavar="90m", help="Longest wall time.")]
Begun = Annotated[
    str | None, typer.Option("--as", metavar="RUN", hidden=True, help="The run a page began this for.")
]
MaxRequests = Annotated[int | None, typer.Option("--max-requests", min=1, help="Per source.")]


@app.command("run")
def run_(
    ctx: typer.Context,
    names: Names = None,
    max_requests: MaxRequests = None,
    time: Time = None,
    resume: Annotated[
        str | None, typer.Option("--resume", metavar="RUN", help="Go on with the sources of a run cut short.")
    ] = None,
    begun: Begun = None,
) -> None:
    """Ask every source, or the named ones, for what is due; exit 5 if partly done, 75 if a limit ended it."""
    from sourcing import crawl, launch, nightly
    from sourcing.crawl import lock
    from sourcing.settings import load_specs, pepper
    from storage import runs
    from storage.subjects import PepperKeyer

    at = session(ctx)
    limits = crawl.Limits(requests=max_requests, seconds=seconds(time) or at.flags.timeout_s)
    if resume is not None:
        if names:
            raise typer.BadParameter("give sources or --resume RUN, not both")
        with at.store() as store, store.read() as tx:
            names = launch.left(runs.get(tx, resume))[0]
    specs = load_specs(at.settings, names or None)
    if at.flags.dry_run:
        show_plan(at, names or [], limits)
        return
    now = at.clock()
    with at.store() as store, lock.holding(store, at.settings, now=now) as beat:
        with store.begin() as tx:
            asked = {"asked": names or []} | ({"resumes": resume} if resume else {})
            name = begun or runs.start(tx, "crawl", now=now, actor=at.actor, detail=asked)
            told = runs.get(tx, name).detail
        with nightly.recorded(store, name, clock=at.clock), at.progress("crawl") as show:

            def seen(one: crawl.SourceReport) -> None:
                beat(at.clock())
                show(one.source, one.visits, None)

            report = crawl.run(
                store,
                at.settings,
                nightly.select(specs, names or []),
                now=now,
                run=name,
                keyer=PepperKeyer(pepper(at.settings)),
                child=at.child,
                limits=limits,
                fixed_clock=at.now is not None,
                progress=seen,
            )
        with store.begin() as tx:
            status = nightly.status_of(report)
            detail = {**told, **nightly.crawl_detail(report), **nightly.costs_detail(report)}
            runs.finish(tx, name, now=at.clock(), status=status, detail=detail)
    tell(at, report)
    raise typer.Exit(exit_code(report))


@app.command()
def cancel(ctx: typer.Context, run: Annotated[str, typer.Argument(metavar="RUN")]) -> None:
    """Ask a crawl or a night to stop, wherever it runs: it returns what it holds and ends within 20 seconds."""
    from sourcing import launch

    at = session(ctx)
    with at.store() as store:
        state = launch.stop(store, at.settings, run, actor=at.actor, now=at.clock())
    at.say(f"{run} is asked to stop" if state == "running" else f"{run} is {state}: its process was gone")
    at.say(f"go on later: sourcer crawl run --resume {run}")


@app.command()
def plan(
    ctx: typer.Context, names: Names = None, max_requests: MaxRequests = None, time: Time = None
) -> None:
    """Show what a crawl would ask now and what that would cost, per source; asks nothing and changes nothing."""
    from sourcing import crawl

    at = session(ctx)
    show_plan(
        at, names or [], crawl.Limits(requests=max_requests, seconds=seconds(time) or at.flags.timeout_s)
    )


def show_plan(at: Session, names: list[str], limits: Any) -> None:
    """Write a plan: rows per source and per bucket and their sum on stdout, what has to wait on stderr."""
    from sourcing import crawl, nightly
    from sourcing.settings import load_specs

    specs = nightly.select(load_specs(at.settings, names or None), names)
    with at.store() as store, store.read() as tx:
        found = crawl.plan(tx, specs, at.settings, now=at.clock(), limits=limits)
    if at.flags.how == "json":
        at.record(found)
    else:
        columns = ("due", "requests", "points", "mb", "seconds", "deferred")
        rows = [_expected(one) for one in (*found.sources, found.total)]
        at.rows(rows, "source", "bucket", *columns, "learned_from")
        shared = [one for one in found.buckets if one.name not in {one.name for one in found.sources}]
        if at.flags.how == "table" and shared and not at.flags.fields:
            print()
            at.rows([{**_expected(one), "bucket": one.name} for one in shared], "bucket", *columns)
    for sentence in found.deferrals:
        at.say(sentence)


def _expected(one: Any) -> dict[str, Any]:
    rounded = {name: round(getattr(one, name)) for name in ("requests", "points", "seconds", "deferred")}
    shown = {"source": one.name, "bucket": one.bucket, "due": one.due, "learned_from": one.basis}
    return {**shown, **rounded, "mb": round(one.bytes / 1e6, 1)}


@app.command()
def status(ctx: typer.Context) -> None:
    """Show where each source's tasks stand and what its last run did."""
    from sourcing.settings import load_specs
    from storage import frontier, runs

    at = session(ctx)
    with at.store() as store, store.read() as tx:
        health = {one.source: one for one in runs.health(tx)}
        rows: list[dict[str, Any]] = []
        for spec in load_specs(at.settings):
            last = health.get(spec.name)
            counts = frontier.counts(tx, spec.name)
            rows.append(
                {
                    "source": spec.name,
                    **{state: counts.get(state, 0) for state in ("due", "leased", "parked", "done", "gone")},
                    "last_run": last.run if last else None,
                    "requests": last.requests if last else None,
                    "points": last.points if last else None,
                    "mb": round(last.bytes / 1e6, 1) if last else None,
                    "seconds": round(last.seconds, 1) if last else None,
                    "limited": last.limited if last else None,
                    "errors": last.errors if last else None,
                }
            )
    at.rows(rows, *(rows[0] if rows else ["source"]))


def tell(at: Session, report: Any) -> None:
    """Write a crawl's report: rows per source on stdout, the sentence and what went wrong on stderr."""
    from dataclasses import asdict

    columns = (
        "source",
        "requests",
        "points",
        "mb",
        "not_modified",
        "new",
        "changed",
        "unchanged",
        "errors",
        "waiting",
        "stopped",
    )
    rows = [{**asdict(one), "mb": round(one.bytes / 1e6, 1)} for one in report.sources]
    at.rows(rows, *columns, "seconds")
    for one in report.sources:
        if one.words:
            at.say(one.words)
    at.say(report.sentence)


def exit_code(report: Any) -> Code:
    """Return the exit code of a crawl: interrupted, credentials, partly done, later, done."""
    if report.interrupted:
        return Code.INTERRUPTED
    sources = report.sources
    if sources and all(one.stopped == "credentials" for one in sources):
        return Code.CREDENTIALS
    partial = [one for one in sources if one.is_partial]
    if not partial:
        return Code.DONE
    later = all(one.stopped in _LATER and not one.errors and one.detail is None for one in partial)
    return Code.LATER if later else Code.PARTLY


def seconds(text: str | None) -> float | None:
    """Return a duration such as 90m or 1.5h in seconds; None for none. Raises BadParameter, for no time at all too."""
    if text is None:
        return None
    match = _DURATION.fullmatch(text)
    if match is None or not float(match[1]):
        raise typer.BadParameter(f"{text!r} is no duration; write 90s, 45m or 3h", param_hint="--time")
    return float(match[1]) * _SECONDS[match[2]]
