"""Delivery figures: cases by numbers that were worked out by hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from promoter_view.journal.entries import EventType
from promoter_view.journal.figures import DeliveryEvent, DeliverySamples, Spread, measure, spread

BEGAN = datetime(2026, 11, 2, 9, tzinfo=UTC)
PROD, TEST, EUROPE = "env/prod", "env/test", "env/europe"
PROMOTED, RESTORED, FAILED, RECOVERED = (
    EventType.PROMOTED,
    EventType.RESTORED,
    EventType.FAILED,
    EventType.RECOVERED,
)


def at(minutes: float, event: EventType, sha: str, environment: str = PROD, **more: Any) -> DeliveryEvent:
    """An event, so many minutes after the beginning."""
    return DeliveryEvent(BEGAN + timedelta(minutes=minutes), event, environment, sha, **more)


def live(minutes: float, sha: str, lead: int | None = None, hop: int | None = None, **more: Any) -> DeliveryEvent:
    """A promotion."""
    return at(minutes, PROMOTED, sha, lead_seconds=lead, hop_seconds=hop, **more)


#: What happened; deployments, judged, failed, lead times, hops, times to restore.
CASES: dict[str, tuple[Sequence[DeliveryEvent], tuple[Any, ...]]] = {
    "nothing": ((), (0, 0, 0, [], [], [])),
    "two deployments": (
        (live(0, "a", 600, 60), live(30, "b", 1200, 120)),
        (2, 2, 0, [600, 1200], [60, 120], []),
    ),
    "an earlier environment has a hop, and is no deployment": (
        (live(0, "a", 300, 30, environment=TEST), live(9, "a", 840, 540)),
        (1, 1, 0, [840], [30, 540], []),
    ),
    "each of two last environments is one": (
        (live(0, "a", 600), live(5, "a", 900, environment=EUROPE)),
        (2, 2, 0, [600, 900], [], []),
    ),
    "what is not told is no sample": ((live(0, "a"),), (1, 1, 0, [], [], [])),
    "a check fails and recovers: 7 minutes": (
        (live(0, "a"), at(3, FAILED, "a", check="e2e"), at(10, RECOVERED, "a", check="e2e")),
        (1, 1, 1, [], [], [420]),
    ),
    "two checks fail: from the first one until both have recovered": (
        (
            live(0, "a"),
            at(3, FAILED, "a", check="e2e"),
            at(4, FAILED, "a", check="smoke"),
            at(10, RECOVERED, "a", check="e2e"),
            at(13, RECOVERED, "a", check="smoke"),
        ),
        (1, 1, 1, [], [], [600]),
    ),
    "it fails twice: one failed deployment, two times": (
        (
            live(0, "a"),
            at(1, FAILED, "a", check="e2e"),
            at(2, RECOVERED, "a", check="e2e"),
            at(5, FAILED, "a", check="e2e"),
            at(9, RECOVERED, "a", check="e2e"),
        ),
        (1, 1, 1, [], [], [60, 240]),
    ),
    "it fails still": ((live(0, "a"), at(3, FAILED, "a", check="e2e")), (1, 1, 1, [], [], [])),
    "the next commit mends it: 20 minutes": (
        (live(0, "a"), at(10, FAILED, "a", check="e2e"), live(30, "b")),
        (2, 2, 1, [], [], [1200]),
    ),
    "a restore mends it: 5 minutes": (
        (live(0, "a"), live(10, "b"), at(15, FAILED, "b", check="e2e"), at(20, RESTORED, "a")),
        (2, 2, 1, [], [], [300]),
    ),
    "a restore without a failed check is a failure, and since when is not known": (
        (live(0, "a"), live(10, "b"), at(20, RESTORED, "a")),
        (2, 2, 1, [], [], []),
    ),
    "what a restore made live is no deployment, and its checks count for none": (
        (live(0, "a"), live(1, "b"), at(2, RESTORED, "a"), at(3, FAILED, "a", check="e2e"), live(9, "c")),
        (3, 3, 1, [], [], []),
    ),
    "the checks of what is proposed, or of an earlier environment, are none of it": (
        (live(0, "a"), at(3, FAILED, "b", check="e2e"), at(4, FAILED, "a", TEST, check="e2e")),
        (1, 1, 0, [], [], []),
    ),
    "what was live before the window is no deployment, and its failures are none": (
        (at(0, FAILED, "a", check="e2e"), at(1, RESTORED, "z"), live(2, "b")),
        (1, 1, 0, [], [], []),
    ),
    "of a backfilled deployment nobody knows whether it failed": (
        (live(0, "a", 600, backfilled=True), live(10, "b", backfilled=True), at(20, RESTORED, "a", backfilled=True)),
        (2, 0, 0, [600], [], []),
    ),
    "the order is that of time": (
        (at(3, FAILED, "a", check="e2e"), at(10, RECOVERED, "a", check="e2e"), live(0, "a")),
        (1, 1, 1, [], [], [420]),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_counted(case: str) -> None:
    """By the definitions of docs/journal.md."""
    events, wanted = CASES[case]
    it = measure(events, {PROD, EUROPE})
    assert (it.deployments, it.judged, it.failed, it.leads, it.hops, it.restores) == wanted


@pytest.mark.parametrize(
    ("seconds", "wanted"),
    [
        ([], (None, None, 0)),
        ([7], (7, None, 1)),
        ([30, 10], (20, None, 2)),
        ([5, 1, 9], (5, None, 3)),
        ([*range(1, 10)], (5, None, 9)),
        ([*range(1, 11)], (5, 9, 10)),
        ([*range(100, 0, -1)], (50, 90, 100)),
    ],
)
def test_median_and_p90(seconds: list[int], wanted: tuple[Any, ...]) -> None:
    """p90 is one of ten or more; with fewer there is none."""
    assert spread(seconds) == Spread(*wanted)


def test_several_together_and_as_json() -> None:
    """The median of all samples, not of medians; what there is no sample for is left out."""
    one, other = DeliverySamples(3, 3, 1, [10, 20, 90], [5], [60]), DeliverySamples(1, 0, 0, [1000])
    one.add(other)
    assert one.document() == {
        "deployments": 4,
        "leadTime": {"median": 55, "samples": 4},
        "hops": {"median": 5, "samples": 1},
        "failureShare": {"share": 0.3333, "failed": 1, "samples": 3},
        "timeToRestore": {"median": 60, "samples": 1},
    }
    assert DeliverySamples().document()["failureShare"] == {"failed": 0, "samples": 0}
    assert DeliverySamples().document()["timeToRestore"] == {"samples": 0}
