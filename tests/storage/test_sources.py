"""Giving up a source: what it told goes, what others told stays."""

import pytest
from sqlalchemy import select

from spiders.records import Page, Task
from storage import digest, frontier, intake, persons, pool, search, snapshot, sources, statements
from storage.engine import Store
from storage.tables import cursor, moved, task, visit, withdrawal


def told(make, now, source: str, number: int, *records):
    page = Page(
        url="https://code.example/1", status=200, media_type="text/plain", body=b"",
        sha256=str(number) * 64, fetched_at=now,
    )  # fmt: skip
    return make.visit(*records, task=make.task(number, source=source), page=page, cursor={"head": "abc"})


@pytest.mark.row("P03")
def test_a_source_given_up_takes_its_facts_along_and_nobody_elses(new_store, make, now, keyer) -> None:
    ours = [
        make.identity(name="Amina Okonjo", source="left"), make.identity("github:2002", name="Bo", source="left"),
        make.work(source="left"), make.signal(id="a", source="left"),
        make.claim("github:1001", "github:2002", "alias", source="left"),
    ]  # fmt: skip
    theirs = [
        make.identity(handle="amina-o", source="kept"),
        make.work(title="Their own words", source="kept"),
        make.signal(id="b", source="kept"),
    ]
    stores: list[Store] = [new_store(), new_store()]
    for number, store in enumerate(stores):
        with store.begin() as tx:
            if number == 0:
                intake.take(tx, told(make, now, "left", 1, *ours), now=now, run=None, keyer=keyer)
                frontier.add(
                    tx, [Task(source="left", kind="k", url="https://l.example/")], now=now, every_hours={}
                )
            intake.take(tx, told(make, now, "kept", 2, *theirs), now=now, run=None, keyer=keyer)
    (first, second) = stores
    with first.begin() as tx:
        persons.rebuild(tx, [frozenset({"github:1001"}), frozenset({"github:2002"})], now)
        search.reindex(tx, None)
        assert sources.facts_of(tx, "left") == {
            "statement": 4, "claim": 1, "work": 1, "signal": 1, "moved": 0
        }  # fmt: skip
        rows, pages = sources.forget_source(tx, "left")
        assert rows["statement"] == 4 and pages == {"1" * 64}
        assert "Bo" not in str(tx.exec_driver_sql("SELECT * FROM search_index").all())
        for table in (cursor, task, visit, moved, withdrawal):
            assert "left" not in tx.execute(select(table.c.source)).scalars().all()
        assert sources.forget_source(tx, "left") == ({}, frozenset())
        persons.rebuild(tx, [], now)
    with first.read() as one, second.read() as other:
        assert digest.store_digests(one) == digest.store_digests(other)
        assert [view.id for view in statements.iter_identities(one)] == ["github:1001"]
        works = [row for batch in pool.works(one, snapshot.WORKS) for row in batch.to_pylist()]
        assert [row["title"] for row in works] == ["Their own words"]
