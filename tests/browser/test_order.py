"""A graph of environments in a browser: drawn, kept up to date in place, accessible, and usable for five hundred."""

from __future__ import annotations

from typing import Any
from urllib.request import urlopen

import pytest

from promoter_view.kubernetes.kinds import PROMOTER_KINDS
from tests.browser.accessibility import violations
from tests.browser.dashboard import Dashboard, Visit
from tests.browser.test_pages import WINDOWS
from tests.support.plane.promotion_graph import NAMESPACE, PromotionGraph
from tests.support.program.truth import wait

_STRATEGY = next(kind for kind in PROMOTER_KINDS if kind.kind == "PromotionStrategy")
EMPTY = ("--strategies", "0")
PATH = f"strategies/{NAMESPACE}/graph"
DIAMOND = PromotionGraph(
    "graph", {"env/dev": [], "env/e2e": ["env/dev"], "env/perf": ["env/dev"], "env/prod": ["env/e2e", "env/perf"]}
)
REGIONS = [f"region-{number:03}" for number in range(498)]
FAN = PromotionGraph("graph", {"dev": [], **{region: ["dev"] for region in REGIONS}, "done": REGIONS[:100]})

pytestmark = pytest.mark.parametrize("dashboard", [EMPTY], indirect=True)


def written(dashboard: Dashboard, graph: PromotionGraph, *live: str, **known: dict[str, str]) -> None:
    """The objects as the controllers would have them."""
    dashboard.cluster.written.add_namespaces(NAMESPACE)
    for document in graph.documents(live, **known):
        dashboard.cluster.written.apply(document)


def boxes(page: Any) -> list[dict[str, Any]]:
    """What is drawn: the words of each box and where it stands on the screen, from left to right."""
    found: list[dict[str, Any]] = page.evaluate(
        """() => [...document.querySelectorAll('.order-map .box')].map((box) => {
            const {x, y} = box.querySelector('rect').getBoundingClientRect();
            return {x, y, name: box.querySelector('.name').textContent, word: box.querySelector('.word').textContent};
        })"""
    )
    return sorted(found, key=lambda box: (box["x"], box["y"]))


def test_a_graph_is_drawn_and_stays_up_to_date(dashboard: Dashboard, visit: Visit) -> None:
    """Arms of a fork stand above each other, between what they come from and what waits for them; a change is made
    in place, and a box leads to its environment.
    """
    written(dashboard, DIAMOND, "env/dev", "env/e2e", gated={"env/perf": "approval"})
    page = visit.open(PATH)
    page.wait_for_function("() => document.querySelectorAll('.order-map .box').length === 4")
    dev, e2e, perf, prod = boxes(page)
    assert [each["name"] for each in (dev, e2e, perf, prod)] == ["dev", "e2e", "perf", "prod"]
    assert dev["x"] < e2e["x"] == perf["x"] < prod["x"]
    assert e2e["y"] < dev["y"] == prod["y"] < perf["y"]
    page.locator("#env-4 .blocks", has_text="waits for perf: its check approval is pending").wait_for()
    page.evaluate("() => { document.querySelector('#box-3').marked = true; }")
    written(dashboard, DIAMOND, "env/dev", "env/e2e", "env/perf")
    page.wait_for_selector("#box-3.is-uptodate", state="attached")
    assert page.evaluate("() => document.querySelector('#box-3').marked") is True
    page.locator("#box-4").click()
    assert page.evaluate("() => location.hash") == "#env-4"


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("window", WINDOWS)
def test_a_drawing_is_accessible_and_fits(browser: object, dashboard: Dashboard, theme: str, window: str) -> None:
    """axe-core finds nothing serious, nothing runs out of the window, and the levels are there in words."""
    written(dashboard, DIAMOND, "env/dev", checks={"env/dev": "soak"})
    options = {"color_scheme": theme, "viewport": WINDOWS[window], "bypass_csp": True, "reduced_motion": "reduce"}
    with Visit(browser, dashboard.url, **options) as visit:
        page = visit.open(PATH)
        page.wait_for_function("() => document.querySelectorAll('.order-map .box').length === 4")
        page.locator(".order-words summary").click()
        assert page.locator(".order-words li").all_inner_texts() == ["dev", "e2e, perf", "prod"]
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        assert violations(page) == []
        assert visit.errors == []


def test_five_hundred_environments(dashboard: Dashboard, visit: Visit) -> None:
    """A fan of five hundred is a drawing of four boxes, which change with what stands in them."""
    written(dashboard, FAN, "dev", *REGIONS[:496])
    wait(lambda: "2 promoting, 396 up to date" in got(dashboard), 60, "the program has seen all of it")
    page = visit.open(PATH)
    assert page.locator(".columns > .column").count() == 500
    assert [(box["name"], box["word"]) for box in boxes(page)] == [
        ("dev", "Up to date"),
        ("100 environments", "100 up to date"),
        ("398 environments", "2 promoting, 396 up…"),
        ("done", "Promoting"),
    ]
    before = list(FAN.documents(["dev", *REGIONS[:496]]))
    for document in FAN.documents(["dev", *REGIONS]):
        if document not in before:
            dashboard.cluster.written.apply(document)
    wait(lambda: boxes(page)[2]["word"] == "398 up to date", 60, "the box of 398 says that all are there")


def test_a_burst_settles_to_the_newest_state(dashboard: Dashboard, visit: Visit) -> None:
    """However many changes come at once, an open page ends as one that is opened now; deleted, it stays as it was."""
    written(dashboard, DIAMOND, "env/dev")
    page = visit.open(PATH)
    page.wait_for_function("() => document.querySelectorAll('.order-map .box').length === 4")
    for number in range(50):
        written(dashboard, DIAMOND, "env/dev", gated={"env/perf": f"approval-{number}"})
    page.locator("#env-3", has_text="approval-49").wait_for()
    said = "() => document.getElementById('detail').innerText.replace(/\\s+/g, ' ')"
    fresh = visit.open(PATH)
    assert page.evaluate(said) == fresh.evaluate(said)
    written(dashboard, DIAMOND, "env/dev", "env/e2e", "env/perf", "env/prod")
    dashboard.cluster.written.delete(_STRATEGY, NAMESPACE, "graph")
    page.locator(".stale", has_text="was deleted").wait_for()
    assert page.locator("#env-4.is-uptodate").count() == 1


def got(dashboard: Dashboard) -> str:
    """The page as a plain client gets it."""
    with urlopen(dashboard.url + PATH) as response:
        return response.read().decode()
