"""People: a query, its chips and facets, the people found with their reasons, and the whole of them as figures."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from sourcing import blind, cards, hints, insights, known, pages
from sourcing import brief as briefs
from sourcing import people as verbs
from sourcing.access import Who
from sourcing.errors import BadQuery
from sourcing.people import STAGES
from sourcing.query import chips, mend
from sourcing.ranking import specialism as packs
from sourcing.web import charts, labels, person
from sourcing.web import desk as desks
from sourcing.web.auth import Asking, Desk
from sourcing.web.showing import render
from sourcing.web.view import Looking, Order, Part, Tab, View, tree_of
from storage import halts, panels, search
from storage import lists as stored_lists
from storage.query import FieldName, Tree
from storage.views import Viewed

router = APIRouter()
FACET_VALUES, FACET_MORE = 6, 40
SPREAD = 10
LOOSER_MOST = 8  # one count each: a longer query is not taken apart
_SHARES = (("Last 30 days", 30), ("Last 6 months", 182), ("Last year", 365))


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """A query that cannot be read: the words about it, and the text before, at and behind the place."""

    text: str
    before: str
    at: str
    behind: str


@router.get("/people")
def people(
    request: Request,
    desk: Desk,
    who: Asking,
    view: Looking,
    brief: Annotated[str, Query(max_length=4_000)] = "",
    add: Annotated[str, Query(max_length=500)] = "",
    need: chips.Need = chips.Need.MUST,
) -> Response:
    """Show who a query finds."""
    if view.spec is not None:
        packs.load(view.spec, desk.settings.roots)  # a name nobody knows is said, not searched for
    reading = _reading(desk, brief) if brief.strip() else None
    if reading is not None and not view.q:
        view = replace(view, q=reading.query, spec=view.spec or reading.specialism)
    values: dict[str, Any] = {
        "title": "People",
        "view": view,
        "brief": brief,
        "reading": reading,
        "label": labels.label(desk),
        "sizes": pages.SIZES,
        "orders": Order,
        "tabs": Tab,
        "parts": Part,
        "need": chips.Need,
        "sure": cards.sure,
        "stages": STAGES,
        "pane": None,
        "chip_without": lambda chip: chips.without(view.q, chip.number),
    }
    try:
        if add.strip():
            address = view.address(q=_with(view.q, add, need))
            return RedirectResponse(f"{address}", status_code=303)
        tree, parts = tree_of(view), chips.read(view.q)
    except BadQuery as error:
        wrong = add if add.strip() else view.q
        values |= {
            "mistake": _mistake(error, wrong),
            "mended": None if add.strip() else mend.mended(view.q, error),
            "is_chip": bool(add.strip()),
        }
        return render(request, "people_mistake.html", status=400, **values)
    values |= {"chips": parts}
    if view.tab is Tab.INSIGHTS:
        return _insights(request, desk, view, values)
    with desk.store.read() as tx:
        values |= _found(tx, desk, who, view, tree) | {"lists": stored_lists.ls(tx)}
        is_empty = not values["total"] and view.page is None
        values["looser"] = _looser(tx, view, parts) if is_empty else []
        values["meant"] = _meant(tx, desk, who, view) if is_empty else []
    if view.person is not None:
        values |= person.beside(desk, who, view)
    return render(request, "people.html", **values)


def _found(tx: Any, desk: desks.Desk, who: Who, view: View, tree: Tree) -> dict[str, Any]:
    """Return what the list, its facets and its counts are made of."""
    page = pages.page(
        tx,
        tree,
        specialism=view.spec,
        size=view.size,
        now=desk.now(),
        cursor=view.page,
        order=view.sort,
    )
    whole = verbs.in_specialism(tree, view.spec)
    keys = [hit.person for hit in page.hits]
    if view.shows(Part.WHY):
        read = {hit.person: Viewed(specialism=hit.specialism, version=hit.version) for hit in page.hits}
        desk.displayed.put(who.actor, read)
    counted = insights.counted(tx, tree, specialism=view.spec)
    spread = panels.histogram(tx, whole, specialism=view.spec, sort=pages.SORTS[view.sort], parts=SPREAD)
    return {
        "hits": page.hits,
        "page": page,
        "total": counted.shown,
        "counted": counted,
        "everybody": view.address(q=chips.added(view.q, "hidden:all")),
        "cards": cards.of(tx, page.hits, actor=who.actor, now=desk.now()),
        "badges": known.badges(tx, keys),
        "covers": blind.covers(tx, keys) if who.preferences.blind else {},
        "strip": charts.strip,
        "halt": halts.standing(tx),
        "facets": _facets(tx, desk, view, whole, blind.fields(who.preferences.blind)),
        "spread": _spread(view, spread),
        "recent": _recent(desk, view),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One value of a facet. link: the view with it chosen, or not any more."""

    label: str
    people: int | None
    link: str
    is_chosen: bool


def _looser(tx: Any, view: View, parts: Sequence[chips.Chip]) -> list[Choice]:
    """Return the parts without which a query that finds nobody would find some, and how many; most first."""
    if len(parts) < 2 or len(parts) > LOOSER_MOST:
        return []
    found = []
    for chip in parts:
        asked = replace(view, q=chips.without(view.q, chip.number), page=None)
        people = search.count(tx, verbs.in_specialism(tree_of(asked), view.spec), specialism=view.spec)
        if people:
            found.append(Choice(label=chip.text, people=people, link=asked.address(), is_chosen=False))
    return sorted(found, key=lambda one: -(one.people or 0))


def _meant(tx: Any, desk: desks.Desk, who: Who, view: View) -> list[Choice]:
    """Return the queries that may be meant by one that finds nobody."""
    blind_ = who.preferences.blind
    found = hints.of(tx, view.q, specialism=view.spec, titles=desk.specialisms, blind=blind_)
    return [
        Choice(label=one.instead, people=one.people, link=view.address(q=one.query), is_chosen=False)
        for one in found
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facet:
    """One facet. more: the address of the view with more of its values; None if these are all."""

    name: str
    title: str
    choices: Sequence[Choice]
    more: str | None

    @property
    def is_open(self) -> bool:
        """Return whether something in it is chosen."""
        return any(one.is_chosen for one in self.choices)


def _facets(tx: Any, desk: desks.Desk, view: View, tree: Tree, fields: Sequence[FieldName]) -> list[Facet]:
    called = labels.label(desk)
    counted = panels.facets(tx, tree, specialism=view.spec, fields=fields, most=FACET_MORE)
    found = []
    for field, title in labels.FACETS.items():
        counts = counted.get(field, {})
        chosen = chips.chosen(view.q, field)
        values = [*chosen, *(value for value in counts if value not in chosen)]
        most = FACET_MORE if view.more == field else max(FACET_VALUES, len(chosen))
        choices = [
            Choice(
                label=called(str(field), value),
                people=counts.get(value, 0),
                link=view.address(q=chips.toggled(view.q, field, value)),
                is_chosen=value in chosen,
            )
            for value in values[:most]
        ]
        more = view.address(more=str(field), page=view.page) if len(values) > most else None
        if choices:
            found.append(Facet(name=str(field), title=title, choices=choices, more=more))
    return found


def _spread(view: View, counts: Sequence[int]) -> list[charts.Bar]:
    steps = [(100 * part // SPREAD, 100 * (part + 1) // SPREAD) for part in range(SPREAD)]
    asking = [f"score:>={low}" + ("" if high == 100 else f" score:<{high}") for low, high in steps]
    return [
        charts.Bar(label=f"Score {low}–{high}", value=count, link=view.address(q=chips.added(view.q, said)))
        for (low, high), said, count in zip(steps, asking, counts, strict=True)
    ]


def _recent(desk: desks.Desk, view: View) -> list[Choice]:
    """Return the filters that are no values of a field: how recently active, and what is known in other systems."""
    asking = [(title, f"active:{_day(desk, days)}..") for title, days in _SHARES]
    asking += [
        ("New since the last run", "new:"),
        ("Not in the CRM", "-in:crm"),
        ("Not on a list", "-in:list"),
    ]
    found = []
    for title, said in asking:
        at = next((chip.number for chip in chips.read(view.q) if chip.text == said), None)
        query = chips.added(view.q, said) if at is None else chips.without(view.q, at)
        found.append(Choice(label=title, people=None, link=view.address(q=query), is_chosen=at is not None))
    return found


def _day(desk: desks.Desk, days: int) -> str:
    return (desk.now().date() - timedelta(days=days)).isoformat()


def _insights(request: Request, desk: desks.Desk, view: View, values: dict[str, Any]) -> Response:
    with desk.store.read() as tx:
        found = insights.of(tx, view.q, specialism=view.spec, order=view.sort, now=desk.now())
    most = max((cell.people for row in found.grid for cell in row), default=0)
    values |= {"found": found, "total": found.total, "shade": lambda cell: charts.shade(cell.people, most)}
    for name, figures in (("scores", found.scores), ("months", found.months)):
        values[f"{name}_chart"] = charts.columns(
            [charts.Bar(label=one.label, value=one.people, link=_link(view, one.query)) for one in figures]
        )
    values["link"] = lambda figure: _link(view, figure.query)
    return render(request, "insights.html", **values)


def _link(view: View, query: str | None) -> str | None:
    return None if query is None else view.address(q=query, tab=Tab.PEOPLE)


def _reading(desk: desks.Desk, text: str) -> briefs.Reading:
    return briefs.read(text, briefs.known(desk.settings.roots), today=desk.now().date())


def _with(query: str, part: str, need: chips.Need) -> str:
    """Return a query with a chip more. Raises BadQuery."""
    if need is chips.Need.ANY:
        return chips.either(query, part)
    return chips.added(query, part, need=need)


def _mistake(error: BadQuery, text: str) -> Mistake:
    at = min(error.column, len(text) + 1) - 1
    end = next((place for place in range(at + 1, len(text)) if text[place].isspace()), len(text))
    return Mistake(text=str(error), before=text[:at], at=text[at:end] or " ", behind=text[end:])
