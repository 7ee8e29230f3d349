"""Clusters that are measured on: the simulator, or a real kube-apiserver with its etcd, each ended with its block."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from benchmarks import processes
from promoter_view.simulator.company.fleet import FleetPlan, load_fleet, make_fleet
from promoter_view.simulator.company.releases import RELEASES
from tests.support.plane.fixtures import running_plane
from tests.support.plane.plane import ControlPlane, binaries
from tests.support.plane.writing import WrittenCluster

_TIMEOUT_SECONDS = 30.0
#: etcd takes requests of 1.5 MiB: what is above this is not written.
_MAX_STATUS_ENVIRONMENTS = 300

Document = dict[str, Any]


class Cluster(NamedTuple):
    """A cluster with its fleet. ``connect``: a connection of somebody who may change everything in it."""

    kubeconfig: Path
    connect: Callable[[], HTTPConnection]


#: Makes a cluster of so many strategies, each of so many environments, with its files in a folder.
Making = Callable[[int, int, Path], AbstractContextManager[Cluster]]


@contextmanager
def simulated(strategies: int, environments: int, folder: Path) -> Iterator[Cluster]:
    """The simulator, a process of its own."""
    child, url = processes.simulator(strategies, folder, "--environments", str(environments))
    with child:
        yield simulated_at(url, folder)


def simulated_at(url: str, folder: Path) -> Cluster:
    """A simulator that runs."""
    address = urlsplit(url).netloc
    return Cluster(processes.kubeconfig(url, folder), lambda: HTTPConnection(address, timeout=_TIMEOUT_SECONDS))


@contextmanager
def real(strategies: int, environments: int, folder: Path) -> Iterator[Cluster]:
    """kube-apiserver and etcd, built where need be. Errors: NotBuiltError, NeverReadyError."""
    with running_plane(binaries(), folder) as plane:
        now = time.time()
        fleet = make_fleet(FleetPlan(strategies, environments=environments, seed=1), now)
        load_fleet(_Storing(plane.client()), fleet, now, RELEASES["0.36"])
        yield real_at(plane)


def real_at(plane: ControlPlane) -> Cluster:
    """A control plane that runs."""
    context = ssl.create_default_context(cafile=str(plane.pki / "ca.crt"))
    context.load_cert_chain(plane.pki / "admin.crt", plane.pki / "admin.key")
    address = urlsplit(plane.url).netloc
    return Cluster(plane.kubeconfig, lambda: HTTPSConnection(address, timeout=_TIMEOUT_SECONDS, context=context))


class _Storing(WrittenCluster):
    """Writes what etcd stores: the copies of its policies in a large strategy's status, which nobody reads, are not."""

    def apply(self, document: Document) -> Document:
        """Creates or replaces an object, then its status."""
        status = document.get("status", {})
        if len(status.get("environments", ())) > _MAX_STATUS_ENVIRONMENTS:
            document = {**document, "status": {**status, "environments": []}}
        return super().apply(document)
