"""A log moves from a folder to an etcd and back, by the command, between runs of the program."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest

from tests.replicas.company import metric, replica
from tests.support.log.etcds import Etcds
from tests.support.program.client import Client
from tests.support.program.fleet import Fleet
from tests.support.program.program import Program
from tests.support.program.recording import Bookmark, Change
from tests.support.program.simulated import Simulated, simulated
from tests.support.program.truth import RELISTS, serves, wait

pytestmark = pytest.mark.controlplane

_PATIENCE_SECONDS = 90.0


def copy(source: str, target: str) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-c",
        "from promoter_view.command.program import log_main; log_main()",
        "copy",
        source,
        target,
    ]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)


def settle(running: Program, cluster: Simulated) -> None:
    bundles = cluster.truth()
    wait(lambda: serves(running, bundles), _PATIENCE_SECONDS, "the program serves what the cluster holds")


def missed(running: Program, position: int, wanted: int) -> list[str]:
    """The changes that a client which stood at that position is shown, up to another position."""
    names: list[str] = []
    with Client(running.endpoint).watch("", {"resourceVersion": str(position), "allowWatchBookmarks": "true"}) as watch:
        for entry in watch.entries():
            assert isinstance(entry, Change | Bookmark), entry
            if isinstance(entry, Change):
                names.append(entry.seen.key[1])
            if entry.resource_version >= wanted:
                return names
    raise AssertionError("the watch has ended")


def test_there_and_back(etcds: Etcds, tmp_path: Path) -> None:
    """The next run goes on where the last one stood: no relist, no 410 for who had seen all, nothing missed."""
    places = [f"file:{tmp_path / 'first'}", etcds.log_url("moved"), f"file:{tmp_path / 'last'}"]
    # A copied log begins at its head, and a bookmark of the cluster's moves that on behind a client that has seen all.
    with simulated(tmp_path / "cluster", "--bookmark-interval", "3600") as cluster:
        fleet = Fleet(cluster.written, random.Random(5))
        position = 0
        for number, place in enumerate(places):
            with replica(tmp_path / f"run-{number}", cluster, place) as running:
                running.start()
                running.wait_ready(timeout_seconds=_PATIENCE_SECONDS)
                if number:
                    # It is ready with what the log has: what came meanwhile follows, as from any watch.
                    settle(running, cluster)
                    assert metric(running, RELISTS) == 0
                    listed = Client(running.endpoint).list().resource_version
                    assert listed > position
                    assert "meanwhile" in missed(running, position, listed)
                for _ in range(10):
                    fleet.write()
                settle(running, cluster)
                assert copy(place, f"file:{tmp_path / 'refused'}").returncode == 1
                position = Client(running.endpoint).list().resource_version
                assert running.terminate() == 0
            write_meanwhile(cluster)
            if number + 1 < len(places):
                done = copy(place, places[number + 1])
                assert done.returncode == 0, done.stderr


def write_meanwhile(cluster: Simulated) -> None:
    """A change that is made while no program runs."""
    document = {"apiVersion": "promoter.argoproj.io/v1alpha1", "kind": "PromotionStrategy"}
    metadata = {"namespace": "team-a", "name": "meanwhile"}
    spec = {"gitRepositoryRef": {"name": "app"}, "environments": [{"branch": f"b{random.random()}"}]}
    cluster.written.apply({**document, "metadata": metadata, "spec": spec})
