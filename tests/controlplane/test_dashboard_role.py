"""Three processes: a real kube-apiserver, the aggregated API behind it, and the dashboard as a client of that."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.controlplane.dashboards import ask, service_account
from tests.support.plane.aggregation import aggregated, available, register, unregister
from tests.support.plane.plane import ControlPlane
from tests.support.plane.writing import WrittenCluster
from tests.support.program.client import Client, seen
from tests.support.program.events import BROWSERS, Habits, Page
from tests.support.program.fleet import STRATEGIES, Fleet
from tests.support.program.program import Program
from tests.support.program.recording import Listing, Recording
from tests.support.program.truth import joined, truth, wait
from tests.support.program.validator import validate

pytestmark = pytest.mark.controlplane

#: One that is never cut by itself sees every change, so that the others can be judged by it.
HABITS = {name: BROWSERS[name] for name in ("page", "page that reloads", "of one namespace", "slow")}
METRICS = "--authorization-always-allow-paths=/healthz,/livez,/readyz,/metrics"
WRITES = 10


def listing(dashboard: Program) -> Listing:
    """All bundles of the dashboard."""
    found = json.loads(ask(dashboard, "/list").body)
    return Listing("", int(found["metadata"]["resourceVersion"]), tuple(map(seen, found["items"])))


def shows(dashboard: Program, cluster: WrittenCluster) -> bool:
    """Whether the dashboard lists just what the cluster's objects make."""
    answer = ask(dashboard, "/list")
    if answer.status != 200:
        return False
    return truth(cluster.of) == joined(json.loads(answer.body)["items"])


def settle(dashboard: Program, cluster: WrittenCluster) -> None:
    wait(lambda: shows(dashboard, cluster), 120, "the dashboard shows what the cluster holds")


@contextmanager
def pages(dashboard: Program) -> Iterator[list[Page]]:
    """Open, each with a position; they end with the block."""
    opened = [
        Page(name, lambda: dashboard.dashboard, habits, source=random.Random(name), life_seconds=600)
        for name, habits in {"witness": Habits(), **HABITS}.items()
    ]
    try:
        for page in opened:
            page.start()
        wait(lambda: all(page.position for page in opened), 60, "every page has a position")
        yield opened
    finally:
        for page in opened:
            page.stop()
        for page in opened:
            page.join(20)


def test_killed_in_turn(own_control_plane: ControlPlane, tmp_path: Path) -> None:
    """``kill -9`` of each under open pages, and no APIService for a while: nothing is lost, nothing is said twice.

    The dashboard has no right but to list and watch the views.
    """
    plane = own_control_plane
    cluster = WrittenCluster(plane.client())
    joins = ["--role", "apiserver", "--kubeconfig", str(plane.kubeconfig), "--event-log", f"file:{tmp_path / 'joined'}"]
    looks = ["--role", "dashboard", "--kubeconfig", str(service_account(plane, tmp_path)), METRICS]
    with Program(tmp_path / "api", joins) as api, Program(tmp_path / "dashboard", looks, dashboard=True) as dashboard:
        dashboard.start()
        wait(lambda: "there is no such APIService" in ask(dashboard, "/").body, 60, "the page says what is missing")
        assert ask(dashboard, "/").status == 503
        fleet = Fleet(cluster, random.Random(3))
        api.start()
        api.wait_ready()
        with aggregated(plane, api):
            dashboard.wait_ready()
            settle(dashboard, cluster)
            first = listing(dashboard)
            assert ask(dashboard, "/").body.count('<li class="row') == STRATEGIES
            with pages(dashboard) as opened:
                for victim in ("dashboard", "api", "kube-apiserver", "api"):
                    for _ in range(WRITES):
                        fleet.write()
                    _kill(victim, plane, api, dashboard)
                    for _ in range(WRITES):
                        fleet.write()
                settle(dashboard, cluster)
                unregister(plane)
                api.kill()
                wait(lambda: not_found(dashboard) > 0, 120, "the dashboard has noticed that there is no APIService")
                assert shows(dashboard, cluster), "what was there is shown on"
                api.start()
                register(plane, api)
                plane.wait(lambda: available(plane))
                fleet.write()
                settle(dashboard, cluster)
                end = listing(dashboard).resource_version
                for page in opened:
                    page.settle()
                wait(lambda: all((page.position or 0) >= end for page in opened), 120, "every page is at the end")
            recordings = [page.recording(settled=end) for page in opened]
    assert validate([Recording("list", (first,)), *recordings], expirations=False) == []
    assert [page.resets for page in opened] == [0] * len(opened)


def _kill(victim: str, plane: ControlPlane, api: Program, dashboard: Program) -> None:
    if victim == "kube-apiserver":
        plane.restart_apiserver(kill=True)
        return
    program = api if victim == "api" else dashboard
    program.kill()
    program.start()
    program.wait_ready()


def not_found(dashboard: Program) -> float:
    """How often the dashboard was told that there is no such group."""
    lines = Client(dashboard.endpoint).get("/metrics").decode().splitlines()
    found = [line for line in lines if line.startswith("promoter_view_reflector_outcomes_total{")]
    return sum(float(line.rpartition(" ")[2]) for line in found if 'outcome="not_found"' in line)
