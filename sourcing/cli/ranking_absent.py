"""`sourcer rank why-not|without`: why somebody is not seen, and what one repository is worth to somebody."""

from typing import Annotated

import typer

from sourcing.cli.search import known_specialism
from sourcing.cli.session import session

Wanted = Annotated[str, typer.Option("--specialism", metavar="X", help="In this one.")]


def why_not(
    ctx: typer.Context,
    who: Annotated[str, typer.Argument(metavar="WHO", help="A key, login, ORCID, identity id or name.")],
    specialism: Wanted,
    query: Annotated[
        str, typer.Option("--query", metavar="Q", help="A search that should have found them.")
    ] = "",
) -> None:
    """Say why somebody is not among the first: not collected, not resolved, opted out, filtered, or low evidence."""
    from sourcing import whynot
    from sourcing.query import parse
    from sourcing.ranking import specialism as packs

    at = session(ctx)
    known_specialism(at, specialism)
    pack = packs.load(specialism, at.settings.roots)
    tree = parse(query) if query else None
    with at.store() as store, store.read() as tx:
        answers = whynot.why_not(tx, at.settings, who, specialism=pack, query=tree, now=at.clock())
    rows = [
        {
            "person": answer.person,
            "place": answer.place,
            "cause": finding.cause,
            "what": finding.text,
            "then": finding.then,
        }
        for answer in answers
        for finding in answer.findings
    ]
    at.rows(rows, "person", "cause", "what", "then")


def without(
    ctx: typer.Context,
    key: Annotated[str, typer.Argument(metavar="KEY")],
    repository: Annotated[str, typer.Argument(metavar="OWNER/NAME")],
    specialism: Wanted,
) -> None:
    """Show where somebody would stand without what they did in one repository."""
    from sourcing.ranking import specialism as packs
    from sourcing.ranking import without as counterfactual

    at = session(ctx)
    known_specialism(at, specialism)
    pack = packs.load(specialism, at.settings.roots)
    with at.store() as store:
        found = counterfactual.without(store, pack, key, repository, home=at.settings.home, now=at.clock())
    at.record(found)
    if at.flags.how == "table":
        at.say(found.sentence)
