"""`sourcer rank stop|resume`: the ranking switched off for everybody, and on again, by a person for a reason."""

from typing import Annotated

import typer

from sourcing.cli.session import session

Reason = Annotated[str, typer.Option("--reason", metavar="R", help="Why; it stands in the audit log.")]


def stop(ctx: typer.Context, reason: Reason) -> None:
    """Switch the ranking off everywhere: lists stay, by the newest work; no score is shown, exported or computed."""
    from sourcing import oversight

    at = session(ctx)
    with at.store() as store:
        oversight.stop(store, reason=reason, actor=at.actor, now=at.clock())
    at.say("the ranking is off; undo: sourcer rank resume --reason R")


def resume(ctx: typer.Context, reason: Reason) -> None:
    """Switch the ranking on again, with the scores of before; the next night computes new ones."""
    from sourcing import oversight

    at = session(ctx)
    with at.store() as store:
        oversight.resume(store, reason=reason, actor=at.actor, now=at.clock())
    at.say("the ranking is on")
