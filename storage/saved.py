"""Saved searches, and whom each has shown: who is under one and was not, is new in it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches

from sqlalchemy import Connection, delete, func, select, update

from storage import persons
from storage.engine import batched, upsert
from storage.errors import Conflict, NotFound
from storage.tables import announced, person_alias, saved_search, search_person, seen

_BATCH = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """A saved search. query: in the query language. sort: established or rising."""

    name: str
    query: str
    specialism: str | None
    actor: str
    created_at: datetime
    sort: str = "established"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Somebody whom a saved search knows. place: as sets of people have it. at: when they were displayed last."""

    person: str
    place: int
    at: datetime


def put(tx: Connection, one: Saved) -> None:
    """Save a search. Raises Conflict if there is one of that name."""
    if tx.execute(select(saved_search.c.name).where(saved_search.c.name == one.name)).first() is not None:
        raise Conflict(f"there is already a saved search {one.name!r}; choose another name")
    values = {
        name: getattr(one, name) for name in ("name", "query", "specialism", "actor", "created_at", "sort")
    }
    tx.execute(saved_search.insert().values(values))


def get(tx: Connection, name: str) -> Saved:
    """Return a saved search. Raises NotFound, naming the nearest known name."""
    row = tx.execute(select(saved_search).where(saved_search.c.name == name)).first()
    if row is None:
        known = list(tx.execute(select(saved_search.c.name).order_by(saved_search.c.name)).scalars())
        near = get_close_matches(name, known, n=1)
        hint = f" (did you mean {near[0]!r}?)" if near else ""
        raise NotFound(f"no saved search {name!r}; known: {', '.join(known) or 'none'}{hint}")
    return Saved(**row._mapping)


def ls(tx: Connection) -> list[Saved]:
    """Return all saved searches by name."""
    return [Saved(**row._mapping) for row in tx.execute(select(saved_search).order_by(saved_search.c.name))]


def remove(tx: Connection, name: str) -> None:
    """Forget a saved search and whom it has shown. Raises NotFound."""
    get(tx, name)
    for table in (seen, announced):
        tx.execute(delete(table).where(table.c.search == name))
    tx.execute(delete(saved_search).where(saved_search.c.name == name))


def see(
    tx: Connection,
    name: str,
    people: Collection[str],
    *,
    shown: bool,
    now: datetime,
    since: datetime | None = None,
) -> int:
    """Remember that people need not come as new in a search and return how many would have. Raises NotFound.

    shown: they were displayed; no = they were there when it was saved. since: who was displayed before then is written
    down as displayed now, others are not written again. Unknown keys are left out.
    """
    get(tx, name)
    fresh = 0
    for batch in batched(sorted(set(people)), _BATCH):
        alive = persons.get_many(tx, batch)
        before = {
            row.person: row.shown and not (since is not None and row.at < since)
            for row in tx.execute(select(seen).where(seen.c.search == name, seen.c.person.in_(batch)))
        }
        rows = [
            {"search": name, "person": key, "at": now, "shown": shown} for key in alive if key not in before
        ]
        upsert(tx, seen, rows)
        fresh += len(rows)
        told = [key for key, was in before.items() if not was]
        if shown and told:
            tx.execute(
                update(seen).where(seen.c.search == name, seen.c.person.in_(told)).values(shown=True, at=now)
            )
    return fresh


def unsee(tx: Connection, name: str, people: Collection[str]) -> None:
    """Let people come as new in a search again."""
    for batch in batched(sorted(set(people)), _BATCH):
        tx.execute(delete(seen).where(seen.c.search == name, seen.c.person.in_(batch)))


def announce(tx: Connection, name: str, people: Collection[str]) -> int:
    """Remember that a receiver is told of people as new in a search; return how many it was not told of before.

    people: living keys of all who are new now. Who is not new any more may be told of again. Changes announced.
    """
    living = func.coalesce(person_alias.c.person, announced.c.person).label("living")
    query = (
        select(announced.c.person, living)
        .select_from(announced.outerjoin(person_alias, person_alias.c.alias == announced.c.person))
        .where(announced.c.search == name)
    )
    held = {row.person: row.living for row in tx.execute(query)}  # under keys merged since, too
    before, now = set(held.values()), set(people)
    over = [key for key in sorted(held) if held[key] not in now]
    for batch in batched(over, _BATCH):
        tx.execute(delete(announced).where(announced.c.search == name, announced.c.person.in_(batch)))
    upsert(tx, announced, [{"search": name, "person": key} for key in sorted(now - before)])
    return len(now - before)


def seen_of(tx: Connection, name: str) -> set[str]:
    """Return the living keys of those who do not come as new in a search."""
    living = func.coalesce(person_alias.c.person, seen.c.person)
    query = (
        select(living)
        .select_from(seen.outerjoin(person_alias, person_alias.c.alias == seen.c.person))
        .where(seen.c.search == name)
    )
    return set(tx.execute(query).scalars())


def standing(tx: Connection, name: str, people: Collection[str] | None = None) -> list[Seen]:
    """Return those who do not come as new in a search, and whom it may look up, in no order.

    people: only these, by living key, a page of them; None = all.
    """
    living = func.coalesce(person_alias.c.person, seen.c.person)
    query = (
        select(search_person.c.no.label("place"), search_person.c.person, seen.c.at)
        .select_from(
            seen.outerjoin(person_alias, person_alias.c.alias == seen.c.person).join(
                search_person, search_person.c.person == living
            )
        )
        .where(seen.c.search == name)
        .where(*([] if people is None else [search_person.c.person.in_(sorted(people))]))
    )
    return [Seen(**row._mapping) for row in tx.execute(query)]
