"""A role in a browser: cards dragged for a reason, questions answered by one key, links without an account."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
import town
from keyboard import hold_time, press
from playwright.sync_api import Page, expect

from storage import lists

ROLE = f"/lists/{quote(town.LIST)}"


@pytest.fixture(scope="module")
def served(open_town: Callable[..., Any]) -> Any:
    """A town of this file's own: its tests change it."""
    return open_town()


def stage(served: Any, key: str) -> str | None:
    with served.desk.store.read() as tx:
        return next(item.stage for item in lists.show(tx, town.LIST).items if item.person == key)


def test_a_card_is_dragged_for_a_reason_and_undone_by_one_key(page: Page, served) -> None:
    hold_time(page)
    page.goto(f"{ROLE}/board")
    key = served.keys[4]
    page.locator(f"#{key}").drag_to(page.locator("[data-stage=shortlisted]"))
    assert stage(served, key) is None, "nothing is moved before somebody says why"
    card = page.locator(f"#{key}")
    expect(card.locator("select[name=stage]")).to_have_value("shortlisted")
    expect(card.locator("input[name=reason]")).to_be_focused()
    page.keyboard.type("reviewer agrees")
    press(page, "Enter")
    expect(page.locator("[data-stage=shortlisted] .tile")).to_have_count(1)
    assert stage(served, key) == "shortlisted"
    press(page, "u")
    expect(page.locator("[data-stage=shortlisted] .tile")).to_have_count(0)
    assert stage(served, key) is None and "/board" in page.url


def test_the_same_is_done_without_scripts_and_back_leads_back(visit: Callable[..., Page], served) -> None:
    page = visit(java_script_enabled=False)
    page.goto(ROLE)
    page.click("text=Board")
    page.wait_for_url("**/board**")
    page.go_back()
    key = served.keys[5]
    row = page.locator(f"tr#{key}")
    row.locator("summary", has_text="Change").click()
    row.locator("select[name=stage]").select_option("reviewing")
    row.locator("input[name=reason]").fill("strong evidence for this role")
    row.locator("button", has_text="Move").click()
    expect(page.locator("#status")).to_contain_text("reviewing")
    assert stage(served, key) == "reviewing"
    page.click("#status button")
    expect(page.locator("#status")).to_contain_text("Undone")
    assert stage(served, key) is None
    for chosen in served.keys[:2]:
        page.check(f"input[name=keys][value={chosen}]")
    page.click("text=Compare 2–5")
    expect(page.locator("table.compare thead a")).to_have_count(2)
    page.go_back()
    expect(page.locator("h1")).to_have_text(town.LIST)


def test_questions_are_answered_by_one_key_each(page: Page, served) -> None:
    hold_time(page)
    page.goto("/review")
    expect(page.locator(".page-head")).to_contain_text("3 open questions")
    press(page, "j")
    expect(page.locator("[role=status]")).to_contain_text("Asked again")
    press(page, "u")
    expect(page.locator("[role=status]")).to_contain_text("Undone")
    expect(page.locator(".page-head")).to_contain_text("3 open questions")
    press(page, "-")
    expect(page.locator("[role=status]")).to_contain_text("Kept apart")
    expect(page.locator(".page-head")).to_contain_text("2 open questions")
    press(page, "+")
    expect(page.locator("[role=status]")).to_contain_text("one person now")
    expect(page.locator(".page-head")).to_contain_text("1 open question")


def test_a_shared_list_opens_without_an_account_in_any_width(visit: Callable[..., Page], served) -> None:
    desk = served.desk
    made = town.share(desk.store, desk.settings, now=desk.now(), blind=True)
    page = visit(scope=None, viewport={"width": 320, "height": 700})
    page.goto(f"/shared/{made.token}")
    expect(page.locator("h1")).to_have_text("A shortlist")
    assert page.locator("form, button, script").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_an_export_is_previewed_written_and_downloaded(page: Page, served) -> None:
    page.goto(ROLE)
    page.click("text=Export…")
    page.click("button:has-text('Write')")
    expect(page.locator("[role=status]")).to_contain_text("Exported")
    with page.expect_download() as download:
        page.click("text=Download the file")
    assert download.value.suggested_filename.endswith(".csv")
    page.go_back()
