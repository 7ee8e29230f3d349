"""Time that passes for a Promotion, whatever the wall clock does."""

from __future__ import annotations

import pytest
from twisted.internet.task import Clock

from promoter_view.promotions.pacing import Pacing
from promoter_view.stages.authorization import StageKey
from tests.support.clocks import Wall

STAGE = StageKey("shop", "test")


@pytest.mark.parametrize("step", [-3600.0, 86_400.0])
def test_a_rest_is_as_long_as_it_is(step: float) -> None:
    """A Promotion rests for its seconds, however the wall clock steps."""
    clock = Clock()
    wall = Wall(clock, 1e9)
    pacing = Pacing(clock=clock, wall=wall)
    pacing.rest("uid", 10)
    wall.step(step)
    clock.advance(9)
    assert pacing.left("uid") == 1
    clock.advance(1)
    assert pacing.left("uid") == 0
    assert pacing.left("another") == 0


def test_steps_of_the_clock_since_a_step_began() -> None:
    """Counted from when the step was first seen, for each step anew; time that passes is none."""
    clock = Clock()
    wall = Wall(clock, 1e9)
    pacing = Pacing(clock=clock, wall=wall)
    assert pacing.stepped(STAGE, "uid", "then") == 0
    clock.advance(60)
    assert pacing.stepped(STAGE, "uid", "then") == 0
    wall.step(86_400)
    assert pacing.stepped(STAGE, "uid", "then") == 86_400
    assert pacing.stepped(STAGE, "uid", "later") == 0
    wall.step(-300)
    assert pacing.stepped(STAGE, "uid", "later") == -300
    assert pacing.stepped(STAGE, "uid", "") == 0
    assert pacing.stepped(STAGE, "uid", "later") == 0
