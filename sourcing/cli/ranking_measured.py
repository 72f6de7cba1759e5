"""`sourcer rank backtest|eval`: how good the rankings are, against what came later and against labels."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from sourcing.cli.search import known_specialism
from sourcing.cli.session import session

WINDOW_DAYS = 730
Specialism = Annotated[str | None, typer.Option("--specialism", metavar="X", help="Only this one.")]


def backtest(
    ctx: typer.Context,
    as_of: Annotated[
        datetime,
        typer.Option("--as-of", formats=["%Y-%m-%d", "%Y-%m"], metavar="DATE", help="Rank as of this day."),
    ],
    specialism: Specialism = None,
    window_days: Annotated[
        int, typer.Option("--window-days", min=30, max=3650, help="In which charge counts as given later.")
    ] = WINDOW_DAYS,
    outcomes: Annotated[
        bool, typer.Option("--outcomes", help="Also against who was hired, as `export outcomes` read it.")
    ] = False,
) -> None:
    """Rank by what was public on a past day and ask who was given charge of the projects later.

    Beside the plain number of changes and chance; intervals are 95 %, over people, and over specialisms at the end.
    What was learned about who is who since stays known.
    """
    from datetime import UTC

    from sourcing.errors import BadInput
    from sourcing.ranking import backtest as test
    from sourcing.ranking import specialism as packs

    at = session(ctx)
    known_specialism(at, specialism)
    moment = as_of.replace(tzinfo=UTC)
    if moment >= at.clock():
        raise BadInput(f"{as_of:%Y-%m-%d} is not in the past; nothing came after it yet")
    slugs = [specialism] if specialism is not None else packs.names(at.settings.roots)
    wanted = [packs.load(slug, at.settings.roots) for slug in slugs]
    with at.store() as store:
        found = test.run(
            store, wanted, as_of=moment, home=at.settings.home, window_days=window_days, outcomes=outcomes
        )
    rows = [
        {
            "specialism": one.specialism,
            "against": one.against,
            "wanted": one.wanted,
            "order": order,
            "hit@10": one.hit[order],
            "ndcg@20": str(one.ndcg[order].value),
            "over changes": str(one.ndcg[order].over["changes"]) if order != "changes" else None,
            "over random": str(one.ndcg[order].over["random"]) if order != "random" else None,
        }
        for one in found
        if one.wanted
        for order in test.ORDERS
    ]
    shown = ["specialism", "against", "wanted", "order", "hit@10", "ndcg@20", "over changes", "over random"]
    at.rows(rows, *(name for name in shown if outcomes or name != "against"))
    for one in found:
        if not one.wanted and one.against == test.CHARGE:
            at.say(
                f"{one.specialism}: nobody is known to have been given charge in the {window_days} days after"
            )
    if outcomes and not any(one.against == test.OUTCOMES for one in found):
        at.say(
            f"no lead is known to have been decided on after {as_of:%Y-%m-%d}: see `sourcer export outcomes`"
        )
    for against in (test.CHARGE, test.OUTCOMES):
        if sum(one.against == against and one.wanted > 0 for one in found) > 1:
            for order, value in test.overall(found, against).items():
                at.say(f"all specialisms, against {against}, {order}: nDCG@20 {value}")


def agreement(
    ctx: typer.Context, labels: Annotated[Path, typer.Argument(metavar="LABELS", help="JSON lines.")]
) -> None:
    """Measure the stored rankings against labels: {"specialism", "person" or "handle", "grade" 0–3} a line."""
    from sourcing.ranking import labels as graded

    at = session(ctx)
    given = graded.load(labels)
    for slug in sorted({one.specialism for one in given}):
        known_specialism(at, slug)
    with at.store() as store, store.read() as tx:
        found = graded.agree(tx, given)
    rows = [
        {"specialism": one.specialism, "labelled": one.labelled, "unknown": one.unknown, **one.values}
        for one in found
    ]
    at.rows(rows, *rows[0])
    if len(found) > 1:
        for name, value in graded.overall(found).items():
            at.say(f"all specialisms, {name}: {value}")
