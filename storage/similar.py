"""People whose evidence is of the same kinds as somebody's, a repository's or a paper's."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from math import log

import numpy as np
from sqlalchemy import Connection, Select, func, or_, select

from spiders.records import WorkKind
from storage import search, sets
from storage.engine import batched
from storage.errors import NotFound
from storage.query import Tree
from storage.statements import stands
from storage.tables import person_identity, search_person, signal, work
from storage.traits import TOLD, WORKS_MAX, Kind, Traits, kept

KINDS_MIN = 2
"""Kinds of evidence that must be shared: one alone is a coincidence."""
_NEAR_MAX = 400
_BATCH = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """Somebody with like evidence. weight: 0–4, one at most of each kind. shared: values by kind, rarest first."""

    person: str
    weight: float
    shared: Mapping[Kind, tuple[str, ...]]


def of_person(tx: Connection, key: str) -> Traits:
    """Return the traits of a living person; empty ones if nothing is known."""
    return of_people(tx, [key])[key]


def of_people(tx: Connection, keys: Collection[str]) -> Mapping[str, Traits]:
    """Return the traits of living people by key."""
    found: defaultdict[str, Traits] = defaultdict(Traits)
    for batch in batched(sorted(keys), _BATCH):
        query = (
            select(person_identity.c.person, signal.c.id.label("signal"), *TOLD)
            .join(signal, signal.c.identity == person_identity.c.identity)
            .join(work, work.c.id == signal.c.work)
            .where(person_identity.c.person.in_(batch), stands(signal, signal.c.id))
            .where(stands(signal, signal.c.work))
            .order_by(
                person_identity.c.person, signal.c.occurred_at.desc().nulls_last(), signal.c.id, work.c.source
            )
        )
        last = None
        for row in tx.execute(query):
            if row.signal != last:  # a second source's description of the same work counts no second time
                found[row.person].add(row)
            last = row.signal
    return found


def of_work(tx: Connection, name: str) -> Traits:
    """Return the traits of a repository, `owner/name`, or of a paper by DOI, arXiv number or id. Raises NotFound."""
    folded = (
        name.strip().lower().removeprefix("https://").removeprefix("doi.org/").removeprefix("github.com/")
    )
    ids = [name, folded, f"doi:{folded}", f"arxiv:{folded}"]
    papers = select(*TOLD).where(
        work.c.id.in_(ids), work.c.kind == str(WorkKind.PAPER), stands(work, work.c.id)
    )
    found = _read(tx, papers)
    if found is None and folded.count("/") == 1:
        found = _read(tx, _in_repository(folded))
    if found is None:
        raise NotFound(f"no person, repository or paper {name!r}; expected a key, owner/name or a DOI")
    return found


def _read(tx: Connection, query: Select[tuple[object, ...]]) -> Traits | None:
    rows = tx.execute(query.order_by(work.c.seen_at.desc(), work.c.id, work.c.source).limit(WORKS_MAX)).all()
    found = Traits()
    for row in rows:
        found.add(row)
    return found if rows else None


def _in_repository(name: str) -> Select[tuple[object, ...]]:
    ids = [f"{scheme}:{name}" for scheme in ("github", "git")]
    whole = func.lower(work.c.part_of)
    inside = or_(*(whole.startswith(f"{one}#", autoescape=True) for one in ids), whole.in_(ids))
    return select(*TOLD).where(or_(func.lower(work.c.id).in_(ids), inside), stands(work, work.c.id))


def find(
    tx: Connection,
    traits: Traits,
    *,
    tree: Tree | None,
    specialism: str | None,
    limit: int,
    leave_out: Collection[str] = (),
) -> list[Neighbour]:
    """Return people who share at least `KINDS_MIN` kinds of evidence, the likest first, ties by key; at most `limit`.

    A shared value weighs the more the fewer people have it. tree, specialism: who may come, as in `search.find`.
    """
    people = search.everybody(tx, tree, specialism=specialism)
    total = max(2, int(np.count_nonzero(people)))
    kinds, weight = np.zeros(len(people), dtype=np.uint8), np.zeros(len(people))
    rarity: dict[tuple[Kind, str], float] = {}
    for kind in Kind:
        mine = np.zeros(len(people))
        for value in traits.values(kind):
            having = sets.group(tx, kind.value, kept(kind, value), len(people))
            if having is None:
                continue
            rare = log(1 + total / max(1, having.count())) / log(1 + total)
            rarity[kind, value] = rare
            mine[having.members()] += rare
        kinds += mine > 0
        weight += mine / (1 + mine)
    for key in leave_out:
        place = tx.execute(select(search_person.c.no).where(search_person.c.person == key)).scalar()
        if place is not None:
            people[place] = False
    near = np.flatnonzero(people & (kinds >= KINDS_MIN))
    near = near[np.argsort(-weight[near], kind="stable")][: max(_NEAR_MAX, 4 * limit)]
    keys = {
        row.no: row.person for batch in batched(near.tolist(), _BATCH) for row in tx.execute(_keys(batch))
    }
    best = sorted((-weight[place], key, place) for place, key in keys.items())[: 2 * limit]
    theirs = of_people(tx, [key for _, key, _ in best])
    found = [
        Neighbour(person=key, weight=-less, shared=_shared(traits, theirs[key], rarity))
        for less, key, _ in best
    ]
    return [one for one in found if len(one.shared) >= KINDS_MIN][:limit]


def _keys(places: Collection[int]) -> Select[tuple[int, str]]:
    return select(search_person.c.no, search_person.c.person).where(search_person.c.no.in_(places))


def _shared(
    mine: Traits, theirs: Traits, rarity: Mapping[tuple[Kind, str], float]
) -> Mapping[Kind, tuple[str, ...]]:
    found: dict[Kind, tuple[str, ...]] = {}
    for kind in Kind:
        both = mine.counts[kind].keys() & theirs.counts[kind].keys()
        if both:
            found[kind] = tuple(sorted(both, key=lambda value: (-rarity.get((kind, value), 0.0), value)))
    return found
