"""Who opted out of being scored stays out, whoever they turn out to be."""

from datetime import datetime
from typing import Any

import pytest
import town

from sourcing import judgements
from sourcing.privacy import profiling
from sourcing.settings import Settings
from storage import persons, scores
from storage.engine import Store


@pytest.mark.row("P20")
def test_nobody_is_scored_again_by_being_joined_to_somebody(
    store: Store, settings: Settings, make: Any, now: datetime, keyer: Any
) -> None:
    keys = town.fill(store, make, now, keyer, settings)
    profiling.opt_out(store, keys[5], reason="asked by the person", actor="ana", now=now)
    judgements.merge(store, keys[0], keys[5], actor="ana", reason="one person", now=now, keyer=keyer)
    with store.read() as tx:
        living = persons.resolve_key(tx, keys[0])
        assert persons.resolve_key(tx, keys[5]) == living
        assert scores.of_person(tx, living) == []
        assert scores.of_person(tx, keys[1]), "others keep theirs"
        listed = {one.person for slug in town.SPECS for one in scores.ranking(tx, slug, limit=town.SIZE)}
        assert not listed & {keys[0], keys[5]}
