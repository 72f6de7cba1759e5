"""`sourcer search`: the best people for a query, each with the reasons."""

from collections.abc import Sequence
from enum import StrEnum
from shlex import quote
from textwrap import wrap
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sourcing.cli.output import Format, terminal_width, visible
from sourcing.cli.session import Session, session

if TYPE_CHECKING:
    from sourcing.people import Hit
    from storage.query import Tree

LIMIT = 25


class Order(StrEnum):
    """What a list is sorted by."""

    ESTABLISHED = "established"
    RISING = "rising"


def search(
    ctx: typer.Context,
    query: Annotated[
        list[str] | None, typer.Argument(metavar="QUERY", help="As: kernels -intern score:>=60")
    ] = None,
    specialism: Annotated[
        str | None, typer.Option("--specialism", metavar="X", help="Rank by this one.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="How many people.")] = LIMIT,
    order: Annotated[
        Order, typer.Option("--order", help="By what has been done, or by what is on the rise.")
    ] = Order.ESTABLISHED,
    page: Annotated[
        str | None, typer.Option("--page", metavar="CURSOR", help="Go on where a page ended.")
    ] = None,
    facets: Annotated[
        bool, typer.Option("--facets", help="Count people by field and by score instead.")
    ] = False,
    like: Annotated[
        str | None,
        typer.Option("--like", metavar="WHOM", help="People like this one: a key, owner/name or DOI."),
    ] = None,
    brief: Annotated[
        str | None, typer.Option("--brief", metavar="FILE", help="Specialism and query of a role brief.")
    ] = None,
    words: Annotated[
        str | None,
        typer.Option("--brief-text", metavar="TEXT", help="A brief in plain words, read by rules."),
    ] = None,
) -> None:
    """Find people: words, "phrases", "near each other"~3, begin*, AND OR NOT ( ) -, field:value, ranges.

    The best supported first: ordered by score times confidence, so that little evidence is no top place.
    """
    from sourcing.query import parse

    at = session(ctx)
    text, specialism = _asked(at, " ".join(query or []), specialism, brief, words)
    tree = parse(text)
    known_specialism(at, specialism)
    if facets:
        _facets(at, tree, specialism, order)
    elif like is not None:
        _like(at, like, tree, specialism, limit)
    else:
        _page(at, text, specialism, limit, order, page)


def _asked(
    at: Session, text: str, specialism: str | None, brief: str | None, words: str | None
) -> tuple[str, str | None]:
    """Return the query of everything that was given, all of it to hold, and the specialism to rank by."""
    parts = [text]
    if brief is not None:
        from sourcing.ranking import brief as briefs

        role = briefs.load(brief, at.settings.roots)
        parts.append(role.query)
        specialism = specialism or role.specialism
    if words is not None:
        from sourcing import brief as plain

        reading = plain.read(words, plain.known(at.settings.roots), today=at.clock().date())
        parts.append(reading.query)
        specialism = specialism or reading.specialism
        ranked = f" --specialism {specialism}" if specialism else ""
        at.say(f"read as: sourcer search{ranked} {quote(reading.query)}")
        if reading.left:
            at.say(f"not understood, add it as words if it must be there: {', '.join(reading.left)}")
    known = [part for part in parts if part.strip()]
    return known[0] if len(known) == 1 else " ".join(f"({part})" for part in known), specialism


def _page(
    at: Session, text: str, specialism: str | None, limit: int, order: Order, cursor: str | None
) -> None:
    from sourcing import hints, pages, people
    from sourcing.query import parse
    from storage import search as store_search

    tree = parse(text)
    with at.store() as store, store.read() as tx:
        found = pages.page(
            tx, tree, specialism=specialism, size=limit, now=at.clock(), cursor=cursor, order=order
        )
        total = store_search.count(tx, people.in_specialism(tree, specialism), specialism=specialism)
        meant = [] if total else hints.of(tx, text, specialism=specialism, titles=_titles(at))
    if at.flags.how is Format.TABLE and not at.flags.fields:
        print(listing(found.hits, width=terminal_width()), end="")
    else:
        names = ("rank", "score", "confidence", "name", "person", "why", "links")
        at.rows([as_row(hit) for hit in found.hits], *names)
    at.say(f"{len(found.hits):,} of {total:,} people" if found.hits else nothing_found(specialism))
    for one in meant:
        at.say(f"did you mean: sourcer search {quote(one.query)} ({one.people:,} people)")
    for way, where in (("back", found.before), ("on", found.after)):
        if where is not None:
            at.say(f"{way}: --page {where}")


def _titles(at: Session) -> dict[str, str]:
    from sourcing.ranking import specialism as packs

    roots = at.settings.roots
    return {slug: packs.load(slug, roots).title for slug in packs.names(roots)}


def _like(at: Session, subject: str, tree: "Tree", specialism: str | None, limit: int) -> None:
    from sourcing import similar
    from sourcing.cli.output import plain

    with at.store() as store, store.read() as tx:
        found = similar.find(tx, subject, tree, specialism=specialism, limit=limit)
    if at.flags.how is Format.TABLE and not at.flags.fields:
        for one in found:
            print(f"{one.rank:>3}  {one.likeness:5.2f}  {visible(one.name or one.person)}  {one.person}")
            for reason in one.reasons:
                print("".join(f"{line}\n" for line in _wrapped(visible(reason), terminal_width())), end="")
    else:
        rows = [{**plain(one), "why": "; ".join(one.reasons)} for one in found]
        at.rows(rows, "rank", "likeness", "name", "person", "why")
    at.say(f"{len(found):,} people" if found else "nobody shares two kinds of evidence; widen the query")


def _facets(at: Session, tree: "Tree", specialism: str | None, order: Order) -> None:
    from sourcing import pages, people
    from storage import panels

    with at.store() as store, store.read() as tx:
        whole = people.in_specialism(tree, specialism)
        counted = panels.facets(tx, whole, specialism=specialism)
        spread = panels.histogram(tx, whole, specialism=specialism, sort=pages.SORTS[order])
    rows = [
        {"field": str(field), "value": value, "people": number}
        for field, values in counted.items()
        for value, number in values.items()
    ]
    steps = len(spread)
    for at_step, number in enumerate(spread):
        low, high = 100 * at_step // steps, 100 * (at_step + 1) // steps
        rows.append({"field": "score", "value": f"{low}..{high}", "people": number})
    at.rows(rows, "field", "value", "people")


def known_specialism(at: Session, name: str | None) -> None:
    """Raise UnknownName if there is no such specialism, ConfigError if its file is broken."""
    from sourcing.ranking import specialism

    if name is not None:
        specialism.load(name, at.settings.roots)


def listing(hits: "Sequence[Hit]", *, width: int | None = None) -> str:
    """Return hits for reading: rank, score, name, key, then the reasons with their links.

    width: columns to wrap reasons at; None = do not. Links are never broken.
    """
    out: list[str] = []
    for hit in hits:
        if hit.rank is None and not any(text.startswith("cannot tell") for text in out):
            out.append("cannot tell: too little independent evidence to give a place")
        spread = (
            f"({hit.lower:.0f}–{hit.upper:.0f})" if hit.lower is not None and hit.upper is not None else ""
        )
        score = f"{f'{hit.score:5.1f}' if hit.score is not None else '    –'} {spread:<8}"
        sure = f"confidence {hit.confidence:.2f}" if hit.confidence is not None else "not scored"
        place = f"{hit.rank:>3}" if hit.rank is not None else "  –"
        head = f"{place}  {score}  {visible(hit.name or hit.person)}"
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
    del table["points"]  # `reasons` says those worth saying
    table["why"] = "; ".join(reason.text for reason in hit.reasons)
    table["links"] = " ".join(url for reason in hit.reasons for url in reason.links)
    return table


def nothing_found(specialism: str | None) -> str:
    """Return what to do when nobody was found."""
    scored = f"`sourcer rank run --specialism {specialism}`" if specialism else "`sourcer rank run`"
    return f"nobody found; widen the query, or score people first: {scored}"
