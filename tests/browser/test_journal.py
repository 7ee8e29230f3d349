"""The journal in a browser: led to from where memory ends, filtered by its form, and everybody can read it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.accessibility import violations
from tests.browser.dashboard import Dashboard, Visit
from tests.browser.test_fleet import QUIET
from tests.browser.test_pages import WINDOWS, screenshots


@pytest.mark.parametrize("dashboard", [QUIET], indirect=True)
def test_it_is_led_to_and_filtered(visit: Visit, dashboard: Dashboard) -> None:
    """From a strategy's page to what was before; its form leaves what was asked for; entries lead back."""
    page = visit.context.new_page()
    page.goto(f"{visit.url}journal")
    name = page.locator(".entry-who b").first.inner_text()
    page.locator(".entry-who").first.click()
    page.get_by_role("link", name="the same in the journal").click()
    page.wait_for_url("**/journal?namespace=*")
    assert page.get_by_role("heading", level=1).inner_text() == "Journal"
    assert page.get_by_label("Name", exact=True).input_value() == name
    assert {each.inner_text() for each in page.locator(".entry-who b").all()} == {name}
    page.locator("select[name=event]").select_option("promoted")
    page.get_by_role("button", name="Filter").click()
    page.wait_for_url("**event=promoted**")
    assert {each.inner_text() for each in page.locator(".item .event").all()} <= {"promoted"}


@pytest.mark.parametrize("dashboard", [QUIET], indirect=True)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_is_accessible_and_fits(browser: object, dashboard: Dashboard, tmp_path: Path, theme: str) -> None:
    """axe-core finds nothing, where there are entries and where there are none; printed there are no controls."""
    for window, viewport in WINDOWS.items():
        options = {"color_scheme": theme, "viewport": viewport, "bypass_csp": True, "reduced_motion": "reduce"}
        with Visit(browser, dashboard.url, **options) as visit:
            pages = {"journal": "journal", "nothing": "journal?name=nobody", "figures": "journal/figures?since=-400d"}
            for name, path in pages.items():
                page = visit.context.new_page()
                page.goto(visit.url + path)
                page.wait_for_selector("connection-status .words", state="attached")
                page.screenshot(path=screenshots(tmp_path) / f"{name}-{theme}-{window}.png", full_page=True)
                assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, (name, window)
                assert violations(page) == [], (name, window)
                page.emulate_media(media="print")
                assert not page.get_by_role("search").is_visible()
                page.close()
