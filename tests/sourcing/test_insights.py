"""Every figure of a query's people is the length of the list its link opens."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import town

from sourcing import insights, neighbours, people
from sourcing.query import parse
from sourcing.settings import Settings
from storage import activity, search
from storage.engine import Store
from storage.subjects import PepperKeyer

SPEC = town.SPECS[0]


@pytest.fixture
def keys(
    store: Store, make: Any, now: datetime, keyer: PepperKeyer, settings: Settings, home: Path
) -> list[str]:
    return town.fill(store, make, now, keyer, settings)


@pytest.mark.parametrize(
    ("query", "specialism"), [("", None), ("name:Ona", SPEC), ("in:list OR tag:kernels", None)]
)
def test_every_figure_is_the_length_of_the_list_behind_it(
    store: Store, keys: list[str], now: datetime, query: str, specialism: str | None
) -> None:
    with store.read() as tx:
        found = insights.of(tx, query, specialism=specialism, order="established", now=now)
        figures = [*found.scores, *found.months, *found.funnel, *(cell for row in found.grid for cell in row)]
        assert found.total > 0 and any(figure.people for figure in figures)
        for figure in figures:
            if figure.query is None:
                continue
            scoped = None if figure in found.funnel[:2] else specialism
            tree = people.in_specialism(parse(figure.query), scoped)
            assert search.count(tx, tree, specialism=specialism) == figure.people, figure
        assert sum(figure.people for figure in found.months) == found.total
        assert sum(figure.people for figure in found.scores) == found.funnel[2].people
        assert [figure.label for figure in found.funnel][-2:] == ["shortlisted", "exported"]


def test_going_on_from_person_to_person_visits_everybody_once(
    store: Store, keys: list[str], now: datetime
) -> None:
    tree = parse("name:Ona")
    with store.read() as tx:
        order = people.every_key(tx, tree, specialism=SPEC, limit=None)
        around = [neighbours.of(tx, key, tree, specialism=SPEC, order="established") for key in order]
        assert [one.after for one in around] == [*order[1:], None]
        assert [one.before for one in around] == [None, *order[:-1]]
        assert len(order) == 10


def test_activity_counts_signals_by_month_of_the_whole_person(
    store: Store, keys: list[str], now: datetime
) -> None:
    since = datetime.fromisoformat("2025-11-01T00:00:00+00:00")
    with store.read() as tx:
        found = activity.of(tx, keys[:3], since=since)
    assert found[keys[0]].months == {"2026-11": 1} and found[keys[0]].latest == datetime.fromisoformat(
        "2026-11-21T02:17:00+00:00"
    )
    assert sum(found[keys[2]].months.values()) == 3
