"""What a site said in robots.txt is kept for a day, for every process; trouble is not kept."""

from datetime import UTC, datetime, timedelta

import pytest

from spiders.door import Door
from spiders.engines import limits
from spiders.engines.robots import KEPT, Robots
from spiders.records import Outcome

NOW = datetime(2026, 11, 22, 2, 17, tzinfo=UTC)
SITE = "https://mira.example"


@pytest.fixture
def ask(hostile, tmp_path):
    """Return the outcome a fresh process gets for an address at a moment."""

    def ask(path, at):
        door = Door(
            user_agent="sourcer/test (+https://recruiting.example)", pins={"mira.example": hostile.pin}
        )
        return Robots(door, tmp_path, lambda: at).verdict(f"{SITE}{path}").outcome

    return ask


def test_a_file_is_shared_for_a_day_and_no_longer(hostile, answer, ask, tmp_path):
    rules = b"# mira@pages.example\nUser-agent: *\nDisallow: /private"
    hostile.scripts["/robots.txt"] = answer(rules, Content_Type="text/plain")
    assert ask("/private", NOW) is Outcome.ROBOTS
    assert ask("/private", NOW + KEPT - timedelta(seconds=1)) is Outcome.ROBOTS
    assert len(hostile.asked("/robots.txt")) == 1
    assert b"mira@pages" not in b"".join(one.read_bytes() for one in (tmp_path / "robots").iterdir())
    hostile.scripts["/robots.txt"] = answer(b"", 404)
    assert ask("/private", NOW + KEPT) is None
    assert ask("/private", NOW) is None  # a clock set back: asked anew, never believed longer
    assert len(hostile.asked("/robots.txt")) == 3


def test_trouble_is_not_kept_and_a_broken_file_is_asked_for_anew(hostile, answer, ask, tmp_path):
    hostile.scripts["/robots.txt"] = answer(b"", 503)
    assert ask("/", NOW) is Outcome.LIMITED
    hostile.scripts["/robots.txt"] = answer(b"User-agent: *\nDisallow: /", Content_Type="text/plain")
    assert ask("/", NOW) is Outcome.ROBOTS
    for kept in (tmp_path / "robots").iterdir():
        kept.write_text('["2026-11-22T02:17:00+00:00", "User-a')
    assert ask("/", NOW) is Outcome.ROBOTS
    assert len(hostile.asked("/robots.txt")) == 3


def test_a_reset_outside_any_calendar_is_no_moment():
    assert limits._until("9" * 20, {}) is None
