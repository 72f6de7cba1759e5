"""A snapshot built upon the one before holds what one made from nothing does."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from sqlalchemy import Connection, delete

from spiders.records import Gone
from storage import changes, intake, persons, renewal, snapshot, twins
from storage.engine import Store
from storage.errors import StoreError
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
        if draw.random() < 0.3:  # such a night is written as one
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


class Meanwhile(Store):
    """A store from which somebody removes the first work just before it is read."""

    @contextmanager
    def read(self) -> Iterator[Connection]:
        with self.begin() as tx:
            tx.execute(delete(work).where(work.c.id == WORKS[0]))
        with super().read() as tx:
            yield tx


@pytest.mark.parametrize("is_meanwhile", [False, True])
def test_a_snapshot_made_after_rows_went_links_no_file_that_holds_them(
    store: Store, make: Any, now: Any, keyer: Any, tmp_path: Path, is_meanwhile: bool
) -> None:
    with store.begin() as tx:
        intake.take(tx, make.visit(*map(make.work, WORKS)), now=now, run=None, keyer=keyer)
    renewal.renew(store, tmp_path / "one", as_of=now)
    assert renewal.renew(store, tmp_path / "two", as_of=now).upon == "one"
    if not is_meanwhile:
        with store.begin() as tx:
            tx.execute(delete(work).where(work.c.id == WORKS[0]))
    found = renewal.renew(Meanwhile(store._engine) if is_meanwhile else store, tmp_path / "three", as_of=now)
    held = [pq.read_table(path)["work"].to_pylist() for path in (tmp_path / "three").glob("works*.parquet")]
    assert found.upon is None and held == [sorted(WORKS[1:])]


@pytest.mark.parametrize("is_first", [True, False])
def test_marks_are_taken_once_whoever_is_writing_has_ended(
    store: Store, make: Any, now: Any, keyer: Any, is_first: bool
) -> None:
    if store.dialect == "sqlite":
        return  # one writes at a time there
    with store.begin() as tx:
        intake.take(tx, make.visit(*map(make.work, WORKS)), now=now, run=None, keyer=keyer)
    if not is_first:
        with store.begin() as tx:
            changes.take(tx, "one")
        with store.begin() as tx:
            tx.execute(delete(work).where(work.c.id == WORKS[0]))
    with store.begin() as writing:
        writing.execute(delete(work).where(work.c.id == WORKS[1]))
        with pytest.raises(StoreError), store.begin() as tx:
            tx.exec_driver_sql("SET LOCAL lock_timeout = 1")
            changes.take(tx, "two")
    with store.begin() as tx:
        assert changes.take(tx, "two").gone == (frozenset() if is_first else {"work"})
