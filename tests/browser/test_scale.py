"""A thousand strategies in one page: the first paint, a filter, a change until it is painted, and what is left."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.browser.dashboard import Dashboard, Visit

_FLEET = ("--strategies", "1000", "--namespaces", "20")
#: Several times what is measured on two idle cores (docs/decisions/fragments.md): a bound that a busy machine keeps.
_PAINT_MS, _UPDATE_MS, _FILTER_MS = 4000, 1000, 2000
#: 61,663 are counted: a row also has a picture of its last deployments, and says how long its state lasts.
_ELEMENTS = 62_000
_PAINTED = """() => { window.painted = new Map(); new MutationObserver((changes) => {
    for (const { target } of changes) {
        if (target.matches?.('.row.changed')) {
            requestAnimationFrame(() => painted.has(target.id) || painted.set(target.id, Date.now()));
        }
    } }).observe(document.getElementById('rows'), {subtree: true, attributes: true, attributeFilter: ['class']}); }"""


def _policies(dashboard: Dashboard, count: int) -> list[Any]:
    found = dashboard.cluster.written.of("changetransferpolicies")
    return found[:: len(found) // count][:count]


def _touch(dashboard: Dashboard, policy: Any, number: int) -> float:
    """One change of one strategy; the time before it was written, in milliseconds."""
    policy["status"]["active"]["dry"]["subject"] = f"change {number}"
    began = time.time() * 1000
    dashboard.cluster.written.apply(policy)
    return began


@pytest.mark.parametrize("dashboard", [_FLEET], indirect=True)
def test_a_thousand_strategies_are_smooth(dashboard: Dashboard, visit: Visit, record_property: Any) -> None:
    """Painted soon, filtered soon, a change soon after it was made; memory stays, however many changes came."""
    page = visit.open()
    assert page.locator(".row").count() == 1000
    paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    filtered = _filtered(page)
    page.evaluate(_PAINTED)
    delays = []
    policies = _policies(dashboard, 20)
    for number, policy in enumerate(policies):
        page.evaluate("() => painted.clear()")
        began = _touch(dashboard, policy, number)
        page.wait_for_function("() => painted.size > 0")
        delays.append(page.evaluate("() => [...painted.values()][0]") - began)
    delays.sort()
    before = _heap(visit, page)
    for round_ in range(15):
        for number, policy in enumerate(policies):
            _touch(dashboard, policy, 1000 * round_ + number)
    page.wait_for_function("() => document.querySelectorAll('.row').length === 1000")
    page.wait_for_timeout(500)
    grown = _heap(visit, page) - before
    figures = f"first paint {paint:.0f} ms; filter {filtered:.0f} ms"
    figures += f"; update {delays[10]:.0f}, worst {delays[-1]:.0f} ms; heap +{grown >> 10} KiB"
    record_property("figures", figures)
    assert paint < _PAINT_MS
    assert filtered < _FILTER_MS
    assert delays[len(delays) // 2] < _UPDATE_MS
    assert grown < 4 << 20
    assert page.evaluate("document.querySelectorAll('*').length") < _ELEMENTS


def _filtered(page: Any) -> float:
    """Milliseconds from a key to the row that it is about."""
    took: float = page.evaluate(
        """async () => {
            const began = performance.now(), { text } = document.querySelector('.filters').elements;
            for (const typed of ['app-00999', '']) {
                text.value = typed;
                text.dispatchEvent(new Event('input', {bubbles: true}));
                const shown = () => document.querySelectorAll('.row:not([hidden])').length;
                while (shown() !== (typed ? 1 : 1000)) await new Promise(requestAnimationFrame);
            }
            return (performance.now() - began) / 2;
        }"""
    )
    return took


def _heap(visit: Visit, page: Any) -> int:
    session = visit.context.new_cdp_session(page)
    page.evaluate("() => painted.clear()")
    session.send("HeapProfiler.collectGarbage")
    return int(session.send("Runtime.getHeapUsage")["usedSize"])
