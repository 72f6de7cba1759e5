"""People in a browser: with scripts the place is kept, without them everything is a page."""

from collections.abc import Callable
from typing import Any

import pytest
import town
from keyboard import press
from playwright.sync_api import Page, expect

SPEC = town.SPECS[0]


@pytest.fixture(scope="module")
def served(open_town: Callable[..., Any]) -> Any:
    """A town of this file's own: its tests change it."""
    return open_town()


def keys(page: Page) -> list[str]:
    return [one.get_attribute("data-key") or "" for one in page.locator("[data-cards] > li").all()]


def test_filters_and_chips_change_the_list_and_back_brings_the_last_one(page: Page) -> None:
    page.goto("/people")
    page.locator("#facet-country a", has_text="United Kingdom").click()
    expect(page.locator("#results-title")).to_contain_text("20 people")
    expect(page.locator("#status")).to_contain_text("20 people")
    page.locator("#facet-country a", has_text="Canada").click()
    expect(page.locator("#results-title")).to_contain_text("40 people")
    expect(page.locator(".chip")).to_contain_text("country:gb OR country:ca")
    assert page.locator("#q").input_value() == "(country:gb OR country:ca)"
    page.go_back()
    expect(page.locator("#results-title")).to_contain_text("20 people")
    page.get_by_label("Remove country:gb").click()
    expect(page.locator("#results-title")).to_contain_text("60 people")
    page.reload()
    expect(page.locator("#results-title")).to_contain_text("60 people")


def test_the_focus_stays_in_the_box_and_the_count_is_said(page: Page) -> None:
    page.goto("/people")
    press(page, "/")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.type("name:Ona")
    press(page, "Enter")
    expect(page.locator("#status")).to_contain_text("10 people")
    expect(page.locator("#q")).to_be_focused()


def test_who_was_ticked_is_ticked_when_one_comes_back_from_comparing(page: Page) -> None:
    page.goto(f"/people?spec={SPEC}")
    bar = page.locator("#bulk")
    expect(bar.get_by_role("button", name="Compare")).to_be_hidden()
    assert bar.evaluate("one => getComputedStyle(one).position") == "static", "it covers nobody's card"
    for at in (0, 2):
        page.locator('[data-cards] input[name="keys"]').nth(at).check()
    assert bar.evaluate("one => getComputedStyle(one).position") == "sticky"
    bar.get_by_role("button", name="Compare").click()
    page.wait_for_url("**/compare?**")
    page.go_back()
    expect(page.locator('[data-cards] input[name="keys"]:checked')).to_have_count(2)
    expect(page.locator("[data-picked]")).to_have_text("2 selected")
    page.goto("/people")
    expect(page.locator('[data-cards] input[name="keys"]:checked')).to_have_count(0)


def test_on_a_small_screen_somebody_is_seen_without_scrolling_far(visit: Callable[..., Page]) -> None:
    page = visit(viewport={"width": 320, "height": 640})
    page.goto("/people")
    first = page.locator("[data-cards] > li").first.bounding_box()
    assert first is not None and first["y"] < 560
    expect(page.locator("#add")).to_be_hidden()
    page.get_by_text("Add a part", exact=True).first.click()
    expect(page.locator("#add")).to_be_visible()


def test_paging_brings_the_focus_to_the_results(page: Page) -> None:
    page.goto(f"/people?spec={SPEC}")
    first = keys(page)
    page.locator("a[rel=next]").click()
    page.wait_for_url("**page=**")
    assert len(keys(page)) == 25 and not set(keys(page)) & set(first)
    assert page.evaluate("document.activeElement.id") in {"results", "results-title"}
    page.go_back()
    assert keys(page) == first


def test_a_person_opens_beside_the_list_on_a_wide_screen_and_as_a_page_on_a_narrow_one(
    visit: Callable[..., Page], served: Any
) -> None:
    page = visit(viewport={"width": 1500, "height": 900})
    page.goto(f"/people?spec={SPEC}")
    page.locator(".person-link").nth(1).click()
    expect(page.locator("#pane h2").first).to_have_text(town.name_of(1))
    page.wait_for_url(f"**person={served.keys[1]}**")
    page.locator("#pane a[rel=next]").click()
    expect(page.locator("#pane h2").first).to_have_text(town.name_of(2))
    page.go_back()
    expect(page.locator("#pane h2").first).to_have_text(town.name_of(1))
    press(page, "Escape")
    expect(page.locator("#pane")).to_have_count(0)
    page.set_viewport_size({"width": 600, "height": 900})
    page.locator(".person-link").first.click()
    page.wait_for_url(f"**/people/{served.keys[0]}?**")
    expect(page.locator("h1")).to_have_text(town.name_of(0))


def test_a_shared_address_shows_the_same_to_somebody_else(visit: Callable[..., Page]) -> None:
    mine = visit()
    mine.goto(f"/people?spec={SPEC}&q=name:Ona&sort=rising")
    mine.locator(".share-menu summary").click()
    address = mine.locator("#share-link").input_value()
    theirs = visit(actor="ben")
    theirs.goto(address)
    assert keys(theirs) == keys(mine) != []


def test_without_scripts_a_search_a_filter_a_page_and_an_act_are_plain_pages(
    visit: Callable[..., Page], served: Any
) -> None:
    page = visit(java_script_enabled=False)
    page.goto("/people")
    page.locator("#q").fill("name:Ona")
    page.locator(".query button.main").click()
    expect(page.locator("#results-title")).to_contain_text("10 people")
    page.locator("#facet-country a").first.click()
    expect(page.locator(".chip").last).to_contain_text("country:")
    page.goto(f"/people?spec={SPEC}")
    page.locator("a[rel=next]").click()
    page.wait_for_url("**page=**")
    page.locator("input[name=keys]").first.check()
    page.locator("#bulk-tag").fill("plain")
    page.locator("button[value=tag]").click()
    expect(page.locator("#status")).to_contain_text("tags plain")
    page.locator("form[data-undo] button").click()
    expect(page.locator("#status")).to_contain_text("Undone")


@pytest.mark.parametrize("width", [320, 768, 1440])
@pytest.mark.parametrize(
    "path", ["/people", "/people?tab=insights", "/people?q=skil:x", "/people?person={}", "/people/{}"]
)
def test_nothing_scrolls_sideways(
    visit: Callable[..., Page], served: Any, complaints: Any, width: int, path: str
) -> None:
    complaints.expected.append("status of 400")
    page = visit(viewport={"width": width, "height": 800})
    page.goto(path.format(served.keys[0]))
    assert page.evaluate("document.documentElement.scrollWidth") <= width
