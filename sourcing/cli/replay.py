"""`sourcer crawl replay`: kept pages read again after a reader changed."""

from dataclasses import asdict
from typing import Annotated

import typer

from sourcing.cli.exits import Code
from sourcing.cli.session import session


def replay(
    ctx: typer.Context,
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[SOURCE]...", help="Sources; none = all.")
    ] = None,
) -> None:
    """Read kept pages again that an older version of their reader has read; asks nobody. Exit 5 if some cannot be read.

    What the newer reader says takes the place of what the older one said; `sourcer resolve run` and `sourcer rank run`
    come after it. With --dry-run nothing changes.
    """
    from sourcing import nightly
    from sourcing.crawl import lock
    from sourcing.crawl.reread import Rereading
    from sourcing.settings import load_specs, pepper
    from storage import runs
    from storage.subjects import PepperKeyer

    at = session(ctx)
    specs = load_specs(at.settings, names or None)
    now, keyer = at.clock(), PepperKeyer(pepper(at.settings))
    with at.store() as store, lock.holding(store, at.settings, now=now):
        name = None
        if not at.flags.dry_run:
            with store.begin() as tx:
                name = runs.start(tx, "replay", now=now, actor=at.actor, detail={"sources": names or []})
        with at.progress("replay") as show:
            work = Rereading(
                store=store, settings=at.settings, now=now, name=name, keyer=keyer,
                is_trial=at.flags.dry_run, progress=lambda one: show(one.source, one.pages, None),
            )  # fmt: skip
            if name is None:
                reports = [work.source(spec) for spec in specs]
            else:
                with nightly.recorded(store, name, clock=at.clock):
                    reports = [work.source(spec) for spec in specs]
        is_partial = any(one.unreadable for one in reports)
        if name is not None:
            with store.begin() as tx:
                detail = {
                    "sources": [asdict(one) for one in reports if one.pages or one.lost or one.unreadable]
                }
                runs.finish(
                    tx, name, now=at.clock(), status="partial" if is_partial else "done", detail=detail
                )
    told = [one for one in reports if names or one.pages or one.lost or one.unreadable]
    columns = ("source", "reader", "pages", "before", "after", "named", "quarantined", "unreadable", "lost")
    at.rows([asdict(one) for one in told], *columns)
    for one in told:
        if one.detail:
            at.say(one.detail)
        if one.lost:
            at.say(
                f"source {one.source!r}: {one.lost:,} visits keep what an older reader said: their pages are gone"
            )
    if not told:
        at.say("every kept page was read by the reader as it is now")
    raise typer.Exit(Code.PARTLY if is_partial else Code.DONE)
