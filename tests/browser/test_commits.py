"""The page of a commit in a browser: it is led to, it moves, and everybody can read it."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.browser.accessibility import violations
from tests.browser.dashboard import Dashboard, Visit
from tests.browser.test_fleet import QUIET
from tests.browser.test_pages import WINDOWS, screenshots
from tests.support.program.truth import wait

SHOWN = "[...document.querySelectorAll('.place')].map((place) => place.innerText).join('|')"


def bundles(dashboard: Dashboard) -> list[dict[str, Any]]:
    """All strategies."""
    with urllib.request.urlopen(f"{dashboard.url}list?kind=promotionstrategydetails", timeout=30) as answer:
        found: list[dict[str, Any]] = json.loads(answer.read())["items"]
    return found


def shas(dashboard: Dashboard) -> dict[str, str]:
    """A sha of each kind, of a commit that is on its way: live in one environment, proposed in another."""
    for bundle in bundles(dashboard):
        first, last = (bundle["changeTransferPolicies"][place]["status"] for place in (0, -1))
        dry = first["active"]["dry"]
        if dry["sha"] != last["active"]["dry"]["sha"] and dry.get("references"):
            return {
                "dry": dry["sha"],
                "hydrated": first["active"]["hydrated"]["sha"],
                "source": dry["references"][0]["commit"]["sha"],
            }
    return {}


@pytest.mark.parametrize("dashboard", [QUIET], indirect=True)
def test_a_pasted_sha_leads_to_its_page(visit: Visit, dashboard: Dashboard) -> None:
    """Whichever sha of a commit is pasted into the search of the Fleet: its row stays, and a link leads to the page."""
    found = shas(dashboard)
    assert set(found) == {"dry", "hydrated", "source"}
    for sha in found.values():
        page = visit.open()
        page.keyboard.press("/")
        page.keyboard.insert_text(sha)
        page.get_by_role("link", name=f"Where is commit {sha[:12]}?").click()
        page.wait_for_url(f"**/commits/{sha}")
        assert page.get_by_role("heading", level=1).inner_text() == f"Commit {sha[:7]}"
        assert "Live" in page.locator(".place").first.inner_text()
        page.close()


def test_the_page_moves(visit: Visit, dashboard: Dashboard) -> None:
    """Who waits for a commit sees it come on, without a reload."""
    wait(lambda: bool(shas(dashboard)), 60, "a commit is on its way")
    page = visit.open(f"commits/{shas(dashboard)['dry']}")
    page.evaluate("window.notReloaded = true")
    before = page.evaluate(SHOWN)
    assert before
    wait(lambda: page.evaluate(SHOWN) != before, 90, "the page shows something new")
    assert page.evaluate("window.notReloaded")


@pytest.mark.parametrize("dashboard", [QUIET], indirect=True)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_is_accessible_and_fits(browser: object, dashboard: Dashboard, tmp_path: Path, theme: str) -> None:
    """axe-core finds nothing on the pages of what is found, of what is not, and where it is asked for."""
    paths = {"commit": f"commits/{shas(dashboard)['dry']}", "nowhere": "commits/0123456789abcdef", "ask": "commits"}
    for window, viewport in WINDOWS.items():
        options = {"color_scheme": theme, "viewport": viewport, "bypass_csp": True, "reduced_motion": "reduce"}
        with Visit(browser, dashboard.url, **options) as visit:
            for name, path in paths.items():
                page = visit.context.new_page()
                page.goto(visit.url + path)
                page.wait_for_selector("connection-status .words", state="attached")
                page.screenshot(path=screenshots(tmp_path) / f"{name}-{theme}-{window}.png", full_page=True)
                assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, (name, window)
                assert violations(page) == [], (name, window)
                page.close()
