"""A browser, and the program with its dashboard on a simulated cluster, for the tests of this folder."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.dashboard import Dashboard, Visit
from tests.support.program.program import Program
from tests.support.program.simulated import simulated

_CHROMIUM = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def browser() -> Iterator[object]:
    """Debian's chromium, driven by Playwright."""
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="playwright is not installed (pip install playwright)"
    )
    path = next(filter(None, map(shutil.which, _CHROMIUM)), None)
    if path is None:
        pytest.skip("no chromium is installed (Debian: apt-get install chromium)")
    with playwright.sync_playwright() as driver:
        launched = driver.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield launched
        launched.close()


@pytest.fixture
def dashboard(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Dashboard]:
    """The program on a cluster of its own; ``indirect`` parameters are options of the simulator."""
    options = getattr(request, "param", ("--demo", "--interval", "0.3"))
    with simulated(tmp_path / "cluster", *options) as cluster:
        arguments = [
            "--kubeconfig",
            str(cluster.kubeconfig),
            "--insecure-no-auth",
            "--event-log",
            f"file:{tmp_path}/log",
        ]
        with Program(tmp_path / "program", arguments, dashboard=True) as program:
            program.start()
            program.wait_ready()
            yield Dashboard(program, cluster)


@pytest.fixture
def visit(browser: object, dashboard: Dashboard) -> Iterator[Visit]:
    """Somebody who looks, in a browser profile of his own; any error on a console fails the test."""
    with Visit(browser, dashboard.url) as visit:
        yield visit
        assert visit.errors == []
