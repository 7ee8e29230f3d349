"""The Lease of a shard kept, waited for, lost and given up; Kargo's heartbeat; on a clock that tests move."""

from __future__ import annotations

from typing import Any

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from promoter_view.decoded import parse_time, rfc3339
from promoter_view.metrics import Metrics
from promoter_view.promotions.lease.lease import LeaseState
from promoter_view.promotions.lease.leasing import ShardLease
from tests.promotions.leases import GONE, Leases
from tests.promotions.runs import NOW
from tests.support.clocks import Wall
from tests.support.runtimes import Always, a_runtime

OURS = ("kargo", "promoter-view-east")
HEARTBEAT = ("kargo", "kargo-controller-east")


@pytest.fixture
def leases() -> Leases:
    return Leases()


@pytest.fixture
def clock() -> Clock:
    found = Clock()
    found.advance(NOW)
    return found


class Instance:
    """One process, and how often it was told that something changed."""

    def __init__(
        self, leases: Leases, clock: Clock, identity: str, wall: Wall | None = None, *, namespace: str = "kargo"
    ) -> None:
        self.metrics = Metrics()
        self.told = 0
        self.lease = ShardLease(
            leases,
            shard="east",
            namespace=namespace,
            identity=identity,
            runtime=a_runtime(clock, wall=wall, metrics=self.metrics, random=Always(0.5)),
            changed=self._changed,
        )
        self.lease.start()

    def _changed(self) -> None:
        self.told += 1

    def stop(self) -> None:
        Deferred.fromCoroutine(self.lease.stop())

    @property
    def state(self) -> LeaseState:
        return self.lease.standing.state

    @property
    def reason(self) -> str:
        return self.lease.standing.reason


def go(clock: Clock, seconds: float) -> None:
    for _ in range(int(seconds)):
        clock.advance(1)


def test_the_first_holds_it_and_the_second_waits(leases: Leases, clock: Clock) -> None:
    """Of two instances one may write; the other says who does."""
    first, second = Instance(leases, clock, "one"), Instance(leases, clock, "two")
    go(clock, 60)
    assert (first.lease.may_write(), second.lease.may_write()) == (True, False)
    assert (second.state, second.reason) == (
        LeaseState.ELSEWHERE,
        "Lease kargo/promoter-view-east is held by one",
    )
    assert leases.found[OURS]["spec"]["holderIdentity"] == "one"
    assert (first.told, second.told) == (1, 1)


def test_the_holder_dies(leases: Leases, clock: Clock) -> None:
    """A holder that is gone without a word is waited for as long as its Lease lasts, and no longer."""
    leases.put(*OURS, holderIdentity="dead", leaseDurationSeconds=15)
    second = Instance(leases, clock, "two")
    go(clock, 14)
    assert not second.lease.may_write()
    go(clock, 4)
    assert second.lease.may_write()
    assert leases.found[OURS]["spec"]["leaseTransitions"] == 1


def test_the_same_process_again(leases: Leases, clock: Clock) -> None:
    """A process that comes back under its name does not wait for itself."""
    leases.put(*OURS, holderIdentity="one", leaseDurationSeconds=15)
    assert Instance(leases, clock, "one").lease.may_write()


def test_the_holder_ends(leases: Leases, clock: Clock) -> None:
    """A holder that ends gives the Lease up, and the other has it at its next round."""
    first, second = Instance(leases, clock, "one"), Instance(leases, clock, "two")
    first.stop()
    assert not first.lease.may_write()
    go(clock, 3)
    assert second.lease.may_write()
    go(clock, 60)
    assert not first.lease.may_write(), "it is over for good"


def test_the_end_does_not_wait_for_a_silent_cluster(leases: Leases, clock: Clock) -> None:
    """A Lease that cannot be given up is left to end by itself."""
    instance, ended = Instance(leases, clock, "one"), []
    leases.silent = True
    Deferred.fromCoroutine(instance.lease.stop()).addCallback(ended.append)
    go(clock, 1)
    assert ended == []
    go(clock, 2)
    assert ended == [None]
    assert clock.getDelayedCalls() == []


@pytest.mark.parametrize("may_list", [True, False])
def test_kargo_is_alive(leases: Leases, clock: Clock, may_list: bool) -> None:
    """While Kargo's own controller renews its heartbeat nothing is written, not even the Lease."""
    leases.may_list = may_list
    heartbeat: dict[str, Any] = {"holderIdentity": "kargo-0", "leaseDurationSeconds": 120}
    leases.put(*HEARTBEAT, **heartbeat, renewTime=rfc3339(NOW - 60))
    instance = Instance(leases, clock, "one")
    go(clock, 100)
    assert instance.state is LeaseState.KARGO
    assert "heartbeat kargo/kargo-controller-east (of kargo-0) has not changed for 120 s" in instance.reason
    assert OURS not in leases.found
    go(clock, 25)
    assert instance.lease.may_write(), "its time is over"
    left = "heartbeat kargo/kargo-controller-east is left of a Kargo controller that is gone: delete it"
    assert left in instance.reason
    leases.put(*HEARTBEAT, **heartbeat, renewTime=rfc3339(clock.seconds()))
    go(clock, 3)
    assert "heartbeat kargo/kargo-controller-east (of kargo-0) is fresh" in instance.reason
    assert (instance.state, instance.lease.may_write(), instance.told) == (LeaseState.KARGO, False, 3)


@pytest.mark.parametrize("step", [-3600.0, -300.0, 86_400.0])
def test_one_holder_however_clocks_step(leases: Leases, clock: Clock, step: float) -> None:
    """Two instances whose clocks are hours apart, and step: never may both write, and one always may."""
    first_wall, second_wall = Wall(clock, -7200), Wall(clock, 7200)
    first, second = Instance(leases, clock, "one", first_wall), Instance(leases, clock, "two", second_wall)
    for wall in (first_wall, second_wall):
        for _ in range(20):
            go(clock, 1)
            assert first.lease.may_write()
            assert not second.lease.may_write()
        wall.step(step)
    go(clock, 60)
    assert (first.lease.may_write(), second.lease.may_write()) == (True, False)


def test_a_holder_that_was_suspended(leases: Leases, clock: Clock) -> None:
    """Time counts while a machine sleeps: who wakes up may not write on what it held before."""
    woken = Clock()
    woken.advance(NOW)
    first, second = Instance(leases, woken, "one"), Instance(leases, clock, "two")
    go(clock, 20)
    assert second.lease.may_write(), "the first sleeps"
    woken.rightNow += 20
    assert not first.lease.may_write()
    assert (first.state, first.reason) == (
        LeaseState.UNREACHABLE,
        "held as one until 10 s ago, not renewed since",
    )
    woken.advance(0)
    go(woken, 3)
    assert first.state is LeaseState.ELSEWHERE
    assert second.lease.may_write()


def test_a_renewal_that_comes_while_the_lease_is_read(leases: Leases, clock: Clock) -> None:
    """A Lease counts from when it was seen, not from when it was asked for: its holder may have renewed in between."""
    leases.put(*OURS, holderIdentity="slow", leaseDurationSeconds=15)
    held, leases.held = leases.held, []
    second = Instance(leases, clock, "two")
    clock.advance(8)
    leases.put(*OURS, holderIdentity="slow", leaseDurationSeconds=15)
    waiting, leases.held = leases.held, held
    for answer in waiting:
        answer.callback(None)
    go(clock, 14)
    assert not second.lease.may_write()
    go(clock, 4)
    assert second.lease.may_write()


def test_kargo_takes_it_for_a_heartbeat(leases: Leases, clock: Clock) -> None:
    """By Kargo's own rule our Lease is alive while it is held, and dead a second after it was given up."""
    leases.put(*OURS, {"kept": "as it was"}, holderIdentity="dead", leaseDurationSeconds=2)
    instance = Instance(leases, clock, "one")
    go(clock, 6)
    for _ in range(60):
        clock.advance(1)
        assert kargo_says(leases, clock) == {"east": "Alive"}
    assert leases.found[OURS]["metadata"]["labels"]["kept"] == "as it was"
    assert instance.reason == "held as one"
    instance.stop()
    clock.advance(1)
    assert kargo_says(leases, clock) == {"east": "Dead"}


def kargo_says(leases: Leases, clock: Clock) -> dict[str, str]:
    """What Kargo's API makes of the Leases in its namespace."""
    found = {}
    for (namespace, _), lease in leases.found.items():
        shard = lease["metadata"].get("labels", {}).get("kargo.akuity.io/controller")
        if namespace == "kargo" and shard is not None:
            renewed = parse_time(lease["spec"]["renewTime"])
            assert renewed is not None
            is_fresh = clock.seconds() - renewed.timestamp() < lease["spec"]["leaseDurationSeconds"]
            found[shard] = "Alive" if is_fresh else "Dead"
    return found


def test_a_namespace_that_is_not_there(leases: Leases, clock: Clock) -> None:
    """Where the option names no namespace of the cluster nothing is written, and the reason names the option."""
    instance = Instance(leases, clock, "one", namespace="kargo-system")
    go(clock, 10)
    assert (instance.state, leases.found) == (LeaseState.UNREACHABLE, {})
    assert instance.reason == "there is no namespace kargo-system: --argocd-lease-namespace has to be Kargo's"


def test_kargo_of_another_shard(leases: Leases, clock: Clock) -> None:
    """The heartbeat of another shard is none of ours."""
    leases.put("kargo", "kargo-controller-west", renewTime=rfc3339(NOW))
    assert Instance(leases, clock, "one").lease.may_write()


def test_the_cluster_does_not_answer(leases: Leases, clock: Clock) -> None:
    """What is held lasts ten seconds without a renewal, and begins again with the first answer."""
    instance = Instance(leases, clock, "one")
    leases.trouble = GONE
    go(clock, 9)
    assert instance.lease.may_write()
    go(clock, 5)
    assert (instance.state, instance.reason) == (LeaseState.UNREACHABLE, "no answer")
    leases.trouble = None
    go(clock, 3)
    assert instance.lease.may_write()
    assert instance.told == 3


def test_a_held_lease_that_lapsed(leases: Leases, clock: Clock) -> None:
    """After a pause in which nothing could be written, whoever waits for that is told that it can."""
    instance = Instance(leases, clock, "one")
    clock.advance(60)
    assert (instance.state, instance.told) == (LeaseState.HELD, 2)


def test_metrics(leases: Leases, clock: Clock) -> None:
    """One state is 1, all others are 0."""
    instance = Instance(leases, clock, "one")
    value = instance.metrics.registry.get_sample_value
    found = {state: value("promoter_view_shard_lease", {"state": state.value}) for state in LeaseState}
    assert found == {state: float(state is LeaseState.HELD) for state in LeaseState}
