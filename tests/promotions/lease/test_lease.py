"""The Lease of a shard, and Kargo's heartbeat: who may write."""

from __future__ import annotations

from typing import Any

import pytest

from promoter_view.promotions.lease.lease import (
    DEADLINE_SECONDS,
    DURATION_SECONDS,
    LeaseStanding,
    LeaseState,
    SeenLease,
    alive,
    claimed,
    held,
    lease_name,
    lost,
    may_take,
    observe,
)

NOW = 1_800_000_000.0


def lease(holder: str, version: str = "1", **spec: Any) -> dict[str, Any]:
    return {"metadata": {"resourceVersion": version}, "spec": {"holderIdentity": holder, **spec}}


@pytest.mark.parametrize(
    ("holder", "waited", "free"),
    [("", 0, True), ("me", 0, True), ("other", 0, False), ("other", 14.9, False), ("other", 15, True)],
)
def test_when_it_may_be_taken(holder: str, waited: float, free: bool) -> None:
    """A Lease is free when nobody holds it, we do, or its holder has not renewed it for as long as it lasts."""
    seen = observe(SeenLease(), lease(holder), NOW)
    assert may_take(seen, lease(holder), "me", NOW + waited) is free


def test_a_renewal_counts_anew() -> None:
    """Each renewal that we see begins the holder's time anew, by our own clock."""
    seen = observe(SeenLease(), lease("other", "1"), NOW)
    assert observe(seen, lease("other", "1"), NOW + 9) is seen
    assert not may_take(observe(seen, lease("other", "2"), NOW + 14), lease("other", "2"), "me", NOW + 20)


def test_the_holders_own_duration_counts() -> None:
    """A Lease that lasts longer is waited for longer."""
    long = lease("other", leaseDurationSeconds=60)
    assert not may_take(observe(SeenLease(), long, NOW), long, "me", NOW + 30)


def test_claims() -> None:
    """Taking a Lease of another counts as a transition; renewing ours keeps when it was acquired."""
    first = claimed({}, "me", NOW)
    assert first == {
        "holderIdentity": "me",
        "leaseDurationSeconds": DURATION_SECONDS,
        "acquireTime": "2027-01-15T08:00:00.000000Z",
        "renewTime": "2027-01-15T08:00:00.000000Z",
        "leaseTransitions": 0,
    }
    renewed = claimed({"spec": first}, "me", NOW + 1)
    assert renewed == {**first, "renewTime": "2027-01-15T08:00:01.000000Z"}
    assert claimed({"spec": renewed}, "other", NOW + 30)["leaseTransitions"] == 1


@pytest.mark.parametrize(
    ("spec", "unchanged", "fresh"),
    [
        ({"renewTime": "2027-01-15T08:00:00.123456Z"}, 119, True),
        ({"renewTime": "2027-01-15T08:00:00Z"}, 120, False),
        ({"renewTime": "2027-01-15T08:00:00Z", "leaseDurationSeconds": 30}, 29, True),
        ({"renewTime": "2027-01-15T08:00:00Z", "leaseDurationSeconds": 30}, 30, False),
        ({"renewTime": "2020-01-01T00:00:00Z"}, 119, True),
        ({"renewTime": "2099-01-01T00:00:00Z"}, 120, False),
        ({}, 0, False),
    ],
)
def test_heartbeats(spec: dict[str, Any], unchanged: float, fresh: bool) -> None:
    """Kargo's controller is alive while its heartbeat changes as often as it says, two minutes where it does not.

    What either clock says of the day has no part in it.
    """
    heartbeat = {"metadata": {"resourceVersion": "1"}, "spec": spec}
    assert alive(observe(SeenLease(), heartbeat, 7.0), heartbeat, 7.0 + unchanged) is fresh


def test_a_heartbeat_under_our_eyes() -> None:
    """That somebody renews it is known once it has changed since it was first read."""
    first = observe(SeenLease(), lease("kargo", "1"), NOW)
    assert not first.renewed
    assert observe(first, lease("kargo", "2"), NOW).renewed


def test_who_may_write() -> None:
    """A holder writes until its deadline, which is before anybody else may take the Lease."""
    standing = held("me", NOW)
    assert standing.may_write(NOW + DEADLINE_SECONDS - 0.1)
    assert not standing.may_write(NOW + DEADLINE_SECONDS)
    assert DEADLINE_SECONDS < DURATION_SECONDS
    assert not any(
        LeaseStanding(state, "", NOW + 99).may_write(NOW) for state in LeaseState if state != LeaseState.HELD
    )


def test_a_round_without_success() -> None:
    """What was held lasts until its deadline though the cluster does not answer; then it is not held."""
    standing = held("me", NOW)
    assert lost(standing, "timeout", NOW + 5).may_write(NOW + 5)
    assert lost(standing, "timeout", NOW + 11).state is LeaseState.UNREACHABLE


def test_names() -> None:
    """Any label value makes a valid name."""
    assert lease_name("East_1.x") == "promoter-view-east-1.x"
