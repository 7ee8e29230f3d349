"""A real etcd in trouble: no space, no quorum, a member that is stopped. Each has its name, and is over by itself."""

from __future__ import annotations

import base64
import random
import signal
import time

import pytest
from twisted.internet import reactor

from promoter_view import clocks
from promoter_view.log.errors import LogClosed
from promoter_view.log.settings import LogSettings
from promoter_view.log.urls import open_log
from promoter_view.metrics import Metrics
from tests.contract import spinning
from tests.support.log.etcds import Etcds
from tests.support.log.fakes import MIRROR, Fold, change
from tests.support.runtimes import a_runtime

pytestmark = pytest.mark.controlplane
_QUOTA = 8 << 20


class Replica:
    """A log on a real etcd, on the real reactor."""

    def __init__(self, etcds, **settings):
        self.metrics = Metrics()
        self.fold = Fold()
        self.log = open_log(
            etcds.log_url("view"),
            runtime=a_runtime(reactor, wall=clocks.wall, metrics=self.metrics),
            settings=LogSettings(**settings),
            on_fatal=pytest.fail,
        )
        started = []
        self.log.start(self.fold, MIRROR).addBoth(started.append)
        spinning.until(lambda: started, "the log does not start")
        assert started == [None]

    def append(self, name, body=b"{}"):
        results = []
        self.log.append((change(name, body),)).addBoth(results.append)
        return results

    def write(self, name):
        """Appends until it is taken: on a machine that is busy a term may end at any time."""
        tries = [self.append(name)]

        def is_written():
            if tries[-1] not in ([], [None]):
                tries.append(self.append(name))
            return tries[-1] == [None]

        spinning.until(is_written, "nothing is written")

    def stop(self):
        results = []
        self.log.stop().addBoth(results.append)
        spinning.until(lambda: results, "the log does not stop")

    def names(self):
        return {key.name for key in self.fold.objects}


@pytest.fixture
def cluster(request, control_plane_binaries, tmp_path):
    members, flags = request.param
    found = Etcds(control_plane_binaries, tmp_path / "etcds", members=members, flags=flags)
    try:
        found.start()
        yield found
    finally:
        spinning.end()
        found.stop()


@pytest.mark.parametrize("cluster", [(1, [f"--quota-backend-bytes={_QUOTA}"])], indirect=True)
def test_a_full_etcd_holds_appends_until_there_is_room(cluster):
    """The NOSPACE alarm is named, and what waits is written once it is disarmed."""
    # What fills it holds the reactor, and with it the renewal of the lease.
    replica = Replica(cluster, lease_seconds=120)
    _fill(cluster)
    waiting = replica.append("waits", random.Random(1).randbytes(100_000))
    spinning.until(lambda: "no_space" in (replica.log.status().fault or ""), "the alarm is not named")
    assert not waiting
    _make_room(cluster)
    spinning.until(lambda: waiting, "appending does not go on")
    assert waiting == [None]
    assert (replica.names(), replica.log.status().fault) == ({"waits"}, None)
    replica.stop()


@pytest.mark.parametrize("cluster", [(3, [])], indirect=True)
def test_without_a_quorum_nothing_is_written_and_nothing_lost(cluster):
    """Two of three members are gone: what is known is served; they come back, and the replica goes on by itself."""
    replica = Replica(cluster)
    replica.write("first")
    for number in (0, 1):
        cluster.kill(number)
    waiting = replica.append("second")
    spinning.until(lambda: replica.log.status().fault, "nothing is said")
    assert replica.names() == {"first"}
    assert replica.log.status().head == replica.fold.offset
    cluster.start()
    spinning.until(lambda: waiting and replica.log.status().lag_seconds < 5, "it does not go on")
    # Whoever led may have been given up meanwhile: then the entry is refused, and comes again from its path's position.
    assert waiting == [None] or waiting[0].check(LogClosed)
    replica.write("third")
    assert {"first", "third"} <= replica.names()
    replica.stop()


@pytest.mark.parametrize("cluster", [(3, [])], indirect=True)
def test_a_member_that_is_stopped_is_turned_away_from(cluster):
    """Requests to it time out, its watch is silent: another member is asked, and the log goes on within seconds."""
    leader, follower = Replica(cluster), Replica(cluster)
    slow = next(number for number in range(3) if number != cluster.leader())
    cluster.send(slow, signal.SIGSTOP)
    try:
        began = time.monotonic()
        number = 0
        while time.monotonic() - began < 15:
            done = leader.append(f"n-{number}")
            spinning.until(lambda done=done: done, "nothing is written")
            number += 1
            spinning.turn(0.5)
        spinning.until(lambda: follower.names() >= leader.names(), "the follower does not follow")
    finally:
        cluster.send(slow, signal.SIGCONT)
    assert follower.fold.objects == leader.fold.objects
    follower.stop()
    leader.stop()


def _fill(cluster):
    """Puts until etcd refuses with its alarm."""
    chance = random.Random(2)
    for number in range(100):
        key = base64.b64encode(b"/elsewhere/%d" % number).decode()
        try:
            cluster.call(0, "kv/put", {"key": key, "value": base64.b64encode(chance.randbytes(500_000)).decode()})
        except OSError:
            return
    raise AssertionError("etcd takes everything")


def _make_room(cluster):
    keys = {"key": base64.b64encode(b"/elsewhere/").decode(), "range_end": base64.b64encode(b"/elsewhere0").decode()}
    cluster.call(0, "kv/deleterange", keys)
    cluster.compact(cluster.revision())
    cluster.call(0, "maintenance/defragment", {})
    for alarm in cluster.call(0, "maintenance/alarm", {"action": "GET"})["alarms"]:
        cluster.call(0, "maintenance/alarm", {"action": "DEACTIVATE", **alarm})
