"""`sourcer fairness`: whether a ranking treats people alike."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sourcing.cli.exits import Code
from sourcing.cli.session import Session, session

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sourcing.fairness.impact import Table

app = typer.Typer(no_args_is_help=True, help="Whether a ranking treats people alike.", rich_markup_mode=None)
_COLUMNS = ("category", "group", "selected", "total", "rate", "ratio", "p", "marks")
_VOLUNTARY = (
    "the arithmetic of NYC Local Law 144; the law asks it of applicants, for sourcing it is voluntary. "
    "Nobody's group was guessed"
)


@app.command()
def features(ctx: typer.Context) -> None:
    """Show what a ranking may look at, and hold the program against that list; exit 1 if it differs."""
    from sourcing.fairness import allowed, held

    at = session(ctx)
    listed = allowed.load(held.root())
    at.rows(
        [{"feature": name, "measures": text} for name, text in listed.features.items()], "feature", "measures"
    )
    found = held.problems(at.settings.roots)
    for text in found:
        at.say(text)
    if found:
        raise typer.Exit(Code.FAILED)


@app.command()
def swap(
    ctx: typer.Context,
    names: Annotated[
        list[str] | None, typer.Argument(metavar="SPECIALISM...", help="All without a name.")
    ] = None,
) -> None:
    """Make everybody somebody else, rank twice, and show every score that moved; exit 1 if one did. Changes nothing."""
    from sourcing.fairness import counterfactual
    from sourcing.ranking import specialism

    at = session(ctx)
    roots = at.settings.roots
    wanted = [specialism.load(name, roots) for name in names or specialism.names(roots)]
    with at.store() as store:
        found = counterfactual.gate(store, wanted, as_of=at.clock(), home=at.settings.home)
    rows = [
        {"specialism": one.specialism, "person": one.person, "before": one.before, "after": one.after}
        for one in found.differences
    ]
    at.rows(rows, "specialism", "person", "before", "after")
    at.say(
        f"{found.scores:,} scores in {found.specialisms} specialisms, {found.swapped.statements:,} statements and "
        f"{found.swapped.works:,} works about somebody else: {found.differing:,} scores moved"
    )
    if not found.holds:
        raise typer.Exit(Code.FAILED)


@app.command()
def impact(
    ctx: typer.Context,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="CSV or JSON: category, group, selected, total.")
    ],
) -> None:
    """Show impact ratios of supplied counts, with small groups left out and an exact test for each that is flagged."""
    from sourcing.fairness import impact as ratios

    at = session(ctx)
    found = ratios.tables(ratios.load(file))
    at.rows(ratios.as_rows(found), *_COLUMNS)
    _say(at, found)


@app.command()
def report(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="LIST")],
    answers: Annotated[
        Path, typer.Option("--answers", metavar="FILE", help="CSV: person, and a column for each question.")
    ],
) -> None:
    """Show impact ratios of a shortlist from what people said of themselves; the answers are gone afterwards."""
    from sourcing.fairness import impact as ratios
    from sourcing.fairness import reported

    at = session(ctx)
    with at.store() as store:
        found = reported.report(store, name, answers, home=at.settings.home, actor=at.actor, now=at.clock())
    rows = [
        {"by": way, **row}
        for way, tables in zip(reported.WAYS, (found.selection, found.scoring), strict=True)
        for row in ratios.as_rows(tables)
    ]
    at.rows(rows, "by", *_COLUMNS)
    answered = "some" if found.answered is None else f"{found.answered:,}"
    at.say(f"{answered} of {found.people:,} people answered; {found.left_out:,} rows are of nobody compared")
    _say(at, [*found.selection, *found.scoring])


@app.command()
def reach(ctx: typer.Context, name: Annotated[str, typer.Argument(metavar="LIST")]) -> None:
    """Show how much of a shortlist comes from few sources, regions and institutions, beside everybody ranked."""
    from sourcing.fairness import reach as spreads

    at = session(ctx)
    with at.store() as store, store.read() as tx:
        found = spreads.of(tx, name)
    rows = [
        {
            "by": one.by,
            "value": part.value,
            "people": part.people,
            "share": round(part.share, 3),
            "of all": round(part.of_all, 3),
        }
        for one in found.spreads
        for part in one.parts
    ]
    at.rows(rows, "by", "value", "people", "share", "of all")
    for one in found.spreads:
        if one.top_share is not None:
            beside = (
                ""
                if one.top_share_of_all is None
                else f", {one.top_share_of_all:.0%} of everybody in the five largest"
            )
            at.say(f"{one.by}: {one.top_share:.0%} of {one.known} in these{beside}; unknown of {one.unknown}")


def _say(at: Session, found: "Sequence[Table]") -> None:
    from sourcing.fairness import impact as ratios

    for text in ratios.warnings(found):
        at.say(text)
    at.say(_VOLUNTARY)
