"""Pictures of the dashboard's pages for docs/pictures, light and dark, from a demo that stands still.

usage: python hack/screenshots.py [FOLDER]; ``make screenshots`` runs it. Needs Playwright and Chromium.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from promoter_view.program.demo.cluster import SEEDED_TIME

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "pictures"
SEED = 7
SIZE: ViewportSize = {"width": 1280, "height": 580}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
#: Name of the picture, and the page's address below the root.
PAGES = {
    "fleet": "",
    "strategy": "strategies/payments/ledger",
    "stages": "stages",
    "stage": "stages/storefront-delivery/uat",
    "commit": "commits/3f9b6bb272ee6a2ef8e4cb5c77d8c569daff9a0b",
    "activity": "activity",
    "journal": "journal",
    "figures": "journal/figures",
    "notifications": "notifications",
    "system": "program",
}
_NOTIFICATIONS = """notifications:
- name: payments-slack
  urlFile: /etc/promoter-view/notifications/slack-url
  format: slack
  namespaces: [payments]
  events: [promoted, restored, failed, recovered]
- name: audit
  url: https://audit.example.com/hooks/promotions
- name: mornings
  urlFile: /etc/promoter-view/notifications/teams-url
  format: teams
  digest: {at: "09:00", timeZone: Europe/Berlin}
- name: cluster
  format: kubernetes-event
  events: [promoted, restored, failed, held]
"""
_PATIENCE_SECONDS = 120
#: The page's clock, some seconds behind the program's start, so that ages say the same each time.
_PAGE_TIME = datetime.fromtimestamp(SEEDED_TIME + 20, UTC)


def names() -> list[str]:
    """The files, each page in each scheme."""
    return [f"{page}-{scheme}.png" for page in PAGES for scheme in SCHEMES]


def take(folder: Path, browser: Browser) -> None:
    """Writes them all."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place, _demo(Path(place)) as url:
        for scheme in SCHEMES:
            context = browser.new_context(
                viewport=SIZE, color_scheme=scheme, reduced_motion="reduce", timezone_id="UTC"
            )
            page = context.new_page()
            page.clock.set_fixed_time(_PAGE_TIME)
            for name, path in PAGES.items():
                _take_one(page, url + path, folder / f"{name}-{scheme}.png")
            context.close()


def _take_one(page: Page, url: str, target: Path) -> None:
    page.goto(url)
    page.wait_for_load_state("load")
    page.wait_for_selector("main")
    page.evaluate("document.fonts.ready")
    page.screenshot(path=target, animations="disabled", caret="hide")


@contextmanager
def _browser() -> Iterator[Browser]:
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@contextmanager
def _demo(place: Path) -> Iterator[str]:
    """The program, on ports of its own, once its fleet is there; the address of its pages."""
    command = [str(Path(sys.executable).with_name("twistd")), "-n", "--pidfile=", "promoter-view", "--demo"]
    declared = place / "notifications.yaml"
    declared.write_text(_NOTIFICATIONS)
    command += [
        "--notifications",
        str(declared),
        "--demo-seed",
        str(SEED),
        "--secure-port",
        "0",
        "--dashboard-port",
        "18080+",
        "--log-format",
        "text",
    ]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PROMOTER_VIEW_")}
    said = place / "said"
    with said.open("wb") as out, subprocess.Popen(command, cwd=place, stdout=out, stderr=out, env=environ) as process:
        try:
            yield _ready(said)
        finally:
            process.send_signal(signal.SIGTERM)


def _ready(said: Path) -> str:
    """The address of the pages, once the fleet is whole."""
    for _ in range(_PATIENCE_SECONDS):
        found = re.search(r"the dashboard is at (http://\S+/)", said.read_text())
        if found and _is_whole(found.group(1)):
            return found.group(1)
        time.sleep(1)
    raise TimeoutError(f"the demo does not become ready:\n{said.read_text()}")


def _is_whole(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}session") as answer:  # noqa: S310 - the demo's own
            return bool(answer.status == HTTPStatus.OK)
    except urllib.error.URLError:
        return False


if __name__ == "__main__":
    with _browser() as chromium:
        take(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER, chromium)
