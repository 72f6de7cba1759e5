"""`sourcer rank`: scores and their reasons."""

from typing import Annotated

import typer

from sourcing.cli import explained, market, oversight, ranking_absent, ranking_measured, ranking_past
from sourcing.cli.search import known_specialism
from sourcing.cli.session import session

app = typer.Typer(no_args_is_help=True, help="Score people and explain scores.", rich_markup_mode=None)
for name, command in (
    ("why-not", ranking_absent.why_not),
    ("without", ranking_absent.without),
    ("past", ranking_past.past),
    ("diff", ranking_past.diff),
    ("replay", ranking_past.replay),
    ("backtest", ranking_measured.backtest),
    ("eval", ranking_measured.agreement),
    ("axes", market.axes),
    ("stop", oversight.stop),
    ("resume", oversight.resume),
):
    app.command(name)(command)

Specialism = Annotated[str | None, typer.Option("--specialism", metavar="X", help="Only this one.")]


@app.command("run")
def run_(ctx: typer.Context, specialism: Specialism = None) -> None:
    """Score everybody for every specialism, or for one."""
    from sourcing import nightly
    from storage import runs

    at = session(ctx)
    known_specialism(at, specialism)
    now = at.clock()
    with at.store() as store:
        with store.begin() as tx:
            run = runs.start(tx, "rank", now=now, actor=at.actor)
        with nightly.recorded(store, run, clock=at.clock):
            reports = nightly.rank(store, at.settings, now=now, run=run, only=specialism)
        with store.begin() as tx:
            runs.finish(tx, run, now=at.clock(), status="done", detail={"specialisms": reports})
    at.rows(reports, "specialism", "version", "scored", "listed", "gated", "left_out", "seconds")


@app.command()
def explain(
    ctx: typer.Context,
    key: Annotated[str, typer.Argument(metavar="KEY")],
    specialism: Specialism = None,
) -> None:
    """Show what earned a person's points, with evidence, and what would change the score.

    Order in lists is by `lower`: the score times the confidence that its evidence gives.
    """
    from sourcing import people

    at = session(ctx)
    known_specialism(at, specialism)
    with at.store() as store:
        with store.read() as tx:
            sheet = people.sheet(tx, key)
        explained.looked(at, store, sheet, specialism)
    rows = explained.rows(at, sheet, specialism)
    if at.flags.how == "table":
        explained.show(at, rows)
    else:
        at.rows(rows, "specialism", "score", "lower", "upper", "confidence", "level", "why")
