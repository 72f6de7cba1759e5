"""Markup that strangers wrote, on every page: shown as text, and no script runs (TRUST T13, T14)."""

from collections.abc import Callable, Iterator
from urllib.parse import quote

import pytest
from addresses import addresses
from payloads import PAYLOADS
from playwright.sync_api import Browser, Page
from waiting import PATIENCE_S

HANDLERS = """() => [...document.querySelectorAll("*")].filter((one) =>
  one.getAttributeNames().some((name) => /^on|^(data-)?hx-on|^style$/.test(name))
  || ["href", "src", "action"].some((name) => /^\\s*(javascript|data|vbscript):/i.test(one.getAttribute(name)))
  || (one.localName === "script" && !one.getAttribute("src")?.startsWith("/static/"))
  || ["iframe", "object", "embed", "base", "math", "video"].includes(one.localName)
).map((one) => one.outerHTML.slice(0, 120))"""


@pytest.fixture(scope="module")
def hostile(open_town: Callable[..., object]):
    """A town in which everybody's name, employer, place, words and titles are markup."""
    return open_town(PAYLOADS)


@pytest.fixture
def window(browser: Browser, hostile) -> Iterator[Page]:
    context = browser.new_context(base_url=hostile.base)
    context.set_default_timeout(1000 * PATIENCE_S)
    hostile.sign_in(context)
    yield context.new_page()
    context.close()


def harmed(page: Page, address: str) -> list[str]:
    """Return what a page took for more than text; it is opened first."""
    page.goto(address, wait_until="load")
    ran = [] if page.evaluate("window.ran") is None else [f"{address}: a script ran"]
    return ran + [f"{address}: {one}" for one in page.evaluate(HANDLERS)]


@pytest.mark.row("T13", "T14")
def test_there_are_enough_of_them() -> None:
    assert len(set(PAYLOADS)) >= 150


@pytest.mark.row("T13", "T14")
def test_no_markup_of_anybody_becomes_part_of_a_page(window: Page, hostile) -> None:
    found = [one for address in addresses(hostile) for one in harmed(window, address)]
    found += [
        one
        for at in range(0, len(PAYLOADS), 100)
        for one in harmed(window, f"/people?size=100{'' if not at else '&sort=rising'}")
    ]
    assert found == []


@pytest.mark.row("T13")
@pytest.mark.slow
def test_no_markup_becomes_part_of_its_own_page(window: Page, hostile) -> None:
    found = [one for key in hostile.keys for one in harmed(window, f"/people/{key}")]
    assert found == []


@pytest.mark.row("T13")
@pytest.mark.slow
def test_no_markup_in_an_address_becomes_part_of_a_page(window: Page) -> None:
    paths = ("/people?q={}", "/people?spec={}", "/people?search={}", "/lists/{}", "/runs/{}", "/people/{}")
    paths += (
        "/runs?before={}",
        "/sign-in?next={}",
        "/sign-in?next=/&link={}",
        "/specialisms/{}",
        "/shared/{}",
    )
    few = PAYLOADS[:: len(PAYLOADS) // 8]
    found = [
        one
        for path in paths
        for payload in few
        for one in harmed(window, path.format(quote(payload, safe="")))
    ]
    assert found == []


@pytest.mark.row("T13")
def test_a_script_that_got_in_would_be_seen_and_not_run(window: Page) -> None:
    """The watch works, and where escaping failed the policy would still refuse the script."""
    window.goto("/")
    window.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=window.ran=1>')")
    window.evaluate(
        "document.body.append(Object.assign(document.createElement('script'), {text: 'window.ran=1'}))"
    )
    assert window.evaluate(HANDLERS)
    assert window.evaluate("window.ran") is None
