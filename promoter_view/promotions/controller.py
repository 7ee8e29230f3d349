"""The controller of one shard: wakes for what changes in the log, looks at each Stage in turn with itself, writes.

One look at a time a Stage, and none waits for that of another. What a look cannot do now is tried again later, and a
look that meets another's write begins again on the newest copies.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from twisted.internet.defer import CancelledError, Deferred, DeferredList, DeferredSemaphore
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.internet.task import deferLater
from twisted.logger import Logger
from twisted.python.failure import Failure

from promoter_view.clocks import WallClock
from promoter_view.kubernetes.outcomes import ClusterError
from promoter_view.metrics import Metrics
from promoter_view.promotions.dependents import Dependence, Dependents
from promoter_view.promotions.objects import APPLICATION, KnownObjects
from promoter_view.promotions.rereading import Rereading
from promoter_view.promotions.stage_pass import AT_ONCE, StagePass
from promoter_view.promotions.writes import Conflict, MayNotWrite
from promoter_view.records import ObjectKey
from promoter_view.slices import Steps, in_slices
from promoter_view.stages.authorization import StageKey

_FIRST_RETRY_SECONDS = 0.05
_LONGEST_RETRY_SECONDS = 60.0
#: After a look the Stage rests for twice as long as that took: what comes meanwhile, one look is for all of it.
_REST = 2.0
_LONGEST_REST_SECONDS = 0.5
#: Looks under way at a time: each has one request open at most.
_MAX_LOOKS = 32


@dataclass(slots=True)
class _Turn:
    """One Stage: whether it is being looked at, has changed since, and when to look again.

    ``not_before`` is when the next look may begin, in seconds: after a fault, and after a look that took its time.
    """

    look: Deferred[None] | None = None
    busy: bool = False
    changed: bool = False
    not_before: float = 0.0
    timer: IDelayedCall | None = None
    faults: int = 0


class PromotionController:
    """Follows ``known`` while started. ``may_write`` is asked before each look, and again before each write."""

    _log = Logger()

    def __init__(
        self,
        known: KnownObjects,
        stages: StagePass,
        rereading: Rereading,
        *,
        may_write: Callable[[], bool],
        clock: IReactorTime,
        wall: WallClock,
        random: Callable[[], float],
        metrics: Metrics,
    ) -> None:
        self._known = known
        self._stages = stages
        self._rereading = rereading
        self._may_write = may_write
        self._clock = clock
        self._wall = wall
        self._random = random
        self._metrics = metrics
        self._turns: dict[StageKey, _Turn] = {}
        self._dependents = Dependents()
        self._running = False
        self._room = DeferredSemaphore(_MAX_LOOKS)

    def start(self) -> None:
        """Looks at every Stage, and from now on at those that something changes for."""
        self._running = True
        self._known.listen(self._changed)
        self.wake_all()

    def stop(self) -> Deferred[None]:
        """Fires once no look is under way. What was not finished goes on at the next start."""
        self._running = False
        self._known.listen(None)
        turns, self._turns = list(self._turns.values()), {}
        self._dependents.clear()
        for turn in turns:
            _cancel(turn)
        looks = [turn.look for turn in turns if turn.look is not None]
        for look in looks:
            look.cancel()
        return DeferredList(looks, consumeErrors=True).addCallback(lambda _: None)

    def wake_all(self) -> None:
        """Every Stage is looked at: this instance may write now, or has just begun."""
        self._wake_each(self._known.stages())

    def wake(self, key: StageKey) -> None:
        """That Stage is looked at, at once or as soon as the look that is under way is over."""
        if not self._running:
            return
        if not self._stages.concerns(key):
            self._forget(key)
            return
        turn = self._turns.setdefault(key, _Turn())
        turn.changed = True
        if not turn.busy:
            self._schedule(key, turn, turn.not_before - self._clock.seconds())

    def _changed(self, key: ObjectKey, stages: frozenset[StageKey]) -> None:
        dependents = self._dependents_of(key) if key.kind == APPLICATION else ()
        self._wake_each(stages.union(dependents))

    def _wake_each(self, stages: Iterable[StageKey]) -> None:
        """In slices: one Freight may concern all Stages that request its Warehouse."""
        Deferred.fromCoroutine(in_slices(self._waking(stages), reactor=self._clock))

    def _waking(self, stages: Iterable[StageKey]) -> Steps:
        for stage in stages:
            self.wake(stage)
            yield

    def _dependents_of(self, key: ObjectKey) -> Iterable[StageKey]:
        def labels() -> Mapping[str, str]:
            found = self._known.application(key.namespace, key.name)
            return {} if found is None else found.labels

        return self._dependents.of(key.namespace, key.name, labels)

    def _forget(self, key: StageKey) -> None:
        """Nothing is left of that Stage that is ours; a look that is under way finds that out."""
        turn = self._turns.get(key)
        if turn is not None and not turn.busy:
            _cancel(turn)
            self._dependents.depend(key, Dependence())
            del self._turns[key]

    def _begin(self, key: StageKey, turn: _Turn) -> None:
        _cancel(turn)
        turn.busy = True
        look: Deferred[None] = self._room.run(lambda: Deferred.fromCoroutine(self._look(key, turn)))
        look.addErrback(_called_off)
        turn.look = look

    def _schedule(self, key: StageKey, turn: _Turn, delay: float) -> None:
        """A look after so many seconds, or now; one that is to come sooner stays."""
        if delay <= 0:
            self._begin(key, turn)
        elif turn.timer is None or turn.timer.getTime() > self._clock.seconds() + delay:
            _cancel(turn)
            turn.timer = self._clock.callLater(delay, self._again, key, turn)

    async def _look(self, key: StageKey, turn: _Turn) -> None:
        """Looks until nothing is to be done at once, then sets the timer."""
        delay: float | None = None
        # One turn of the reactor for each: many begin at once when this instance may write.
        await deferLater(self._clock, 0)
        began = self._clock.seconds()
        while self._may_write():
            turn.changed = False
            delay = await self._look_once(key, turn)
            if delay != AT_ONCE:
                break
        turn.busy = False
        now = self._clock.seconds()
        rest = min(_LONGEST_REST_SECONDS, _REST * (now - began))
        turn.not_before = now + (delay if turn.faults and delay is not None else rest)
        if turn.changed and self._may_write():
            delay = turn.not_before - now
        if self._running and delay is not None:
            turn.timer = self._clock.callLater(delay, self._again, key, turn)

    async def _look_once(self, key: StageKey, turn: _Turn) -> float | None:
        """Seconds until the next look, None for when something changes."""
        try:
            look = await self._stages.look(key, self._wall())
        except MayNotWrite:
            return self._ended("may_not_write", None)
        except Conflict as conflict:
            self._log.debug("{key}: {conflict}", **_about(key, "conflict"), conflict=str(conflict))
            return await self._reread(key, turn)
        except ClusterError as error:
            outcome = error.outcome.value
            self._log.warn("Stage {key} is looked at again later: {error}", **_about(key, outcome), error=str(error))
            return self._fault(turn, outcome)
        except CancelledError:
            raise
        except Exception:  # a defect met by one Stage is told, and must not end the looks at all others
            self._log.failure("Stage {key} is looked at again later", **_about(key, "defect"))
            return self._fault(turn, "defect")
        turn.faults = 0
        self._dependents.depend(key, look.applications)
        return self._ended("done", look.again_seconds)

    async def _reread(self, key: StageKey, turn: _Turn) -> float | None:
        try:
            await self._rereading.stage(key)
        except ClusterError as error:
            outcome = error.outcome.value
            self._log.warn("Stage {key} is looked at again later: {error}", **_about(key, outcome), error=str(error))
        return self._fault(turn, "conflict")

    def _fault(self, turn: _Turn, outcome: str) -> float:
        turn.faults += 1
        longest = min(_LONGEST_RETRY_SECONDS, _FIRST_RETRY_SECONDS * 2.0 ** min(turn.faults - 1, 20))
        self._metrics.stage_passes.labels(outcome).inc()
        return longest * (0.5 + 0.5 * self._random())

    def _ended(self, outcome: str, again_seconds: float | None) -> float | None:
        self._metrics.stage_passes.labels(outcome).inc()
        return again_seconds

    def _again(self, key: StageKey, turn: _Turn) -> None:
        turn.timer = None
        if not turn.busy and self._running:
            self._begin(key, turn)


def _called_off(failure: Failure) -> None:
    """The controller has stopped."""
    failure.trap(CancelledError)


def _cancel(turn: _Turn) -> None:
    if turn.timer is not None:
        turn.timer.cancel()
        turn.timer = None


def _about(key: StageKey, outcome: str) -> dict[str, Any]:
    """The fields of a line about a Stage."""
    return {"key": str(key), "kind": "Stage", "namespace": key.project, "name": key.stage, "outcome": outcome}
