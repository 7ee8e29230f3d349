"""Tell me when: a notification of the browser for what happens while a page is open and nobody looks at it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.accessibility import violations
from tests.browser.dashboard import Visit
from tests.support.program.truth import wait

PRESSED, UNPRESSED = '[data-tell][aria-pressed="true"]', '[data-tell][aria-pressed="false"]:not([hidden])'
#: Notifications are kept instead of shown, and nobody looks at the page.
AWAY = """
globalThis.told = [];
globalThis.Notification = class {
  static permission = "PERMISSION";
  static async requestPermission() { return Notification.permission; }
  constructor(title, options) { told.push({ title, ...options }); }
  close() {}
};
document.hasFocus = () => false;
"""


def opened(visit: Visit, path: str, permission: str) -> Any:
    """A page of a browser that gives this permission."""
    visit.context.add_init_script(AWAY.replace("PERMISSION", permission))
    return visit.open(path)


@pytest.mark.parametrize("path", ["activity", "stages/storefront-delivery/test"])
def test_what_happens_is_told(visit: Visit, path: str) -> None:
    """Nothing before somebody asks for it; then each entry once, as its own words; a reload keeps the choice."""
    page = opened(visit, path, "granted")
    button = page.get_by_role("button", name="Tell me when")
    assert button.get_attribute("aria-pressed") == "false"
    before = page.locator(".entry").count()
    wait(lambda: page.locator(".entry").count() > before, 90, "something happens")
    assert page.evaluate("told") == []
    button.click()
    page.wait_for_selector(PRESSED)
    wait(lambda: page.evaluate("told"), 90, "it is told")
    told = page.evaluate("told")
    assert len({each["tag"] for each in told}) == len(told)
    assert all(each["title"] and each["body"] for each in told)
    assert all(page.locator(f"#{each['tag']}").count() == 1 for each in told)
    page.reload()
    page.wait_for_selector(PRESSED)
    page.locator("[data-tell]").click()
    page.wait_for_selector(UNPRESSED)
    page.reload()
    page.wait_for_selector(UNPRESSED)


def test_a_browser_that_does_not_want(visit: Visit) -> None:
    """Where notifications are blocked the button says so, and nothing is told."""
    page = opened(visit, "activity", "denied")
    button = page.locator("[data-tell]")
    assert button.inner_text() == "This browser blocks notifications"
    button.click()
    page.wait_for_selector(UNPRESSED)


def test_it_is_accessible(visit: Visit) -> None:
    """The button passes axe-core, pressed and not."""
    page = opened(visit, "stages/storefront-delivery/test", "granted")
    assert violations(page) == []
    page.get_by_role("button", name="Tell me when").click()
    page.wait_for_selector(PRESSED)
    assert violations(page) == []
