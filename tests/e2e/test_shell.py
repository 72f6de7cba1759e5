"""What stands around every page: shortcuts, help, theme, sign-in that ends, requests of other sites."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from keyboard import hold_time, press
from playwright.sync_api import Page, expect
from waiting import until

from sourcing import access, clock
from sourcing.access import Scope
from storage import runs


def test_one_key_leads_to_search_help_and_pages(page: Page, served) -> None:
    hold_time(page)
    page.goto("/")
    press(page, "/")
    expect(page.locator("#find-q")).to_be_focused()
    page.keyboard.type("g r?")
    expect(page.locator("#find-q")).to_have_value("g r?")
    press(page, "Escape")
    press(page, "?")
    expect(page.locator("#help")).to_be_visible()
    press(page, "Escape")
    expect(page.locator("#help")).to_be_hidden()
    for keys, address in (("gr", "/runs"), ("gp", "/people"), ("gl", "/lists"), ("gt", "/")):
        press(page, *keys)
        page.wait_for_url(f"{served.base}{address}")
    page.go_back()
    page.wait_for_url("**/lists")


def test_shortcuts_may_be_switched_off_and_changed(visit: Callable[..., Page]) -> None:
    page = visit(actor="cleo")
    page.goto("/settings")
    page.fill("#key-go_runs", "r")
    page.click("text=Keep these settings")
    expect(page.locator("#status")).to_contain_text("Settings are kept")
    page.locator("h1").click()
    press(page, "r")
    page.wait_for_url("**/runs")
    page.goto("/settings")
    page.uncheck("input[name=shortcuts]")
    page.click("text=Keep these settings")
    expect(page.locator("#status")).to_contain_text("Settings are kept")
    press(page, "r", "?")
    expect(page.locator("#help")).to_be_hidden()
    assert page.url.endswith("/settings")


def test_the_theme_follows_the_switch_on_any_page(visit: Callable[..., Page]) -> None:
    page = visit(actor="dora", color_scheme="light")
    page.goto("/runs")
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.click("summary >> text=dora")
    page.click("button:has-text('Dark')")
    assert page.url.endswith("/runs")
    expect(page.locator("#status")).to_contain_text("Colours: dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != light


def test_the_keyboard_reaches_everything_in_order_and_shows_where_it_is(page: Page) -> None:
    page.goto("/")
    press(page, "Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    press(page, "Enter")
    expect(page.locator("#main")).to_be_focused()
    page.goto("/")
    for _ in range(12):
        press(page, "Tab")
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        box = page.evaluate(
            "(() => { const b = document.activeElement.getBoundingClientRect(); return [b.top, b.bottom] })()"
        )
        assert outline != "none" and box[1] > 0 and box[0] < 900


def test_who_is_not_signed_in_is_led_back_to_the_page_they_wanted(visit: Callable[..., Page], served) -> None:
    page = visit(scope=None)
    page.goto("/runs?off=true")
    assert "/sign-in?next=%2Fruns%3Foff%3Dtrue" in page.url
    link = access.make_link(served.desk.store, actor="ana", scope=Scope.READ, now=served.desk.now())
    page.goto(f"/sign-in?link={link}&next=/runs")
    page.wait_for_url("**/runs")
    expect(page.locator("h1")).to_have_text("Runs and sources")


def test_a_sign_in_that_ended_loses_nothing_and_says_so(
    visit: Callable[..., Page], served, complaints
) -> None:
    page = visit(actor="finn")
    page.goto("/settings")
    before = served.desk.now
    served.desk.now = clock.fixed(before() + timedelta(hours=9))
    complaints.expected.append("401")
    try:
        page.click("text=Keep these settings")
        expect(page.locator("h1")).to_have_text("Your sign-in is over")
        expect(page.locator("main")).to_contain_text("Nothing was changed")
        page.get_by_role("main").get_by_role("link", name="Sign in").click()
        page.wait_for_url("**/sign-in**")
    finally:
        served.desk.now = before


@pytest.mark.row("T20")
def test_a_form_on_another_site_changes_nothing(visit: Callable[..., Page], served, complaints) -> None:
    page = visit(actor="gina")
    page.goto("/settings")
    token = page.locator("main input[name=_csrf]").first.get_attribute("value")
    complaints.expected += ["403", "foreign request: http://localhost"]
    form = (
        f'<form method="post" action="{served.base}/settings/theme"><input name="theme" value="dark">'
        f'<input name="_csrf" value="{token}"></form>'
    )
    page.route("http://evil.example/**", lambda route: route.fulfill(body=form, content_type="text/html"))
    complaints.expected.append("foreign request: http://evil.example")
    page.goto("http://evil.example/")
    with page.expect_navigation() as landed:
        page.evaluate("document.forms[0].submit()")
    assert landed.value.status == 403
    page.goto("/settings")
    assert page.locator("html").get_attribute("data-theme") == "auto"


def test_a_page_that_asks_another_host_or_fails_is_noticed(page: Page, complaints) -> None:
    """The watch itself works: each kind of complaint reaches it."""
    page.goto("/")
    page.evaluate("setTimeout(() => { throw new Error('on purpose') })")
    page.evaluate("console.error('said on purpose')")
    page.evaluate("fetch('https://elsewhere.example/').catch(() => 0)")
    provoked = ("script failed: on purpose", "said on purpose", "elsewhere.example")
    until(
        lambda: all(any(words in one for one in complaints.found) for words in provoked),
        said=lambda: complaints.found,
        pause=lambda seconds: page.wait_for_timeout(1000 * seconds),
    )
    complaints.found.clear()


def test_a_run_at_work_is_followed_without_opening_the_page_again(page: Page, served) -> None:
    desk = served.desk
    with desk.store.begin() as tx:
        run = runs.start(tx, "crawl", now=desk.now(), actor="cron")
    try:
        page.goto(f"/runs/{run}")
        expect(page.locator("#run")).to_contain_text("This run is at work")
        with desk.store.begin() as tx:
            runs.finish(tx, run, now=desk.now(), status="done")
        expect(page.locator("#run")).not_to_contain_text("This run is at work")
        expect(page.locator("h1")).to_have_text(run)
    finally:
        with desk.store.begin() as tx:
            runs.finish(tx, run, now=desk.now(), status="done")
