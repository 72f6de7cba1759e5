"""Over what people are spread: who tells of them, in which country they say they are, and at which institution."""

from collections.abc import Collection

from sqlalchemy import Connection, select

from storage import halts, traces, wishes
from storage.engine import batched
from storage.tables import score, search_facet

KINDS = ("source", "region", "institution")
_FACETS = {"source": "source", "country": "region"}
_BATCH = 500
Spread = dict[str, dict[str, tuple[str, ...]]]
"""By kind and living key the values somebody has; who has none is left out."""


def listed(tx: Connection, specialism: str) -> dict[str, float]:
    """Return the value of everybody's listed score in a specialism, 0–100, by person; not of who refuses."""
    query = select(score.c.person, score.c.value).where(score.c.specialism == specialism, score.c.listed)
    rows = tx.execute(query.where(score.c.person.not_in(wishes.people()), halts.goes_on()))
    return {row.person: row.value for row in rows}


def of(tx: Connection, people: Collection[str]) -> Spread:
    """Return over what some people are spread. Institution: the newest that any account states."""
    found: dict[str, dict[str, list[str]]] = {kind: {} for kind in KINDS}
    keys = sorted(set(people))
    for batch in batched(keys, _BATCH):
        query = (
            select(search_facet)
            .where(search_facet.c.person.in_(batch), search_facet.c.field.in_(_FACETS))
            .order_by(search_facet.c.person, search_facet.c.value)
        )
        for row in tx.execute(query):
            found[_FACETS[row.field]].setdefault(row.person, []).append(row.value)
    newest: dict[str, traces.Stated] = {}
    for one in traces.iter_stated(tx, keys, ("affiliation",)):
        if one.person not in newest or one.seen_at > newest[one.person].seen_at:
            newest[one.person] = one
    houses = {key: [" ".join(one.value.casefold().strip(" @").split())] for key, one in newest.items()}
    found["institution"] = {key: each for key, each in houses.items() if each[0]}
    return {kind: {key: tuple(values) for key, values in held.items()} for kind, held in found.items()}
