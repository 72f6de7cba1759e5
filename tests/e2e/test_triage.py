"""Thirty people gone through without a mouse: every shortcut does what help says, and Undo takes it back."""

from collections.abc import Callable
from typing import Any

import pytest
import town
from keyboard import hold_time, press
from playwright.sync_api import Page, expect
from waiting import until

from sourcing import access, searches
from sourcing import people as verbs
from storage import feedback, lists

SPEC = town.SPECS[0]


@pytest.fixture(scope="module")
def served(open_town: Callable[..., Any]) -> Any:
    """A town of this file's own: its tests change it."""
    return open_town()


@pytest.fixture
def sheet(served: Any) -> Callable[[int], set[tuple[str, str]]]:
    """What is marked on a person, by number."""

    def read(number: int) -> set[tuple[str, str]]:
        with served.desk.store.read() as tx:
            return {(str(one.kind), one.value) for one in verbs.sheet(tx, served.keys[number]).marks}

    return read


def at(page: Page) -> str | None:
    return page.locator(".person.is-at").get_attribute("data-key")


def test_j_k_o_and_brackets_walk_and_open(page: Page, served: Any) -> None:
    page.goto(f"/people?spec={SPEC}")
    press(page, "j", "j", "j", "k")
    assert at(page) == served.keys[1]
    expect(page.locator(f"#{served.keys[1]}")).to_be_focused()
    press(page, "o")
    expect(page.locator("#pane h2").first).to_have_text(town.name_of(1))
    press(page, "]")
    expect(page.locator("#pane h2").first).to_have_text(town.name_of(2))
    press(page, "[")
    expect(page.locator("#pane h2").first).to_have_text(town.name_of(1))
    press(page, "Escape")
    expect(page.locator("#pane")).to_have_count(0)
    press(page, "j", "Enter")
    expect(page.locator("#pane h2").first).to_have_text(town.name_of(2))


def test_each_act_has_a_key_and_undo_takes_it_back(page: Page, served: Any, sheet: Any) -> None:
    hold_time(page)
    page.goto(f"/people?spec={SPEC}")
    before = sheet(3)
    press(page, "j", "j", "j", "j")
    for key, words, mark in (
        ("e", ("strong kernels",), ("stage", "new")),
        ("t", ("rust",), ("tag", "rust")),
        ("n", ("met at a meetup",), ("note", "met at a meetup")),
    ):
        press(page, key)
        for text in words:
            if key == "e":
                page.locator("#ask-stage-value").select_option("reviewing")
                page.locator("#ask-stage-reason").fill(text)
                mark = ("stage", "reviewing")
            else:
                page.keyboard.type(text)
        if key == "n":
            page.locator("#ask-note button.main").focus()
        press(page, "Enter")
        expect(page.locator("form[data-undo]")).to_be_visible()
        expect(page.locator("dialog[open]")).to_have_count(0)
        assert mark in sheet(3)
        assert at(page) == served.keys[3]
        press(page, "u")
        expect(page.locator("#status")).to_contain_text("Undone")
        assert sheet(3) == before


def test_thumbs_say_their_word_and_a_second_press_takes_it_back(page: Page, served: Any) -> None:
    def value() -> str | None:
        with served.desk.store.read() as tx:
            words = feedback.of(tx, [served.keys[4]], kind=feedback.THUMB).get(served.keys[4], [])
        return words[0].value if words else None

    page.goto(f"/people?spec={SPEC}")
    press(page, "j", "j", "j", "j", "j", "+")
    expect(page.locator("#status")).to_contain_text("a good fit")
    assert value() == "up"
    press(page, "-")
    expect(page.locator("#status")).to_contain_text("a poor fit")
    assert value() == "down"
    press(page, "-")
    expect(page.locator("#status")).to_contain_text("so already")
    page.locator(f"#{served.keys[4]} [aria-pressed=true]").click()
    expect(page.locator("#status")).to_contain_text("no thumb")
    assert value() is None


def test_selected_people_are_put_on_a_list_and_compared(page: Page, served: Any) -> None:
    page.goto(f"/people?spec={SPEC}")
    press(page, "j", "x", "j", "j", "x")
    expect(page.locator("[data-picked]")).to_have_text("2 selected")
    press(page, "s")
    page.locator("#ask-fresh").fill("By keyboard")
    press(page, "Enter")
    expect(page.locator("#status")).to_contain_text("2 people")
    with served.desk.store.read() as tx:
        items = lists.show(tx, "By keyboard").items
    assert [one.person for one in items] == [served.keys[0], served.keys[2]]
    page.locator(f"#{served.keys[0]} input[name=keys]").check()
    page.locator(f"#{served.keys[1]} input[name=keys]").check()
    press(page, "c")
    page.wait_for_url("**/compare?**")
    assert f"keys={served.keys[0]}&keys={served.keys[1]}" in page.url


def test_displayed_people_of_a_saved_search_are_seen_when_the_list_is_left(page: Page, served: Any) -> None:
    def new() -> int:
        with served.desk.store.read() as tx:
            return len(searches.new_keys(tx, town.SEARCH))

    page.goto(f"/people?spec={SPEC}&search={town.SEARCH}&new=1")
    assert new() == town.NEW
    press(page, "j", "j", "j")
    assert new() == town.NEW
    page.goto("/")
    until(lambda: new() == town.NEW - 3)  # the browser says it beside the page that is opened next
    page.goto(f"/people?spec={SPEC}&search={town.SEARCH}&new=1")
    expect(page.locator("[data-cards] > li")).to_have_count(town.NEW - 3)


def test_shortcuts_can_be_switched_off_and_chosen(page: Page, served: Any) -> None:
    who = access.Who(actor="ana", scope=access.Scope.ADMIN, preferences=access.preferences({}), secret=None)
    now = served.desk.now()
    access.prefer(served.desk.store, who, access.preferences({"keys": {"next": "z"}}), now=now)
    page.goto("/people")
    press(page, "j")
    expect(page.locator(".person.is-at")).to_have_count(0)
    press(page, "z")
    assert at(page) == page.locator("[data-cards] > li").first.get_attribute("data-key")
    access.prefer(served.desk.store, who, access.preferences({"shortcuts": False}), now=now)
    page.goto("/people")
    press(page, "j", "z")
    expect(page.locator(".person.is-at")).to_have_count(0)
    access.prefer(served.desk.store, who, access.preferences({}), now=now)


def test_an_answer_that_refuses_is_said_and_the_words_stay(page: Page, complaints: Any) -> None:
    complaints.expected.append("status of")
    page.goto(f"/people?spec={SPEC}")
    press(page, "j", "s")
    press(page, "Enter")
    expect(page.locator("#ask-shortlist [role=alert]")).to_contain_text("choose a shortlist")
    expect(page.locator("#ask-shortlist")).to_be_visible()


def test_thirty_people_are_reviewed_without_a_mouse(page: Page, served: Any, sheet: Any) -> None:
    page.goto(f"/people?spec={SPEC}&size=50")
    order = [one.get_attribute("data-key") for one in page.locator("[data-cards] > li").all()][:30]
    press(page, "j")
    for number in range(30):
        key = at(page)
        if number % 3 == 0:
            press(page, "h")
            expect(page.locator("#ask-hide")).to_be_visible()
            page.keyboard.type("other focus") if number == 0 else None
            press(page, "Enter")
            expect(page.locator(f"#{key}")).to_have_count(0)
        else:
            press(page, "+")
            expect(page.locator(f"#{key} button[aria-pressed=true]")).to_have_count(1)
            expect(page.locator("#status")).to_contain_text("good fit" if number > 1 else "so already")
            press(page, "j")
    with served.desk.store.read() as tx:
        words = feedback.of(tx, [one for one in order if one], kind=feedback.THUMB)
        hidden = [
            key for key in order if any(str(m.kind) == "hidden" for m in verbs.sheet(tx, key or "").marks)
        ]
    assert len(hidden) == 10
    assert len([key for key in words if key not in hidden]) == 20
