"""What was counted and measured of deliveries, and the figures that it makes. Pure."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass, field
from heapq import merge
from itertools import islice
from math import ceil
from statistics import median
from typing import Any, NamedTuple

#: With fewer, nine of ten is no number that says anything: it would be the largest.
_SAMPLES_FOR_P90 = 10
#: So many are merged in a step.
_MERGED_AT_ONCE = 1000
SPREAD = ("median", "p90", "samples")
#: The figures by name, and the parts of each, "" for one that is a number.
FIGURES = {
    "leadTime": SPREAD,
    "hops": SPREAD,
    "failureShare": ("share", "failed", "samples"),
    "timeToRestore": SPREAD,
}


class Spread(NamedTuple):
    """Of times in seconds; None where there are too few ``samples`` for it."""

    median: int | None
    p90: int | None
    samples: int

    def document(self) -> dict[str, int]:
        """As JSON."""
        return {name: value for name, value in self._asdict().items() if value is not None}


def spread_steps(lists: Iterable[Sequence[int]]) -> Generator[None, None, Spread]:
    """Returns that of all of these together.

    p90 is the smallest one that nine of ten are not above: one of them, and nothing between two.
    """
    ordered = []
    for each in lists:
        ordered.append(sorted(each))
        yield
    samples = sum(map(len, ordered))
    if not samples:
        return Spread(None, None, 0)
    merged = merge(*ordered)
    found = list[int]()
    while some := list(islice(merged, _MERGED_AT_ONCE)):
        found += some
        yield
    p90 = found[ceil(0.9 * samples) - 1] if samples >= _SAMPLES_FOR_P90 else None
    return Spread(int(median(found[(samples - 1) // 2 : samples // 2 + 1])), p90, samples)


@dataclass(frozen=True, slots=True)
class DeliveryFigures:
    """The figures of an object, or of several together. ``failed`` of ``judged`` deployments did."""

    deployments: int
    lead_time: Spread
    hops: Spread
    judged: int
    failed: int
    time_to_restore: Spread

    @property
    def failure_share(self) -> float | None:
        """Of one; None where there is none that could have failed."""
        return self.failed / self.judged if self.judged else None

    def document(self) -> dict[str, Any]:
        """As JSON. What there are too few samples for is left out."""
        share = self.failure_share
        failures = {} if share is None else {"share": round(share, 4)}
        return {
            "deployments": self.deployments,
            "leadTime": self.lead_time.document(),
            "hops": self.hops.document(),
            "failureShare": {**failures, "failed": self.failed, "samples": self.judged},
            "timeToRestore": self.time_to_restore.document(),
        }


@dataclass(slots=True)
class DeliverySamples:
    """What was counted and measured of one object. Times are in seconds.

    ``judged``: the deployments of which a failure would be known, ``failed`` those of them that did.
    """

    deployments: int = 0
    judged: int = 0
    failed: int = 0
    leads: list[int] = field(default_factory=list)
    hops: list[int] = field(default_factory=list)
    restores: list[int] = field(default_factory=list)


def figure_steps(samples: Sequence[DeliverySamples]) -> Generator[None, None, DeliveryFigures]:
    """Returns the figures of all of these together: of their samples, not of their figures."""
    lead_time = yield from spread_steps(each.leads for each in samples)
    hops = yield from spread_steps(each.hops for each in samples)
    restores = yield from spread_steps(each.restores for each in samples)
    return DeliveryFigures(
        sum(each.deployments for each in samples),
        lead_time,
        hops,
        sum(each.judged for each in samples),
        sum(each.failed for each in samples),
        restores,
    )
