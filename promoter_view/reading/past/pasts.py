"""Moments of the past as they are asked for: from memory where that reaches back so far, else from the log.

Requests for one moment share one replay, two run at a time, and the last few moments are kept.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime

from twisted.internet.defer import CancelledError, Deferred, DeferredSemaphore, succeed
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from promoter_view.kubernetes.cleaning import CleaningRules
from promoter_view.log.errors import LogDamaged, LogError, LogShortened
from promoter_view.log.offsets import milliseconds_of
from promoter_view.log.past import LogPast
from promoter_view.reading.past.asked import AskedMoment
from promoter_view.reading.past.cleaned import CleanedPast
from promoter_view.reading.past.memory import began_ms, neighbours
from promoter_view.reading.past.replay import NO_LIMIT, Replay, at_end_of
from promoter_view.reading.past.state import PastState, state_of
from promoter_view.reading.past.times import Validity
from promoter_view.runtime import Runtime
from promoter_view.slices import cooperator, in_slices, outcome_in_slices
from promoter_view.views.history import Expired, require_come
from promoter_view.views.projector import Projector
from promoter_view.views.versions import LAST_PLACE, split
from promoter_view.web.errors import MomentGone, NotReady, PastUnavailable, TooManyRequests

#: Each holds one whole state while it runs, beside the bytes that it shares with the state of now.
_AT_ONCE = 2
#: Who wait beside those that run.
_MOST_WAITING = 16
#: Moments that are kept. Each holds the bundles that have changed since.
_KEPT = 4
_RETRY_SECONDS = 2
#: How often a moment is looked for where the log is shortened meanwhile.
_ATTEMPTS = 3


class Pasts:
    """``views`` are those of now; ``log`` None: what is in memory is all there is. ``barrier`` is the event log's.

    ``make`` gives an empty projector, ``rules`` are today's cleaning rules by kind, ``generation`` today's.
    """

    _log = Logger()

    def __init__(
        self,
        views: Projector,
        log: LogPast | None,
        make: Callable[[], Projector],
        rules: Mapping[str, CleaningRules],
        *,
        generation: int,
        runtime: Runtime,
        barrier: Callable[[], Deferred[None]] = lambda: succeed(None),
    ) -> None:
        self._views = views
        self._barrier = barrier
        self._held = log
        self._make = make
        self._rules = rules
        self._generation = generation
        self._reactor: IReactorTime = runtime.reactor
        self._wall = runtime.wall
        self._freeing = cooperator(runtime.reactor)
        self._running = DeferredSemaphore(_AT_ONCE)
        self._asked: dict[AskedMoment, list[Deferred[PastState]]] = {}
        self._ending: dict[AskedMoment, Deferred[None]] = {}
        self._kept: OrderedDict[int, PastState] = OrderedDict()
        self._earliest: tuple[int, str] | None = None
        self._restorations = views.restorations
        self._replays = 0
        self._reading: Callable[[bool], None] = lambda _: None

    async def close(self) -> None:
        """No log is read any more."""
        if self._held is not None:
            await self._held.close()

    def attend(self, reading: Callable[[bool], None]) -> None:
        """Has ``reading`` told True when a log begins to be read, and False when nothing is left of all that were."""
        self._reading = reading

    async def at(self, moment: AskedMoment) -> PastState:
        """The state of that moment, the same at each replica.

        Errors: NotReady, MomentGone, Expired, Ahead, TooManyRequests, PastUnavailable, those of the barrier.
        """
        views = self._views
        if not views.ready:
            raise NotReady()
        now_ms = int(self._wall() * 1000)
        if moment.resource_version:
            await self._require_come(moment.resource_version)
        elif moment.time_ms >= now_ms:
            await self._barrier()
            return self._newest(now_ms)
        found = self._found(moment) or await self._shared(moment)
        self._keep(found)
        return found

    async def make(self, past: PastState) -> None:
        """Makes all of its bundles, for whoever asks for something of all at once."""
        await in_slices(past.late(), reactor=self._reactor)

    async def _require_come(self, resource_version: int) -> None:
        """Errors: Ahead, Expired, those of the barrier."""
        if resource_version > self._views.head:
            await self._barrier()
        require_come(resource_version, self._views.head)
        if split(resource_version).generation != self._generation:
            raise Expired(resource_version, self._views.horizon)

    def _newest(self, now_ms: int) -> PastState:
        """What is there now: nothing is known of what comes later."""
        views = self._views
        found = {view: views.list(view) for view in views.definitions}
        newest = max((bundle.resource_version for bundles in found.values() for bundle in bundles), default=0)
        return state_of(views.definitions, found, views.head, Validity(now_ms, now_ms), changed=newest, following=0)

    def _found(self, moment: AskedMoment) -> PastState | None:
        if self._restorations != self._views.restorations:  # it may be of a log that was put back
            self._kept.clear()
            self._earliest, self._restorations = None, self._views.restorations
        if moment.resource_version:
            return self._kept.get(moment.resource_version)
        kept = (past for past in self._kept.values() if past.span.holds(moment.time_ms, self._views.head))
        # One that was asked for in the middle of an offset has not all of that moment.
        return next((past for past in kept if split(past.views.head).place == LAST_PLACE), None)

    def _keep(self, past: PastState) -> None:
        head = past.views.head
        self._kept[head] = past
        self._kept.move_to_end(head)
        if len(self._kept) > _KEPT:
            self._kept.popitem(last=False)

    def _shared(self, moment: AskedMoment) -> Deferred[PastState]:
        """One replay for all who ask for the same while it runs."""
        waiting: Deferred[PastState] = Deferred()
        if moment in self._asked:
            self._asked[moment].append(waiting)
            return waiting
        if len(self._asked) >= _AT_ONCE + _MOST_WAITING:
            raise TooManyRequests("too many moments of the past are being read: try again", _RETRY_SECONDS)
        self._asked[moment] = [waiting]
        self._running.run(lambda: Deferred.fromCoroutine(self._read(moment)).addBoth(self._tell, moment))
        return waiting

    def _tell(self, result: PastState | Failure, moment: AskedMoment) -> Deferred[None] | None:
        """Fires once nothing is left of its replay, which runs until then."""
        ending = self._ending.pop(moment, None)
        for waiting in self._asked.pop(moment):
            waiting.callback(result)
        return ending

    async def _read(self, moment: AskedMoment) -> PastState:
        if all(waiting.called for waiting in self._asked[moment]):
            raise CancelledError  # nobody waits for it any more
        restorations = self._views.restorations
        try:
            found = await self._looked_up(moment)
        except LogError as error:
            self._log.warn("a moment of the past cannot be read: {error}", error=error)
            raise PastUnavailable("the log cannot be read now: try again") from error
        if restorations != self._views.restorations:
            raise PastUnavailable("the log was read anew meanwhile: try again")
        return found

    async def _looked_up(self, moment: AskedMoment) -> PastState:
        """Errors: those of ``at``, LogError."""
        log = self._held
        if moment.resource_version:
            try:
                return await self._from_memory(moment)
            except Expired:
                if log is None:
                    raise MomentGone(moment.text, _written(began_ms(self._views))) from None
        else:
            await self._barrier()
        if log is None:
            return await self._from_memory(moment)
        for _ in range(_ATTEMPTS - 1):
            with suppress(LogShortened):
                return await self._from_log(log, moment)
        return await self._from_log(log, moment)

    async def _from_memory(self, moment: AskedMoment) -> PastState:
        """Errors: Expired, MomentGone."""
        views, head = self._views, moment.resource_version
        if not head and moment.time_ms < began_ms(views):
            raise MomentGone(moment.text, _written(began_ms(views)))
        near = await outcome_in_slices(neighbours(views, moment), reactor=self._reactor)
        changed = near.before.resource_version if near.before else views.horizon
        found = {view: views.list_at(view, "", head or at_end_of(changed)) for view in views.definitions}
        span = near.span(moment, views.head)
        if self._held is not None:  # it has times of records that changed nothing too
            span = Validity(span.since_ms, span.since_ms)
        following = at_end_of(near.after.resource_version) if near.after else 0
        head = head or at_end_of(changed)
        return state_of(views.definitions, found, head, span, changed=changed, following=following)

    async def _from_log(self, log: LogPast, moment: AskedMoment) -> PastState:
        """Errors: MomentGone, Expired, LogError."""
        replay = found = None
        self._count(1)
        try:
            points = [point for point in await log.points() if _begins_before(point, moment)]
            replay = await self._begun(log, reversed(points), _limit(moment))
            if replay is None:
                raise MomentGone(moment.text, await self._first(log))
            found = await self._replayed(replay, moment)
            return found
        finally:
            # Whoever waits for the moment does not wait for that.
            ending = succeed(None) if replay is None else Deferred.fromCoroutine(self._let_go(replay, found))
            self._ending[moment] = ending.addBoth(lambda _: self._count(-1))
            if replay is not None:
                await replay.close()

    async def _let_go(self, replay: Replay, shown: PastState | None) -> None:
        """Nothing is left of the replay. Before, all bundles are made where somebody may look at them."""
        made = self._freeing.coiterate(iter(()) if shown is None else shown.late())
        await made.addErrback(lambda failure: self._log.failure("bundles of a past moment cannot be made", failure))
        await self._freeing.coiterate(replay.projector.forget())

    def _count(self, more: int) -> None:
        self._replays += more
        if self._replays == max(more, 0):
            self._reading(more > 0)

    async def _replayed(self, replay: Replay, moment: AskedMoment) -> PastState:
        head = self._views.head
        newest = split(head).offset
        await replay.through(lambda record, latest: record.offset <= newest and moment.holds(record.offset, latest))
        if replay.next is None and replay.last < newest:
            raise LogDamaged("the log ends before its newest record")
        if moment.resource_version and replay.is_lost(moment.offset):
            raise Expired(moment.resource_version, self._views.horizon)
        if not replay.built:
            raise MomentGone(moment.text, await _complete_from(replay))
        return await self._finished(replay, moment, replay.span(moment.time_ms, head))

    async def _begun(self, log: LogPast, points: Iterable[int], limit: int = NO_LIMIT) -> Replay | None:
        """A replay from the first of those that can be read; None where there is none."""
        known = self._views.snapshot().objects
        views = {each.root.kind: each.plural for each in self._views.definitions.values()}
        generation, untold, reactor = self._generation, self._views.derived.untold, self._reactor
        for point in points:
            cleaned = CleanedPast(self._rules, known.get, views)
            replay = Replay(
                log, point, self._make(), cleaned, untold, generation=generation, limit=limit, reactor=reactor
            )
            with suppress(LogDamaged, LogShortened):
                await replay.begin()
                return replay
        return None

    async def _finished(self, replay: Replay, moment: AskedMoment, span: Validity) -> PastState:
        projector = replay.projector
        head = moment.resource_version or projector.head
        at = min(head, projector.head)  # at some offsets nothing was recorded
        found = {view: projector.list_at(view, "", at) for view in projector.definitions}
        definitions, changed, late = projector.definitions, replay.changed, projector.state.late.steps
        following = await replay.following()
        return state_of(definitions, found, head, span, changed=changed, following=following, late=late)

    async def _first(self, log: LogPast) -> str:
        """The earliest moment that can be asked for, "" for none; kept as long as the log begins where it does."""
        points = await log.points()
        if not points:
            return ""
        if self._earliest is None or self._earliest[0] != points[0]:
            replay = await self._begun(log, points)
            if replay is None:
                return ""
            try:
                self._earliest = (points[0], await _complete_from(replay))
            finally:
                Deferred.fromCoroutine(self._let_go(replay, None))
                await replay.close()
        return self._earliest[1]


async def _complete_from(replay: Replay) -> str:
    """When the first complete state from there on is, "" where none is."""
    if not replay.built:
        await replay.through(lambda *_: not replay.built, most=1)
    return _written(replay.time_ms) if replay.built else ""


def _begins_before(point: int, moment: AskedMoment) -> bool:
    """Whether all up to that point is part of the moment's state. No record is later than its offset tells."""
    if not moment.resource_version:
        return milliseconds_of(point) <= moment.time_ms
    return point < moment.offset + (split(moment.resource_version).place == LAST_PLACE)


def _limit(moment: AskedMoment) -> int:
    """In the middle of an offset its changes are to be had one by one."""
    inside = moment.resource_version and split(moment.resource_version).place != LAST_PLACE
    return moment.offset - 1 if inside else NO_LIMIT


def _written(ms: int) -> str:
    """As RFC 3339 has it, to the second, not earlier."""
    return datetime.fromtimestamp(-(-ms // 1000), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
