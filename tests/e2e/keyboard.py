"""Keys as a person presses them: on a page that has come whole, as its scripts hear nothing before."""

from playwright.sync_api import Page


def press(page: Page, *keys: str) -> None:
    """Press keys one after another. A test that was led to another page looks for a sign of that page first."""
    page.wait_for_load_state()
    for key in keys:
        page.keyboard.press(key)


def hold_time(page: Page) -> None:
    """Let the pages opened from now on never lose patience: what they show for seconds only, they show for good."""
    page.clock.install()
    page.clock.pause_at("2100-01-01")
