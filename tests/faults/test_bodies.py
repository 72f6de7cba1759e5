"""Answers that are not what was asked for: cut short, of another format, empty, or too much to read."""

import pytest
from guild_faults import CALM, FAULTS, always, first, status
from guild_nights import NOW
from guild_server import CALM_REQUESTS

from spiders.archive import Archive
from spiders.records import Outcome

LIST, DEEDS = "/members?page", "/members/1/deeds"
CUT = [
    pytest.param("reset", LIST, marks=pytest.mark.row("F07")),
    pytest.param("reset in the body", LIST, marks=pytest.mark.row("F07")),
    pytest.param("reset in the body", DEEDS, marks=pytest.mark.row("F07")),
    pytest.param("cut gzip", DEEDS, marks=pytest.mark.row("F08")),
    pytest.param("cut JSON", LIST, marks=pytest.mark.row("F08")),
    pytest.param("cut chunk", LIST, marks=pytest.mark.row("F08")),
    pytest.param("length too long", LIST, marks=pytest.mark.row("F09")),
    pytest.param("length too long", DEEDS, marks=pytest.mark.row("F09")),
    pytest.param("length too short", LIST, marks=pytest.mark.row("F09")),
    pytest.param("length too short", DEEDS, marks=pytest.mark.row("F09")),
]


@pytest.mark.parametrize(("name", "path"), CUT)
def test_an_answer_cut_short_is_thrown_away_whole_and_fetched_again(nights, clean, server, name, path):
    server.rule = first(1, FAULTS[name], path)
    report = nights.night()
    assert not report["guild"].is_partial and nights.left() == []
    assert nights.digests() == clean() and len(server.asked()) == CALM_REQUESTS + 1


@pytest.mark.row("F07", "F08", "F09")
def test_answers_cut_short_all_night_leave_nothing_and_come_another_night(nights, clean, server):
    faults = [FAULTS[name] for name in ("reset in the body", "cut JSON", "length too short")]
    server.rule = lambda asked: faults[asked.number % 3] if asked.path.startswith(LIST) else None
    report = nights.night()
    nights.assert_neighbour_is_whole(report)
    assert "'guild'" in report["guild"].detail
    [cut] = nights.said(path="page")
    assert (cut.outcome, cut.records, cut.cursor) == (Outcome.BROKEN, (), {})
    kept = {one.page.sha256 for one in nights.visits if one.page is not None}
    archived = {path.name for path in nights.home.joinpath("pages").rglob("*.gz")}
    assert len(archived) == len(kept) and all(Archive(nights.home).find(sha256) for sha256 in kept)
    server.rule = CALM
    nights.nights_until_quiet()
    assert nights.digests() == clean()


@pytest.mark.row("F10")
@pytest.mark.parametrize("name", ["a page for people", "a page for people, called JSON"])
@pytest.mark.parametrize("path", [LIST, DEEDS])
def test_a_page_for_people_is_never_read_as_empty(nights, clean, server, name, path):
    server.rule = always(FAULTS[name], path)
    report = nights.night()
    nights.assert_neighbour_is_whole(report)
    [wrong] = nights.said(path="page=" if path == LIST else path)
    assert (wrong.outcome, wrong.cost.requests) == (Outcome.WRONG_TYPE, 1)
    assert "text/html" in report["guild"].detail and "'guild'" in report["guild"].detail
    assert (nights.cursor() is None) == (path == LIST)
    server.rule = CALM
    nights.nights_until_quiet()
    assert nights.digests() == clean()


@pytest.mark.row("F10")
def test_a_page_for_people_instead_of_xml_is_never_read_as_empty(nights, clean, server):
    nights.more = {"seeds": {"home": "https://guild.example.org", "circular": True}}
    calm = clean(**nights.more)
    server.rule = always(FAULTS["a page for people"], "/circular")
    assert "text/html" in nights.night()["guild"].detail
    server.rule = CALM
    nights.nights_until_quiet()
    assert nights.digests() == calm


@pytest.mark.row("F10")
def test_a_not_modified_that_nobody_asked_for_is_no_answer(nights, clean, server):
    server.rule = always(FAULTS["304 unasked"], DEEDS)
    report = nights.night()
    nights.assert_neighbour_is_whole(report)
    [empty] = nights.said(path=DEEDS)
    assert empty.outcome is not Outcome.UNCHANGED and report["guild"].is_partial
    server.rule = CALM
    nights.nights_until_quiet()
    assert nights.digests() == clean()


@pytest.mark.row("F36")
@pytest.mark.parametrize("name", ["202", "409"])
def test_none_yet_is_neither_nothing_nor_an_error(nights, clean, server, name):
    server.rule = first(3, FAULTS[name], DEEDS)
    report = nights.night()
    assert not report["guild"].is_partial
    assert [one.outcome for one in nights.said(path=DEEDS)] == [Outcome.NONE_YET]
    assert nights.count("signal", "guild:work:100%") == 0
    nights.later(minutes=30)
    assert len(server.asked(path=DEEDS)) == 1
    for number in (2, 3):
        nights.later(minutes=65)
        assert len(server.asked(path=DEEDS)) == number
    nights.nights_until_quiet()
    assert len(server.asked(path=DEEDS)) == 4 and nights.digests() == clean()


@pytest.mark.row("F42")
@pytest.mark.parametrize(("word", "told"), [("swell", "MemoryError"), ("fall", "died")])
def test_a_page_that_kills_its_reader_costs_that_page(nights, clean, server, word, told):
    nights.more = {"seeds": {"home": "https://guild.example.org", "circular": True}}
    calm = clean(**nights.more)

    body = f"<?xml version='1.0'?><circular>{word}</circular>".encode()
    server.rule = always(status(200, body, Content_Type="application/xml"), "/circular")
    report = nights.night()
    nights.assert_neighbour_is_whole(report)
    [killed] = nights.said(path="circular")
    assert (killed.outcome, report["guild"].errors) == (Outcome.UNREADABLE, 1)
    assert told in report["guild"].detail and len(nights.left()) == 1
    server.rule = CALM
    nights.later(days=1)
    nights.nights_until_quiet()
    assert nights.digests() == calm and nights.now > NOW
