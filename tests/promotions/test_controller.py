"""When the controller looks at a Stage: on changes, in time, one at a time, and again after faults."""

from __future__ import annotations

from collections import Counter
from typing import Any, cast

import pytest
from twisted.internet.task import Clock, deferLater

from promoter_view.kubernetes.outcomes import ApiError
from promoter_view.metrics import Metrics
from promoter_view.promotions.controller import PromotionController
from promoter_view.promotions.dependents import Dependence
from promoter_view.promotions.objects import KnownObjects
from promoter_view.promotions.rereading import Rereading
from promoter_view.promotions.stage_pass import StageLook, StagePass
from promoter_view.promotions.writes import Conflict, MayNotWrite
from promoter_view.stages.authorization import StageKey
from tests.promotions.cluster import Cluster
from tests.promotions.kargo import freight, stage
from tests.promotions.test_promotions import application

TEST = StageKey("kargo-demo", "test")


class Looks:
    """Stands for StagePass: counts, takes ``seconds``, raises what it is given to, then answers ``look``."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.count: Counter[str] = Counter()
        self.rereads = 0
        self.under_way = 0
        self.seconds = 0.0
        self.errors: list[Exception] = []
        self.answer = StageLook()
        self.concerned = 0
        self.cost = 0.0

    def concerns(self, key: StageKey) -> bool:
        self.concerned += 1
        self.clock.rightNow += self.cost
        return key.stage != "gone"

    async def look(self, key: StageKey, now: float) -> StageLook:
        self.count[key.stage] += 1
        self.under_way += 1
        assert self.under_way <= 32
        try:
            if self.seconds:
                await deferLater(self.clock, self.seconds)
            if self.errors:
                raise self.errors.pop(0)
        finally:
            self.under_way -= 1
        return self.answer

    async def stage(self, key: StageKey) -> None:
        """Stands for Rereading."""
        self.rereads += 1


class Rig:
    """A controller over ``Looks``."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.looks = Looks(self.clock)
        self.known = KnownObjects()
        self.may_write = True
        self.metrics = Metrics()
        self.controller = PromotionController(
            self.known,
            cast("StagePass", self.looks),
            cast("Rereading", self.looks),
            may_write=lambda: self.may_write,
            clock=self.clock,
            wall=self.clock.seconds,
            random=lambda: 1.0,
            metrics=self.metrics,
        )
        self.controller.start()

    def go(self, seconds: float, step: float = 0.01) -> None:
        for _ in range(max(1, round(seconds / step))):
            self.clock.advance(step)

    def outcomes(self, outcome: str) -> float:
        found = self.metrics.registry.get_sample_value("promoter_view_stage_passes_total", {"outcome": outcome})
        return found or 0.0


@pytest.fixture
def rig() -> Rig:
    return Rig()


def test_changes_in_a_look_make_one_more(rig: Rig) -> None:
    """What comes while a Stage is looked at, and while it rests after that, one look is for all of it."""
    rig.looks.seconds = 0.1
    rig.controller.wake(TEST)
    for _ in range(10):
        rig.go(0.01)
        rig.controller.wake(TEST)
    assert rig.looks.count["test"] == 1
    rig.go(0.1)
    rig.controller.wake(TEST)
    assert rig.looks.count["test"] == 1, "it rests for twice as long as the look took"
    rig.go(0.15)
    assert rig.looks.count["test"] == 2
    rig.go(10)
    assert rig.looks.count["test"] == 2


def test_a_look_that_says_when(rig: Rig) -> None:
    """A look that asks for another after some time gets it, once."""
    rig.looks.answer = StageLook(again_seconds=30)
    rig.controller.wake(TEST)
    rig.go(29, 1)
    assert rig.looks.count["test"] == 1
    rig.looks.answer = StageLook()
    rig.go(2, 1)
    assert rig.looks.count["test"] == 2
    rig.go(100, 1)
    assert rig.looks.count["test"] == 2


def test_a_change_comes_before_the_time(rig: Rig) -> None:
    """A change is a reason to look though a look is due later."""
    rig.looks.answer = StageLook(again_seconds=300)
    rig.controller.wake(TEST)
    rig.go(1)
    rig.controller.wake(TEST)
    rig.go(0.1)
    assert rig.looks.count["test"] == 2


@pytest.mark.parametrize(
    ("error", "outcome", "rereads"),
    [
        (Conflict("written meanwhile"), "conflict", 6),
        (ApiError(503, "", "away"), "server_error", 0),
        (ApiError(403, "Forbidden", "no"), "forbidden", 0),
        (KeyError("a defect"), "defect", 0),
    ],
)
def test_faults_are_tried_again_ever_later(rig: Rig, error: Exception, outcome: str, rereads: int) -> None:
    """A fault of one look is counted by its name and tried again at growing distances; changes do not hasten it."""
    rig.looks.errors = [error] * 6
    rig.controller.wake(TEST)
    for _ in range(12):
        rig.go(0.1)
        rig.controller.wake(TEST)
    assert rig.looks.count["test"] == 5, "after 0.05, 0.1, 0.2, 0.4 and 0.8 seconds"
    rig.go(10)
    assert rig.looks.count["test"] == 7
    assert (rig.outcomes(outcome), rig.outcomes("done"), rig.looks.rereads) == (6, 1, rereads)


def test_without_the_right_to_write(rig: Rig) -> None:
    """While nothing may be written nothing is looked at; what is lost in mid-look is looked at again when it may be."""
    rig.looks.errors = [MayNotWrite()]
    rig.controller.wake(TEST)
    rig.go(1)
    rig.may_write = False
    rig.controller.wake(TEST)
    rig.go(100, 1)
    assert rig.looks.count["test"] == 1
    rig.may_write = True
    rig.controller.wake(TEST)
    rig.go(1)
    assert rig.looks.count["test"] == 2


def test_many_at_once_are_bounded(rig: Rig) -> None:
    """Of a thousand Stages that wake at once each is looked at, no more than 32 at a time."""
    rig.looks.seconds = 0.01
    for place in range(1000):
        rig.controller.wake(StageKey("kargo-demo", f"s{place}"))
    rig.go(2)
    assert set(rig.looks.count.values()) == {1}
    assert len(rig.looks.count) == 1000


def test_who_is_woken(rig: Rig) -> None:
    """A change wakes the Stages that the object names, and those whose last look depended on it, until it does not."""
    cluster = Cluster()
    cluster.put("stages", stage())
    cluster.put("applications", application("foreign", None))
    rig.looks.answer = StageLook(applications=Dependence({("argocd", "foreign")}))
    cluster.feed(rig.known)
    rig.go(1)
    assert rig.looks.count["test"] == 1
    cluster.change("applications", "argocd", "foreign", {"spec": {"project": "x"}})
    rig.looks.answer = StageLook()
    cluster.feed(rig.known)
    rig.go(1)
    assert rig.looks.count["test"] == 2
    cluster.change("applications", "argocd", "foreign", {"spec": {"project": "y"}})
    cluster.feed(rig.known)
    rig.go(1)
    assert rig.looks.count["test"] == 2


def test_a_change_that_concerns_many(rig: Rig) -> None:
    """Freight that a hundred Stages are named by wakes them a slice at a time, and all of them."""
    cluster = Cluster()
    rig.looks.cost = 0.001
    cluster.put("freights", freight(approvedFor={f"s{place}": {} for place in range(100)}))
    cluster.feed(rig.known)
    assert 0 < rig.looks.concerned < 10
    rig.looks.cost = 0.0
    rig.go(1)
    assert len(rig.looks.count) == 100


def test_what_is_not_ours(rig: Rig) -> None:
    """A Stage that is of no concern is not looked at."""
    rig.controller.wake(StageKey("kargo-demo", "gone"))
    rig.go(1)
    assert not rig.looks.count


def test_the_end(rig: Rig) -> None:
    """Stopped, it ends the look that is under way, sets no timer, and hears of nothing any more."""
    rig.looks.seconds = 5
    rig.controller.wake(TEST)
    rig.go(1)
    ended: list[Any] = []
    rig.controller.stop().addCallback(ended.append)
    assert (ended, rig.looks.under_way, rig.clock.getDelayedCalls()) == ([None], 0, [])
    rig.controller.wake(TEST)
    assert rig.clock.getDelayedCalls() == []
