"""Today: its numbers are those of the pages they lead to, trouble comes first, looking changes nothing."""

from datetime import timedelta

import pytest
import town
from visiting import Visitor, make_desk

from sourcing import clock, searches
from sourcing.access import Scope
from sourcing.web.desk import Desk
from storage import runs


@pytest.fixture
def people(desk: Desk, make, now, keyer) -> list[str]:
    return town.fill(desk.store, make, now, keyer, desk.settings)


def links(page) -> list[str]:
    return [one.get("href") for one in page.cssselect("main a")]


def test_an_empty_installation_says_what_to_do_first(visitor: Visitor) -> None:
    text = visitor.text("/")
    for words in ("No run yet", "sourcer nightly", "--demo", "No saved search yet", "No shortlist yet"):
        assert words in text, words


def test_what_is_new_is_counted_as_the_search_counts_it_and_looking_marks_nothing(
    visitor: Visitor, people: list[str]
) -> None:
    for _ in range(2):
        page = visitor.page("/")
        first = page.cssselect(".fresh-one")[0]
        assert first.cssselect("h3")[0].text_content() == town.SEARCH
        assert first.cssselect(".fresh-number")[0].text_content() == str(town.NEW)
        assert f"Review {town.NEW}" in first.text_content()
        assert town.name_of(0) in first.text_content()
    with visitor.desk.store.read() as tx:
        assert sorted(searches.new_keys(tx, town.SEARCH)) == sorted(people[: town.NEW])


def test_duties_and_lists_are_counted(visitor: Visitor, people: list[str]) -> None:
    page = visitor.page("/")
    duties = [
        " ".join(one.text_content().split()) for one in page.cssselect(".todo li") if one.cssselect("a")
    ]
    assert duties[0].startswith("3 possible duplicates")
    assert duties[1].startswith("6 notices due within ten business days")
    roles = {one.cssselect("a")[0].text: one.text_content() for one in page.cssselect(".roles li")}
    assert "8 people" in roles[town.LIST] and "6 new" in roles[town.LIST]
    assert "2 people" in roles[town.OTHER_LIST] and "2 new" in roles[town.OTHER_LIST]


def test_a_partial_night_names_the_source_and_the_reason_before_all_else(
    visitor: Visitor, people: list[str]
) -> None:
    text = visitor.text("/")
    assert text.index("blog_feeds': answer was cut short") < text.index("New since you last looked")
    assert "2 sources without trouble, 1 not" in text


@pytest.mark.parametrize(
    ("status", "hours", "words"),
    [
        ("failed", 1, "The last run failed"),
        ("done", 27, "The nightly run is late"),
        ("running", 13, "ended without a word"),
        ("running", 1, "A run is at work"),
        ("interrupted", 1, "was interrupted"),
    ],
)
def test_a_failed_or_late_night_is_the_first_thing_said(
    settings, new_store, now, status: str, hours: int, words: str
) -> None:
    store = new_store()
    with store.begin() as tx:
        run = runs.start(tx, "nightly", now=now, actor="cron")
        if status != "running":
            detail = {"error": "StoreFull"} if status == "failed" else {}
            runs.finish(tx, run, now=now, status=status, detail=detail)
    text = Visitor(make_desk(settings, store, now + timedelta(hours=hours))).text("/")
    assert words in text
    assert text.index(words) < text.index("New since you last looked")


def test_blind_mode_has_keys_for_names(visitor: Visitor, people: list[str]) -> None:
    visitor.choose(blind=True)
    text = visitor.text("/")
    assert people[0] in text
    assert not [number for number in range(town.SIZE) if town.name_of(number) in text]


def test_a_question_that_is_decided_leaves_the_count(visitor: Visitor, people: list[str], keyer) -> None:
    from sourcing import review

    assert "3 possible duplicates" in visitor.text("/")
    desk = visitor.desk
    review.different(
        desk.store,
        "github:1000",
        "github:1030",
        reason="two people",
        actor="ana",
        now=desk.now(),
        keyer=keyer,
    )
    assert "2 possible duplicates" in visitor.text("/")
    desk.now = clock.fixed(desk.now())


def test_who_may_only_look_sees_today(desk: Desk, people: list[str]) -> None:
    assert town.LIST in Visitor(desk, actor="mia", scope=Scope.READ).text("/")
