"""Many rows at once are what one row after another would be, and so are the marks that the database makes of them."""

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select
from sqlalchemy.exc import DBAPIError

from storage import changes, merging
from storage.engine import Store, batched, upsert
from storage.facts import newer
from storage.tables import changed, work

WORDS = (
    "Fuse kernels",
    "tab\there",
    "back\\slash",
    "line\nend",
    r"\N",
    "翠 森",
    "",
    '"quoted", {braces}',
    "👩🏽‍🔬",
)


def rows(chance: random.Random, now: Any) -> list[dict[str, Any]]:
    """Return works of few ids told at few moments, so that they collide."""
    return [
        {
            "id": f"git:lab/engine@{chance.randrange(200)}", "source": chance.choice(["git_history", "github_pulls"]),
            "kind": "commit", "title": chance.choice(WORDS), "text": chance.choice([None, *WORDS]),
            "tags": chance.sample(WORDS, 2), "paths": [], "venue": None,
            "published_on": chance.choice([None, now.date()]), "part_of": chance.choice([None, "git:lab/engine"]),
            "hash": f"{chance.randrange(3)}", "url": "https://code.example/lab", "visit": "0" * 32,
            "seen_at": now + timedelta(minutes=chance.randrange(3)),
        }
        for _ in range(600)
    ]  # fmt: skip


def stored(tx: Connection) -> tuple[list[Any], list[Any]]:
    return (
        [tuple(row) for row in tx.execute(select(work).order_by(work.c.id, work.c.source))],
        [tuple(row) for row in tx.execute(select(changed).order_by(changed.c.kind, changed.c.id))],
    )


def test_many_rows_at_once_are_what_one_after_another_would_be(
    new_store: Callable[[], Store], now: Any
) -> None:
    told = rows(random.Random(3), now)
    kept = []
    for size in (1, 2 * merging.MANY):
        store = new_store()
        with store.begin() as tx:
            upsert(tx, work, _distinct(told[:300]), where=newer(work))
            changes.take(tx, "the night before")
        for batch in batched(told, size):
            with store.begin() as tx:
                for part in (batch[: len(batch) // 2], batch[len(batch) // 2 :]):  # twice in one transaction
                    upsert(tx, work, _distinct(part), where=newer(work))
        with store.read() as tx:
            kept.append(stored(tx))
    assert kept[0] == kept[1]
    assert len(kept[0][0]) > merging.MANY
    assert len(kept[0][1]) > merging.MANY


def _distinct(batch: Any) -> list[dict[str, Any]]:
    """Return the newest row of each key, as intake hands them over."""
    ordered = sorted(batch, key=lambda row: (row["seen_at"], row["hash"]))
    return list({(row["id"], row["source"]): row for row in ordered}.values())


def test_rows_that_share_a_key_are_written_one_after_another(store: Store, now: Any) -> None:
    told = rows(random.Random(4), now)
    same = [{**row, "id": "git:lab/engine@1", "source": "git_history"} for row in told]
    with store.begin() as tx:
        upsert(tx, work, same, where=newer(work))
        (one,) = tx.execute(select(work.c.seen_at, work.c.hash)).all()
    assert tuple(one) == max((row["seen_at"], row["hash"]) for row in same)


def _named_anew(new: Any) -> dict[str, Any]:
    return {"title": "Named anew", "visit": new.visit, "text": None}


def test_what_changes_where_a_key_exists_may_be_a_value_of_its_own(store: Store, now: Any) -> None:
    told = _distinct(rows(random.Random(6), now))
    assert len(told) >= merging.MANY
    with store.begin() as tx:
        for visit in ("1" * 32, "2" * 32):
            upsert(tx, work, [{**row, "visit": visit} for row in told], change=_named_anew)
        found = tx.execute(select(work.c.title, work.c.visit, work.c.text).distinct()).all()
    assert [tuple(row) for row in found] == [("Named anew", "2" * 32, None)]


@pytest.mark.parametrize("count", [1, 2 * merging.MANY])
def test_what_the_database_refuses_is_told_alike_for_few_and_many(store: Store, now: Any, count: int) -> None:
    told = [{**row, "id": f"git:{at}"} for at, row in enumerate(rows(random.Random(5), now)[:count])]
    told[-1] |= {"title": None}
    with pytest.raises(DBAPIError), store.begin() as tx:
        upsert(tx, work, told)
    with store.begin() as tx:
        assert stored(tx)[0] == []
