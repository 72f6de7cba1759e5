"""A shortlist and a page of results are read together, however many people stand on them."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import event

from sourcing import board, cards, lists, pages
from sourcing.query import parse
from storage import index, intake, persons, scores
from storage.engine import Store
from storage.model import Points, Score

NOW = datetime(2026, 11, 22, 2, 17, tzinfo=UTC)
NUMBERS = range(1, 9)
RANKED = ("inference", "serving", "speech")


@pytest.fixture
def ranked(store: Store, make: Any, keyer: Any) -> tuple[Store, list[str]]:
    """Eight people with a merged change each, best in one of three specialisms by turns, and scored in another too."""
    records: list[Any] = []
    for number in NUMBERS:
        work = make.work(f"github:orbit/engine#{number}", title=f"Change {number}")
        records += [make.identity(f"github:{number}", name=f"Invented {number}"), work]
        records.append(make.signal(f"github:{number}", work.id, kind="merged"))
    with store.begin() as tx:
        intake.take(tx, make.visit(*records), now=NOW, run=None, keyer=keyer)
        persons.rebuild(tx, [frozenset({f"github:{number}"}) for number in NUMBERS], NOW, keyer=keyer)
        index.reindex(tx, None)
        keys = [persons.find_by_identity(tx, f"github:{number}").key for number in NUMBERS]
        signals = [one.id for one in records if hasattr(one, "work")]
        for at, slug in enumerate(RANKED):
            ranking = [
                _score(key, slug, 90.0 if number % 3 == at else 20.0, signals[number])
                for number, key in enumerate(keys)
                if number % 3 != (at + 1) % 3
            ]
            scores.put(tx, slug, f"{slug}@1", ranking, None, NOW)
    return store, keys


def _score(key: str, slug: str, value: float, signal: str) -> Score:
    part = Points(
        factor=f"merged in {slug}", feature="merged_work", value=1.0, unit="pull requests", points=value,
        evidence=(signal,),
    )  # fmt: skip
    idle = Points(factor="reviews", feature="review_work", value=None, unit="reviews", points=0.0)
    return Score(
        person=key, specialism=slug, version=f"{slug}@1", value=value, lower=value, upper=value, confidence=1.0,
        level="unknown", as_of=NOW, run=None, points=(part, idle),
    )  # fmt: skip


@contextmanager
def counted(store: Store) -> Iterator[list[str]]:
    """Give a list that every statement is added to while inside."""
    said: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        said.append(statement)

    event.listen(store._engine, "before_cursor_execute", note)
    try:
        yield said
    finally:
        event.remove(store._engine, "before_cursor_execute", note)


def test_each_is_shown_with_their_best_score_and_its_reasons(ranked: tuple[Store, list[str]]) -> None:
    store, keys = ranked
    lists.create(store, "Role", specialism=None, actor="ana", now=NOW)
    lists.add(store, "Role", keys, actor="ana", now=NOW)
    with store.read() as tx:
        rows = board.show(tx, "Role", now=NOW).rows
        page = pages.page(tx, parse(""), specialism=None, size=25, now=NOW)
        shown = cards.of(tx, page.hits, actor="ana", now=NOW)
    best = {key: RANKED[number % 3] for number, key in enumerate(keys)}
    assert {row.item.person: row.score.specialism for row in rows if row.score is not None} == best
    assert {hit.person: hit.specialism for hit in page.hits} == best
    for reasons in ([row.reasons for row in rows], [hit.reasons for hit in page.hits]):
        assert all(len(each) == 1 and each[0].points == 90.0 and each[0].links for each in reasons)
    assert (
        {row.misses for row in rows} == {one.misses for one in shown.values()} == {("reviews: not observed",)}
    )


def test_more_people_cost_no_more_queries(ranked: tuple[Store, list[str]]) -> None:
    """As many specialisms as people would otherwise ask for points and factors one by one."""
    store, keys = ranked
    for name, some in (("first", keys[-1:]), ("few", keys[:2]), ("many", keys)):
        lists.create(store, name, specialism=None, actor="ana", now=NOW)
        lists.add(store, name, some, actor="ana", now=NOW)
    asked: dict[str, tuple[int, int]] = {}
    for name in ("first", "few", "many"):  # what the first reads is kept for the others
        with store.read() as tx, counted(store) as by_list:
            board.show(tx, name, now=NOW)
        with store.read() as tx, counted(store) as by_page:
            page = pages.page(tx, parse(f"list:{name}"), specialism=None, size=25, now=NOW)
            cards.of(tx, page.hits, actor="ana", now=NOW)
        asked[name] = len(by_list), len(by_page)
    assert len(page.hits) == len(keys)
    assert asked["many"] == asked["few"]
