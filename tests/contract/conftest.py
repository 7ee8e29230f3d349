"""Runs each contract test on the simulator and on a real kube-apiserver."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.servers import KubeApiserver, Sandbox, Server, Simulator
from tests.support.log.etcds import Etcds


@pytest.fixture(scope="session")
def simulator() -> Iterator[Simulator]:
    """One simulator for all tests."""
    found = Simulator()
    yield found
    found.stop()


@pytest.fixture(scope="session")
def etcd(control_plane_binaries: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Etcds]:
    """A real etcd of one member, shared by all tests: each takes keys of its own."""
    found = Etcds(control_plane_binaries, tmp_path_factory.mktemp("etcd") / "one", members=1)
    try:
        found.start()
        yield found
    finally:
        found.stop()


@pytest.fixture(
    params=["simulator", pytest.param("kube-apiserver", marks=pytest.mark.controlplane)],
    scope="session",
)
def server(request: pytest.FixtureRequest) -> Server:
    """A server that has to keep the contract."""
    if request.param == "simulator":
        return request.getfixturevalue("simulator")
    return KubeApiserver(request.getfixturevalue("control_plane"))


@pytest.fixture
def sandbox(server: Server) -> Sandbox:
    """A namespace for one test."""
    return Sandbox(server)
