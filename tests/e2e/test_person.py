"""A person's page in a browser: parts open their evidence, acts keep the place, what is wrong is gone at once."""

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


def test_a_factor_opens_its_evidence_and_back_returns(page: Page, served: Any) -> None:
    page.goto(f"/people/{served.keys[2]}?spec={SPEC}")
    page.locator(".breakdown a", has_text="3 items").first.click()
    page.wait_for_url("**factor=**#evidence")
    expect(page.locator(".piece")).to_have_count(3)
    page.go_back()
    expect(page.locator(".sorts .chip")).to_have_count(0)


def test_acts_of_the_page_have_the_same_keys_and_keep_the_page(page: Page, served: Any) -> None:
    page.goto(f"/people/{served.keys[9]}?spec={SPEC}")
    press(page, "t")
    page.keyboard.type("kernel-person")
    press(page, "Enter")
    expect(page.locator(".sheet-head")).to_contain_text("#kernel-person")
    expect(page.locator(".deeds")).to_contain_text("+kernel-person")
    press(page, "+")
    expect(page.locator(".thumbs [aria-pressed=true]")).to_have_count(1)
    press(page, "]")
    expect(page.locator("h1")).to_have_text(town.name_of(10))
    press(page, "[")
    expect(page.locator("h1")).to_have_text(town.name_of(9))
    page.locator(".deeds li", has_text="+kernel-person").locator("button").click()
    expect(page.locator("#status")).to_contain_text("Undone")
    expect(page.locator(".sheet-head")).not_to_contain_text("#kernel-person")


def test_wrong_evidence_goes_at_once_and_comes_back_by_undo(page: Page, served: Any) -> None:
    page.goto(f"/people/{served.keys[5]}?spec={SPEC}")
    before = page.locator(".piece").count()
    page.locator(".wrong summary").first.click()
    page.locator(".wrong[open] input[name=reason]").fill("somebody else's work")
    page.locator(".wrong[open] button").click()
    expect(page.locator("#status")).to_contain_text("left out")
    expect(page.locator("body")).to_contain_text("1 item said to be wrong")
    assert page.locator(".piece").count() < before


def test_erasing_shows_what_goes_before_it_is_done(page: Page, served: Any) -> None:
    page.goto(f"/people/{served.keys[40]}")
    page.locator("#privacy a", has_text="erase").click()
    expect(page.locator("main")).to_contain_text("1 identity")
    page.locator("#confirm").fill(served.keys[40])
    page.locator("button", has_text="Erase for good").click()
    expect(page.locator("#status")).to_contain_text("Erased")
    page.goto("/people?q=name:" + town.name_of(40).split()[1])
    expect(page.locator(f"#{served.keys[40]}")).to_have_count(0)
