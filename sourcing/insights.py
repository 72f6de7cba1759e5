"""A query's people as a whole: where they are and for what, their scores, when they were active, how far they came.

Each figure has the query that finds the people behind it, so that no number has to be believed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sourcing import people
from sourcing.hours import month
from sourcing.pages import SORTS
from sourcing.people import STAGES
from sourcing.query import chips, parse
from storage import insights, panels, search
from storage.query import And, Field, FieldName, Tree

PLACES_MAX = 12
SPECIALISMS_MAX = 8
MONTHS = 24
PARTS = 10
_ALL = chips.written("hidden", "all")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A number of people, and the query that finds them; None where no query says it."""

    label: str
    people: int
    query: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Insights:
    """What a query's people look like. places, specialisms: rows and columns of `grid`, most people first.

    place: what the places are, `hub` or `country`. placed: how many state one. scores: lowest first. months: oldest
    first; the first of them holds whoever was last active before. funnel: from what was collected to what was handed
    over.
    """

    total: int
    placed: int
    place: str
    places: Sequence[str]
    specialisms: Sequence[str]
    grid: Sequence[Sequence[Figure]]
    scores: Sequence[Figure]
    months: Sequence[Figure]
    funnel: Sequence[Figure]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """How many people a query finds, and why not all of them are shown: found is the sum of the three others.

    unlisted: kept out by the gates of the specialism, or without work on its topic; of all specialisms, by their gates.
    hidden: by a recruiter.
    """

    found: int
    shown: int
    unlisted: int
    hidden: int


def counted(tx: Any, tree: Tree, *, specialism: str | None) -> Counted:
    """Return how many people a query finds. Of a query that speaks of hidden people, all it finds are shown."""
    shown = search.count(tx, people.in_specialism(tree, specialism), specialism=specialism)
    if search.mentions_hidden(tree):
        return Counted(found=shown, shown=shown, unlisted=0, hidden=0)
    found, hidden = (
        search.count(tx, And(parts=(tree, Field(name=FieldName.HIDDEN, value=value))), specialism=specialism)
        for value in ("all", "yes")
    )
    return Counted(found=found, shown=shown, unlisted=found - shown - hidden, hidden=hidden)


def of(tx: Any, query: str, *, specialism: str | None, order: str, now: datetime) -> Insights:
    """Return what the people of a query look like. order: one of `pages.SORTS`. Raises BadQuery."""
    tree = parse(query)
    whole = people.in_specialism(tree, specialism)
    found = search.everybody(tx, whole, specialism=specialism)
    grid = insights.grid(tx, found, places_max=PLACES_MAX, specialisms_max=SPECIALISMS_MAX)
    spread = panels.histogram(tx, whole, specialism=specialism, sort=SORTS[order], parts=PARTS)
    return Insights(
        total=int(found.sum()),
        placed=grid.placed,
        place=str(grid.field),
        places=grid.places,
        specialisms=grid.specialisms,
        grid=[
            [
                _cell(query, (grid.field, place), slug, grid.cells.get((place, slug), 0))
                for slug in grid.specialisms
            ]
            for place in grid.places
        ],
        scores=[_score(query, part, count) for part, count in enumerate(spread)],
        months=_months(query, insights.months(tx, found), now),
        funnel=_funnel(tx, query, specialism),
    )


def _cell(query: str, place: tuple[str, str], slug: str, count: int) -> Figure:
    both = f"{chips.written(*place)} {chips.written('spec', slug)}"
    return Figure(
        label=f"{place[1]}, {slug}", people=count, query=chips.added(query, both) if count else None
    )


def _score(query: str, part: int, count: int) -> Figure:
    low, high = 100 * part // PARTS, 100 * (part + 1) // PARTS
    said = f"score:>={low}" if high == 100 else f"score:>={low} score:<{high}"
    return Figure(label=f"{low}–{high}", people=count, query=chips.added(query, said))


def _months(query: str, active: dict[str, int], now: datetime) -> list[Figure]:
    names = [month(now, back=back) for back in range(MONTHS - 1, -1, -1)]
    earlier = sum(count for name, count in active.items() if name < names[0])
    found = [
        Figure(
            label=f"before {names[0]}",
            people=earlier,
            query=chips.added(query, f"active:<{names[0]}-01"),
        )
    ]
    for name in names:
        first = date.fromisoformat(f"{name}-01")
        last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        query_of = chips.added(query, f"active:{first}..{last}")
        found.append(Figure(label=name, people=active.get(name, 0), query=query_of))
    return found


def _funnel(tx: Any, query: str, specialism: str | None) -> list[Figure]:
    tree, whole = parse(query), chips.added(query, _ALL)
    everybody = search.everybody(tx, parse(whole), specialism=None)
    scored = search.everybody(tx, people.in_specialism(tree, specialism), specialism=specialism)
    # a link of a page in a specialism stays in it, where these two would be other people
    shown, is_open = search.count(tx, tree, specialism=None), specialism is None
    steps = [
        Figure(label="accounts and bylines found", people=insights.identities(tx, everybody), query=None),
        Figure(label="people they are", people=int(everybody.sum()), query=whole if is_open else None),
        Figure(label="of them come in lists", people=shown, query=query if is_open else None),
    ]
    said = chips.written("spec", specialism) if specialism is not None else "score:>=0"
    if specialism is None:
        scored = search.everybody(tx, parse(chips.added(query, said)), specialism=None)
    label = "scored" if is_open else "listed in this specialism"
    steps.append(Figure(label=label, people=int(scored.sum()), query=chips.added(query, said)))
    stages = " OR ".join(f"stage:{stage}" for stage in STAGES[1:])
    reviewed = insights.looked_at(tx, scored, first=STAGES[0])
    steps.append(Figure(label="reviewed", people=reviewed, query=chips.added(query, f"({stages})")))
    for label, part in (("shortlisted", "in:list"), ("exported", "in:export")):
        narrowed = chips.added(query, part)
        counted = search.count(tx, people.in_specialism(parse(narrowed), specialism), specialism=specialism)
        steps.append(Figure(label=label, people=counted, query=narrowed))
    return steps
