"""Whoever opted out of being scored: nothing that was computed of them stays, under whatever key it stands."""

from collections.abc import Collection

from sqlalchemy import Connection, select

from storage import rankings, scores
from storage.engine import batched
from storage.tables import person_alias, score

_BATCH = 500


def leave_out(tx: Connection, people: Collection[str]) -> None:
    """Take people out of the scores and of the rankings that are kept. people: living keys.

    Changes score, points, flag, ranking_row and the orders.
    """
    keys: set[str] = set(people)
    for batch in batched(sorted(people), _BATCH):
        keys.update(
            tx.execute(select(person_alias.c.alias).where(person_alias.c.person.in_(batch))).scalars()
        )
    held: set[str] = set()
    for batch in batched(sorted(keys), _BATCH):
        held.update(
            tx.execute(select(score.c.specialism).where(score.c.person.in_(batch)).distinct()).scalars()
        )
    for slug, (version, as_of, _) in scores.ranked(tx).items() if held else ():
        if slug in held:
            scores.put(tx, slug, version, [], None, as_of, people=keys)
    rankings.forget(tx, keys)
