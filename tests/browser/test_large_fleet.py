"""What helps with a large fleet, in a browser: groups, a line a row, and what happened since the last visit."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.dashboard import Dashboard, Visit, rows
from tests.browser.test_fleet import QUIET
from tests.support.program.truth import wait

#: The place of what the browser keeps of its visits.
_KEPT = "promoter-view-visit"


def _headings(page: Any) -> list[str]:
    return [each.inner_text() for each in page.query_selector_all("#rows > .group h2")]


@pytest.mark.parametrize("dashboard", [QUIET], indirect=True)
def test_rows_are_grouped_and_compact_without_a_reload(visit: Visit) -> None:
    """Headings come and go with the choice, and none stands before no row."""
    page = visit.open("?sort=name")
    page.evaluate("window.notReloaded = true")
    page.get_by_label("Group by").select_option("namespace")
    wait(lambda: _headings(page) == ["team-000", "team-001"], 20, "a heading for each namespace")
    height = page.locator("#rows").bounding_box()["height"]
    page.get_by_label("Compact").check()
    wait(lambda: page.locator("#rows").bounding_box()["height"] < height / 2, 20, "rows of a line")
    page.get_by_role("button", name="Favourite: app-00001").click()
    page.get_by_label("Favourites only").check()
    wait(lambda: _headings(page) == ["team-001"], 20, "no heading without a row")
    page.get_by_label("Favourites only").uncheck()
    page.get_by_label("Group by").select_option("")
    wait(lambda: _headings(page) == [], 20, "none")
    assert page.url.endswith("?sort=name&density=compact")
    assert len(rows(page)) == 6
    assert page.evaluate("window.notReloaded")


def _away(visit: Visit, page: Any, position: str = "") -> Any:
    """Somebody who was last here an hour ago, and had seen up to that position."""
    kept = page.evaluate(
        """([name, position]) => { const kept = JSON.parse(localStorage.getItem(name));
            return JSON.stringify({seen: {position: position || kept.seen.position, at: Date.now() - 3600000}}); }""",
        [_KEPT, position],
    )
    page.goto(visit.url + "program")
    page.evaluate("([name, kept]) => localStorage.setItem(name, kept)", [_KEPT, kept])
    return visit.open()


@pytest.mark.parametrize("dashboard", [QUIET], indirect=True)
def test_since_the_last_visit(dashboard: Dashboard, visit: Visit) -> None:
    """A change of meanwhile is counted and shown; it is offered until it is dismissed. Without one nothing is."""
    page = visit.open()
    page.wait_for_function("name => localStorage.getItem(name)", arg=_KEPT)
    assert not page.locator("[data-visit]").is_visible()
    same = _away(visit, page)
    same.wait_for_timeout(1000)
    assert not same.locator("[data-visit]").is_visible()
    policy = dashboard.cluster.written.of("changetransferpolicies")[0]
    policy["status"]["active"]["commitStatuses"] = [{"key": "health", "phase": "failure", "description": "ill"}]
    dashboard.cluster.written.apply(policy)
    wait(lambda: any("failed" in words for words in rows(page if page.url == visit.url else same).values()), 20, "seen")
    kept = same.evaluate("name => JSON.parse(localStorage.getItem(name))", _KEPT)["seen"]["position"]
    fresh = _away(visit, same, kept)
    said = fresh.locator("[data-visit]")
    said.wait_for()
    assert said.inner_text().startswith("Since your last visit, 1h ago: 1 change of 1 strategy")
    fresh.reload()
    said.wait_for()
    said.get_by_role("link", name="Show them").click()
    fresh.wait_for_url("**/activity?since=*")
    assert fresh.locator(".entry").count() == 1
    fresh.go_back()
    said.get_by_role("button", name="Dismiss").click()
    assert not said.is_visible()
    fresh.reload()
    fresh.wait_for_timeout(500)
    assert not said.is_visible()


@pytest.mark.parametrize("dashboard", [QUIET], indirect=True)
def test_a_visit_from_before_what_is_held(visit: Visit) -> None:
    """The page says from when on changes are in memory, and what tells of those before."""
    page = visit.open()
    page.wait_for_function("name => localStorage.getItem(name)", arg=_KEPT)
    page.goto(visit.url + "activity?since=4700000000000000000")
    assert "is told by the journal" in page.locator("[data-visit]").inner_text()
