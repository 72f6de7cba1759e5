"""Who stands before and behind somebody in a result, so that a list can be gone through person by person."""

from dataclasses import dataclass
from typing import Any

from sourcing.pages import SORTS
from sourcing.people import in_specialism
from storage import scores, search
from storage.model import Found
from storage.query import Tree


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours:
    """The keys of who stands before and behind; None at the ends of the result."""

    before: str | None
    after: str | None


def of(tx: Any, key: str, tree: Tree, *, specialism: str | None, order: str) -> Neighbours:
    """Return who stands around somebody under a search tree, whether they are in the result themselves or not.

    key: a living key. order: one of `pages.SORTS`.
    """
    sort = SORTS[order]
    place = search.place_of(_found(tx, key, specialism, sort), sort)
    whole = in_specialism(tree, specialism)
    before = search.find(tx, whole, specialism=specialism, limit=1, before=place, sort=sort)
    after = search.find(tx, whole, specialism=specialism, limit=1, after=place, sort=sort)
    return Neighbours(before=before[0].person if before else None, after=after[0].person if after else None)


def _found(tx: Any, key: str, specialism: str | None, sort: str) -> Found:
    """Return somebody as a search finds them: with the score in the specialism, else with their best."""
    held = [one for one in scores.of_person(tx, key) if specialism in (None, one.specialism)]
    best = min(held, key=lambda one: (not one.listed, -getattr(one, sort), one.specialism), default=None)
    return Found(person=key, name=None, score=best)
