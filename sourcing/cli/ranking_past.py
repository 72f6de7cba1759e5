"""`sourcer rank past|diff|replay`: rankings of earlier runs, compared and computed again."""

from typing import Annotated

import typer

from sourcing.cli.exits import Code
from sourcing.cli.search import known_specialism
from sourcing.cli.session import session

MOST = 50
Specialism = Annotated[str | None, typer.Option("--specialism", metavar="X", help="Only this one.")]
Run = Annotated[str, typer.Argument(metavar="RUN", help="As `sourcer rank past` prints it.")]


def past(ctx: typer.Context, specialism: Specialism = None) -> None:
    """List the rankings that are kept, and which of them can be computed again."""
    from sourcing.ranking import past as kept
    from storage import rankings

    at = session(ctx)
    known_specialism(at, specialism)
    with at.store() as store, store.read() as tx:
        found = rankings.ls(tx, specialism)
    rows = [
        {
            "run": one.run,
            "specialism": one.specialism,
            "version": one.version,
            "as_of": one.as_of,
            "people": one.people,
            "replayable": kept.snapshot_of(one, at.settings.home) is not None,
        }
        for one in found
    ]
    at.rows(rows, "run", "specialism", "version", "as_of", "people", "replayable")


def diff(
    ctx: typer.Context,
    before: Annotated[str, typer.Argument(metavar="RUN_A", help="The earlier run.")],
    after: Annotated[str, typer.Argument(metavar="RUN_B", help="The later run.")],
    specialism: Specialism = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="How many people.")] = MOST,
) -> None:
    """Show who rose, fell, came and went between two runs, and why."""
    from sourcing import oversight
    from sourcing.ranking import diff as compared
    from storage import rankings

    at = session(ctx)
    known_specialism(at, specialism)
    found = []
    with at.store() as store, store.read() as tx:
        oversight.expect_on(tx)
        old = {one.specialism: one for one in rankings.of_run(tx, before, specialism)}
        new = {one.specialism: one for one in rankings.of_run(tx, after, specialism)}
        found = [
            compared.compare(tx, old[slug], new[slug], most=limit) for slug in sorted(old.keys() & new.keys())
        ]
    rows = []
    for one in found:
        counts = ", ".join(f"{number} {move}" for move, number in one.counts.items())
        at.say(f"{one.specialism}: {counts}")
        for text in one.changed:
            at.say(f"{one.specialism}: {text}")
        rows += [
            {
                "specialism": one.specialism,
                "move": each.move,
                "from": each.before,
                "to": each.after,
                "person": each.person,
                "lower_from": each.lower_before,
                "lower_to": each.lower_after,
                "why": list(each.why),
            }
            for each in one.moved
        ]
    for slug in sorted(old.keys() ^ new.keys()):
        at.say(f"{slug}: ranked in only one of the two runs")
    at.rows(rows, "specialism", "move", "from", "to", "person", "why")


def replay(ctx: typer.Context, run: Run, specialism: Specialism = None) -> None:
    """Compute a past ranking again from its snapshot and compare it to the last digit."""
    from sourcing import oversight
    from sourcing.ranking import past as kept
    from storage import rankings

    at = session(ctx)
    known_specialism(at, specialism)
    with at.store() as store:
        with store.read() as tx:
            oversight.expect_on(tx)  # or everybody would seem to be gone from what was kept
            found = rankings.of_run(tx, run)
        done = kept.replay(store, found, home=at.settings.home)
    done = [one for one in done if specialism in (None, one.specialism)]
    rows = [
        {
            "run": one.run,
            "specialism": one.specialism,
            "people": one.people,
            "same": one.same,
            "differs": len(one.differs),
            "off": one.off,
            "same_formula": one.is_formula_same,
        }
        for one in done
    ]
    at.rows(rows, "run", "specialism", "people", "same", "differs", "off", "same_formula")
    for one in done:
        if not one.same:
            formula = (
                "" if one.is_formula_same else ": the program computes features or scores in another way now"
            )
            at.say(f"{one.specialism}: {len(one.differs)} people differ{formula}")
    if not all(one.same for one in done):
        raise typer.Exit(Code.FAILED)
