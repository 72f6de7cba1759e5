"""Limits and refusals: what a source asks for is waited for, a no is a no, and nobody else waits."""

from datetime import timedelta
from itertools import pairwise

import pytest
from guild_faults import CALM, CHALLENGE, FAULTS, always, first, spent, status
from guild_nights import NOW
from guild_server import CALM_REQUESTS

from sourcing.crawl import Limits
from spiders.records import Outcome
from spiders.spec import load_spec
from spiders.wire import visit_to_line


@pytest.mark.row("F01")
@pytest.mark.parametrize("name", ["429 with seconds", "429 with a date", "503 with seconds"])
def test_a_source_that_asks_for_patience_is_left_alone_for_so_long(nights, clean, server, name):
    server.rule = first(1, FAULTS[name], "/members?page")
    seconds = {"429 with seconds": 30, "429 with a date": 120, "503 with seconds": 60}[name]
    report = nights.night()
    assert report["guild"].stopped == "limited" and report["guild"].errors == 0
    nights.assert_neighbour_is_whole(report)
    asked = len(server.asked())
    limited = [one for one in nights.said() if one.outcome is Outcome.LIMITED]
    assert limited and all(one.cost.requests == 0 for one in limited[1:])
    assert seconds - 1 <= limited[0].retry_after_s <= seconds
    assert "429" in limited[0].detail or "503" in limited[0].detail
    nights.night(now=NOW + timedelta(seconds=seconds - 10), rested=False)
    assert len(server.asked()) == asked
    nights.night(now=NOW + timedelta(seconds=seconds + 60))
    assert nights.left() == [] and nights.digests() == clean()
    assert len(server.asked()) == CALM_REQUESTS + 1


@pytest.mark.row("F01")
def test_a_short_wait_is_slept_through_in_the_same_night(nights, clean, server):
    server.rule = first(1, status(429, Retry_After="3"), "/members?page")
    report = nights.night()
    assert not report["guild"].is_partial and 3.0 in nights.waits["guild"]
    server.rule = first(1, status(429, Retry_After="1"), "/members/3")
    server.world.touch(NOW)
    nights.wait_max_minutes, nights.patience_s = 20.0, 0.0
    report = nights.later(days=1)
    assert not report["guild"].is_partial and report["guild"].limited >= 1
    moments = [one.at for one in server.asked()]
    assert max(after - before for before, after in pairwise(moments[CALM_REQUESTS + 1 :])) >= 1.0
    assert nights.left() == [] and nights.digests() == clean()


@pytest.mark.row("F02")
@pytest.mark.parametrize("name", ["403 secondary limit", "429 without a time"])
def test_a_limit_without_a_time_is_given_a_minute_at_least(nights, clean, server, name):
    server.rule = always(FAULTS[name])
    report = nights.night()
    nights.assert_neighbour_is_whole(report)
    assert (len(server.asked()), report["guild"].stopped) == (1, "limited")
    assert timedelta(seconds=60) <= nights.next_due() - NOW <= timedelta(seconds=75)
    server.rule = CALM
    nights.nights_until_quiet()
    assert nights.digests() == clean()


@pytest.mark.row("F02")
@pytest.mark.parametrize("name", ["403 secondary limit", "429 without a time"])
def test_a_limit_without_a_time_is_given_twice_as_long_each_time_and_then_the_run(
    nights, clean, server, name
):
    server.rule = always(FAULTS[name])
    assert nights.night()["guild"].stopped == "limited"
    task = nights.said()[0].task
    engine = nights.engine(load_spec(nights.home / "config" / "sources" / "guild.toml"))
    steps = []
    for _ in range(7):  # as a parent does that waits in the run, with one question at a time
        nights.rest()
        steps.append(engine.visit(task).retry_after_s)
    for step, least in zip(steps[:5], (60, 120, 240, 480, 900), strict=True):
        assert least <= step <= min(least * 1.2, 900)
    assert steps[5:] == [3600, 3600] and len(server.asked()) == 8
    server.rule = CALM
    nights.nights_until_quiet()
    assert nights.digests() == clean()


@pytest.mark.row("F02")
def test_a_source_that_limits_without_end_is_put_aside(nights, clean, server):
    server.rule = always(status(429, Retry_After="1"))
    nights.wait_max_minutes, nights.patience_s = 20.0, 0.0
    report = nights.night(limits=Limits(seconds=30))
    nights.assert_neighbour_is_whole(report)
    assert report["guild"].stopped == "limited" and len(server.asked()) <= 6
    server.rule = CALM
    nights.nights_until_quiet()
    assert nights.digests() == clean()


@pytest.mark.row("F03")
def test_a_spent_quota_is_slept_out_if_it_is_new_soon_and_put_aside_if_not(nights, clean, server):
    server.rule = first(1, spent(5), "/members?page")
    assert not nights.night()["guild"].is_partial
    assert any(4 <= wait <= 5 for wait in nights.waits["guild"])
    server.world.touch(NOW)
    server.rule = first(1, spent(1500), "/members?page")
    nights.wait_max_minutes = 20.0
    report = nights.later(days=1)
    nights.assert_neighbour_is_whole(report)
    assert report["guild"].stopped == "limited"
    assert timedelta(seconds=1490) <= nights.next_due() - nights.now <= timedelta(seconds=1510)
    nights.nights_until_quiet()
    assert nights.digests() == clean()


@pytest.mark.row("F04")
def test_a_no_is_final_for_the_night(nights, clean, server):
    server.rule = always(FAULTS["403 that is a no"])
    report = nights.night()
    nights.assert_neighbour_is_whole(report)
    assert (len(server.asked()), report["guild"].stopped) == (1, "refused")
    assert "'guild' refused with 403" in report["guild"].detail and "check terms" in report["guild"].detail
    nights.later(minutes=30)
    assert len(server.asked()) == 1
    server.rule = CALM
    nights.nights_until_quiet()
    assert nights.digests() == clean() and len(server.asked()) == 1 + CALM_REQUESTS


@pytest.mark.row("F04")
@pytest.mark.parametrize("code", [200, 403, 429, 500, 503])
def test_proof_of_being_human_is_never_asked_for_twice(nights, clean, server, code):
    server.rule = always(status(code, CHALLENGE, Content_Type="text/html"), "/members?page")
    report = nights.night()
    assert (len(server.asked(path="/members?page")), report["guild"].stopped) == (1, "refused")
    assert "a person must look" in report["guild"].detail
    nights.assert_neighbour_is_whole(report)
    server.rule = CALM
    nights.nights_until_quiet()
    assert nights.digests() == clean()


def test_a_calm_night_asks_as_often_as_these_tests_count(nights, server):
    nights.night()
    assert (len(server.asked()), nights.left()) == (CALM_REQUESTS, [])


@pytest.mark.row("F30")
def test_a_token_revoked_in_mid_run_stops_its_source_and_is_not_told(nights, clean, server):
    old, new = "tok_" + "o" * 30, "tok_" + "n" * 30
    nights.more = {"auth": {"secret": "SOURCER_GUILD_TOKEN"}}
    nights.secrets = {"SOURCER_GUILD_TOKEN": old}
    server.rule = lambda asked: (
        status(401) if asked.number >= 4 and asked.headers.get("authorization") == f"Bearer {old}" else None
    )
    report = nights.night()
    nights.assert_neighbour_is_whole(report)
    assert (len(server.asked()), report["guild"].stopped) == (5, "refused")
    assert "SOURCER_GUILD_TOKEN" in report["guild"].detail
    told = "".join(visit_to_line(one) for one in nights.visits) + str(report) + str(nights.left())
    assert "ooo" not in told
    nights.secrets = {"SOURCER_GUILD_TOKEN": new}
    nights.nights_until_quiet()
    assert nights.digests() == clean()
