"""A fleet that changes on a control plane, and the program that shows it across restarts of either."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, Protocol

from tests.support.plane.aggregation import available
from tests.support.plane.plane import ControlPlane
from tests.support.plane.writing import WrittenCluster
from tests.support.program.client import Client
from tests.support.program.fleet import Fleet
from tests.support.program.program import Program
from tests.support.program.recording import Change
from tests.support.program.truth import serves, truth, wait

_PATIENCE_SECONDS = 60


class Handled(NamedTuple):
    """What a client was told: ADDED, MODIFIED, DELETED, or LOST (only a list showed that it is gone)."""

    type: str
    key: str
    resource_version: int


class Reader(Protocol):
    """A client that keeps what it is told."""

    def store(self) -> Mapping[str, int]:
        """The resourceVersions of what it holds now, by ``namespace/name``."""


class World:
    """A fleet on a control plane, and the program that shows it."""

    def __init__(self, plane: ControlPlane, program: Program) -> None:
        self.plane, self.program = plane, program
        self.cluster = WrittenCluster(plane.client())
        self.fleet = Fleet(self.cluster, random.Random(5))

    def write(self, count: int) -> None:
        """That many random changes."""
        for _ in range(count):
            self.fleet.write()

    def start_again(self, end: Callable[[], object]) -> None:
        """Ends the program and starts it again, with changes before, meanwhile and after."""
        self.write(10)
        end()
        self.write(10)
        self.program.start()
        self.program.wait_ready()
        self.write(10)

    def start_aggregator_again(self) -> None:
        """Kills kube-apiserver and starts it again, with changes before and after."""
        self.write(10)
        self.plane.restart_apiserver(kill=True)
        self.plane.wait(lambda: available(self.plane))
        self.write(10)

    def settle(self, readers: Sequence[Reader]) -> None:
        """Waits until the program serves what the cluster holds, and each reader has what the program serves."""
        bundles = truth(self.cluster.of)
        wait(lambda: serves(self.program, bundles), _PATIENCE_SECONDS, "the program serves what the cluster holds")
        expected = self.served()
        for reader in readers:
            wait(lambda held=reader: held.store() == expected, _PATIENCE_SECONDS, "the store is as the list")

    def served(self) -> dict[str, int]:
        """The resourceVersions of what the program serves."""
        listed = Client(self.program.endpoint).list().items
        return {"/".join(item.key): item.resource_version for item in listed}

    def head(self) -> int:
        """The resourceVersion of what the program serves now."""
        return Client(self.program.endpoint).list().resource_version

    def history(self, since: int) -> list[Handled]:
        """All changes after a resourceVersion, as the program tells them to one that was never cut off."""
        query = {"resourceVersion": str(since), "timeoutSeconds": "1"}
        with Client(self.program.endpoint).watch("", query) as exchange:
            changes = [entry for entry in exchange.entries() if isinstance(entry, Change)]
        return [Handled(each.type, "/".join(each.seen.key), each.seen.resource_version) for each in changes]


@contextmanager
def world(plane: ControlPlane, folder: Path) -> Iterator[World]:
    """The program with its log in a file, ready."""
    options = ["--kubeconfig", str(plane.kubeconfig), "--insecure-no-auth", "--event-log", f"file:{folder / 'log'}"]
    with Program(folder / "program", options) as running:
        found = World(plane, running)
        running.start()
        running.wait_ready()
        yield found
