"""Whatever a source writes: any text is kept and found, long ones are cut and say so, impossible dates are unknown."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from spiders import redact
from spiders.records import Page, Record, Task, Via
from spiders.sandbox import Label, Reading, read_page
from storage import intake, persons, search, statements
from storage.digest import store_digest
from storage.engine import Store
from storage.index import words
from storage.query import Field, FieldName
from storage.tables import signal, statement, work


class Reader:
    """Reads any page as the records it was made with."""

    VERSION = 1

    def __init__(self, records: Callable[[Via], list[Record]]) -> None:
        self._records = records

    def read(self, _task: Task, _page: Page, via: Via) -> Iterator[Record]:
        yield from self._records(via)


def reading(now: datetime, records: Callable[[Via], list[Any]]) -> Reading:
    """Return what the engine hands on of some records."""
    url = "https://code.example/1"
    page = Page(
        url=url, status=200, media_type="application/json", fetched_at=now, sha256="0" * 64, body=b"{}"
    )
    label = Label(source="git_history", reader="git_history@1", terms="https://code.example/t")
    task = Task(source="git_history", kind="history", url=url)
    return read_page(Reader(records), label, task, page)  # type: ignore[arg-type]


def take(store: Store, make: Any, now: datetime, keyer: Any, *records: Record) -> None:
    with store.begin() as tx:
        intake.take(tx, make.visit(*records), now=now, run=None, keyer=keyer)


AWKWARD = [
    "مرحبا بالعالم",
    "👩🏽‍🔬 Ana",
    "Z̸a̷l̵g̶o̴",
    "a\0b",
    "half \ud83d",
    "İstanbul ﷽",
    "\u202eanA\u202c",
    "翠 森",
    "'; --",
]


@pytest.mark.row("F37")
@settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(texts=st.lists(st.text(st.characters(exclude_categories=()), max_size=80), min_size=1, max_size=12))
@example(texts=AWKWARD)
def test_any_text_is_stored_and_found_or_its_loss_is_recorded(
    texts: list[str], new_store: Callable[[], Store], make, now, keyer
) -> None:
    store = new_store()
    told = reading(now, lambda via: [make.identity(f"github:{n}", name=text) for n, text in enumerate(texts)])
    assert len(told.records) + len(told.quarantined) == len(texts)
    with store.begin() as tx:
        intake.take(tx, make.visit(*told.records), now=now, run=None, keyer=keyer)
        persons.rebuild(tx, [frozenset({one.id}) for one in told.records], now)
        search.reindex(tx, None)
    with store.read() as tx:
        views = statements.identities(tx, [one.id for one in told.records])
        for one in told.records:
            assert views[one.id].names == (
                (one.name.encode("utf-8", "replace").decode(),) if one.name else ()
            )
            if one.name and words(one.name):
                tree = Field(name=FieldName.NAME, value=one.name)
                found = {hit.person for hit in search.find(tx, tree, specialism=None, limit=100)}
                assert persons.find_by_identity(tx, one.id).key in found
    with store.begin() as tx:
        digest = store_digest(tx)
        intake.take(tx, make.visit(*told.records), now=now, run=None, keyer=keyer)
        assert store_digest(tx) == digest


@pytest.mark.row("F38")
def test_a_ten_megabyte_bio_is_cut_at_ten_kilobytes_and_says_so(store: Store, make, now, keyer) -> None:
    bio = "Kernels, quietly. é 翠 " * 420_000
    assert len(bio.encode()) > 10_000_000
    told = reading(now, lambda via: [make.identity(summary=bio), make.identity("github:2", summary="Short.")])
    take(store, make, now, keyer, *told.records)
    with store.read() as tx:
        kept = dict(
            tx.execute(
                select(statement.c.identity, statement.c.value).where(statement.c.attribute == "summary")
            ).all()
        )
    assert 9_900 < len(kept["github:1001"].encode()) <= 10_000
    assert kept["github:1001"].endswith(redact.CUT) and kept["github:2"] == "Short."


@pytest.mark.row("F39")
@pytest.mark.parametrize(
    "moment",
    [datetime(1970, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC), datetime.max.replace(tzinfo=UTC)],
)
def test_an_impossible_date_is_unknown_and_never_recent(
    moment: datetime, store: Store, make, now, keyer
) -> None:
    told = reading(
        now,
        lambda via: [make.identity(), make.work(published_on=moment.date()), make.signal(occurred_at=moment)],
    )
    take(store, make, now, keyer, *told.records)
    with store.begin() as tx:
        assert tx.execute(select(signal.c.occurred_at)).scalar_one() is None
        assert tx.execute(select(work.c.published_on)).scalar_one() is None
        persons.rebuild(tx, [frozenset({"github:1001"})], now)
        search.reindex(tx, None)
        assert tx.exec_driver_sql("SELECT active_on FROM search_person").scalar_one() is None


@pytest.mark.row("F39")
def test_a_date_no_calendar_of_ours_can_hold_is_unknown_and_counted(store: Store, make, now, keyer) -> None:
    from spiders.sources import github_pulls

    pull = (
        b'{"number": 1, "title": "x", "mergedAt": "%s-01-01T00:00:00Z", "updatedAt": "2026-11-20T00:00:00Z",'
        b'"author": {"__typename": "User", "login": "ana", "databaseId": 1, "name": null}}'
    )
    body = b'{"data": {"repository": {"nameWithOwner": "orbit/engine", "pullRequests": {"totalCount": 2,'
    body += b'"pageInfo": {"hasNextPage": false, "endCursor": null}, "nodes": [%s, %s]}}}}'
    url = "https://api.github.com/graphql"
    page = Page(
        url=url, status=200, media_type="application/json", fetched_at=now, sha256="0" * 64,
        body=body % (pull % b"10000", (pull % b"2025").replace(b'"number": 1', b'"number": 2')),
    )  # fmt: skip
    task = Task(
        source="github_pulls", kind="pulls", url=url, params={"repository": "orbit/engine", "first": 25}
    )
    told = read_page(
        github_pulls, Label(source="github_pulls", reader="github_pulls@1", terms="t"), task, page
    )
    take(store, make, now, keyer, *told.records)
    with store.read() as tx:
        signals = tx.execute(select(signal.c.work, signal.c.occurred_at).order_by(signal.c.work))
        assert [(one.work, one.occurred_at) for one in signals] == [
            ("github:orbit/engine#1", None),
            ("github:orbit/engine#2", datetime(2025, 1, 1, tzinfo=UTC)),
        ]
        days = tx.execute(select(work.c.published_on).order_by(work.c.id)).scalars().all()
    assert days == [None, date(2025, 1, 1)] and told.quarantined == ()
    assert told.counted == {"date_unreadable": 1}
