"""Delivery figures: cases by numbers that were worked out by hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from promoter_view.journal.entries import EventType
from promoter_view.journal.figures.meters import (
    Arrivals,
    Calendar,
    DeliveryEvent,
    StageMeter,
    StrategyMeter,
    delivery_event,
)
from promoter_view.journal.figures.samples import DeliverySamples, Spread, figure_steps, spread_steps
from promoter_view.slices import outcome
from tests.support.journal.journals import entry

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
    "it fails on what is proposed too, and recovers there last": (
        (
            live(0, "a"),
            at(3, FAILED, "a", check="e2e"),
            at(4, FAILED, "b", check="e2e"),
            at(10, RECOVERED, "b", check="e2e"),
        ),
        (1, 1, 1, [], [], [420]),
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
    "what is backfilled of before is a deployment, and is not what is live": (
        (live(10, "b"), live(0, "a", 600, backfilled=True), at(12, FAILED, "b", check="e2e")),
        (2, 1, 1, [600], [], []),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_counted(case: str) -> None:
    """By the definitions of docs/journal.md."""
    events, wanted = CASES[case]
    meter = StrategyMeter({PROD, EUROPE}, Calendar())
    for each in events:
        meter.take(each)
    it = meter.samples
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
    assert outcome(spread_steps([seconds[::2], seconds[1::2]])) == Spread(*wanted)


def test_several_together_and_as_json() -> None:
    """The median of all samples, not of medians; what there is no sample for is left out."""
    one, other = DeliverySamples(3, 3, 1, [10, 20, 90], [5], [60]), DeliverySamples(1, 0, 0, [1000])
    assert outcome(figure_steps([one, other])).document() == {
        "deployments": 4,
        "leadTime": {"median": 55, "samples": 4},
        "hops": {"median": 5, "samples": 1},
        "failureShare": {"share": 0.3333, "failed": 1, "samples": 3},
        "timeToRestore": {"median": 60, "samples": 1},
    }
    nothing = outcome(figure_steps([])).document()
    assert nothing["failureShare"] == {"failed": 0, "samples": 0}
    assert nothing["timeToRestore"] == {"samples": 0}


def test_many_samples_are_merged_in_steps() -> None:
    """Of a thousand and more a step each, and what comes of it is the same."""
    lists = [list(range(place, 30_000, 7)) for place in range(7)]
    steps = figure_steps([DeliverySamples(leads=each) for each in lists])
    taken = 0
    while True:
        try:
            next(steps)
        except StopIteration as end:
            found = end.value
            break
        taken += 1
    assert taken >= 30
    assert found.lead_time == Spread(14_999, 26_999, 30_000)


SUCCEEDED, ABORTED = EventType.PROMOTION_SUCCEEDED, EventType.PROMOTION_ABORTED
BROKE, ERRORED, HEALTH = EventType.PROMOTION_FAILED, EventType.PROMOTION_ERRORED, EventType.HEALTH


def of_stage(minutes: float, event: EventType, after: str = "", **more: Any) -> DeliveryEvent:
    """An event of a Stage."""
    return DeliveryEvent(BEGAN + timedelta(minutes=minutes), event, "", after=after, **more)


#: The same of Stages.
STAGES: dict[str, tuple[Sequence[DeliveryEvent], tuple[Any, ...]]] = {
    "two Promotions": ((of_stage(0, SUCCEEDED, "f"), of_stage(5, SUCCEEDED, "g")), (2, 2, 0, [], [], [])),
    "one that failed is no deployment, and one of those that could fail": (
        (of_stage(0, BROKE, "f"), of_stage(5, SUCCEEDED, "g")),
        (1, 2, 1, [], [], [300]),
    ),
    "one that ended in an error, and one that was aborted": (
        (of_stage(0, ERRORED, "f"), of_stage(1, ABORTED, "f")),
        (0, 1, 1, [], [], []),
    ),
    "it made the Stage unhealthy for 4 minutes": (
        (of_stage(0, SUCCEEDED, "f"), of_stage(1, HEALTH, "Unhealthy"), of_stage(5, HEALTH, "Healthy")),
        (1, 1, 1, [], [], [240]),
    ),
    "unhealthy twice is one failure, and two times": (
        (
            of_stage(0, SUCCEEDED, "f"),
            of_stage(1, HEALTH, "Unhealthy"),
            of_stage(2, HEALTH, "Healthy"),
            of_stage(3, HEALTH, "Unhealthy"),
            of_stage(4, HEALTH, "Progressing"),
            of_stage(6, SUCCEEDED, "g"),
        ),
        (2, 2, 1, [], [], [60, 180]),
    ),
    "unhealthy before the first Promotion of the window is nobody's": (
        (of_stage(0, HEALTH, "Unhealthy"), of_stage(2, HEALTH, "Healthy"), of_stage(3, SUCCEEDED, "f")),
        (1, 1, 0, [], [], []),
    ),
    "Freight that came from upstream": (
        (of_stage(10, SUCCEEDED, "early"), of_stage(90, SUCCEEDED, "late"), of_stage(95, SUCCEEDED, "unknown")),
        (3, 3, 0, [], [600, 600], []),
    ),
    "of what is backfilled nobody knows whether it failed": (
        (of_stage(0, SUCCEEDED, "f", backfilled=True), of_stage(1, BROKE, "g", backfilled=True)),
        (1, 0, 0, [], [], []),
    ),
}


@pytest.mark.parametrize("case", STAGES)
def test_what_is_counted_of_a_stage(case: str) -> None:
    """By the definitions of docs/journal.md; Freight comes from the last of two Stages upstream that had it."""
    events, wanted = STAGES[case]
    arrivals, calendar = Arrivals(), Calendar()
    for name, freight, minutes in (("test", "early", 0), ("test", "late", 20), ("uat", "late", 80)):
        StageMeter(("kargo", name), (), arrivals, Calendar()).take(of_stage(minutes, SUCCEEDED, freight))
    meter = StageMeter(("kargo", "prod"), ("test", "uat", "gone"), arrivals, calendar)
    for each in events:
        meter.take(each)
    it = meter.samples
    assert (it.deployments, it.judged, it.failed, it.leads, it.hops, it.restores) == wanted
    assert sum(calendar.deployments.values()) == it.deployments


def test_arrivals_are_bounded() -> None:
    """Of a Stage the newest are remembered."""
    arrivals = Arrivals()
    for number in range(300):
        arrivals.add(("kargo", "test"), f"f{number}", BEGAN)
    assert arrivals.last("kargo", ["test"], "f0") is None
    assert arrivals.last("kargo", ["test"], "f299") == BEGAN


def test_days() -> None:
    """Deployments by day, and the lead times of those that have one."""
    calendar = Calendar()
    meter = StrategyMeter({PROD}, calendar)
    for minutes, lead in ((0, 60), (1, None), (24 * 60, 120)):
        meter.take(live(minutes, f"s{minutes}", lead))
    first = BEGAN.date()
    assert calendar.deployments == {first: 2, first + timedelta(days=1): 1}
    assert calendar.leads == {first: [60], first + timedelta(days=1): [120]}


def test_an_entry_as_it_is_counted() -> None:
    """Its commit, its environment, what it changed to."""
    told = delivery_event(entry(3, environment=PROD, letter="b", backfilled=True))
    assert told == DeliveryEvent(entry(3).time, PROMOTED, PROD, "b" * 40, backfilled=True, after="b" * 40)
