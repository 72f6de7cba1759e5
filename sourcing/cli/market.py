"""`sourcer market`, `sourcer rank axes` and `sourcer person craft`: what people do, beside their scores."""

from typing import Annotated

import typer

from sourcing.cli.search import known_specialism
from sourcing.cli.session import session

LIMIT = 25

Specialism = Annotated[str, typer.Option("--specialism", metavar="X", help="Of this one.")]
Limit = Annotated[int, typer.Option("--limit", min=1, max=10_000, help="How many people.")]


def market(
    ctx: typer.Context,
    specialism: Specialism,
    by: Annotated[str, typer.Option("--by", metavar="PLACE", help="country, region or hub.")] = "country",
    moves: Annotated[
        bool, typer.Option("--moves", help="Who moved between organisations, by year, instead.")
    ] = False,
) -> None:
    """Count the people listed for a specialism by place and level, or their moves; fewer than five are withheld."""
    from sourcing import market as market_view
    from sourcing.errors import UnknownName

    at = session(ctx)
    known_specialism(at, specialism)
    if by not in market_view.PLACES:
        raise UnknownName("place", by, market_view.PLACES)
    with at.store() as store, store.read() as tx:
        if moves:
            at.rows(
                [
                    {"year": one.year, "left": one.left, "joined": one.joined, "people": one.people}
                    for one in market_view.moves(tx, specialism)
                ],
                "year", "left", "joined", "people",
            )  # fmt: skip
        else:
            at.rows(
                [
                    {
                        by: one.place,
                        "level": one.level,
                        "people": one.people,
                        "evidenced": one.evidenced,
                        "low": one.low,
                        "high": one.high,
                    }
                    for one in market_view.supplied(tx, specialism, by)
                ],
                by, "level", "people", "evidenced", "low", "high",
            )  # fmt: skip
    at.say("– stands for a number withheld: fewer than five people, or one that would tell of them")


def axes(
    ctx: typer.Context,
    specialism: Specialism,
    bridge: Annotated[
        bool,
        typer.Option(
            "--bridge", help="Only who is above the middle on both, with the latest evidence of each."
        ),
    ] = False,
    limit: Limit = LIMIT,
) -> None:
    """Show theory (papers) and practice (code, reviews) as two numbers per person, never as one."""
    from sourcing.ranking import axes as two
    from sourcing.ranking import specialism as packs
    from storage import persons

    at = session(ctx)
    known_specialism(at, specialism)
    with at.store() as store, store.read() as tx:
        plane = two.plane(tx, packs.load(specialism, at.settings.roots))
        both = sorted(plane.people, key=lambda one: (-max(one.theory, one.practice), one.person))
        rows = []
        for one in (plane.bridges() if bridge else both)[:limit]:
            theory, practice = two.sides(tx, one.person, specialism)
            rows.append(
                {
                    "person": one.person,
                    "name": persons.get(tx, one.person).name,
                    "theory": one.theory,
                    "practice": one.practice,
                    "theory_share": one.theory_share,
                    "practice_share": one.practice_share,
                    "bridge": one.is_bridge,
                    "latest_paper": theory.latest and theory.latest.date(),
                    "latest_code": practice.latest and practice.latest.date(),
                    "papers": theory.links,
                    "code": practice.links,
                }
            )
    columns = ["theory", "practice", "bridge", "name", "person", "latest_paper", "latest_code"]
    at.rows(rows, *columns, *(["papers", "code"] if bridge else []))
    at.say(
        f"the middle of those with any: theory {_shown(plane.theory_median)}, practice "
        f"{_shown(plane.practice_median)} points; {len(plane.bridges()):,} of {len(plane.people):,} people above both"
    )


def craft(ctx: typer.Context, key: Annotated[str, typer.Argument(metavar="KEY")]) -> None:
    """Show what somebody writes with and for, with shares and links: languages, frameworks, targets, layers.

    Filters and columns only: none of it earns a point.
    """
    from sourcing import facets, marking, vocabulary
    from storage import people as marks
    from storage import persons

    at = session(ctx)
    words = vocabulary.load(at.settings.roots)
    with at.store() as store, store.read() as tx:
        person = persons.get(tx, key) if key.startswith("p_") else persons.find_by_identity(tx, key)
        if person is None:
            person = persons.get(tx, key)
        marking.expect_shown(key, marks.marks(tx, person.key))
        found = facets.of_person(tx, person.key, words=words, now=at.clock())
    at.rows(
        [
            {
                "kind": one.kind,
                "title": one.title,
                "share": one.share,
                "works": one.works,
                "facet": one.is_facet,
                "links": one.links,
            }
            for one in found
        ],
        "kind", "title", "share", "works", "facet", "links",
    )  # fmt: skip


def _shown(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"
