"""Answers that are whole and wrong: fields that drift, pages that repeat, tokens that expire, clocks that differ."""

from datetime import timedelta

import pytest
from guild import as_json
from guild_faults import CALM, FAULTS, always, first, spent
from guild_nights import NOW
from guild_server import CALM_REQUESTS, GUILD, Asked, rows_of

from spiders.records import Outcome

LIST, DEEDS = "/members?page", "/members/1/deeds"


def changed(**fields):
    """A fault that changes fields of the first row; None takes a field away."""

    def fault(exchange):
        rows, more = rows_of(exchange.truth)
        row = {name: value for name, value in (rows[0] | fields).items() if value is not None}
        exchange.instead(200, as_json([row, *rows[1:]], **more))

    return fault


@pytest.mark.row("F11")
def test_a_missing_field_is_unknown_and_counted(nights, server):
    server.rule = first(1, changed(place=None, name=None), LIST)
    report = nights.night()
    assert not report["guild"].is_partial and report["guild"].quarantined == 0
    assert nights.health().counted == {"missing_name": 1, "missing_place": 1}
    assert nights.count("identity", "guild:%") == 6
    attributes = {"name": 5, "location": 5, "handle": 6}
    assert {name: nights.values(name) for name in attributes} == attributes


@pytest.mark.row("F12")
@pytest.mark.parametrize("wrong", [{"id": "7"}, {"title": 7}, {"did": None}, {"title": {"a": 1}}])
def test_a_field_of_another_type_costs_its_record_and_is_kept_with_its_reason(nights, server, wrong):
    server.rule = first(1, changed(**wrong), DEEDS)
    report = nights.night()
    [name] = wrong
    assert (report["guild"].quarantined, report["guild"].detail) == (
        1,
        None,
    )  # one of 41 records is within bounds
    [reason] = nights.health().counted
    assert reason.startswith(f"quarantined: {name} is ")
    assert nights.count("signal", "guild:%") == 17 and nights.health().quarantined == 1


@pytest.mark.row("F12")
def test_more_than_one_in_twenty_of_another_type_is_an_alarm(nights, server):
    server.rule = always(changed(id="7"), "/members/")
    report = nights.night()
    assert report["guild"].is_partial
    assert "'guild': 6 of 36 records were unreadable" in report["guild"].detail
    nights.assert_neighbour_is_whole(report)


@pytest.mark.row("F12")
def test_a_list_that_is_no_list_stops_the_page_and_not_the_source(nights, clean, server):
    server.rule = always(lambda exchange: exchange.instead(200, b'{"items": 7}'), DEEDS)
    report = nights.night()
    [page] = nights.said(path=DEEDS)
    assert page.outcome is Outcome.UNREADABLE and "'items'" in report["guild"].detail
    server.rule = CALM
    nights.nights_until_quiet()
    assert nights.digests() == clean()


@pytest.mark.row("F13")
def test_an_unknown_kind_is_counted_and_left_out(nights, server):
    rules = [first(1, changed(did="levitated"), DEEDS), first(1, changed(kind="choir"), LIST)]
    server.rule = lambda asked: next((fault for rule in rules if (fault := rule(asked))), None)
    report = nights.night()
    assert not report["guild"].is_partial
    assert nights.health().counted == {"did_levitated": 1, "kind_choir": 1}
    assert (nights.count("signal", "guild:%"), nights.count("identity", "guild:%")) == (14, 5)


@pytest.mark.row("F14")
def test_an_empty_page_although_more_is_promised_moves_no_cursor(nights, clean, server):
    server.rule = always(FAULTS["empty page"], LIST)
    report = nights.night()
    nights.assert_neighbour_is_whole(report)
    assert report["guild"].is_partial and nights.cursor() is None
    assert any("more is promised" in (one.detail or "") for one in nights.said())
    asked = len(server.asked(path=LIST))
    assert 1 <= asked <= 4
    for _ in range(2):
        nights.night(now=nights.next_due())
        assert nights.cursor() is None
    assert len(server.asked(path=LIST)) <= 3 * 4
    server.rule = CALM
    nights.nights_until_quiet()
    assert nights.digests() == clean() and nights.cursor() is not None


@pytest.mark.row("F15")
def test_an_expired_token_begins_again_from_the_last_finished_list(nights, clean, server):
    server.rule = first(1, FAULTS["token expired"], "/members?page=~4")
    nights.night()
    assert nights.cursor() is None and nights.health().counted == {"token_expired": 1}
    nights.later(days=1)
    nights.nights_until_quiet()
    assert nights.digests() == clean()
    begun = nights.cursor()
    server.world.join(NOW)
    server.rule = first(1, FAULTS["token expired"], "/members?page=")
    nights.later(days=1)
    nights.nights_until_quiet()
    nights.later(days=1)
    assert nights.cursor() > begun and nights.digests() == clean()
    assert [one.path for one in server.asked(path="/members?since")][-1].endswith(nights.cursor())


@pytest.mark.row("F15")
def test_a_token_answered_with_an_error_begins_again_too(nights, clean, server):
    server.rule = always(FAULTS["400"], "/members?page=~4")
    report = nights.night()
    assert report["guild"].is_partial and nights.cursor() is None
    server.world.join(NOW)  # the list is another one now, and so are its tokens
    server.rule = lambda asked: (
        FAULTS["400"] if asked.path.endswith("page=~4") and asked.number < 20 else None
    )
    for _ in range(6):
        nights.later(days=1)
    assert nights.left() == [] and nights.digests() == clean()


@pytest.mark.row("F15")
def test_a_token_refused_for_ever_is_given_up_while_its_list_begins_again_every_night(nights, clean, server):
    token = "/members?page=~4"
    server.rule = always(FAULTS["400"], token)
    nights.night()
    for _ in range(11):
        nights.later(days=1)
    assert [(url[-2:], state) for _, url, state, *_ in nights.left()] == [("~4", "gone")]
    refused, begun = len(server.asked(path=token)), len(server.asked(path="/members"))
    assert refused == 12
    assert not nights.later(days=1)["guild"].is_partial and nights.cursor() is None
    assert len(server.asked(path=token)) == refused and len(server.asked(path="/members")) > begun
    server.rule = CALM
    nights.later(days=6)  # a week after the last no
    nights.nights_until_quiet()
    assert nights.digests() == clean() and nights.cursor() is not None


@pytest.mark.row("F16", "F17", "F18")
@pytest.mark.parametrize(
    ("name", "path"),
    [
        pytest.param("rows twice", "/members", marks=pytest.mark.row("F16")),
        pytest.param("other order", "/members", marks=pytest.mark.row("F17")),
        pytest.param("other ETag", "/members/", marks=pytest.mark.row("F18")),
    ],
)
def test_what_was_said_twice_or_otherwise_is_one_fact(nights, clean, server, name, path):
    server.rule = always(FAULTS[name], path)
    assert not nights.night()["guild"].is_partial
    assert nights.digests() == clean() and len(server.asked()) == CALM_REQUESTS
    server.world.touch(NOW)
    report = nights.later(days=1)
    assert (report["guild"].new, report["guild"].changed, report["guild"].is_partial) == (0, 0, False)
    assert nights.digests() == clean()


@pytest.mark.row("F16")
def test_a_page_that_comes_again_under_another_token_is_one_page(nights, clean, server):
    def again(exchange):
        rows, more = rows_of(server.world.truth(Asked(GUILD, "/members", {}, 0, 0.0)))
        exchange.instead(200, as_json(rows, **{**more, "next": "~2"}))

    server.rule = first(1, again, "/members?page=~2")
    nights.night()
    nights.later(days=1)
    nights.nights_until_quiet()
    assert nights.digests() == clean()


@pytest.mark.row("F19")
@pytest.mark.parametrize("hours", [-2, 2])
def test_a_clock_two_hours_off_skips_nothing_and_asks_no_earlier(nights, clean, server, hours):
    server.world.skew = timedelta(hours=hours)
    for fault, seconds in ((FAULTS["429 with a date"], 120), (spent(600), 600)):
        server.rule = first(1, fault)
        nights.night()
        [limited] = [one for one in nights.said() if one.outcome is Outcome.LIMITED][-1:]
        assert seconds - 5 <= limited.retry_after_s <= seconds + 5
        asked = len(server.asked())
        nights.later(seconds=seconds - 10)
        assert len(server.asked()) == asked
        nights.now += timedelta(seconds=20)
    nights.nights_until_quiet()
    assert nights.digests() == clean()


@pytest.mark.row("F19")
@pytest.mark.parametrize("hours", [-2, 2])
def test_a_clock_that_is_set_right_skips_no_window(nights, clean, server, hours):
    nights.night(now=NOW + timedelta(hours=hours))
    for day in range(1, 4):
        server.world.join(NOW + timedelta(days=day, hours=-1))
        nights.night(now=NOW + timedelta(days=day, hours=-hours if day == 1 else 0))
    nights.night(now=NOW + timedelta(days=4))
    assert nights.left() == [] and nights.digests() == clean()
