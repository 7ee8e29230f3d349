"""A strategy's history in a browser: filters, and one cell in detail, with keys, by its address, and live."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.accessibility import violations
from tests.browser.dashboard import Dashboard, Visit
from tests.browser.test_fleet import QUIET, _write
from tests.support.program.truth import wait

PATH = "strategies/team-000/app-00000"


@pytest.mark.parametrize("dashboard", [QUIET], indirect=True)
def test_a_cell_is_opened_followed_and_closed(dashboard: Dashboard, visit: Visit) -> None:
    """By a click and by its address; what changes in it shows; Escape closes it, and back brings it again."""
    page = visit.open(PATH)
    cell = page.locator('.cell[data-env="development"][data-kind="live"] .open-cell').first
    cell.click()
    drawer = page.locator("#drawer")
    drawer.wait_for()
    assert "commit=" in page.url
    assert "env=environment%2Fdevelopment" in page.url
    _write(dashboard, "app-00000", "told-in-the-drawer", "failure")
    page.wait_for_selector("#drawer >> text=told-in-the-drawer")
    other = visit.open(page.url.removeprefix(visit.url))
    assert other.locator("#drawer h2").inner_text() == drawer.locator("h2").inner_text()
    page.keyboard.press("Escape")
    drawer.wait_for(state="detached")
    assert "commit=" not in page.url
    assert page.evaluate("document.activeElement.matches('.matrix .open-cell')")
    page.go_back()
    drawer.wait_for()
    page.get_by_role("link", name="Close", exact=True).click()
    drawer.wait_for(state="detached")


@pytest.mark.parametrize("dashboard", [QUIET], indirect=True)
def test_keys(visit: Visit) -> None:
    """Arrows go from cell to cell; Enter opens one; the grip takes arrows and Home, and the width is remembered."""
    page = visit.open(PATH)
    page.locator(".matrix td .open-cell").first.focus()
    page.keyboard.press("ArrowRight")
    assert _column(page) == 1
    page.keyboard.press("Enter")
    page.wait_for_selector("#drawer")
    page.get_by_role("separator").focus()
    page.keyboard.press("ArrowLeft")
    page.wait_for_selector('.drawer-grip[aria-valuenow="440"]')
    assert page.locator("#drawer").bounding_box()["width"] == 440
    page.reload()
    page.wait_for_selector('.drawer-grip[aria-valuenow="440"]')
    page.get_by_role("separator").press("Home")
    page.wait_for_selector('.drawer-grip[aria-valuenow="420"]')


def _column(page: Any) -> int:
    return int(page.evaluate("document.activeElement.closest('td').cellIndex - 1"))


@pytest.mark.parametrize("dashboard", [QUIET], indirect=True)
def test_filters_hold_while_the_page_lives(dashboard: Dashboard, visit: Visit) -> None:
    """Chosen commits and environments are in the address and stay chosen when the strategy changes."""
    _write(dashboard, "app-00000", "health", "failure")
    page = visit.open(PATH)
    page.wait_for_selector('#detail[data-state="failed"]')
    page.locator('.chip[data-show="failed"]').click()
    page.locator('.environments input[value="development"]').check()
    assert page.url.endswith("?show=failed&columns=development")
    wait(lambda: _shown(page) == (1, 1), 20, "one commit in one environment")
    _write(dashboard, "app-00000", "another", "failure")
    page.wait_for_selector("#detail >> text=another")
    assert _shown(page) == (1, 1)
    assert page.locator("[data-history-count]").inner_text().startswith("1 of ")
    page.get_by_role("link", name="Clear filters").click()
    assert "?" not in page.url
    wait(lambda: _shown(page)[1] > 1, 20, "all environments again")


@pytest.mark.parametrize("dashboard", [QUIET], indirect=True)
def test_an_answer_of_before_undoes_no_change(dashboard: Dashboard, visit: Visit) -> None:
    """What changes between the making of an answer and its coming is shown after it."""
    page, other = visit.open(f"{PATH}?show=live"), visit.open(PATH)
    held: list[tuple[Any, Any]] = []
    page.route("**/*rows=outline*", lambda route: held.append((route, route.fetch())), times=1)
    page.get_by_role("link", name="Clear filters").click()
    wait(lambda: page.wait_for_timeout(50) or bool(held), 20, "it is asked for")
    _write(dashboard, "app-00000", "told-meanwhile", "failure")
    other.wait_for_selector("#detail >> text=told-meanwhile")
    for route, answer in held:
        route.fulfill(response=answer)
    page.wait_for_timeout(500)
    page.wait_for_selector("#detail >> text=told-meanwhile", timeout=5000)


def _shown(page: Any) -> tuple[int, int]:
    """Commits and environments."""
    rows = page.locator(".matrix tbody tr:not([hidden])").count()
    return rows, page.locator(".matrix thead [data-env]:not([hidden])").count()


@pytest.mark.parametrize("dashboard", [QUIET], indirect=True)
def test_without_scripts(browser: object, dashboard: Dashboard) -> None:
    """The links of cells lead to the same page with the cell beside; filters are a form."""
    with Visit(browser, dashboard.url, java_script_enabled=False) as visit:
        page = visit.context.new_page()
        page.goto(visit.url + PATH)
        page.locator(".matrix .open-cell").first.click()
        page.wait_for_selector("#drawer")
        page.get_by_role("link", name="Close", exact=True).click()
        page.wait_for_selector("#drawer", state="detached")
        page.locator('.environments input[value="development"]').check()
        page.locator(".history-filters .submit").click()
        page.wait_for_url("**columns=development*")
        assert _shown(page)[1] == 1


@pytest.mark.parametrize("dashboard", [QUIET], indirect=True)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_accessible(browser: object, dashboard: Dashboard, theme: str) -> None:
    """axe-core finds nothing serious with a cell open."""
    with Visit(browser, dashboard.url, color_scheme=theme, bypass_csp=True, reduced_motion="reduce") as visit:
        page = visit.open(PATH)
        page.locator(".matrix .open-cell").first.click()
        page.wait_for_selector("#drawer")
        assert violations(page) == []
        assert visit.errors == []
