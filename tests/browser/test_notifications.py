"""The page of notifications in a browser: how each stands, for everybody to read, and nothing secret."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
import yaml

from tests.browser.accessibility import violations
from tests.browser.dashboard import Dashboard, Visit
from tests.browser.test_pages import WINDOWS, screenshots
from tests.support.notifications.receivers import ReceiverServer
from tests.support.ports import free_port
from tests.support.program.client import Client
from tests.support.program.program import Program
from tests.support.program.simulated import simulated
from tests.support.program.truth import wait


@pytest.fixture
def told(tmp_path: Path) -> Iterator[Dashboard]:
    """A fleet at work, with a receiver that takes, one that refuses, one that is away, and the cluster."""
    sound, refusing = ReceiverServer(), ReceiverServer(lambda _: 410)
    declared = tmp_path / "notifications.yaml"
    wanted = [
        {"name": "audit", "url": sound.url},
        {"name": "refusing", "url": refusing.url, "refuseAfter": "1", "format": "slack"},
        {"name": "away", "url": f"http://127.0.0.1:{free_port()}/hook/secret-part", "format": "teams"},
        {
            "name": "cluster",
            "format": "kubernetes-event",
            "refuseAfter": "1",
            "events": ["promoted", "restored", "failed", "held"],
        },
    ]
    declared.write_text(yaml.safe_dump({"notifications": wanted}))
    with simulated(tmp_path / "cluster", "--demo", "--interval", "0.3") as cluster:
        options = ["--kubeconfig", str(cluster.kubeconfig), "--insecure-no-auth", "--notifications", str(declared)]
        folder = tmp_path / "program"
        with Program(folder, [*options, "--event-log", f"file:{tmp_path}/log"], dashboard=True) as program:
            program.start()
            program.wait_ready()
            wait(lambda: states(program).get("away") == "Failing" and refusing.received, 90, "something is sent")
            yield Dashboard(program, cluster)
    for each in (sound, refusing):
        each.close()


def states(program: Program) -> dict[str, str]:
    """By name, as the page's JSON has them."""
    found = orjson.loads(Client(program.dashboard).get("/notifications?format=json"))
    return {each["name"]: each["state"] for each in found["notifications"]}


def test_how_they_stand_is_seen_by_everybody(browser: object, told: Dashboard, tmp_path: Path) -> None:
    """The one that fails is named first; what was refused is listed; axe-core finds nothing, and no path is shown."""
    for window, viewport in WINDOWS.items():
        for theme in ("light", "dark"):
            options = {"color_scheme": theme, "viewport": viewport, "bypass_csp": True, "reduced_motion": "reduce"}
            with Visit(browser, told.url, **options) as visit:
                page = visit.context.new_page()
                page.goto(f"{visit.url}notifications")
                assert page.locator(".verdict").inner_text() == "Not delivered, retrying: away"
                failing = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name="away"))
                assert "Failing" in failing.inner_text()
                assert page.get_by_role("heading", name="Refused by the receiver of refusing").is_visible()
                assert "HTTP 410" in page.get_by_role("region", name="Refused messages of refusing").inner_text()
                page.screenshot(path=screenshots(tmp_path) / f"notifications-{theme}-{window}.png", full_page=True)
                assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, window
                assert violations(page) == [], (window, theme)
                assert "secret-part" not in page.content()
                assert visit.errors == []
