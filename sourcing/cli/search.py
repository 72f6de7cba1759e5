"""`sourcer search`: the best people for a query, each with the reasons."""

from collections.abc import Sequence
from textwrap import wrap
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sourcing.cli.output import Format, terminal_width, visible
from sourcing.cli.session import Session, session

if TYPE_CHECKING:
    from sourcing.people import Hit

LIMIT = 25


def search(
    ctx: typer.Context,
    query: Annotated[
        list[str] | None, typer.Argument(metavar="QUERY", help="As: kernels -intern score:>=60")
    ] = None,
    specialism: Annotated[
        str | None, typer.Option("--specialism", metavar="X", help="Rank by this one.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="How many people.")] = LIMIT,
) -> None:
    """Find people: words, "phrases", begin*, AND OR NOT ( ) -, field:value, ranges.

    The best supported first: ordered by score times confidence, so that little evidence is no top place.
    """
    from sourcing import people
    from sourcing.query import parse
    from storage import search as store_search

    at = session(ctx)
    tree = parse(" ".join(query or []))
    known_specialism(at, specialism)
    with at.store() as store, store.read() as tx:
        hits = people.find(tx, tree, specialism=specialism, limit=limit, now=at.clock())
        total = store_search.count(tx, people.in_specialism(tree, specialism), specialism=specialism)
    if at.flags.how is Format.TABLE and not at.flags.fields:
        print(listing(hits, width=terminal_width()), end="")
    else:
        at.rows(
            [as_row(hit) for hit in hits], "rank", "score", "confidence", "name", "person", "why", "links"
        )
    at.say(f"{len(hits):,} of {total:,} people" if hits else nothing_found(specialism))


def known_specialism(at: Session, name: str | None) -> None:
    """Raise UnknownName if there is no such specialism."""
    from sourcing.errors import UnknownName
    from sourcing.ranking import specialism

    known = specialism.names(at.settings.roots)
    if name is not None and name not in known:
        raise UnknownName("specialism", name, known)


def listing(hits: "Sequence[Hit]", *, width: int | None = None) -> str:
    """Return hits for reading: rank, score, name, key, then the reasons with their links.

    width: columns to wrap reasons at; None = do not. Links are never broken.
    """
    out = []
    for hit in hits:
        score = f"{hit.score:5.1f}" if hit.score is not None else "    –"
        sure = f"confidence {hit.confidence:.2f}" if hit.confidence is not None else "not scored"
        head = f"{hit.rank:>3}  {score}  {visible(hit.name or hit.person)}"
        out.append(f"{head}  ({sure}, {hit.level or 'unknown'})  {hit.person}")
        for reason in hit.reasons:
            out += _wrapped(visible(reason.text), width)
            out += [f"              {visible(url)}" for url in reason.links]
    return "".join(f"{line}\n" for line in out)


def _wrapped(text: str, width: int | None) -> list[str]:
    indent = " " * 12
    if width is None:
        return [indent + text]
    room = max(width, 40)
    return wrap(text, room, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False)


def as_row(hit: "Hit") -> dict[str, Any]:
    """Return a hit as programs read it; `why` and `links` are flat for CSV."""
    from sourcing.cli.output import plain

    table: dict[str, Any] = plain(hit)
    table["why"] = "; ".join(reason.text for reason in hit.reasons)
    table["links"] = " ".join(url for reason in hit.reasons for url in reason.links)
    return table


def nothing_found(specialism: str | None) -> str:
    """Return what to do when nobody was found."""
    scored = f"`sourcer rank run --specialism {specialism}`" if specialism else "`sourcer rank run`"
    return f"nobody found; widen the query, or score people first: {scored}"
