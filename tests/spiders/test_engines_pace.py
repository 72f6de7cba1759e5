"""How often the api engine asks: waits, limits and rates, alone and beside other processes."""

import json
import multiprocessing
import shutil
import time
from email.utils import formatdate
from itertools import pairwise
from pathlib import Path

import pytest
from questions import PAGE, task
from waiting import PATIENCE_S

from spiders.engines.pace import Bucket, Rate
from spiders.errors import RetryLater
from spiders.records import Outcome


def test_retry_after_is_waited_for_within_patience_and_parked_beyond(engine_for, hostile, answer):
    hostile.scripts["/list"] = [answer(b"", 429, Retry_After="3"), answer(PAGE)]
    engine, waits = engine_for()
    assert engine.visit(task()).outcome is Outcome.OK
    assert waits == [3.0]
    soon = time.time()
    later = {"Date": formatdate(soon, usegmt=True), "Retry_After": formatdate(soon + 7200, usegmt=True)}
    hostile.scripts["/list"] = answer(b"", 503, **later)
    visit = engine.visit(task())
    assert (visit.outcome, round(visit.retry_after_s)) == (Outcome.LIMITED, 7200)
    assert waits == [3.0]


def test_the_reset_header_is_read_on_the_source_own_clock(engine_for, hostile, answer):
    there = time.time() + 7200  # their clock is two hours ahead of ours (F19)
    hostile.scripts["/list"] = answer(
        b"{}",
        403,
        X_RateLimit_Remaining="0",
        X_RateLimit_Reset=str(int(there) + 900),
        Date=formatdate(there, usegmt=True),
    )
    visit = engine_for()[0].visit(task())
    assert visit.outcome is Outcome.LIMITED
    assert 895 <= visit.retry_after_s <= 905


def test_a_limit_without_a_header_climbs_the_ladder(engine_for, hostile, answer):
    hostile.scripts["/list"] = answer(b"", 429)
    engine, waits = engine_for()
    steps = []
    for number in range(6):
        steps.append(engine.visit(task(params={"n": number})).retry_after_s)
        shutil.rmtree(engine.kit.home / "buckets")  # the wait has passed
    assert 60 <= steps[0] <= 72 and 120 <= steps[1] <= 144 and steps[-2:] == [900, 3600]
    assert waits == []


@pytest.mark.parametrize("hosts", [("api.example",), ()])
def test_nobody_asks_into_a_limit(engine_for, hostile, answer, hosts):
    spent = json.dumps({"errors": [{"type": "RATE_LIMITED"}]}).encode()
    hostile.scripts |= {
        "/list": answer(b"", 429, Retry_After="300"),
        "/points": answer(spent),
        "/next": answer(PAGE),
    }
    for path in ("/list", "/points"):
        spec = {"hosts": hosts, "bucket": path.strip("/")}
        url = (
            f"https://{'api' if path == '/list' else 'other'}.example" if not hosts else "https://api.example"
        )
        assert engine_for(**spec)[0].visit(task(url=url + path)).outcome is Outcome.LIMITED
        other, _ = engine_for(**spec, name="sister")  # another source, or process, with the same limit
        visit = other.visit(task(url=url + "/next"))
        assert visit.outcome is Outcome.LIMITED and 50 < visit.retry_after_s <= 300
    assert hostile.asked("/next") == []


@pytest.mark.parametrize(
    ("hosts", "after"),
    [(("api.example",), Outcome.LIMITED), (("api.example", "other.example"), Outcome.BROKEN)],
)
def test_a_host_that_fails_three_times_is_left_alone(engine_for, hostile, answer, hosts, after):
    hostile.scripts["/list"] = answer(b"", 500)
    hostile.scripts["/fine"] = answer(PAGE)
    engine, waits = engine_for(hosts=hosts)
    visits = [engine.visit(task()) for _ in range(4)]
    assert [visit.outcome for visit in visits] == [Outcome.BROKEN] * 3 + [after]
    assert (visits[-1].retry_after_s, len(hostile.log), len(set(waits))) == (3600, 9, 6)
    if len(hosts) > 1:
        assert engine.visit(task(url="https://other.example/fine")).outcome is Outcome.OK


def test_a_crawl_delay_is_kept_by_feeds_too(engine_for, hostile, answer):
    hostile.scripts["/robots.txt"] = answer(b"User-agent: *\nCrawl-delay: 30", Content_Type="text/plain")
    hostile.scripts |= {"/one": answer(PAGE), "/two": answer(PAGE)}
    engine, _ = engine_for(hosts=())
    assert engine.visit(task("/one")).outcome is Outcome.OK
    second = engine.visit(task("/two"))
    assert (second.outcome, hostile.asked("/two")) == (Outcome.LIMITED, [])
    assert second.retry_after_s is not None and 20 < second.retry_after_s <= 30
    assert (
        engine.visit(task(url="https://other.example/two")).outcome is Outcome.OK
    )  # other hosts do not wait


def test_a_gap_and_an_hourly_rate_are_kept(tmp_path):
    clock = [1000.0]

    def sleep(seconds):
        clock[0] += seconds

    bucket = Bucket(tmp_path, "b", Rate(requests_per_hour=3600, gap_s=3), now=lambda: clock[0], sleep=sleep)
    starts = []
    for _ in range(4):
        with bucket.turn(20):
            starts.append(clock[0])
    assert starts == [1000.0, 1003.0, 1006.0, 1009.0]
    hourly = Bucket(tmp_path, "h", Rate(requests_per_hour=10), now=lambda: clock[0], sleep=sleep)
    with hourly.turn(1), pytest.raises(RetryLater) as caught, hourly.turn(1):
        pass
    assert 300 < caught.value.after_s <= 360


GAP_S = 0.4


def _ask(home: Path, count: int, out) -> None:
    """Take turns; tell of each when it was given, as all see it: when this process notices says little."""
    bucket = Bucket(home, "shared", Rate(requests_per_hour=360_000, gap_s=GAP_S))
    for _ in range(count):
        with bucket.turn(PATIENCE_S):
            (noted,) = home.joinpath("buckets").glob("*.json")
            out.put(json.loads(noted.read_text())[0])


def test_two_processes_share_one_rate(tmp_path):
    context = multiprocessing.get_context("spawn")
    out = context.Queue()
    both = [context.Process(target=_ask, args=(tmp_path, 3, out)) for _ in range(2)]
    for one in both:
        one.start()
    moments = sorted(out.get(timeout=PATIENCE_S) for _ in range(6))
    for one in both:
        one.join()
    assert (
        min(after - before for before, after in pairwise(moments)) >= GAP_S - 0.1
    )  # clocks and sleeping do not agree
