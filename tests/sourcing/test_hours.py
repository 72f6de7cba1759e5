"""Working hours: a third of the world from clocks of commits, coarse from the first byte kept."""

import json
from datetime import UTC, datetime

import pytest
from git_server import Made

from sourcing import hours
from spiders import gitlog
from spiders.engines.repository import local_pages
from spiders.records import Identity, Provenance, Task, Zone
from spiders.redact import Pepper
from spiders.sources import git_history

NOW = datetime(2026, 11, 22, tzinfo=UTC)
RECENT = ["2026-06", "2026-07", "2026-09", "2026-10"]
BUSY = dict.fromkeys(RECENT, 10)


@pytest.mark.parametrize(
    ("offset", "zone"),
    [
        ("-0800", Zone.AMERICAS),
        ("-0300", Zone.AMERICAS),
        ("-0230", Zone.AMERICAS),
        ("-0100", Zone.EUROPE_AFRICA),
        ("+0100", Zone.EUROPE_AFRICA),
        ("+0430", Zone.EUROPE_AFRICA),
        ("+0530", Zone.ASIA_PACIFIC),
        ("+1300", Zone.ASIA_PACIFIC),
        ("+0000", None),
        ("-0000", None),
        ("+5180", None),
        ("-1500", None),
    ],
)
def test_a_clock_is_a_third_of_the_world_and_utc_is_none(offset: str, zone: Zone | None) -> None:
    assert gitlog.zone(f"2026-11-20 09:15:00 {offset}") is zone


@pytest.mark.parametrize(
    "stamp", ["", "yesterday", "2026-11-20 09:15:00", "2026-11-20 09:15:00 CET", "+0100"]
)
def test_a_broken_date_has_no_clock(stamp: str) -> None:
    assert gitlog.zone(stamp) is None


def test_a_history_keeps_months_and_zones_of_authors_and_no_clock(tmp_path) -> None:
    made = Made(tmp_path / "engine.git")
    for month, offset in ((9, "+0530"), (9, "+0530"), (10, "+0530"), (10, "+0000")):
        at = int(datetime(2026, month, 3, 20, tzinfo=UTC).timestamp())
        made.commit(
            f"Work of month {month}", GIT_AUTHOR_DATE=f"{at} {offset}", GIT_COMMITTER_DATE=f"{at} +0000"
        )
    (page,) = local_pages(made.path, "lab/engine", until=None, pepper=Pepper(b"p" * 32), fetched_at=NOW)
    assert b"0530" not in page.body and b"+05" not in page.body

    def via(url: str) -> Provenance:
        return Provenance(
            source="git_history", url=url, page="0" * 64, fetched_at=NOW, reader="r@1", terms="t"
        )

    task = Task(source="git_history", kind="history", url=page.url, params={"repository": "lab/engine"})
    told = [one for one in git_history.read(task, page, via) if isinstance(one, Identity) and one.hours]
    assert [one.hours for one in told] == [("2026-09 asia-pacific", "2026-10 asia-pacific")]
    assert {json.loads(line).get("zone") for line in page.body.splitlines()[1:]} == {"asia-pacific", None}


def months(zone: str, names: list[str]) -> list[str]:
    return [f"{name} {zone}" for name in names]


def test_three_months_and_thirty_commits_make_a_band() -> None:
    told = months("europe-africa", RECENT)
    assert hours.band(told, BUSY, NOW) is Zone.EUROPE_AFRICA
    assert hours.band(reversed(told), BUSY, NOW) is Zone.EUROPE_AFRICA


@pytest.mark.parametrize(
    ("told", "commits"),
    [
        pytest.param([], BUSY, id="clocks at UTC only"),
        pytest.param(months("americas", RECENT), dict.fromkeys(RECENT, 7), id="twenty-eight commits"),
        pytest.param(months("americas", RECENT[:2]), BUSY, id="two months with a clock"),
        pytest.param(months("americas", RECENT), {"2026-10": 90}, id="one busy month"),
        pytest.param(months("americas", ["2023-01", "2023-02", "2023-03"]), BUSY, id="three years ago"),
        pytest.param(months("americas", ["2031-01", "2031-02", "2031-03"]), BUSY, id="months to come"),
        pytest.param(months("atlantis", RECENT), BUSY, id="no zone of ours"),
        pytest.param(
            months("americas", RECENT[:2]) + months("asia-pacific", RECENT[2:]),
            BUSY,
            id="two thirds of the world",
        ),
    ],
)
def test_too_little_or_too_mixed_is_no_band(told: list[str], commits: dict[str, int]) -> None:
    assert hours.band(told, commits, NOW) is None


def test_a_journey_of_one_month_in_ten_changes_nothing() -> None:
    year = [f"2026-{number:02d}" for number in range(1, 11)]
    told = months("americas", year) + months("asia-pacific", year[:1])
    assert hours.band(told, dict.fromkeys(year, 5), NOW) is Zone.AMERICAS
