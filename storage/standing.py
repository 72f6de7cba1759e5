"""How things stand, in numbers for one look: sources, duties to people handed over, open questions."""

from datetime import datetime

from sqlalchemy import Connection, func, select

from storage.tables import (
    edge,
    export,
    export_row,
    person_alias,
    postponed,
    search_person,
    search_set,
    shortlist_item,
    task,
)


def answered(tx: Connection) -> dict[str, datetime]:
    """Return when each source last answered any of its questions, by source; who never did is left out."""
    query = (
        select(task.c.source, func.max(task.c.succeeded_at).label("at"))
        .where(task.c.succeeded_at.is_not(None))
        .group_by(task.c.source)
    )
    return {row.source: row.at for row in tx.execute(query)}


def people_by_source(tx: Connection) -> dict[str, int]:
    """Return how many people each source tells of, as a search for `source:NAME` counts them."""
    query = (
        select(search_set.c.value, func.sum(search_set.c.size).label("people"))
        .where(search_set.c.field == "source")
        .group_by(search_set.c.value)
    )
    return {row.value: int(row.people) for row in tx.execute(query)}


def handed_over(tx: Connection, *, since: datetime, until: datetime, last: bool = False) -> int:
    """Return how many people were handed over first in a time, `until` not included. last: for the last time."""
    living = func.coalesce(person_alias.c.person, export_row.c.person)
    moment = (func.max if last else func.min)(export.c.at)
    each = (
        select(living.label("person"))
        .select_from(
            export_row.join(export, export.c.id == export_row.c.export).join(
                person_alias, person_alias.c.alias == export_row.c.person, isouter=True
            )
        )
        .where(export_row.c.action.in_(["create", "update"]))
        .group_by(living)
        .having((moment >= since) & (moment < until))
        .subquery()
    )
    return int(tx.execute(select(func.count()).select_from(each)).scalar_one())


def people(tx: Connection) -> int:
    """Return how many people a search may find."""
    return int(tx.execute(select(func.count()).select_from(search_person)).scalar_one())


def listed(tx: Connection) -> list[tuple[str, str, str | None]]:
    """Return who is on which shortlist, by living key, and the stage they have there; None = none of its own."""
    living = func.coalesce(person_alias.c.person, shortlist_item.c.person)
    rows = tx.execute(
        select(
            shortlist_item.c.shortlist,
            living.label("person"),
            func.max(shortlist_item.c.stage).label("stage"),
        )
        .select_from(
            shortlist_item.join(person_alias, person_alias.c.alias == shortlist_item.c.person, isouter=True)
        )
        .group_by(shortlist_item.c.shortlist, living)
        .order_by(shortlist_item.c.shortlist, living)
    )
    return [(row.shortlist, row.person, row.stage) for row in rows]


def questions_stamp(tx: Connection, now: datetime) -> str:
    """Return a text that changes whenever a question about two identities is decided, asked, or put off."""
    row = tx.execute(
        select(
            func.count().label("all"),
            func.count(edge.c.retracted_at).label("retracted"),
            func.max(edge.c.decided_at).label("decided"),
            func.max(edge.c.retracted_at).label("taken"),
        )
    ).one()
    off = select(func.count()).select_from(postponed).where(postponed.c.until > now)
    return f"{row.all} {row.retracted} {row.decided} {row.taken} {tx.execute(off).scalar_one()}"
