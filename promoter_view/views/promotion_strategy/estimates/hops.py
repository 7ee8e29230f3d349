"""How long commits take to an environment: the median and the 90th percentile of what is known. Pure.

Nothing is invented: of fewer than three samples there is no estimate. What samples are made of is told by the kept
history of the objects; whoever knows of more promotions gives more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from statistics import median

from promoter_view.views.contents import Contents
from promoter_view.views.promotion_strategy.estimates.deliveries import (
    NOTHING_DELIVERED,
    Delivered,
    Delivery,
    choose_pasts,
    read_delivered,
)
from promoter_view.views.promotion_strategy.order import Order, Vertex, read_order
from promoter_view.views.promotion_strategy.order_gate import HISTORIES, POLICIES

#: Below so many samples there is no estimate.
FEWEST_SAMPLES = 3
#: Environments of which the hop is kept.
_KEPT = 4096


@dataclass(frozen=True, slots=True)
class Estimate:
    """How long something takes: half of the ``samples`` took the median at most, nine of ten the ``ninetieth``."""

    median: timedelta
    ninetieth: timedelta
    samples: int


@dataclass(frozen=True, slots=True)
class Hop:
    """How long commits take to one environment; None where fewer than three are known.

    ``awaited``: since the last of the environments that it depends on had them. ``proposed``: since they were proposed.
    """

    awaited: Estimate | None = None
    proposed: Estimate | None = None

    @property
    def usual(self) -> Estimate | None:
        """The one to say: where it depends on others, since those had it."""
        return self.awaited or self.proposed


UNKNOWN_HOP = Hop()


def estimate(samples: Iterable[timedelta]) -> Estimate | None:
    """Of these lengths of time; None of fewer than three. The 90th percentile is one of the samples (nearest rank)."""
    ordered = sorted(sample.total_seconds() for sample in samples)
    if len(ordered) < FEWEST_SAMPLES:
        return None
    ninetieth = ordered[-(-len(ordered) * 9 // 10) - 1]
    return Estimate(timedelta(seconds=median(ordered)), timedelta(seconds=ninetieth), len(ordered))


def hop_of(own: Iterable[Delivery], awaited: Sequence[Iterable[Delivery]]) -> Hop:
    """The hop to an environment with these promotions; ``awaited``: those of the environments that it depends on."""
    own = tuple(own)
    return Hop(estimate(_since_awaited(own, awaited)), estimate(_since_proposed(own)))


def strategy_hops(contents: Contents) -> Mapping[str, Hop]:
    """The hop to each environment of a strategy, by branch, as far as its bundle tells."""
    told = choose_pasts(contents.each(POLICIES, read_delivered), contents.each(HISTORIES, read_delivered))
    return hops(contents.root(read_order), told)


def hops(order: Order, told: Mapping[str, Delivered]) -> Mapping[str, Hop]:
    """The hop to each environment, by branch."""
    return {vertex.branch: hop_to(vertex, told) for vertex in order.vertices}


def hop_to(vertex: Vertex, told: Mapping[str, Delivered]) -> Hop:
    """The hop to one environment. It is kept as long as neither that nor what it depends on changes."""
    awaited = tuple([told.get(branch, NOTHING_DELIVERED) for branch in vertex.nearest])
    return _hop(told.get(vertex.branch, NOTHING_DELIVERED), awaited)


@lru_cache(maxsize=_KEPT)
def _hop(own: Delivered, awaited: tuple[Delivered, ...]) -> Hop:
    return hop_of(own.deliveries, [each.deliveries for each in awaited])


def _since_proposed(own: Iterable[Delivery]) -> Iterator[timedelta]:
    for delivery in own:
        if delivery.proposed is not None and delivery.live >= delivery.proposed:
            yield delivery.live - delivery.proposed


def _since_awaited(own: Iterable[Delivery], awaited: Sequence[Iterable[Delivery]]) -> Iterator[timedelta]:
    """Of a commit that some of those have never had, the others count: nothing changed there."""
    arrived = [_by_sha(each) for each in awaited]
    for delivery in own:
        before = [live for times in arrived for live in [_last_before(times.get(delivery.sha, ()), delivery)] if live]
        if before:
            yield delivery.live - max(before)


def _by_sha(deliveries: Iterable[Delivery]) -> Mapping[str, Sequence[datetime]]:
    found: dict[str, list[datetime]] = {}
    for delivery in deliveries:
        found.setdefault(delivery.sha, []).append(delivery.live)
    return found


def _last_before(times: Iterable[datetime], delivery: Delivery) -> datetime | None:
    return max((time for time in times if time <= delivery.live), default=None)
