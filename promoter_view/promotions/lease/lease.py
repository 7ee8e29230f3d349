"""Who may write for a shard: a coordination.k8s.io Lease, and whether Kargo's own controller is alive. Pure.

A Lease is no fence: it keeps two instances from working against each other, while each write's resourceVersion keeps
them from doing harm. A holder counts as gone once its Lease has not changed for the whole of its duration under our own
eyes, by a clock that only grows, as client-go's leader election has it. What it says of its time of renewal is for
people and for Kargo: two machines' clocks are never compared here, and neither may step.

Kargo takes each Lease in its own namespace that has the label below for the heartbeat of that shard's controller. So
ours shows the shard's Stages as alive there. Kargo's own Leases begin with ``kargo-controller-``: no name of ours does.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from promoter_view.decoded import mapping, number, text
from promoter_view.promotions.documents import Document

DURATION_SECONDS = 15
RENEW_SECONDS = 2.0
#: A holder that could not renew for so long stops writing, well before anybody else may begin.
DEADLINE_SECONDS = 10.0
HEARTBEAT_SECONDS = 120
#: The label by which Kargo tells whose heartbeat a Lease is.
CONTROLLER_LABEL = "kargo.akuity.io/controller"


class LeaseState(enum.StrEnum):
    """Whether this instance may write. Values are the label ``state`` of the metric."""

    UNKNOWN = "unknown"
    HELD = "held"
    ELSEWHERE = "held_elsewhere"
    KARGO = "kargo_alive"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class SeenLease:
    """A Lease as last read: its resourceVersion, and when by our clock that was seen first.

    ``renewed``: it has changed since we began to look at it, so that somebody is there who renews it.
    """

    version: str = ""
    since: float = 0.0
    renewed: bool = False


def observe(seen: SeenLease, lease: Document, now: float) -> SeenLease:
    """What is remembered of the Lease after reading it. ``now`` is when its answer came, and not when it was asked for:

    a holder may have renewed it in between.
    """
    version = text(lease, "metadata", "resourceVersion")
    return seen if version == seen.version else SeenLease(version, now, renewed=bool(seen.version))


def may_take(seen: SeenLease, lease: Document, identity: str, now: float) -> bool:
    """Whether the Lease is free: nobody's, ours, or not renewed for as long as it lasts."""
    holder = text(lease, "spec", "holderIdentity")
    if holder in ("", identity):
        return True
    lasts = number(lease, "spec", "leaseDurationSeconds") or DURATION_SECONDS
    return now - seen.since >= lasts


def lease_name(shard: str) -> str:
    """The name of our Lease: a valid one whatever the shard's label value is."""
    plain = "".join(found if found.isalnum() or found in "-." else "-" for found in shard.lower())
    return f"promoter-view-{plain}"


def heartbeat_name(shard: str) -> str:
    """The name of the Lease that Kargo's own controller keeps for that shard."""
    return f"kargo-controller-{shard}"


def claimed(lease: Document, identity: str, now: float) -> dict[str, Any]:
    """The spec of the Lease with us as its holder; ``now`` is the wall clock's."""
    holder = text(lease, "spec", "holderIdentity")
    ours = holder == identity
    transitions = number(lease, "spec", "leaseTransitions")
    moment = _micro(now)
    return {
        "holderIdentity": identity,
        "leaseDurationSeconds": DURATION_SECONDS,
        "acquireTime": (text(lease, "spec", "acquireTime") if ours else "") or moment,
        "renewTime": moment,
        "leaseTransitions": transitions if ours or not holder else transitions + 1,
    }


def released(lease: Document) -> dict[str, Any]:
    """The spec of the Lease given up. It ends within a second, so that Kargo does not show us as alive any more."""
    return {**mapping(lease, "spec"), "holderIdentity": "", "leaseDurationSeconds": 1}


def with_label(lease: Document, shard: str) -> dict[str, Any]:
    """The metadata of the Lease as the heartbeat of that shard's controller."""
    metadata = mapping(lease, "metadata")
    return {**metadata, "labels": {**mapping(metadata, "labels"), CONTROLLER_LABEL: shard}}


def alive(seen: SeenLease, heartbeat: Document, now: float) -> bool:
    """Whether Kargo's controller may be there: its heartbeat has not been unchanged for as long as that lasts.

    One that is read for the first time may be fresh: it is waited for.
    """
    return bool(text(heartbeat, "spec", "renewTime")) and now - seen.since < heartbeat_seconds(heartbeat)


def heartbeat_seconds(heartbeat: Document) -> int:
    """How long a heartbeat lasts."""
    return number(heartbeat, "spec", "leaseDurationSeconds") or HEARTBEAT_SECONDS


@dataclass(frozen=True, slots=True)
class LeaseStanding:
    """How this instance stands: its state, why in one line, and until when it may write (seconds of our clock)."""

    state: LeaseState = LeaseState.UNKNOWN
    reason: str = "the Lease has not been read yet"
    until: float = 0.0

    def may_write(self, now: float) -> bool:
        """Whether a write may begin now."""
        return self.state is LeaseState.HELD and now < self.until

    def at(self, now: float) -> LeaseStanding:
        """How it stands now: what was held and has lapsed meanwhile, as in a process that was stopped, is not held."""
        if self.state is not LeaseState.HELD or self.may_write(now):
            return self
        return LeaseStanding(
            LeaseState.UNREACHABLE, f"{self.reason} until {now - self.until:.0f} s ago, not renewed since"
        )


def held(identity: str, now: float, left_behind: str = "") -> LeaseStanding:
    """The Lease was renewed by a request that began now. ``left_behind``: the heartbeat of a controller that ended."""
    reason = f"held as {identity}"
    if left_behind:
        reason += (
            f"; heartbeat {left_behind} is left of a Kargo controller that is gone: delete it, or Kargo's UI may show "
            "the Stages as Failed"
        )
    return LeaseStanding(LeaseState.HELD, reason, now + DEADLINE_SECONDS)


def lost(standing: LeaseStanding, reason: str, now: float) -> LeaseStanding:
    """A round did not succeed: what was held lasts until its deadline."""
    if standing.may_write(now):
        return replace(standing, reason=f"{standing.reason}; not renewed: {reason}")
    return LeaseStanding(LeaseState.UNREACHABLE, reason)


def _micro(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
