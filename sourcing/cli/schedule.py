"""`sourcer schedule`: when nights are, beginning them, and units for what begins them elsewhere."""

import sys
from typing import Annotated

import typer

from sourcing.cli.session import session

app = typer.Typer(no_args_is_help=True, help="Begin nights at their time.", rich_markup_mode=None)


@app.command("run")
def run_(ctx: typer.Context) -> None:
    """Begin every night at its time until interrupted; one that was missed or cut off is caught up with."""
    from threading import Event

    from sourcing import schedule
    from sourcing.crawl.signals import stopped_by_signals
    from sourcing.timetable import following

    at = session(ctx)
    stop = Event()
    with at.store() as store, stopped_by_signals(stop.set):
        at.say(f"the next night begins at {following(at.settings.schedule, at.clock()):%Y-%m-%d %H:%M} UTC")
        schedule.run(
            store,
            at.settings,
            lambda: schedule.night(at.program, stop),
            clock=at.clock,
            wait=stop.wait,
            say=at.say,
        )


@app.command("next")
def next_(ctx: typer.Context) -> None:
    """Show when the next night begins, whether one is missing, and what it would ask if it began now."""
    from zoneinfo import ZoneInfo

    from sourcing import crawl, nightly, schedule, timetable
    from sourcing.settings import load_specs
    from storage import runs

    at = session(ctx)
    now = at.clock()
    specs = nightly.select(load_specs(at.settings), [])
    moment = timetable.following(at.settings.schedule, now)
    with at.store() as store, store.read() as tx:
        missing = schedule.due(tx, at.settings, now=now, since=now)
        last = runs.last(tx, "nightly")
        planned = crawl.plan(tx, specs, at.settings, now=now).total
    at.record(
        {
            "next_at": moment,
            "local": f"{moment.astimezone(ZoneInfo(at.settings.schedule.zone)):%a %Y-%m-%d %H:%M %Z}",
            "missing_since": missing,
            "last_run": last.id if last is not None else None,
            "last_status": last.status if last is not None else None,
            "tasks_due": planned.due,
            "requests": round(planned.requests),
        }
    )


@app.command("print")
def print_(
    ctx: typer.Context,
    form: Annotated[str, typer.Option("--format", metavar="F", help="cron, systemd, k8s or github.")],
) -> None:
    """Print complete units that begin the nights: a crontab line, systemd's, a CronJob, or a workflow."""
    from sourcing import units
    from sourcing.errors import UnknownName
    from sourcing.settings import file_in_use

    at = session(ctx)
    if form not in set(units.Form):
        raise UnknownName("format", form, [str(one) for one in units.Form])
    config = file_in_use(at.flags.config)
    given = ("--config", str(config.resolve())) if config is not None else ()
    place = units.Place(command=(sys.executable, "-m", "sourcing", *given), home=str(at.settings.home))
    texts = units.texts(units.Form(form), at.settings.schedule, place, now=at.clock())
    print("\n".join(f"# {name}\n{text}" if len(texts) > 1 else text for name, text in texts.items()), end="")
