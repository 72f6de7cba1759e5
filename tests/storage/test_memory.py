"""What stays in memory between searches never answers for another state of the store."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from storage import index, intake, memory, people, persons, scores, search, wishes
from storage.engine import Store, open_store
from storage.model import Score
from storage.query import Field, FieldName, Range, RangeName, Tree, Words

NUMBERS = range(1, 9)
TREES: list[Tree | None] = [
    None,
    Words(text="reed"),
    Words(text="wil", prefix=True),
    Words(text="paged attention", phrase=True),
    Field(name=FieldName.CITY, value="berlin"),
    Field(name=FieldName.HIDDEN, value="yes"),
    Range(name=RangeName.SCORE, low=35),
]
ASKED = [(tree, specialism) for tree in TREES for specialism in (None, "inference")]


@pytest.fixture
def pool(store: Store, make: Any, now: datetime, keyer: Any) -> Store:
    """Eight people with a name, a work and a score each."""
    records: list[Any] = []
    for number in NUMBERS:
        work = make.work(f"github:orbit/engine#{number}", title="Speed up paged attention")
        name = f"{'Reed' if number % 2 else 'Wilde'} Invented{number}"
        one = f"github:{number}"
        records += [make.identity(one, name=name), work, make.signal(one, work.id)]
    with store.begin() as tx:
        intake.take(tx, make.visit(*records), now=now, run=None, keyer=keyer)
        persons.rebuild(tx, [frozenset({f"github:{number}"}) for number in NUMBERS], now, keyer=keyer)
        index.reindex(tx, None, shared=2)
        scores.put(tx, "inference", "inference@1", ranking(tx, now, 0), "rank-1", now)
    return store


def key_of(tx: Any, number: int) -> str:
    found = persons.find_by_identity(tx, f"github:{number}")
    assert found is not None
    return found.key


def ranking(tx: Any, now: datetime, more: float) -> list[Score]:
    return [
        Score(
            person=key_of(tx, number), specialism="inference", version="inference@1", value=10.0 * number + more,
            lower=(10.0 * number + more) % 50, confidence=0.5, level="unknown", as_of=now, run=None,
        )
        for number in NUMBERS
    ]  # fmt: skip


def answers(store: Store) -> list[Any]:
    with store.read() as tx:
        found: list[Any] = [search.find(tx, tree, specialism=one, limit=5) for tree, one in ASKED]
        return found + [search.count(tx, tree, specialism=one) for tree, one in ASKED]


class Undone(Exception):
    """Ends a transaction that must leave no trace."""


def changes(store: Store, make: Any, now: datetime, keyer: Any) -> Iterator[str]:
    """Change one thing after another, whatever a search looks at."""
    with store.begin() as tx:
        people.hide(tx, key_of(tx, 3), actor="ana", reason="asked", now=now)
    yield "hidden"
    with store.begin() as tx:
        people.unhide(tx, key_of(tx, 3))
    yield "shown again"
    with pytest.raises(Undone), store.begin() as tx:
        people.hide(tx, key_of(tx, 8), actor="ana", reason="asked", now=now)
        index.remove(tx, [key_of(tx, 7)])
        assert search.count(tx, None, specialism=None) == len(NUMBERS) - 2  # a writer sees what it wrote
        raise Undone
    yield "undone"
    with store.begin() as tx:
        index.put_facets(tx, [key_of(tx, 2)], [(key_of(tx, 2), "city", "Berlin")])
    yield "moved to a city"
    with store.begin() as tx:
        scores.put(tx, "inference", "inference@2", ranking(tx, now, 7.0), "rank-2", now)
    yield "ranked"
    later = now + timedelta(hours=1)
    with store.begin() as tx:
        renamed = make.identity("github:4", name="Reed Otherwise", at=later)
        intake.take(tx, make.visit(renamed, task=make.task(2)), now=later, run=None, keyer=keyer)
        persons.rebuild(tx, [frozenset({f"github:{number}"}) for number in NUMBERS], later, keyer=keyer)
        index.reindex(tx, [key_of(tx, 4)])
    yield "renamed"
    with store.begin() as tx:
        said = make.claim("github:6", "github:6", wishes.REFUSED_LINE, at=later)
        intake.take(tx, make.visit(said, task=make.task(3)), now=later, run=None, keyer=keyer)
    yield "refused"
    with store.begin() as tx:
        index.remove(tx, [key_of(tx, 1)])
    yield "removed"
    with store.begin() as tx:
        index.reindex(tx, None, shared=3)
    yield "built anew"


def test_every_change_is_seen_by_the_next_search(
    pool: Store, make: Any, now: datetime, keyer: Any, new_url: Any
) -> None:
    """Whether the same store made the change or another one, searching goes on as if nothing had been kept."""
    other = open_store(pool._engine.url.render_as_string(hide_password=False))
    before = answers(pool)
    assert answers(other) == answers(pool) == before
    for what in changes(pool, make, now, keyer):
        fresh = open_store(pool._engine.url.render_as_string(hide_password=False))
        try:
            expected = answers(fresh)
            if what not in ("shown again", "undone"):
                assert expected != before, what
            before = expected
            for store in (pool, other, pool):
                assert answers(store) == expected, what
        finally:
            fresh.close()
    other.close()


def test_nothing_is_read_twice_while_nothing_changes(pool: Store) -> None:
    answers(pool)
    with pool.read() as tx:
        held = memory.state(tx)
        assert held.found and memory.state(tx) is held
    with pool.read() as tx:
        assert memory.state(tx).memory is held.memory


def test_memory_keeps_what_was_used_last_within_its_bounds() -> None:
    class Block:
        nbytes = 1_000

    kept, read = memory.Memory(10, most=5_000), []

    def ask(name: int) -> None:
        kept.get(name, lambda: read.append(name) or Block())

    for name in (1, 2, 3, 4, 1, 5, 1, 2):
        ask(name)
    assert read == [1, 2, 3, 4, 5, 2]
