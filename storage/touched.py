"""Who was approached when and by whom: read from what recruiters did, what was handed over and what other systems say.

Nothing is kept twice: a stage that is taken back is no touch any more, and an erased person has none.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, time
from enum import StrEnum

from sqlalchemy import Connection, func, select

from storage import known
from storage.engine import batched
from storage.exports import UNDONE
from storage.tables import act, export, export_row, person_alias

CONTACTED = "contacted"
"""The stage that says somebody was written to, and the kind of act that says it again."""
_KINDS = ("stage", "list_stage", CONTACTED)
_BATCH = 500


class TouchKind(StrEnum):
    """How somebody was approached."""

    CONTACTED = "contacted"
    EXPORTED = "exported"  # handed over to be approached from elsewhere
    ELSEWHERE = "contacted elsewhere"


@dataclass(frozen=True, slots=True, kw_only=True)
class Touch:
    """One approach. what: the shortlist or query it was for, None = none was named. actor: who, or which system."""

    person: str
    kind: TouchKind
    what: str | None
    actor: str
    at: datetime


def of(tx: Connection, people: Collection[str], *, since: datetime) -> dict[str, tuple[Touch, ...]]:
    """Return the approaches of some people since a moment, by living key, newest first; who has none is left out."""
    found: dict[str, list[Touch]] = {}
    for batch in batched(sorted(set(people)), _BATCH):
        for one in (*_acts(tx, batch, since), *_exports(tx, batch, since)):
            found.setdefault(one.person, []).append(one)
    for key, said in known.of(tx, people).items():
        for row in said:
            at = None if row.contacted_on is None else datetime.combine(row.contacted_on, time(), tzinfo=UTC)
            if at is not None and at >= since:
                found.setdefault(key, []).append(
                    Touch(person=key, kind=TouchKind.ELSEWHERE, what=None, actor=row.system, at=at)
                )
    return {
        key: tuple(sorted(each, key=lambda one: (one.at, one.kind, one.actor), reverse=True))
        for key, each in found.items()
    }


def people_of(tx: Connection, actor: str, *, since: datetime) -> set[str]:
    """Return the living keys of whom somebody wrote to since a moment."""
    living = func.coalesce(person_alias.c.person, act.c.person).label("living")
    query = (
        select(living, act.c.after)
        .join(person_alias, person_alias.c.alias == act.c.person, isouter=True)
        .where(act.c.actor == actor, act.c.at >= since, act.c.kind.in_(_KINDS), act.c.undone_at.is_(None))
    )
    return {row.living for row in tx.execute(query) if row.after.get("stage") == CONTACTED}


def _acts(tx: Connection, people: Collection[str], since: datetime) -> list[Touch]:
    """Return what recruiters said, one touch for a deed."""
    living = func.coalesce(person_alias.c.person, act.c.person).label("living")
    query = (
        select(living, act.c.deed, act.c.place, act.c.actor, act.c.at, act.c.after)
        .join(person_alias, person_alias.c.alias == act.c.person, isouter=True)
        .where(living.in_(people), act.c.at >= since, act.c.kind.in_(_KINDS), act.c.undone_at.is_(None))
        .order_by(act.c.deed, act.c.place.is_(None))
    )
    found: dict[tuple[str, str], Touch] = {}
    for row in tx.execute(query):
        if row.after.get("stage") == CONTACTED:
            one = Touch(
                person=row.living, kind=TouchKind.CONTACTED, what=row.place, actor=row.actor, at=row.at
            )
            found.setdefault((row.living, row.deed), one)
    return list(found.values())


def _exports(tx: Connection, people: Collection[str], since: datetime) -> list[Touch]:
    """Return the first hand-over of each person for each shortlist; what follows brings only what changed.

    Those of a query are for no role: they are one, too.
    """
    living = func.coalesce(person_alias.c.person, export_row.c.person)
    first = func.min(export.c.at)
    query = (
        select(
            living.label("living"),
            export.c.shortlist,
            func.min(export.c.actor).label("actor"),
            first.label("at"),
        )
        .select_from(export_row)
        .join(export, export.c.id == export_row.c.export)
        .join(person_alias, person_alias.c.alias == export_row.c.person, isouter=True)
        .where(living.in_(people), export_row.c.action != "blocked", export_row.c.state != UNDONE)
        .group_by(living, export.c.shortlist)
        .having(first >= since)
    )
    return [
        Touch(person=row.living, kind=TouchKind.EXPORTED, what=row.shortlist, actor=row.actor, at=row.at)
        for row in tx.execute(query)
    ]
