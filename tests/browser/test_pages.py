"""Every page in a browser, light and dark, wide and narrow: accessible, not too wide, with a quiet console."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.browser.accessibility import violations
from tests.browser.dashboard import Dashboard, Visit
from tests.browser.test_fleet import QUIET

PAGES = {
    "fleet": "",
    "strategy": "strategies/payments/ledger",
    "manifest": "strategies/payments/ledger/manifest",
    "fleet-compact": "?group=state&density=compact",
    "stages": "stages?sort=pipeline",
    "stage": "stages/storefront-delivery/test",
    "activity": "activity",
    "program": "program",
}
#: The last is what WCAG 2.1, 1.4.10 asks for: 1,280 pixels at 400 %.
WINDOWS = {
    "wide": {"width": 1440, "height": 900},
    "narrow": {"width": 390, "height": 844},
    "enlarged": {"width": 320, "height": 256},
}
EVIL = "\"><script>alert(1)</script><img src=x onerror=alert(2)>' onfocus=alert(3) autofocus x='"


def screenshots(tmp_path: Path) -> Path:
    """Where a person can look at them: the folder PROMOTER_VIEW_SCREENSHOTS, else the test's own."""
    folder = Path(os.environ.get("PROMOTER_VIEW_SCREENSHOTS") or tmp_path / "screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("window", WINDOWS)
def test_every_page_is_accessible_and_fits(
    browser: object, dashboard: Dashboard, tmp_path: Path, theme: str, window: str
) -> None:
    """axe-core finds nothing, nothing runs out of the window, no console complains; screenshots are kept."""
    options = {"color_scheme": theme, "viewport": WINDOWS[window], "bypass_csp": True, "reduced_motion": "reduce"}
    with Visit(browser, dashboard.url, **options) as visit:
        for name, path in PAGES.items():
            page = visit.open(path)
            page.screenshot(path=screenshots(tmp_path) / f"{name}-{theme}-{window}.png", full_page=True)
            assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, name
            assert violations(page) == [], name
            page.close()
        assert visit.errors == []


def test_what_changed_fits(browser: object, dashboard: Dashboard) -> None:
    """What is compared is as wide as the window, whatever states it has; axe-core finds nothing."""
    options = {"viewport": WINDOWS["enlarged"], "bypass_csp": True}
    with Visit(browser, dashboard.url, **options) as visit:
        page = visit.context.new_page()
        begin = page.request.get(visit.url + "list?limit=1").json()["metadata"]["resourceVersion"]
        for _ in range(60):
            page.goto(f"{visit.url}compare?from={begin}")
            if page.locator(".compared").count() >= 3:
                break
            page.wait_for_timeout(500)
        assert page.locator(".compared").count() >= 3
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        assert violations(page) == []
        assert page.locator("[name=to]").input_value() == ""


def test_an_environments_name_is_not_broken(browser: object, dashboard: Dashboard) -> None:
    """Where its state does not fit beside the name, it stands below."""
    with Visit(browser, dashboard.url, viewport={"width": 1280, "height": 900}) as visit:
        page = visit.open("strategies/payments/ledger")
        for heading in page.locator(".column h3").all():
            assert heading.evaluate("each => each.getClientRects().length === 1 && each.scrollHeight < 40"), (
                heading.inner_text()
            )


def test_pages_work_without_scripts(browser: object, dashboard: Dashboard) -> None:
    """The first paint has the data; filters are forms; nothing is shown that needs a script."""
    with Visit(browser, dashboard.url, java_script_enabled=False) as visit:
        page = visit.context.new_page()
        page.goto(visit.url + "?namespace=payments")
        assert page.locator(".row:visible").count() == 3
        assert page.locator(".star:visible").count() == 0
        assert page.locator("connection-status").inner_text().startswith("As of")
        page.get_by_role("button", name="Filter").click()
        page.wait_for_url("**/?text=&namespace=payments*")
        page.get_by_role("link", name="ledger").click()
        assert page.get_by_role("heading", level=1).inner_text() == "ledger"


def test_a_page_can_be_used_with_the_keyboard_alone(visit: Visit) -> None:
    """The first stop skips to the content; the theme is switched and remembered; a row is opened."""
    page = visit.open()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.get_by_role("button", name="Theme").press("Enter")
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == "light"
    page.get_by_role("link", name="ledger", exact=True).press("Enter")
    page.wait_for_url("**/strategies/payments/ledger")


@pytest.mark.parametrize("dashboard", [QUIET], indirect=True)
@pytest.mark.parametrize("width", [390, 1440])
def test_odd_inputs_fit(dashboard: Dashboard, browser: object, tmp_path: Path, width: int) -> None:
    """Authors of 120 characters, 40 checks, a commit of the year 999: nothing scrolls sideways, checks are folded."""
    written = dashboard.cluster.written
    for policy in written.of("changetransferpolicies"):
        for side in ("active", "proposed"):
            dry = policy["status"][side]["dry"]
            dry |= {"author": "W" * 120, "subject": "\u202e" + "s" * 200, "commitTime": "0999-06-01T00:00:00Z"}
            policy["status"][side]["commitStatuses"] = [
                {"key": f"check-{number}", "phase": "success", "description": "d" * 80} for number in range(40)
            ]
        written.apply(policy)
    options = {"viewport": {"width": width, "height": 900}, "bypass_csp": True, "reduced_motion": "reduce"}
    with Visit(browser, dashboard.url, **options) as visit:
        for path in ("", "strategies/team-000/app-00000", "activity"):
            page = visit.open(path)
            page.wait_for_function("document.body.innerText.includes('WWWW') || location.pathname === '/activity'")
            page.emulate_media(color_scheme="dark")
            assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth"), path
            assert violations(page) == []
            page.screenshot(path=screenshots(tmp_path) / f"odd-{path.partition('/')[0]}-{width}.png", full_page=True)
            if width > 1088:  # no paper is as narrow as a telephone
                page.emulate_media(media="print")
                assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth"), path
                page.screenshot(path=screenshots(tmp_path) / f"odd-{path.partition('/')[0]}-print.png", full_page=True)
        page = visit.open("strategies/team-000/app-00000")
        author = page.locator(".matrix th .byline bdi", has_text="WWWW").first
        assert author.bounding_box()["height"] < 30, "an author is one line of the history"
        assert page.locator(".more-checks").count() > 0
        assert "1 Jun 999" in page.content()
        assert "\\u202e" in page.content()
        cell = page.locator(".matrix td:visible .open-cell").last
        cell.click()
        page.wait_for_selector("#drawer")
        if width > 1088:
            box = cell.bounding_box()
            assert box is not None
            assert 0 <= box["y"] <= 900
            assert box["x"] + box["width"] <= page.locator("#drawer").bounding_box()["x"]
        assert visit.errors == []


@pytest.mark.parametrize("dashboard", [QUIET], indirect=True)
def test_attacks_do_no_harm_in_a_browser(dashboard: Dashboard, visit: Visit) -> None:
    """Scripts in subjects, javascript: links and a name of 253 characters, on the page and in frames: only text."""
    written = dashboard.cluster.written
    page, detail = visit.open(), visit.open("strategies/team-000/app-00000")
    for policy in written.of("changetransferpolicies"):
        for side in ("active", "proposed"):
            dry = policy["status"][side]["dry"]
            dry |= {"subject": EVIL, "body": EVIL, "author": f"{EVIL} <x>", "repoURL": "javascript:alert(4)"}
            policy["status"][side]["commitStatuses"] = [
                {"key": EVIL, "phase": "failure", "description": EVIL, "url": "javascript:alert(5)"}
            ]
        written.apply(policy)
    name = ".".join(["n" * 63] * 3 + ["n" * 61])
    strategy = written.of("promotionstrategies")[0]
    strategy["metadata"] = {"name": name, "namespace": "team-000"}
    written.apply(strategy)
    page.wait_for_selector(f'.row[data-name="{name}"]')
    page.wait_for_selector('.row[data-name="app-00000"][data-state="failed"]')
    detail.wait_for_selector('#detail[data-state="failed"]')
    for each in (page, detail, visit.open("activity"), visit.open("strategies/team-000/app-00000")):
        assert each.locator("main script, main img, main [onfocus], main [onerror], a[href^=javascript]").count() == 0
        assert each.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert page.locator(f'.row[data-name="{name}"] h2').inner_text() == name
    assert detail.locator(".said", has_text="<script>alert(1)</script>").count() > 0
