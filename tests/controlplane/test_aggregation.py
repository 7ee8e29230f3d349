"""The program behind a real kube-apiserver's aggregator: discovery and documentation as kubectl shows them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.controlplane.aggregation import aggregated, condition
from tests.controlplane.plane import ControlPlane
from tests.e2e.program import Program

pytestmark = pytest.mark.controlplane


@pytest.fixture(scope="module")
def program(control_plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """The program on the shared control plane, reached through its aggregator."""
    options = ["--kubeconfig", str(control_plane.kubeconfig), "--insecure-no-auth", "--event-log", "memory:"]
    with Program(tmp_path_factory.mktemp("program"), options) as running:
        running.start()
        running.wait_ready()
        with aggregated(control_plane, running):
            yield running


def test_available(control_plane: ControlPlane, program: Program) -> None:
    """The aggregator reaches the program, and verifies its certificate."""
    assert condition(control_plane)["reason"] == "Passed"
    found = control_plane.kubectl("get", "promotionstrategydetails", "-A", "-o", "name")
    assert found == "" or found.startswith("promotionstrategydetails.view.promoter.argoproj.io/")
