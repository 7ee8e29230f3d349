"""The dashboard as the options build it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from twisted.internet.defer import succeed
from twisted.internet.task import Clock

from promoter_view.dashboard.program import ProgramFacts
from promoter_view.kubernetes.connection.cluster import ConfigError
from promoter_view.metrics import Metrics
from promoter_view.program.api import Serving
from promoter_view.program.command_line.parsing import settings
from promoter_view.program.dashboard import ServedDashboard
from promoter_view.records import LogStatus
from promoter_view.views.promotion_strategy.details import PROMOTION_STRATEGY_DETAILS
from promoter_view.web.expiry import Expiry
from promoter_view.web.health import HealthChecks
from promoter_view.web.reloading import Reloader
from tests.support.api.world import World
from tests.support.runtimes import a_runtime

FACTS = ProgramFacts("0", True, "", LogStatus(0, 0, 0, 0, 0), "memory:", 0, 0, 0, 1, 0, 0, 0, 0)


def served(clock: Any, reloader: Reloader, **options: str) -> ServedDashboard:
    """Made of such options."""
    chosen = settings({name.replace("_", "-"): value for name, value in options.items()}, {})
    runtime = a_runtime(clock)
    world = World()
    serving = Serving(
        world.views,
        chosen,
        runtime,
        health=HealthChecks(),
        reloader=reloader,
        barrier=lambda: succeed(None),
        commits=world.commits,
        remembered=world.views.memory,
        warn=lambda view: "",
        entries=world.entries,
        pasts=world.pasts,
    )
    return ServedDashboard(serving, [PROMOTION_STRATEGY_DETAILS], reviewing=None, facts=lambda: FACTS)


def test_a_secret_that_changes(tmp_path: Path) -> None:
    """Two secrets count while one replaces the other; a file that is no good leaves those that were."""
    clock = Clock()
    reloader = Reloader(clock=clock, expiry=Expiry(metrics=Metrics()))
    file = tmp_path / "secret"
    file.write_text("old\n")
    dashboard = served(clock, reloader, dashboard_auth="proxy", dashboard_proxy_secret_file=str(file))
    proof = dashboard.site.entrance._admittance.authenticator._proof  # type: ignore[attr-defined]
    assert proof.secrets == (b"old",)
    for content, wanted in (("new\nold\n", (b"new", b"old")), ("", (b"new", b"old")), ("new", (b"new",))):
        file.write_text(content)
        reloader.reload()
        assert proof.secrets == wanted


@pytest.mark.parametrize("content", [None, "", "a\nb\nc\n"])
def test_a_secret_that_is_none(tmp_path: Path, content: str | None) -> None:
    """Without a file, with none or too many in it, the program does not start, and says which option is wrong."""
    file = tmp_path / "secret"
    if content is not None:
        file.write_text(content)
    clock = Clock()
    with pytest.raises(ConfigError, match="--dashboard-proxy-secret-file"):
        served(
            clock,
            Reloader(clock=clock, expiry=Expiry(metrics=Metrics())),
            dashboard_auth="proxy",
            dashboard_proxy_secret_file=str(file),
        )


@pytest.mark.parametrize(
    ("options", "hosts"),
    [
        ({}, ("localhost", "127.0.0.1", "[::1]")),
        ({"dashboard_auth": "none", "dashboard_allowed_hosts": "x.example"}, ("x.example",)),
        ({"dashboard_auth": "proxy"}, None),
    ],
)
def test_hosts(options: dict[str, str], hosts: tuple[str, ...] | None) -> None:
    """Without names of one's own anybody's page could be led here, so that only local ones are answered."""
    clock = Clock()
    dashboard = served(clock, Reloader(clock=clock, expiry=Expiry(metrics=Metrics())), **options)
    assert dashboard.site.entrance._admittance.hosts == hosts
