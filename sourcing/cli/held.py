"""`sourcer crawl held`: withdrawals that were too many at once to be believed."""

from typing import Annotated

import typer

from sourcing.cli.session import session


def held(
    ctx: typer.Context,
    accept: Annotated[
        str | None, typer.Option("--accept", metavar="SOURCE", help="It is so: withdraw them.")
    ] = None,
    refuse: Annotated[
        str | None, typer.Option("--refuse", metavar="SOURCE", help="It is not: keep them, ask again.")
    ] = None,
) -> None:
    """List what vanished from a source, more than a twentieth in one run; decide with --accept or --refuse."""
    from sourcing.crawl.held import Verdict, decide
    from storage import vanish

    at = session(ctx)
    if accept is not None and refuse is not None:
        raise typer.BadParameter("choose one of --accept, --refuse")
    decided = accept or refuse
    with at.store() as store:
        if decided is None or at.flags.dry_run:
            with store.read() as tx:
                waiting = vanish.waiting(tx)
            names = ("run", "source", "known", "gone", "at")
            at.rows([{name: getattr(one, name) for name in names} for one in waiting], *names)
            return
        verdict = Verdict.ACCEPT if accept is not None else Verdict.REFUSE
        number = decide(store, decided, verdict, actor=at.actor, now=at.clock())
    at.record({"source": decided, "decided": verdict, "withdrawals": number})
