"""The cluster restored from a backup, on a real kube-apiserver: the log's positions are of a past that never was."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from tests.controlplane.mirrored import Mirrored, mirrored, reading
from tests.support.plane.plane import ControlPlane
from tests.support.plane.writing import WrittenCluster
from tests.support.program.client import Client
from tests.support.program.fleet import Fleet
from tests.support.program.recording import Change, Listing
from tests.support.program.truth import RELISTS, wait

pytestmark = pytest.mark.controlplane

WRITES = 60


def prepared(plane: ControlPlane, served: Mirrored) -> tuple[Fleet, Listing]:
    """A fleet that the backup has, and changes that it has not; what was served of both."""
    fleet = Fleet(served.cluster, random.Random(21))
    served.settle()
    plane.snapshot("then")
    for _ in range(WRITES):
        fleet.write()
    served.settle()
    return fleet, served.list()


def fold(listing: Listing, changes: list[Change]) -> dict[tuple[str, str], str]:
    """What a watcher that began with that list holds after these changes: uids by key."""
    held = {item.key: item.uid for item in listing.items}
    for change in changes:
        if change.type == "DELETED":
            assert held.pop(change.seen.key) == change.seen.uid
        else:
            assert (change.seen.key in held) is (change.type == "MODIFIED")
            held[change.seen.key] = change.seen.uid
    return held


def test_restored_while_it_runs(own_control_plane: ControlPlane, tmp_path: Path) -> None:
    """The program finds out by itself, relists, and a watcher that stays is brought to what there is now."""
    with mirrored(own_control_plane, tmp_path / "program") as served:
        _, listing = prepared(own_control_plane, served)
        with reading(Client(served.running.endpoint, timeout_seconds=60), listing.resource_version) as reader:
            own_control_plane.restore("then")
            served.cluster = WrittenCluster(own_control_plane.client())
            served.settle(90)
            changes = reader.until(served.list().resource_version)
        assert fold(listing, changes) == {item.key: item.uid for item in served.list().items}
        assert served.running.metric(RELISTS) > 12
        Fleet(served.cluster, random.Random(22)).write()
        served.settle()


def test_restored_and_killed_in_the_middle_of_the_relist(own_control_plane: ControlPlane, tmp_path: Path) -> None:
    """Killed once it has begun to relist, and started when the cluster is past its old positions: all is right."""
    with mirrored(own_control_plane, tmp_path / "program") as served:
        _, listing = prepared(own_control_plane, served)
        highest = position_of(own_control_plane)
        served.running.kill()
        own_control_plane.restore("then")
        served.cluster = WrittenCluster(own_control_plane.client())
        served.running.start()
        wait(lambda: "restored backup" in served.running.log, 60, "it finds the cluster restored")
        time.sleep(random.Random(23).uniform(0, 0.03))
        served.running.kill()
        fleet = Fleet(served.cluster, random.Random(24))
        write_past(own_control_plane, highest, fleet)
        served.running.start()
        served.running.wait_ready()
        served.settle(90)
        with reading(served.client, listing.resource_version) as reader:
            changes = reader.until(served.list().resource_version)
        assert fold(listing, changes) == {item.key: item.uid for item in served.list().items}


def position_of(plane: ControlPlane) -> int:
    """Where the cluster stands."""
    found = plane.client().get("/apis/promoter.argoproj.io/v1alpha1/promotionstrategies", limit=1)
    return int(found["metadata"]["resourceVersion"])


def write_past(plane: ControlPlane, position: int, fleet: Fleet) -> None:
    """Writes until the cluster stands beyond all that it handed out before it was restored."""
    while position_of(plane) <= position:
        for _ in range(10):
            fleet.write()
