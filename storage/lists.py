"""Shortlists, each for one role. Items keep the key they were added under and are shown under the living one."""

from collections.abc import Iterable
from datetime import datetime
from difflib import get_close_matches
from typing import Any

from sqlalchemy import Connection, delete, func, select, update

from storage import persons
from storage.engine import upsert
from storage.errors import Conflict, NotFound
from storage.model import Shortlist, ShortlistItem
from storage.tables import person_alias, shortlist, shortlist_item


def create(
    tx: Connection,
    name: str,
    *,
    specialism: str | None = None,
    actor: str,
    now: datetime,
    owner: str | None = None,
    query: str | None = None,
) -> None:
    """Make an empty shortlist. Raises Conflict if there is one of that name."""
    if tx.execute(select(shortlist.c.name).where(shortlist.c.name == name)).first() is not None:
        raise Conflict(f"there is already a shortlist {name!r}; choose another name")
    values = {"name": name, "specialism": specialism, "actor": actor, "created_at": now}
    tx.execute(shortlist.insert().values(**values, owner=owner, query=query, status="open"))


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


def move(tx: Connection, name: str, person: str, position: int) -> int:
    """Put somebody at a place of a shortlist, 1-based, and return where they stood. Raises NotFound."""
    keys = persons.keys_of(tx, person)
    order = [item.person for item in show(tx, name).items]
    if keys[0] not in order:
        raise NotFound(f"{person} is not on {name!r}")
    was = order.index(keys[0]) + 1
    order.remove(keys[0])
    order.insert(max(0, position - 1), keys[0])
    for place, key in enumerate(order, start=1):
        on = shortlist_item.c.person.in_(persons.keys_of(tx, key))
        tx.execute(
            update(shortlist_item).where(shortlist_item.c.shortlist == name, on).values(position=place)
        )
    return was


def change_item(tx: Connection, name: str, person: str, **values: str | None) -> None:
    """Set `stage` or `reviewer` of somebody on a shortlist. Raises NotFound."""
    keys = persons.keys_of(tx, person)
    done = tx.execute(
        update(shortlist_item)
        .where(shortlist_item.c.shortlist == name, shortlist_item.c.person.in_(keys))
        .values(**values)
    )
    if not done.rowcount:
        raise NotFound(f"{person} is not on {name!r}")


def change(tx: Connection, name: str, **values: str | None) -> None:
    """Set `owner`, `status`, `query` or `specialism` of a shortlist. Raises NotFound."""
    show(tx, name)
    tx.execute(update(shortlist).where(shortlist.c.name == name).values(**values))


def expect(tx: Connection, name: str, people: Iterable[str]) -> None:
    """Raise NotFound naming the first of some living keys that is not on a shortlist."""
    on = {item.person for item in show(tx, name).items}
    for person in people:
        if person not in on:
            raise NotFound(f"{person} is not on {name!r}; put them there with `sourcer list add`")


def restore(
    tx: Connection, name: str, person: str, *, position: int, actor: str, at: datetime, **values: str | None
) -> None:
    """Put somebody back on a shortlist where they stood. values: stage, reviewer. Raises NotFound."""
    add(tx, name, [person], actor=actor, now=at)
    change_item(tx, name, person, **values)
    move(tx, name, person, position)


def holding(tx: Connection, person: str) -> list[str]:
    """Return the names of the shortlists somebody is on, sorted. Raises NotFound."""
    keys = persons.keys_of(tx, person)
    query = select(shortlist_item.c.shortlist).where(shortlist_item.c.person.in_(keys)).distinct()
    return sorted(tx.execute(query).scalars())


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
        select(
            living.label("person"),
            *(shortlist_item.c[name] for name in ("actor", "added_at", "stage", "reviewer")),
        )
        .join(person_alias, person_alias.c.alias == shortlist_item.c.person, isouter=True)
        .where(shortlist_item.c.shortlist == name)
        .order_by(shortlist_item.c.position, shortlist_item.c.person)
    )
    once: dict[str, Any] = {}
    for item in rows:
        once.setdefault(item.person, item)
    items = tuple(
        ShortlistItem(
            person=item.person,
            position=place,
            actor=item.actor,
            added_at=item.added_at,
            stage=item.stage,
            reviewer=item.reviewer,
        )
        for place, item in enumerate(once.values(), start=1)
    )
    return Shortlist(
        name=row.name,
        specialism=row.specialism,
        actor=row.actor,
        created_at=row.created_at,
        size=len(items),
        items=items,
        owner=row.owner,
        status=row.status,
        query=row.query,
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
