"""The Fleet of thousands in a real Chromium: ``python -m benchmarks.browser``; needs playwright and a chromium.

First paint, until the page is whole, a filter, and a change from its write to the frame of the screen that has it.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benchmarks import processes
from benchmarks.figures import percentile
from benchmarks.report import Row
from benchmarks.running import run

_CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
_POLICIES = "/apis/promoter.argoproj.io/v1alpha1/changetransferpolicies"
_PATIENCE_MS = 180_000
#: Notes when a row is first painted after it has changed.
_PAINTED = """() => { window.painted = 0; new MutationObserver((changes) => {
    for (const { target } of changes) {
        if (target.matches?.('.row.changed') && !painted) {
            requestAnimationFrame(() => { painted ||= Date.now(); });
        }
    } }).observe(document.getElementById('rows'), {subtree: true, attributes: true, attributeFilter: ['class']}); }"""
#: Milliseconds from a key to the one row that it is about.
_FILTERED = """async (typed) => {
    const began = performance.now(), { text } = document.querySelector('.filters').elements;
    text.value = typed;
    text.dispatchEvent(new Event('input', {bubbles: true}));
    const shown = () => document.querySelector('[data-count]').textContent.startsWith('1 of');
    while (!shown()) await new Promise(requestAnimationFrame);
    return performance.now() - began;
}"""


def measure(strategies: int, changes: int, folder: Path) -> Iterator[Row]:
    """The rows, as they come. Errors: BrokenRunError."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - for this run alone

    child, url = processes.simulator(strategies, folder)
    path = next(filter(None, map(shutil.which, _CHROMIUM)), None)
    with child, processes.Program(processes.kubeconfig(url, folder), folder) as program, sync_playwright() as driver:
        program.start()
        program.wait_ready()
        _warm(program)
        browser = driver.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        context.set_default_timeout(_PATIENCE_MS)
        for density in ("", "?density=compact"):
            yield from _page(context, program, url, strategies, density, changes)
        browser.close()


def _warm(program: processes.Program) -> None:
    """The rows are made by the program for itself; that is no visitor's."""
    connection = HTTPConnection("127.0.0.1", program.dashboard_port)
    connection.request("GET", "/")
    connection.getresponse().read()
    connection.close()


def _page(
    context: Any, program: processes.Program, cluster: str, strategies: int, density: str, changes: int
) -> Iterator[Row]:
    name = f"{strategies} strategies, {'compact' if density else 'usual'}"
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{program.dashboard_port}/{density}")
    page.wait_for_selector('connection-status[data-state="live"]', state="attached")
    paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    whole = page.evaluate("performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd")
    yield Row(f"{name}: first paint", "ms", paint, None, "1000")
    yield Row(f"{name}: the page is whole", "ms", whole)
    filtered = sorted(_filter(page, f"app-{number * 37 % strategies:05}") for number in range(1, 6))
    yield Row(f"{name}: a filter, without the 150 ms after a key", "ms", filtered[2], None, "100")
    page.evaluate(_PAINTED)
    delays = sorted(_change(page, cluster, policy) for policy in _policies(cluster, changes))
    yield Row(f"{name}: a change until it is painted, p50", "ms", percentile(delays, 0.5), None, "50")
    yield Row(f"{name}: p90", "ms", percentile(delays, 0.9))
    page.close()


def _filter(page: Any, typed: str) -> float:
    took: float = page.evaluate(_FILTERED, typed) - 150
    page.evaluate(
        "() => { const { text } = document.querySelector('.filters').elements; text.value = ''; "
        "text.dispatchEvent(new Event('input', {bubbles: true})); }"
    )
    page.wait_for_function("() => !document.querySelector('[data-count]').textContent.startsWith('1 of')")
    return took


def _policies(cluster: str, count: int) -> list[dict[str, Any]]:
    found = json.loads(_ask(cluster, "GET", _POLICIES))["items"]
    return list(found[:: max(1, len(found) // count)][:count])


def _change(page: Any, cluster: str, policy: dict[str, Any]) -> float:
    """Milliseconds from just before the write to the painted row."""
    metadata = policy["metadata"]
    path = f"/apis/promoter.argoproj.io/v1alpha1/namespaces/{metadata['namespace']}/changetransferpolicies"
    status = {
        "active": {
            **policy["status"]["active"],
            "dry": {**policy["status"]["active"]["dry"], "author": f"A {time.time()}"},
        }
    }
    page.evaluate("() => { painted = 0; }")
    began = time.time() * 1000
    _ask(cluster, "PATCH", f"{path}/{metadata['name']}/status", {"status": status})
    page.wait_for_function("() => painted > 0")
    took: float = page.evaluate("painted") - began
    return took


def _ask(cluster: str, verb: str, path: str, body: Any = None) -> bytes:
    where = urlsplit(cluster)
    connection = HTTPConnection(str(where.hostname), where.port)
    connection.request(
        verb, path, None if body is None else json.dumps(body), {"Content-Type": "application/merge-patch+json"}
    )
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    if answer.status >= 300:
        raise processes.BrokenRunError(f"{verb} {path}: {answer.status} {content[:200]!r}")
    return content


def main() -> int:
    """The exit status: 1 where it broke."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.browser", description=__doc__)
    parser.add_argument("--strategies", type=int, default=5000)
    parser.add_argument("--changes", type=int, default=30)
    given = parser.parse_args()
    return run(lambda folder: measure(given.strategies, given.changes, folder))[1]


if __name__ == "__main__":
    sys.exit(main())
