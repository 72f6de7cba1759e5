"""Every page in both themes: accessible, quiet, without foreign requests, narrow enough; and a bad one is caught."""

from collections.abc import Callable
from typing import Any

import pytest
from addresses import addresses
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa")
ALL = {"runOnly": {"type": "tag", "values": list(TAGS)}}
OF_COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
# a run of axe compiles its script into the page, which our policy forbids to pages themselves
BAD = """<!doctype html><html><head><title>x</title></head><body>
<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw="><p style="color:#ccc;background:#fff">pale</p>
<input><a href="/"></a><button></button></body></html>"""


def violations(page: Page, rules: dict[str, Any] = ALL) -> list[str]:
    found = Axe().run(page, options={**rules, "resultTypes": ["violations"]}).response["violations"]
    return [f"{one['id']}: {node['html'][:200]}" for one in found for node in one["nodes"]]


@pytest.mark.parametrize(("theme", "rules"), [("light", ALL), ("dark", OF_COLOURS)], ids=["light", "dark"])
def test_no_page_breaks_a_rule_of_accessibility(
    visit: Callable[..., Page], served, theme: str, rules: dict[str, Any]
) -> None:
    """A theme is nothing but colours, so what has no colour is looked at in one of them."""
    page = visit(color_scheme=theme)
    broken = {}
    for address in addresses(served):
        page.goto(address)
        if found := violations(page, rules):
            broken[address] = found
    assert broken == {}


def test_a_page_made_bad_on_purpose_is_caught(page: Page) -> None:
    page.set_content(BAD)
    caught = {one.partition(":")[0] for one in violations(page)}
    assert {"html-has-lang", "image-alt", "color-contrast", "label", "link-name", "button-name"} <= caught


def test_pages_reflow_at_320_pixels_and_targets_are_large_enough(visit: Callable[..., Page], served) -> None:
    page = visit(viewport={"width": 320, "height": 700})
    wide, small = {}, {}
    for address in addresses(served):
        page.goto(address)
        over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if over > 0:
            wide[address] = over
        if found := page.evaluate(SMALL):
            small[address] = found
    assert (wide, small) == ({}, {})


# boxes to tick may be smaller where nothing else is near: axe measures that
SMALL = """() => [...document.querySelectorAll("button, summary, select, .button, nav a, input")]
  .filter((one) => one.checkVisibility() && one.type !== "hidden" && !one.closest(".unseen"))
  .filter((one) => !/^(checkbox|radio)$/.test(one.type))
  .map((one) => [one.outerHTML.slice(0, 80), one.getBoundingClientRect()])
  .filter(([, box]) => box.width > 1 && (box.width < 24 || box.height < 24))
  .map(([html, box]) => `${html} ${Math.round(box.width)}x${Math.round(box.height)}`)"""


def test_every_page_says_where_it_is(page: Page, served) -> None:
    """One main heading, one title of its own, one status region."""
    titles: dict[str, str] = {}
    for address in addresses(served):
        page.goto(address)
        assert page.locator("h1").count() == 1, address
        assert page.locator("[role=status]").count() >= 1, address
        titles[address] = page.title()
    assert all(title.strip(" ·").removesuffix("Sourcer").strip(" ·") for title in titles.values()), titles


def test_pages_work_without_scripts(visit: Callable[..., Page], served) -> None:
    page = visit(java_script_enabled=False)
    page.goto("/")
    page.fill("#find-q", "kernels")
    page.click("form[role=search] button")
    page.wait_for_url("**/people?q=kernels**")
    page.goto("/settings")
    page.check("input[name=theme][value=dark]")
    page.click("text=Keep these settings")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.locator("#status")).to_contain_text("Settings are kept")
    page.click("text=Help")
    page.wait_for_url("**/help")
    page.goto("/settings")
    page.check("input[name=theme][value=auto]")
    page.click("text=Keep these settings")
    expect(page.locator("html")).to_have_attribute("data-theme", "auto")
