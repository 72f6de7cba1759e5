"""What sources say of their limits, what we make of it, and the rate we keep by ourselves."""

import json
from email.utils import formatdate

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spiders.door import Answer
from spiders.engines import limits
from spiders.engines.api import ApiEngine
from spiders.engines.pace import Bucket, Rate
from spiders.engines.patience import Patience
from spiders.errors import RetryLater
from spiders.records import Outcome, Task

THERE = 1_795_320_000  # the source's own clock, seconds since 1970
DATE = formatdate(THERE, usegmt=True)
HF = {"ratelimit-policy": '"fixed window";"api";q=500;w=300'}


def said(body: bytes = b"{}", status: int = 200, **headers: str) -> Answer:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(url="https://api.example/x", status=status, headers={"date": DATE, **names}, body=body)


@pytest.mark.parametrize(
    ("answer", "rest"),
    [
        (said(x_ratelimit_limit="5000", x_ratelimit_remaining="1000", x_ratelimit_reset=str(THERE + 600)), None),
        (said(x_ratelimit_limit="5000", x_ratelimit_remaining="999", x_ratelimit_reset=str(THERE + 600)), 600),
        (said(x_ratelimit_remaining="0", x_ratelimit_reset="2026-11-22T04:10:00Z"), 600),
        (said(ratelimit='"api";r=100;t=211', **HF), None),
        (said(ratelimit='"api";r=99;t=211', **HF), 211),
        (said(ratelimit='"api";r=99', **HF), 300),
        (said(ratelimit='"pages";r=900;t=9, "api";r=7;t=211', **HF), 211),
        (said(ratelimit="limit=100, remaining=19, reset=50"), 50),
        (said(ratelimit_limit="100, 100;w=60", ratelimit_remaining="20", ratelimit_reset="50"), None),
        (said(ratelimit_limit="100", ratelimit_remaining="19", ratelimit_reset="50"), 50),
        (said(x_ratelimit_limit_usd="0.1", x_ratelimit_remaining_usd="0.0199", x_ratelimit_reset="7200"), 7200),
        (said(x_ratelimit_limit_usd="0.1", x_ratelimit_remaining_usd="0.05", x_ratelimit_reset="7200"), None),
        (said(b'{"items":[],"backoff":10,"quota_max":10000,"quota_remaining":9000}'), 10),
        (said(b'{"items":[],"has_more":false,"quota_max":10000,"quota_remaining":1999}'), 86_400 - THERE % 86_400),
        (said(b'{"backoff": 10, "note": "a page that only speaks of it"}'), None),
        (said(x_ratelimit_limit="x", x_ratelimit_remaining="many", ratelimit="\x00;;=,", ratelimit_policy='"'), None),
    ],
)  # fmt: skip
def test_a_fifth_of_every_limit_is_left_to_others(answer, rest):
    assert limits.rest_s(answer, 0.2, {}) == rest


def test_a_limit_that_is_not_told_is_the_most_that_was_ever_left():
    seen: dict[str, float] = {}
    rests = [
        limits.rest_s(said(x_ratelimit_remaining=left, x_ratelimit_reset="60"), 0.2, seen)
        for left in ("1000", "200", "199")
    ]
    assert rests == [None, None, 60]


@pytest.mark.parametrize(
    ("answer", "wait"),
    [
        (
            said(status=429, retry_after="30", x_ratelimit_remaining="0", x_ratelimit_reset=str(THERE + 900)),
            30,
        ),
        (said(status=403, x_ratelimit_remaining="0", x_ratelimit_reset=str(THERE + 900)), 900),
        (said(status=403, x_ratelimit_remaining="17", x_ratelimit_reset=str(THERE + 900)), None),
        (said(b'{"name":"RateLimitError","details":{"resetTime":"2026-11-22T04:05:00.000Z"}}', 429), 300),
        (said(b'{"resetTime": %d}' % ((THERE + 300) * 1000), 429), 300),
        (said(b'{"resetTime":"soon"}', 429), None),
        (said(status=429, retry_after="9" * 9), limits.REST_MAX_S),
    ],
)
def test_a_refusal_for_now_says_how_long(answer, wait):
    assert limits.pause_s(answer) == wait


def test_a_named_pace_is_kept():
    assert limits.gap_s({"x-rate-limit-limit": "50", "x-rate-limit-interval": "1s"}) == 0.02
    assert limits.gap_s({"x-rate-limit-limit": "5", "x-rate-limit-interval": "1m"}) == 12
    assert limits.gap_s({"x-rate-limit-limit": "0", "x-rate-limit-interval": "1s"}) == 0
    assert limits.gap_s({"x-rate-limit-limit": "5", "x-rate-limit-interval": "soon"}) == 0


def test_the_engine_stops_at_the_reserve_for_all_who_share_the_limit(kit_for, hostile, answer):
    low = {"X_RateLimit_Limit": "5000", "X_RateLimit_Remaining": "999", "X_RateLimit_Reset": str(THERE + 600)}
    hostile.scripts |= {"/a": answer(b'{"items": []}', Date=DATE, **low), "/b": answer(b'{"items": []}')}
    one, sister = (ApiEngine(kit_for(bucket="shared", name=name)) for name in ("plain", "sister"))
    assert one.visit(Task(source="plain", kind="list", url="https://api.example/a")).outcome is Outcome.OK
    for engine in (one, sister):
        visit = engine.visit(Task(source="plain", kind="list", url="https://api.example/b"))
        assert (visit.outcome, hostile.asked("/b")) == (Outcome.LIMITED, [])
        assert visit.retry_after_s is not None and 590 < visit.retry_after_s <= 600
    poor = ApiEngine(kit_for(bucket="other", reserve=0.0))
    poor.visit(Task(source="plain", kind="list", url="https://api.example/a"))
    assert poor.visit(Task(source="plain", kind="list", url="https://api.example/b")).outcome is Outcome.OK


def test_a_body_that_asks_for_a_pause_keeps_its_records(kit_for, hostile, answer):
    page = {
        "items": [{"id": "plain:1", "name": "Mira"}],
        "backoff": 90,
        "quota_max": 300,
        "quota_remaining": 299,
    }
    hostile.scripts["/a"] = answer(json.dumps(page).encode())
    engine = ApiEngine(kit_for())
    task = Task(source="plain", kind="list", url="https://api.example/a")
    first, second = engine.visit(task), engine.visit(task)
    assert (first.outcome, len(first.records), second.outcome) == (Outcome.OK, 1, Outcome.LIMITED)
    assert second.retry_after_s is not None and 80 < second.retry_after_s <= 90


def test_a_host_that_limits_for_ever_is_left_alone():
    patience = Patience()
    unsaid = [patience.limited("a.example", None) for _ in range(6)]
    assert [60 * 2**n <= wait <= 72 * 2**n for n, wait in enumerate(unsaid[:4])] == [True] * 4
    assert unsaid[4:] == [900, 3600]
    assert [patience.limited("b.example", 10.0) for _ in range(6)] == [10.0] * 5 + [3600]
    patience.fine("b.example")
    assert patience.limited("b.example", 10.0) == 10.0


class Clock:
    """Time that passes only while somebody waits."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def turns(home, clock, rate, idle, name="b"):
    """Return when each turn was given, asked for after so many seconds of doing something else."""
    starts = []
    for seconds in idle:
        clock.now += seconds
        with Bucket(home, name, rate, now=lambda: clock.now, sleep=clock.sleep).turn(1e9):
            starts.append(clock.now)
    return starts


@settings(max_examples=25, deadline=None)
@given(
    st.sampled_from([1, 2, 7, 30, 60, 250]),
    st.lists(st.sampled_from([0.0, 0.0, 0.0, 0.3, 20.0, 400.0, 4000.0]), min_size=1, max_size=300),
)
def test_no_hour_ever_sees_more_than_the_rate(tmp_path_factory, per_hour, idle):
    starts = turns(tmp_path_factory.mktemp("b"), Clock(), Rate(requests_per_hour=per_hour), idle)
    for number, start in enumerate(starts):
        assert sum(start <= other < start + 3599.999 for other in starts[number:]) <= per_hour


@pytest.mark.parametrize("per_hour", [1, 10, 60, 1200, 4000])
def test_nearly_all_of_the_permitted_rate_is_used_where_it_binds(tmp_path, per_hour):
    count = max(40, per_hour // 2)
    starts = turns(tmp_path, Clock(), Rate(requests_per_hour=per_hour), [0.0] * count)
    assert starts[-1] - starts[0] <= (count - 1) / (per_hour * 0.95) * 3600


def test_a_clock_that_is_set_back_neither_frees_nor_freezes_a_rate(tmp_path):
    clock, rate = Clock(), Rate(requests_per_hour=60)
    turns(tmp_path, clock, rate, [0.0] * 2)
    clock.now -= 86_400
    before = clock.now
    turns(tmp_path, clock, rate, [0.0] * 3)
    assert 60 < clock.now - before < 240


def test_a_wait_that_is_cut_short_gives_no_turn(tmp_path):
    clock = Clock()
    bucket = Bucket(tmp_path, "b", Rate(requests_per_hour=10), now=lambda: clock.now, sleep=lambda _: None)
    with bucket.turn(1e9):
        pass
    for _ in range(3):
        with pytest.raises(RetryLater, match="stopped while waiting"), bucket.turn(1e9):
            raise AssertionError("a turn before its time")
