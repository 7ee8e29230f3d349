"""The fleet's page in a browser: it moves, it survives, it filters."""

from __future__ import annotations

from typing import Any

import pytest

from promoter_view.kubernetes.kinds import PROMOTER_KINDS
from tests.browser.dashboard import Dashboard, Visit, rows
from tests.support.program.truth import wait

_STRATEGY = next(kind for kind in PROMOTER_KINDS if kind.kind == "PromotionStrategy")
QUIET = ("--strategies", "6", "--namespaces", "2")


def _marked(page: Any) -> Any:
    page.evaluate("window.notReloaded = true")
    return page


def _write(dashboard: Dashboard, name: str, key: str, phase: str) -> None:
    """Gives all checks of a strategy's first environment that phase."""
    policy = next(
        each
        for each in dashboard.cluster.written.of("changetransferpolicies")
        if each["metadata"]["name"].startswith(f"{name}-environment-dev")
    )
    policy["status"]["active"]["commitStatuses"] = [{"key": key, "phase": phase, "description": "as told"}]
    dashboard.cluster.written.apply(policy)


def test_the_fleet_moves_without_a_reload(visit: Visit) -> None:
    """Rows change under the eyes of who looks, and the page stays the same one."""
    page = _marked(visit.open())
    before = rows(page)
    wait(lambda: rows(page) != before, 20, "a row shows something new")
    page.wait_for_selector(".row.changed")
    assert page.evaluate("window.notReloaded")


def test_a_page_outlives_a_kill_and_the_503s_after_it(dashboard: Dashboard, visit: Visit) -> None:
    """It says since when it reconnects, resumes by itself, and then shows what a new page shows."""
    page = _marked(visit.open())
    with dashboard.unavailable():
        page.wait_for_selector('connection-status[data-state="reconnecting"]')
        assert "Reconnecting since" in page.locator("connection-status").inner_text()
    dashboard.program.start()
    dashboard.program.wait_ready()
    page.wait_for_selector('connection-status[data-state="live"]')
    dashboard.cluster.command("event-fault", fault="Silence", times=1_000_000)
    fresh = visit.open()
    wait(lambda: rows(page) == rows(fresh), 20, "the page that was there shows what a new one shows")
    assert page.evaluate("window.notReloaded")
    assert dashboard.program.metric("promoter_view_stream_resumes_total") > 0


@pytest.mark.parametrize("dashboard", [QUIET], indirect=True)
def test_a_state_that_there_is_not(visit: Visit) -> None:
    """It hides no row; the page says which states there are, until a filter is chosen."""
    page = visit.open("?state=green&sort=colour")
    assert len(page.query_selector_all(".row:not([hidden])")) == 6
    said = [each.inner_text() for each in page.query_selector_all("[data-unknown]")]
    assert [words.partition(" '")[0] for words in said] == ["Unknown state", "Unknown order"]
    page.locator('.chip[data-state="failed"]').click()
    assert page.url.endswith("?state=failed")
    page.wait_for_selector('.chip[data-state="failed"][aria-current]')
    assert page.query_selector_all("[data-unknown]") == []


@pytest.mark.parametrize("dashboard", [QUIET], indirect=True)
def test_a_row_that_leaves_its_filter_leaves_the_page(dashboard: Dashboard, visit: Visit) -> None:
    """And comes back when it fits again; counts and words follow."""
    _write(dashboard, "app-00000", "health", "failure")
    page = visit.open("?state=failed")
    page.wait_for_selector('.row[data-name="app-00000"]:not([hidden])')
    assert all(words.startswith("failed") for words in rows(page).values())
    _write(dashboard, "app-00000", "health", "success")
    page.wait_for_selector('.row[data-name="app-00000"]', state="hidden")
    assert page.locator("[data-count]").inner_text().endswith("of 6 strategies")
    _write(dashboard, "app-00000", "health", "failure")
    page.wait_for_selector('.row[data-name="app-00000"]:not([hidden])')


@pytest.mark.parametrize("dashboard", [QUIET], indirect=True)
def test_filters_are_in_the_address_and_stars_in_the_browser(visit: Visit) -> None:
    """What is typed is in the address, and comes back with it; favourites are there after a reload."""
    page = visit.open()
    page.keyboard.press("/")
    page.keyboard.type("app-00001")
    assert page.url.endswith("?text=app-00001")
    wait(lambda: len(rows(page)) == 1, 20, "the one that was looked for")
    page.keyboard.press("Escape")
    wait(lambda: len(rows(page)) == 6, 20, "all again")
    assert "?" not in page.url
    page.get_by_role("button", name="Favourite: app-00002").click()
    page.get_by_label("Favourites only").check()
    assert page.url.endswith("?favourites=1")
    page.reload()
    page.wait_for_selector('connection-status[data-state="live"]')
    assert [name.partition("/")[2] for name in rows(page)] == ["app-00002"]
    page.get_by_label("Labels").fill("team in (")
    page.locator("[data-label-problem]").wait_for()


@pytest.mark.parametrize("dashboard", [QUIET], indirect=True)
def test_the_last_choice_counts(visit: Visit) -> None:
    """On a slow way two chips, one soon after the other, are both chosen, whatever answers come of the first."""
    page = visit.open()
    slow = {"offline": False, "latency": 400, "downloadThroughput": -1, "uploadThroughput": -1}
    visit.context.new_cdp_session(page).send("Network.emulateNetworkConditions", slow)
    for state in ("failed", "promoting"):
        page.locator(f'.chip[data-state="{state}"]').click()
    assert page.url.endswith("?state=failed%2Cpromoting")
    page.wait_for_selector('.chip[data-state="promoting"][aria-current]')
    assert page.locator(".chip[aria-current]").count() == 2
    assert {words.partition(" ")[0] for words in rows(page).values()} <= {"failed", "promoting"}


@pytest.mark.parametrize("dashboard", [QUIET], indirect=True)
def test_back_brings_the_filters_before(visit: Visit) -> None:
    """Fields and rows say what the address says again."""
    page = _marked(visit.open("?text=app-00001&sort=name"))
    page.locator(".skip").press("Enter")
    page.get_by_label("Search").fill("app-0000")
    page.get_by_label("Sort by").select_option("namespace")
    wait(lambda: len(rows(page)) == 6, 20, "all")
    page.go_back()
    wait(lambda: len(rows(page)) == 1, 20, "the one of before")
    assert page.get_by_label("Search").input_value() == "app-00001"
    assert page.get_by_label("Sort by").input_value() == "name"
    assert page.evaluate("window.notReloaded")


@pytest.mark.parametrize("dashboard", [QUIET], indirect=True)
def test_what_comes_takes_its_place_or_none(dashboard: Dashboard, visit: Visit) -> None:
    """One that comes and goes is counted, and shown where filters and order have it; what was chosen stays."""
    page, filtered = visit.open("?sort=name"), visit.open()
    filtered.get_by_label("Labels").fill("no/such")
    filtered.wait_for_selector("[data-empty]:not([hidden])")
    filtered.get_by_label("Search").type("app ")
    dashboard.cluster.written.add_namespaces("team-000a")
    strategy = dashboard.cluster.written.of("promotionstrategies")[0]
    strategy["metadata"] = {"name": "app-00000a", "namespace": "team-000a"}
    dashboard.cluster.written.apply(strategy)
    page.wait_for_selector('.row[data-name="app-00000a"]:not([hidden])')
    wait(lambda: [name.partition("/")[2] for name in rows(page)][1] == "app-00000a", 20, "it stands second")
    wait(lambda: filtered.locator("[data-count]").inner_text() == "0 of 7 strategies", 20, "it is counted")
    assert rows(filtered) == {}
    assert filtered.evaluate("document.activeElement.name") == "text"
    for namespace in ("team-000a", "team-001"):
        filtered.locator("select[name=namespace]").select_option(namespace)
    dashboard.cluster.written.delete(_STRATEGY, "team-000a", "app-00000a")
    wait(lambda: filtered.locator("[data-count]").inner_text() == "0 of 6 strategies", 20, "it is counted no more")
    wait(lambda: filtered.locator("select[name=namespace] option").count() == 3, 20, "nor is its namespace there")
    assert filtered.locator("select[name=namespace]").input_value() == "team-001"
    assert filtered.get_by_label("Search").input_value() == "app "


@pytest.mark.parametrize("dashboard", [QUIET], indirect=True)
def test_a_filter_that_found_nobody_to_ask_is_asked_again(dashboard: Dashboard, visit: Visit) -> None:
    """Chosen while the program is away, it holds as soon as that is back."""
    page = _marked(visit.open())
    with dashboard.unavailable():
        page.wait_for_selector('connection-status[data-state="reconnecting"]')
        page.get_by_label("Search").fill("app-00001")
        page.wait_for_timeout(1000)
        assert len(rows(page)) == 6
    dashboard.program.start()
    wait(lambda: len(rows(page)) == 1, 20, "the one that was looked for")
    assert page.evaluate("window.notReloaded")


@pytest.mark.parametrize("dashboard", [QUIET], indirect=True)
def test_tabs_share_one_stream(dashboard: Dashboard, visit: Visit) -> None:
    """Fleet, activity and two strategies are served by one connection, and each gets what it shows."""
    fleet = visit.open()
    strategies = [visit.open(f"strategies/team-00{number}/app-0000{number}") for number in (0, 1)]
    activity = visit.open("activity")
    fleet.wait_for_timeout(500)
    assert dashboard.program.metric("promoter_view_sse_clients") == 1
    _write(dashboard, "app-00000", "told", "failure")
    fleet.wait_for_selector('.row[data-name="app-00000"][data-state="failed"]')
    strategies[0].wait_for_selector('#detail[data-state="failed"]')
    activity.wait_for_selector(".item.is-failed >> text=told")
    assert strategies[1].locator("#detail").get_attribute("data-name") == "app-00001"
