"""Shortlists and saved searches. Items keep the key they were added under and are shown under the living one."""

from collections.abc import Iterable
from datetime import datetime
from difflib import get_close_matches
from typing import Any

from sqlalchemy import Connection, delete, func, select

from storage import persons
from storage.engine import upsert
from storage.errors import Conflict, NotFound
from storage.model import Shortlist, ShortlistItem
from storage.tables import person_alias, shortlist, shortlist_item


def create(tx: Connection, name: str, *, specialism: str | None = None, actor: str, now: datetime) -> None:
    """Make an empty shortlist. Raises Conflict if there is one of that name."""
    if tx.execute(select(shortlist.c.name).where(shortlist.c.name == name)).first() is not None:
        raise Conflict(f"there is already a shortlist {name!r}; choose another name")
    tx.execute(shortlist.insert().values(name=name, specialism=specialism, actor=actor, created_at=now))


def add(tx: Connection, name: str, people: Iterable[str], *, actor: str, now: datetime) -> int:
    """Put people at the end of a shortlist in the order given and return how many were not on it. Raises NotFound."""
    listed = show(tx, name)
    on = {item.person for item in listed.items}
    position = tx.execute(
        select(func.max(shortlist_item.c.position)).where(shortlist_item.c.shortlist == name)
    ).scalar()
    fresh = [
        key for key in dict.fromkeys(persons.resolve_key(tx, person) for person in people) if key not in on
    ]
    rows = [
        {
            "shortlist": name,
            "person": key,
            "position": (position or 0) + place,
            "actor": actor,
            "added_at": now,
        }
        for place, key in enumerate(fresh, start=1)
    ]
    upsert(tx, shortlist_item, rows)
    return len(rows)


def remove(tx: Connection, name: str, people: Iterable[str]) -> int:
    """Take people off a shortlist and return how many were on it. Raises NotFound."""
    on = {item.person for item in show(tx, name).items}
    removed = 0
    for person in people:
        keys = persons.keys_of(tx, person)
        removed += keys[0] in on
        tx.execute(
            delete(shortlist_item).where(
                shortlist_item.c.shortlist == name, shortlist_item.c.person.in_(keys)
            )
        )
    return removed


def delete_list(tx: Connection, name: str) -> None:
    """Remove a shortlist and its items. Raises NotFound."""
    show(tx, name)
    tx.execute(delete(shortlist_item).where(shortlist_item.c.shortlist == name))
    tx.execute(delete(shortlist).where(shortlist.c.name == name))


def show(tx: Connection, name: str) -> Shortlist:
    """Return a shortlist with its people in order, each once. Raises NotFound, naming the nearest known name."""
    row = tx.execute(select(shortlist).where(shortlist.c.name == name)).first()
    if row is None:
        known = list(tx.execute(select(shortlist.c.name).order_by(shortlist.c.name)).scalars())
        near = get_close_matches(name, known, n=1)
        hint = f" (did you mean {near[0]!r}?)" if near else ""
        raise NotFound(f"no shortlist {name!r}; known: {', '.join(known) or 'none'}{hint}")
    living = func.coalesce(person_alias.c.person, shortlist_item.c.person)
    rows = tx.execute(
        select(living.label("person"), shortlist_item.c.actor, shortlist_item.c.added_at)
        .join(person_alias, person_alias.c.alias == shortlist_item.c.person, isouter=True)
        .where(shortlist_item.c.shortlist == name)
        .order_by(shortlist_item.c.position, shortlist_item.c.person)
    )
    once: dict[str, Any] = {}
    for item in rows:
        once.setdefault(item.person, item)
    items = tuple(
        ShortlistItem(person=item.person, position=place, actor=item.actor, added_at=item.added_at)
        for place, item in enumerate(once.values(), start=1)
    )
    return Shortlist(
        name=row.name,
        specialism=row.specialism,
        actor=row.actor,
        created_at=row.created_at,
        size=len(items),
        items=items,
    )


def ls(tx: Connection) -> list[Shortlist]:
    """Return all shortlists by name, without their items."""
    living = func.coalesce(person_alias.c.person, shortlist_item.c.person)
    size = (
        select(func.count(living.distinct()))
        .select_from(
            shortlist_item.join(person_alias, person_alias.c.alias == shortlist_item.c.person, isouter=True)
        )
        .where(shortlist_item.c.shortlist == shortlist.c.name)
        .scalar_subquery()
    )
    rows = tx.execute(select(shortlist, size.label("size")).order_by(shortlist.c.name))
    return [Shortlist(**row._mapping) for row in rows]
