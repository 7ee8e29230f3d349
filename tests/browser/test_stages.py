"""Pages of Stages in a browser: they move, and share the stream of the other pages without mixing with them."""

from __future__ import annotations

from tests.browser.dashboard import Visit
from tests.support.program.truth import wait

STAGE = "stages/storefront-delivery/test"


def test_stages_move_without_a_reload(visit: Visit) -> None:
    """The list and one Stage in full change under the eyes of who looks; the fleet beside them gets no row of them."""
    fleet, stages, stage = visit.open(), visit.open("stages"), visit.open(STAGE)
    for page in (fleet, stages, stage):
        page.evaluate("window.notReloaded = true")
    before = {page: page.locator("main").inner_html() for page in (stages, stage)}
    project = stage.locator("#project").inner_html()
    stages.wait_for_selector(".row.changed")
    for page, html in before.items():
        wait(lambda page=page, html=html: page.locator("main").inner_html() != html, 90, "the page shows something new")
    wait(lambda: stage.locator("#project").inner_html() != project, 90, "the pipeline and the flow of Freight move")
    assert stages.locator('.row h2 a[href*="/strategies/"]').count() == 0
    assert stages.locator(".stage-row").count() == stages.locator(".row").count() == 5
    assert fleet.locator(".stage-row").count() == 0
    assert all(page.evaluate("window.notReloaded") for page in (fleet, stages, stage))


def test_stages_are_filtered_and_opened(visit: Visit) -> None:
    """What is typed is in the address; a row leads to its Stage, whose activity leads to all of it."""
    page = visit.open("stages")
    page.keyboard.press("/")
    page.keyboard.type("storefront-delivery/uat")
    assert page.url.endswith("?text=storefront-delivery%2Fuat")
    wait(lambda: page.locator(".row:not([hidden])").count() == 1, 20, "the one that was looked for")
    page.get_by_role("link", name="uat", exact=True).click()
    page.wait_for_url("**/stages/storefront-delivery/uat")
    assert page.get_by_role("heading", level=1).inner_text() == "uat"
    page.get_by_role("link", name="All of it").click()
    page.wait_for_url("**/activity?namespace=storefront-delivery&name=uat")
