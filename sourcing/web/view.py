"""The whole view of a list in one address: query, specialism, order, page, open person; a link changes one of them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends, Query

from sourcing.pages import SIZES
from sourcing.query import parse
from storage.query import And, Field, FieldName, Not, Tree


class Order(StrEnum):
    """What a list is sorted by."""

    ESTABLISHED = "established"
    RISING = "rising"


class Part(StrEnum):
    """What a card may show beside name and score."""

    WHY = "why"
    MISSES = "misses"
    ACTIVITY = "activity"
    FACTS = "facts"
    MARKS = "marks"


class Tab(StrEnum):
    """Which side of a result is shown."""

    PEOPLE = "people"
    INSIGHTS = "insights"


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What is looked at. search: the saved search it belongs to. new: only whom that search has not shown yet.

    page: a cursor of `pages`. person: who is open beside the list. more: a facet of which more values are shown.
    without: parts of the cards that are left out, sorted, with commas between.
    """

    q: str = ""
    spec: str | None = None
    sort: Order = Order.ESTABLISHED
    size: int = SIZES[0]
    tab: Tab = Tab.PEOPLE
    search: str | None = None
    new: bool = False
    page: str | None = None
    person: str | None = None
    more: str | None = None
    without: str = ""

    def shows(self, part: str) -> bool:
        """Return whether the cards show a part."""
        return part not in self.without.split(",")

    def toggled(self, part: Part) -> str:
        """Return the address of this view with a part of the cards shown that was not, or the other way round."""
        left_out = {one for one in self.without.split(",") if one} ^ {str(part)}
        return self.address(without=",".join(sorted(left_out)), page=self.page)

    def address(self, path: str = "/people", /, **changes: Any) -> str:
        """Return the address of this view with some things changed; another query begins on its first page."""
        changed = {"more": None, "person": None, **changes}
        if changed.keys() & {"q", "spec", "sort", "size", "new", "search"} or "page" not in changed:
            changed.setdefault("page", None)
        fields = replace(self, **changed).fields()
        return f"{path}?{urlencode(fields)}" if fields else path

    def of_person(self, key: str, *, beside: bool = False) -> str:
        """Return the address of a person, with the list to go through; beside: in the pane beside the list."""
        if beside:
            return self.address(person=key, page=self.page)
        return self.address(f"/people/{key}", tab=Tab.PEOPLE, size=SIZES[0])

    def fields(self) -> Mapping[str, str]:
        """Return what differs from a plain list, as an address or a form carries it."""
        usual = View()
        found: dict[str, str] = {}
        for name in self.__slots__:
            value = getattr(self, name)
            if value != getattr(usual, name) and value is not None:
                found[name] = "1" if value is True else str(value)
        return found


def asked(
    q: Annotated[str, Query(max_length=4_000)] = "",
    spec: str | None = None,
    sort: Order = Order.ESTABLISHED,
    size: int = SIZES[0],
    tab: Tab = Tab.PEOPLE,
    search: str | None = None,
    new: bool = False,
    page: str | None = None,
    person: str | None = None,
    more: str | None = None,
    without: str = "",
) -> View:
    """Return what an address asks to be shown."""
    return View(
        q=q.strip(),
        spec=spec or None,
        sort=sort,
        size=size if size in SIZES else SIZES[0],
        tab=tab,
        search=search or None,
        new=new and bool(search),
        page=page or None,
        person=person or None,
        more=more or None,
        without=",".join(sorted(set(without.split(",")) & set(Part))),
    )


Looking = Annotated[View, Depends(asked)]


def tree_of(view: View) -> Tree:
    """Return what a view asks the store for: its query, and who stays away from its saved search. Raises BadQuery."""
    parts = [parse(view.q)]
    if view.search is not None:
        parts.append(Not(part=Field(name=FieldName.DISMISSED, value=f"search:{view.search}")))
        if view.new:
            parts.append(Not(part=Field(name=FieldName.SHOWN, value=view.search)))
    return parts[0] if len(parts) == 1 else And(parts=tuple(parts))
