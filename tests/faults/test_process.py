"""The same with children that are processes: the api engine with its real waits, the site engine with Scrapy."""

import pytest
from guild_faults import CALM, FAULTS
from guild_server import BOARDS, GUILD

AT = {1: "reset in the body", 3: "cut JSON", 5: "rows twice", 7: "other order"}


@pytest.mark.row("F07", "F08", "F16", "F17")
def test_a_process_of_its_own_gets_through_the_same_faults(nights, clean, server):
    server.rule = lambda asked: (
        FAULTS[AT[asked.number]] if asked.host == GUILD and asked.number in AT else None
    )
    nights.is_process = True
    report = nights.night()
    nights.assert_neighbour_is_whole(report)
    assert not report["guild"].is_partial and nights.left() == []
    assert nights.digests() == clean()


@pytest.mark.slow
@pytest.mark.parametrize(
    "new_url", ["sqlite"], indirect=True
)  # what differs here is the engine, not the store
def test_faults_on_pages_of_strangers_cost_those_pages_for_a_while(nights, server):
    names = (
        "429 with seconds", "503", "reset in the body", "cut gzip", "length too long", "length too short",
        "challenge",
    )  # fmt: skip
    faults = dict(zip(BOARDS, names, strict=False))
    server.rule = lambda asked: (
        FAULTS[faults[asked.host]] if asked.path == "/" and asked.host in faults else None
    )
    nights.is_site = True
    report = nights.night()["noticeboard"]
    assert len(nights.left()) == len(faults) and report.detail
    assert all(len([one for one in server.asked(host) if one.path == "/"]) <= 5 for host in BOARDS)
    assert len([one for one in server.asked(BOARDS[6]) if one.path == "/"]) == 1
    server.rule = CALM
    nights.later(days=1)
    assert nights.left() == [] and nights.count("identity", "noticeboard:%") == len(BOARDS)
