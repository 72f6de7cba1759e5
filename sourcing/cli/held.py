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
    from sourcing.errors import UnknownName
    from storage import audit, vanish

    at = session(ctx)
    if accept is not None and refuse is not None:
        raise typer.BadParameter("choose one of --accept, --refuse")
    with at.store() as store:
        with store.read() as tx:
            waiting = vanish.waiting(tx)
        decided = accept or refuse
        if decided is None or at.flags.dry_run:
            names = ("run", "source", "known", "gone", "at")
            at.rows([{name: getattr(one, name) for name in names} for one in waiting], *names)
            return
        known = sorted({one.source for one in waiting})
        if decided not in known:
            raise UnknownName("source with held withdrawals", decided, known)
        verb = "accept" if accept is not None else "refuse"
        with store.begin() as tx:
            now = at.clock()
            audit.append(
                tx, at=now, actor=at.actor, action=f"crawl.held.{verb}", subject=decided,
                detail={one.run: one.gone for one in waiting if one.source == decided},
            )  # fmt: skip
            number = vanish.accept(tx, decided) if accept is not None else vanish.refuse(tx, decided, now=now)
    at.record({"source": decided, "decided": verb, "withdrawals": number})
