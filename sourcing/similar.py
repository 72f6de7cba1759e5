"""More like this: people whose evidence is of the same kinds as somebody's, a repository's or a paper's, and why."""

from dataclasses import dataclass
from typing import Any

from sourcing import people
from storage import persons, similar
from storage.errors import NotFound
from storage.query import Tree
from storage.traits import Kind

SHOWN_MAX = 3
"""Shared values named in one reason."""
_SAID = {
    Kind.REPOSITORY: "works on the same repositories",
    Kind.AREA: "works in the same areas of code",
    Kind.TOPIC: "has works with the same topics",
    Kind.VENUE: "publishes at the same venues",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Like:
    """Somebody like the one asked about. rank: 1-based. likeness: 0–4, at most one of each kind of evidence."""

    rank: int
    person: str
    name: str | None
    likeness: float
    reasons: tuple[str, ...]


def find(tx: Any, subject: str, tree: Tree, *, specialism: str | None, limit: int) -> list[Like]:
    """Return people who share at least two kinds of evidence with a subject, the likest first, ties by key.

    subject: a person's key, an identity's id, `owner/name`, a DOI or a paper's id. tree, specialism: who may come.
    Raises NotFound.
    """
    try:
        person = persons.find_by_identity(tx, subject) or persons.get(tx, subject)
        traits, leave_out = similar.of_person(tx, person.key), [person.key]
    except NotFound:
        traits, leave_out = similar.of_work(tx, subject), []
    found = similar.find(
        tx,
        traits,
        tree=people.in_specialism(tree, specialism),
        specialism=specialism,
        limit=limit,
        leave_out=leave_out,
    )
    names = persons.get_many(tx, [one.person for one in found])
    return [
        Like(
            rank=rank,
            person=one.person,
            name=names[one.person].name,
            likeness=round(one.weight, 3),
            reasons=tuple(_reason(kind, one.shared[kind]) for kind in Kind if kind in one.shared),
        )
        for rank, one in enumerate(found, start=1)
    ]


def _reason(kind: Kind, shared: tuple[str, ...]) -> str:
    more = f" and {len(shared) - SHOWN_MAX} more" if len(shared) > SHOWN_MAX else ""
    return f"{_SAID[kind]}: {', '.join(shared[:SHOWN_MAX])}{more}"
