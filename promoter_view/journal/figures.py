"""Delivery figures (DORA) of what the journal tells; docs/journal.md has the definitions. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import dataclass, field
from datetime import datetime
from math import ceil
from operator import attrgetter
from statistics import median
from typing import Any, NamedTuple

from promoter_view.journal.entries import EventType

#: With fewer, nine of ten is no number that says anything: it would be the largest.
_SAMPLES_FOR_P90 = 10


class DeliveryEvent(NamedTuple):
    """What the figures are made of: an entry of one strategy. ``sha``: the dry commit; ``check``: its key."""

    time: datetime
    event: EventType
    environment: str
    sha: str = ""
    check: str = ""
    lead_seconds: int | None = None
    hop_seconds: int | None = None
    backfilled: bool = False


class Spread(NamedTuple):
    """Of times in seconds; None where there are too few ``samples`` for it."""

    median: int | None
    p90: int | None
    samples: int

    def document(self) -> dict[str, int]:
        """As JSON."""
        return {name: value for name, value in self._asdict().items() if value is not None}


def spread(seconds: Iterable[int]) -> Spread:
    """p90 is the smallest one that nine of ten are not above: one of them, and nothing between two."""
    found = sorted(seconds)
    samples = len(found)
    p90 = found[ceil(0.9 * samples) - 1] if samples >= _SAMPLES_FOR_P90 else None
    return Spread(int(median(found)) if found else None, p90, samples)


@dataclass(slots=True)
class DeliverySamples:
    """What was counted and measured, of one strategy or of several. Times are in seconds.

    ``judged``: the deployments of which a failure would be known, ``failed`` those of them that did.
    """

    deployments: int = 0
    judged: int = 0
    failed: int = 0
    leads: list[int] = field(default_factory=list)
    hops: list[int] = field(default_factory=list)
    restores: list[int] = field(default_factory=list)

    def add(self, other: DeliverySamples) -> None:
        """Those of another strategy too."""
        self.deployments += other.deployments
        self.judged += other.judged
        self.failed += other.failed
        self.leads += other.leads
        self.hops += other.hops
        self.restores += other.restores

    def document(self) -> dict[str, Any]:
        """As JSON. What there are too few samples for is left out."""
        failures = {"share": round(self.failed / self.judged, 4)} if self.judged else {}
        return {
            "deployments": self.deployments,
            "leadTime": spread(self.leads).document(),
            "hops": spread(self.hops).document(),
            "failureShare": {**failures, "failed": self.failed, "samples": self.judged},
            "timeToRestore": spread(self.restores).document(),
        }


def measure(events: Iterable[DeliveryEvent], ends: Set[str]) -> DeliverySamples:
    """Of one strategy. ``ends``: the branches of its last environments."""
    found, live = DeliverySamples(), dict[str, _End]()
    for each in sorted(events, key=attrgetter("time")):
        if each.event is EventType.PROMOTED and each.hop_seconds is not None:
            found.hops.append(each.hop_seconds)
        if each.environment in ends:
            live.setdefault(each.environment, _End(found)).take(each)
    return found


@dataclass(slots=True)
class _End:
    """One of the last environments: the deployment that is live, "" for none that is known, and what fails of it."""

    found: DeliverySamples
    sha: str = ""
    can_fail: bool = False
    failing: set[str] = field(default_factory=set)
    since: datetime | None = None

    def take(self, it: DeliveryEvent) -> None:
        """The next thing that happened."""
        if it.event is EventType.PROMOTED:
            self._deployed(it)
        elif it.event is EventType.RESTORED:
            self._mark_failed()
            self._restored(it.time)
            self.sha = ""
        elif self.sha and it.sha == self.sha:
            self._checked(it)

    def _deployed(self, it: DeliveryEvent) -> None:
        self._restored(it.time)
        self.sha, self.can_fail = it.sha, not it.backfilled
        self.found.deployments += 1
        self.found.judged += self.can_fail
        if it.lead_seconds is not None:
            self.found.leads.append(it.lead_seconds)

    def _checked(self, it: DeliveryEvent) -> None:
        if it.event is EventType.FAILED:
            self._mark_failed()
            self.failing.add(it.check)
            self.since = self.since or it.time
        elif it.event is EventType.RECOVERED:
            self.failing.discard(it.check)
            if not self.failing:
                self._restored(it.time)

    def _mark_failed(self) -> None:
        """A deployment fails once."""
        self.found.failed += self.can_fail
        self.can_fail = False

    def _restored(self, now: datetime) -> None:
        if self.since is not None:
            self.found.restores.append(int((now - self.since).total_seconds()))
        self.failing.clear()
        self.since = None
