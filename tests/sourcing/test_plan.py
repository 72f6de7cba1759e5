"""What a run is expected to cost, who has a turn when, and when a run is not to be believed."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sourcing.crawl.allowance import Limits, in_order, left, next_ready
from sourcing.crawl.costs import KindCost, SourcePast, Tally, size_of
from sourcing.crawl.forecast import forecast
from sourcing.crawl.report import CrawlReport, SourceReport, collapsed
from spiders.engines.pace import Bucket, Rate
from spiders.records import Task
from spiders.spec import Expect, SourceSpec


def spec(name: str = "birds", **more: Any) -> SourceSpec:
    words = dict.fromkeys(("title", "home", "terms", "purpose", "basis", "balance"), "x")
    rates = {"requests_per_hour": 3600, "requests_per_run": 1000}
    return SourceSpec.model_validate(
        {"name": name, "reader": name, "engine": "api", **words, **rates, **more}
    )


def tasks(number: int, kind: str, *, lease: int = 2, cursor: str | None = None, **params: Any) -> list[Task]:
    return [
        Task(
            source="birds",
            kind=kind,
            url=f"https://b.example/{kind}/{n}",
            lease=lease,
            cursor=cursor,
            params=params,
        )
        for n in range(number)
    ]


def night(
    *, known: bool = True, seconds: float = 10.0, is_good: bool = True, **kinds: KindCost
) -> SourcePast:
    return SourcePast(known=known, is_good=is_good, seconds=seconds, kinds=kinds)


def asked(visits: int, *, points: int = 0, found: dict[str, int] | None = None, **more: Any) -> Tally:
    return Tally(visits=visits, size=visits, requests=visits, points=points, found=found or {}, **more)


NOW = datetime(2026, 11, 23, 2, 17, tzinfo=UTC)
FIRST = night(
    known=False,
    lists=KindCost(due=4, new=asked(4, found={"birds/bird": 40})),
    bird=KindCost(new=asked(100, points=200, bytes=5_000, found={"birds/bird": 60})),
)


def planned(
    starts: list[Task], past: list[SourcePast], *, known: bool = True, limits: Limits | None = None
) -> Any:
    return forecast(
        [spec()],
        {"birds": starts},
        {"birds": past},
        now=NOW,
        known={"birds": known},
        limits=limits or Limits(),
        abreast=4,
    )


def test_a_night_like_the_last_ones_is_expected_to_cost_as_much() -> None:
    like = night(
        lists=KindCost(due=4, again=asked(4, found={"birds/bird": 40})),
        bird=KindCost(due=2, new=asked(6, points=6, bytes=600), since=asked(2, points=2)),
    )
    found = planned([*tasks(4, "lists"), *tasks(2, "bird", cursor="x")], [like, like, FIRST])
    assert (round(found.total.requests), round(found.total.points)) == (4 + 2 + 6, 8)
    assert found.sources[0].basis == "2 earlier runs" and found.deferrals == ()


def test_a_first_night_is_followed_from_page_to_page() -> None:
    again = planned(tasks(4, "lists", lease=1), [FIRST], known=False)
    assert 100 <= again.total.requests <= 106 and 195 <= again.total.points <= 205


def test_the_second_night_expects_no_more_than_what_is_due() -> None:
    assert round(planned(tasks(4, "lists", cursor="x"), [FIRST]).total.requests) == 4


def test_how_long_a_first_reading_took_says_nothing_about_asking_what_is_new() -> None:
    clones = night(
        known=False, seconds=1200.0, bird=KindCost(due=10, new=asked(10, bytes=90_000_000, found={}))
    )
    assert planned(tasks(10, "bird", lease=1), [clones], known=False).total.seconds > 1000
    again = planned(tasks(10, "bird", cursor="x"), [clones]).total
    assert again.seconds < 10 and again.bytes < 2_000_000


def test_what_is_asked_once_a_week_is_learned_from_the_last_time_it_was() -> None:
    daily = night(lists=KindCost(due=4, again=asked(4)))
    since = asked(5, points=15, bytes=500, found={"birds/nest": 10})
    weekly = night(bird=KindCost(due=5, since=since), nest=KindCost(new=asked(8, points=8)))
    found = planned(tasks(5, "bird", cursor="x"), [daily] * 5 + [weekly, FIRST])
    assert (found.total.requests, found.total.points, found.total.bytes) == (5 + 8, 15 + 8, 500)


def test_a_night_on_which_a_source_had_nothing_to_ask_is_learned_from() -> None:
    quiet = SourceReport(source="birds", known=True)
    past = CrawlReport(sources=(quiet, SourceReport(source="new")), seconds=1.0).pasts
    assert list(past) == ["birds"]
    assert planned([], [FIRST]).total.requests == 0
    late = night(known=False, bird=KindCost(new=asked(100)))  # the store wanted them, no page named them
    assert planned([], [late]).total.requests > 1
    assert planned([], [past["birds"], late]).total.requests == 0


def test_a_repository_in_which_nothing_was_ever_found_is_not_expected_to_move() -> None:
    known = {f"a/{n}": "2026-11-13T02:17:00Z" for n in range(4)}
    asking = Task(
        source="github_pulls", kind="watermarks", url="u", lease=2, cursor=json.dumps(known),
        params={"repositories": [f"a/{n}" for n in range(24)]},
    )  # fmt: skip
    assert size_of(asking, NOW) == pytest.approx(0.4)
    assert size_of(replace(asking, lease=1), NOW) == pytest.approx(20.4)


def test_the_pace_foretold_is_the_pace_kept(tmp_path: Path) -> None:
    for number, gap_s in ((200, 0.0), (10, 3.0)):
        clock = [1e9]

        def sleep(seconds: float, clock: list[float] = clock) -> None:
            clock[0] += seconds

        rate = Rate(requests_per_hour=1200, gap_s=gap_s)
        bucket = Bucket(tmp_path, f"{number}", rate, now=lambda clock=clock: clock[0], sleep=sleep)  # type: ignore[misc]
        for _ in range(number):
            with bucket.turn(3600):
                pass
        slow = forecast(
            [spec(gap_s=gap_s, requests_per_hour=1200)], {"birds": tasks(number, "bird")},
            {"birds": [night(seconds=1.0, bird=KindCost(due=number, again=asked(number)))]},
            now=NOW, known={"birds": True}, limits=Limits(), abreast=4,
        )  # fmt: skip
        assert slow.total.seconds == pytest.approx(clock[0] - 1e9, rel=0.01)


def test_sites_are_expected_side_by_side_each_at_its_own_pace() -> None:
    pages = [replace(task, url=f"https://h{n % 25}.example/") for n, task in enumerate(tasks(100, "page"))]
    found = forecast(
        [spec(engine="site", gap_s=60)], {"birds": pages}, {}, now=NOW, known={}, limits=Limits(), abreast=4
    )
    assert found.total.seconds == 180  # four pages of a host, three gaps


def test_sources_that_want_answers_of_others_are_expected_to_come_after_them() -> None:
    every = [spec("birds", gap_s=60), spec("nests", gap_s=60), spec("eggs", gap_s=60, wants=["homepages"])]
    starts = {one.name: [replace(task, source=one.name) for task in tasks(2, "bird")] for one in every}
    found = forecast(every, starts, {}, now=NOW, known={}, limits=Limits(), abreast=4)
    assert [one.seconds for one in found.sources] == [60, 60, 60] and found.total.seconds == 120


def test_without_any_run_the_usual_numbers_count() -> None:
    watched = [
        Task(
            source="github_pulls", kind="watermarks", url="u", lease=1, params={"repositories": ["a/b"] * 20}
        )
    ]
    found = forecast(
        [spec("github_pulls")], {"github_pulls": watched}, {}, now=NOW, known={}, limits=Limits(), abreast=4
    )
    assert 700 < found.total.requests < 900 and found.sources[0].basis == "usual numbers"


def test_what_a_budget_or_the_time_ends_before_is_told() -> None:
    starts = tasks(90, "bird", cursor="x")
    short = planned(starts, [FIRST], limits=Limits(requests=60))
    assert (short.total.requests, round(short.total.deferred)) == (60, 30)
    assert short.deferrals == ("budget ends before: birds (30 requests are left for the next run)",)
    slow = forecast(
        [spec(gap_s=3.0)], {"birds": starts}, {"birds": [FIRST]}, now=NOW, known={"birds": True},
        limits=Limits(seconds=90), abreast=4,
    )  # fmt: skip
    assert slow.total.requests == pytest.approx(30, abs=1) and slow.deferrals


def test_a_bucket_has_one_allowance_and_one_turn() -> None:
    pulls, people = (
        spec("pulls", bucket="hub", requests_per_run=100),
        spec("people", bucket="hub", requests_per_run=50),
    )
    feeds, histories = spec("feeds"), spec("histories", engine="git")
    every = [pulls, people, feeds, histories]
    assert left(people, every, {"people": 10}, Limits()) == 40
    assert left(people, every, {"people": 10, "pulls": 80}, Limits()) == 10
    assert left(people, every, {"people": 10, "pulls": 99}, Limits(requests=5)) == 0
    order = in_order(every, {"pulls": 90.0, "people": 5.0, "feeds": 7.0, "histories": 300.0})
    assert [one.name for one in order] == ["histories", "people", "feeds", "pulls"]
    assert next_ready(order[1:], ["histories", "hub"]) == feeds
    assert next_ready([pulls], ["hub"]) is None


def page(**said: int) -> Tally:
    return Tally(visits=2, size=2, pages=2, **said)


USUAL = [night(page=KindCost(again=page(works=30, identities=90, signals=90)), feed=KindCost(since=page(signals=n)))
         for n in (60, 50, 70)]  # fmt: skip
COLLAPSES = [
    ("as usual", {"page": KindCost(again=page(works=30, identities=80, signals=85))}, None),
    ("half of it", {"page": KindCost(again=page(works=15, identities=40, signals=44))}, None),
    ("works without authors", {"page": KindCost(again=page(works=30))}, "30 works and nobody who did them"),
    ("a tenth", {"page": KindCost(again=page(works=3, identities=9, signals=9))}, "9 identities on 2 pages"),
    ("nothing read at all", {"page": KindCost(again=Tally(visits=2, size=2))}, None),
    ("another thing, a small one", {"page": KindCost(new=page(works=3, identities=3, signals=3))}, None),
    ("a quiet night", {"feed": KindCost(since=page(signals=12))}, None),
    ("a dead night", {"feed": KindCost(since=page(signals=1))}, "1 signals on 2 pages where 50"),
]  # fmt: skip


@pytest.mark.parametrize(("why", "kinds", "said"), COLLAPSES, ids=[case[0] for case in COLLAPSES])
def test_a_source_that_brings_far_less_than_usual_is_not_believed(
    why: str, kinds: dict[str, KindCost], said: str | None
) -> None:
    report = SourceReport(source="birds", known=True, kinds=kinds)
    found = collapsed(spec(), report, USUAL)
    assert (found is None) if said is None else (found is not None and said in found), why
    assert collapsed(spec(expect=Expect(drop_max=1)), report, USUAL) is None
    assert collapsed(spec(), report, [replace(one, is_good=False) for one in USUAL]) is None
    if "feed" in kinds:
        assert collapsed(spec(), report, USUAL[:2]) is None
