"""Whom somebody was shown together with what speaks for them: what a decision about a person rests on (TRUST P13)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select, true

from storage.engine import batched, upsert
from storage.tables import person_alias, viewed

_BATCH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewed:
    """What was explained: the score of a specialism at a version. None: the person had no score."""

    specialism: str | None
    version: str | None


def put(tx: Connection, actor: str, shown: Mapping[str, Viewed], *, now: datetime) -> None:
    """Remember that somebody was shown people. shown: by living key; the last view counts. Changes viewed."""
    rows = [
        {"person": key, "actor": actor, "specialism": one.specialism, "version": one.version, "at": now}
        for key, one in sorted(shown.items())
    ]
    for batch in batched(rows, _BATCH):
        upsert(tx, viewed, batch)


def of(tx: Connection, actor: str | None, people: Collection[str]) -> dict[str, frozenset[Viewed]]:
    """Return what of some people, by living key, somebody was shown, under keys merged into theirs as well.

    actor: None = anybody.
    """
    theirs = viewed.c.actor == actor if actor is not None else true()
    living = func.coalesce(person_alias.c.person, viewed.c.person).label("living")
    found: dict[str, set[Viewed]] = {}
    for batch in batched(sorted(set(people)), _BATCH):
        query = (
            select(living, viewed.c.specialism, viewed.c.version)
            .join_from(viewed, person_alias, person_alias.c.alias == viewed.c.person, isouter=True)
            .where(theirs, living.in_(batch))
        )
        for row in tx.execute(query):
            found.setdefault(row.living, set()).add(Viewed(specialism=row.specialism, version=row.version))
    return {key: frozenset(told) for key, told in found.items()}
