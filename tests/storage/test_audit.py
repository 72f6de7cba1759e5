"""The log: chained, checked, free of personal data."""

import pytest
from sqlalchemy import delete, update

from storage import audit
from storage.engine import Store
from storage.errors import StoreError
from storage.tables import audit as table


@pytest.fixture
def log(store: Store, now) -> Store:
    """A log of five entries."""
    with store.begin() as tx:
        for number in range(1, 6):
            audit.append(
                tx, at=now, actor="ana", action="export", subject=f"p_{number}", detail={"rows": number}
            )
    return store


def verdict(store: Store, **more) -> audit.Verdict:
    with store.read() as tx:
        return audit.verify(tx, **more)


def test_an_untouched_log_is_whole(log: Store) -> None:
    found = verdict(log)
    assert (found.ok, found.entries, found.bad) == (True, 5, None)
    with log.read() as tx:
        assert [entry.subject for entry in audit.entries(tx, limit=2, after=3)] == ["p_4", "p_5"]


TAMPERING = [
    (update(table).where(table.c.seq == 3).values(subject="p_9"), 3),
    (update(table).where(table.c.seq == 2).values(detail={"rows": 9}), 2),
    (update(table).where(table.c.seq == 4).values(digest="f" * 64), 4),
    (delete(table).where(table.c.seq == 2), 2),
    (update(table).where(table.c.seq == 5).values(seq=9), 5),
]


@pytest.mark.parametrize(("change", "bad"), TAMPERING)
def test_the_first_bad_entry_is_named(change, bad: int, log: Store) -> None:
    with log.begin() as tx:
        tx.execute(change)
    found = verdict(log)
    assert (found.ok, found.bad) == (False, bad)


def test_a_log_cut_short_is_noticed_against_a_checkpoint(log: Store) -> None:
    before = verdict(log)
    with log.begin() as tx:
        tx.execute(delete(table).where(table.c.seq > 3))
    assert verdict(log).ok
    found = verdict(log, checkpoint=(before.entries, before.head))
    assert (found.ok, found.bad) == (False, 4)


def test_an_address_does_not_get_into_the_log(store: Store, now) -> None:
    with pytest.raises(StoreError, match="personal data"), store.begin() as tx:
        audit.append(tx, at=now, actor="ana", action="x", subject="p_1", detail={"to": "ona@vale.example"})
