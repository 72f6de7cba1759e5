"""Drawings: as high as their numbers, readable as text beside, and never a way for markup to come in."""

import pytest
from lxml import html

from sourcing.web import charts
from sourcing.web.charts import Bar


def heights(svg: str) -> list[float]:
    drawn = html.fromstring(svg).cssselect("rect.column-bar, rect.column-none")
    return [float(one.get("height")) for one in drawn]


def test_columns_are_as_high_as_their_numbers_and_the_least_is_seen() -> None:
    found = heights(charts.columns([Bar(label=str(one), value=one) for one in (0, 1, 500, 1000)], height=100))
    assert found[3] == pytest.approx(98) and found[2] == pytest.approx(49)
    assert found[1] >= 1.5 > found[0] > 0
    assert heights(charts.columns([])) == []


def test_labels_and_links_are_escaped() -> None:
    svg = charts.columns([Bar(label='"><script>x</script>', value=1, link='/people?q="><script>&a=1')])
    tree = html.fromstring(svg)
    assert not tree.cssselect("script") and "<script" not in svg
    assert tree.cssselect("a")[0].get("href") == '/people?q="><script>&a=1'


def test_a_strip_draws_each_month_once() -> None:
    bars = html.fromstring(charts.strip((0, 3, 0, 6)))
    drawn, none = (bars.cssselect(f".strip-{kind}")[0].get("d") for kind in ("bar", "none"))
    assert drawn.count("M") == 2 and none.count("M") == 2
    assert "v-9h4" in drawn and "v-18h4" in drawn


@pytest.mark.parametrize(("value", "expected"), [(0, 0), (1, 1), (25, 3), (100, 5)])
def test_shades_tell_few_from_none_and_most_from_many(value: int, expected: int) -> None:
    assert charts.shade(value, 100) == expected
