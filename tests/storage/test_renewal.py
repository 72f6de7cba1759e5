"""A snapshot built upon the one before holds what one made from nothing does."""

import random
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from sqlalchemy import delete

from spiders.records import Gone
from storage import intake, persons, renewal, snapshot, twins
from storage.engine import Store
from storage.model import Twin
from storage.tables import signal, work

PEOPLE = [f"github:{number}" for number in range(1, 7)]
WORKS = [f"github:org/part#{number}" for number in range(8)]


def rows(table: Any) -> list[str]:
    return sorted(map(repr, table.to_pylist()))


def night(store: Store, draw: random.Random, make: Any, now: Any, keyer: Any) -> None:
    """Let works and signals be told, told otherwise, taken back, erased and joined; people become others."""
    one, other = draw.sample(WORKS, 2)
    records = [make.identity(each, handle=f"login-{draw.randrange(3)}", at=now) for each in PEOPLE]
    records += [make.work(each, title=f"title {draw.randrange(3)}", at=now) for each in draw.sample(WORKS, 3)]
    records += [make.signal(draw.choice(PEOPLE), draw.choice(WORKS), at=now) for _ in range(4)]
    records.append(Gone(id=draw.choice(WORKS), via=make.via(now - timedelta(hours=draw.randrange(40)))))
    with store.begin() as tx:
        intake.take(tx, make.visit(*records, at=now), now=now, run=None, keyer=keyer)
        twins.put(tx, [Twin(work=one, canonical=other, reason="title")] if draw.random() < 0.7 else [])
        if draw.random() < 0.5:
            gone = draw.choice(WORKS)
            tx.execute(delete(signal).where(signal.c.work == gone))
            tx.execute(delete(work).where(work.c.id == gone))
        cut = draw.randrange(1, 4)
        persons.rebuild(tx, [frozenset(PEOPLE[:cut]), *(frozenset({each}) for each in PEOPLE[cut:])], now)


@pytest.mark.parametrize("seed", [1, 2])
def test_what_changed_upon_the_night_before_is_the_store_as_it_is(
    new_store: Callable[[], Store], make: Any, now: Any, keyer: Any, tmp_path: Path, seed: int
) -> None:
    draw, store, upon = random.Random(seed), new_store(), 0
    quiet = [
        f"github:org/quiet#{number}" for number in range(80)
    ]  # so that little of the whole changes in a night
    facts = [each for one in quiet for each in (make.work(one), make.signal(PEOPLE[0], one))]
    with store.begin() as tx:
        intake.take(tx, make.visit(*facts), now=now, run=None, keyer=keyer)
    for number in range(10):
        at = now + timedelta(days=number)
        night(store, draw, make, at, keyer)
        directory = tmp_path / f"ranking-{number}"
        found = renewal.renew(store, directory, as_of=at)
        upon += found.upon is not None
        with store.read() as tx:
            snapshot.write(tx, tmp_path / "whole", "ranking", as_of=at)
        for name in renewal.KEYS:
            whole = pq.read_table(tmp_path / "whole" / f"{name}.parquet")
            assert rows(renewal.read(directory, name)) == rows(whole), (number, name)
    assert upon > 3
