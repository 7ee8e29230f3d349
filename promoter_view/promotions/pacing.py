"""When a Promotion is run again, and how long its step has run: both in time that only grows."""

from __future__ import annotations

from typing import NamedTuple

from twisted.internet.interfaces import IReactorTime

from promoter_view.clocks import WallClock
from promoter_view.stages.authorization import StageKey


class _Begun(NamedTuple):
    """The step that runs in a Stage, and how far the wall clock was ahead of ours when we first saw that."""

    uid: str
    started_at: str
    ahead: float


class Pacing:
    """A step's beginning is a date in its Promotion, for a restart may lie between; what has passed since is ours.

    So a clock that is set forward by a day does not end a step that may take five minutes, nor does one that is set
    back give it a day more.
    """

    def __init__(self, *, clock: IReactorTime, wall: WallClock) -> None:
        self._clock = clock
        self._wall = wall
        self._not_before: dict[str, float] = {}
        self._begun: dict[StageKey, _Begun] = {}

    def rest(self, uid: str, seconds: float) -> None:
        """That Promotion is not run again before so many seconds are over."""
        self._not_before[uid] = self._clock.seconds() + seconds

    def left(self, uid: str) -> float:
        """How many of them are left; 0 from then on, and for one that does not rest."""
        left = self._not_before.get(uid, 0.0) - self._clock.seconds()
        if left > 0:
            return left
        self._not_before.pop(uid, None)
        return 0.0

    def stepped(self, key: StageKey, uid: str, started_at: str) -> float:
        """By how many seconds the wall clock has stepped since that step of that Stage's Promotion was first seen.

        ``started_at`` "": none runs there any more.
        """
        if not started_at:
            self._begun.pop(key, None)
            return 0.0
        ahead = self._wall() - self._clock.seconds()
        known = self._begun.get(key)
        if known is None or (known.uid, known.started_at) != (uid, started_at):
            known = self._begun[key] = _Begun(uid, started_at, ahead)
        return ahead - known.ahead
