"""Reflects the undeclared kinds that the cluster has, one by one: none holds another up, nor anything declared.

What is taken up is a record of the log, so that all who read it agree; who writes the log decides. A kind that may not
be read, or of which there is too much, is left out, and named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from twisted.internet.defer import CancelledError, Deferred, DeferredList, DeferredLock
from twisted.internet.task import deferLater
from twisted.logger import Logger
from twisted.python.failure import Failure

from promoter_view.boundaries import Recorder
from promoter_view.kubernetes.cleaning import CleaningRules
from promoter_view.kubernetes.client.polling import POLL_SECONDS
from promoter_view.kubernetes.kinds import PROMOTER_GROUP, Kind
from promoter_view.kubernetes.reflecting.core import ReflectorState
from promoter_view.kubernetes.reflecting.needs import Need
from promoter_view.kubernetes.reflecting.reflector import Cluster, ReflectorStatus
from promoter_view.kubernetes.reflecting.reflectors import Reflectors
from promoter_view.kubernetes.undeclared.bounded import BoundedCluster
from promoter_view.kubernetes.undeclared.bounds import Allowance, Bounds
from promoter_view.kubernetes.undeclared.classification import (
    LeftOut,
    Taken,
    classify,
    resource_of,
    still_so,
)
from promoter_view.kubernetes.undeclared.following import KindFollower
from promoter_view.records import ListPath, UndeclaredKind
from promoter_view.runtime import Runtime
from promoter_view.slices import begin_slice

_TAKEN_UP = "taken_up"
_BOUNDS = Bounds()
#: Kinds in one line.
_MAX_NAMED = 20


@dataclass(frozen=True, slots=True)
class UndeclaredScope:
    """What undeclared kinds may not be called, on which paths one is listed, and what is served (``needs.Needs``)."""

    taken: Taken
    paths: Callable[[Kind], Sequence[ListPath]]
    needs: Sequence[Need]


class UndeclaredReflectors:
    """Those of one term of writing: they ``start`` once strays have left the log, and ``stop`` at its end."""

    _log = Logger()

    def __init__(
        self,
        scope: UndeclaredScope,
        *,
        cluster: Cluster,
        recorder: Recorder,
        runtime: Runtime,
        bounds: Bounds = _BOUNDS,
        poll_seconds: float = POLL_SECONDS,
    ) -> None:
        self._scope = scope
        self._cluster = cluster
        self._recorder = recorder
        self._runtime = runtime
        self._clock = runtime.reactor
        self._bounds = bounds
        self._follower = KindFollower(
            client=cluster,
            clock=runtime.reactor,
            random=runtime.random.random,
            found=self._follow,
            poll_seconds=poll_seconds,
        )
        self._running: dict[str, Reflectors] = {}
        self._missing: frozenset[UndeclaredKind] = frozenset()
        self._unfit: Mapping[str, LeftOut] = {}
        self._exceeded: dict[str, LeftOut] = {}
        self._told: Mapping[str, LeftOut] = {}
        self._changing = DeferredLock()
        self._leaving: set[Deferred[None]] = set()

    def kept(self) -> Sequence[ListPath]:
        """The paths of what the log has taken up, as far as it is still so: what else it has of such kinds is to go."""
        return [path for kind in self._still() for path in self._paths(kind)]

    def start(self) -> None:
        """Lets go what is no longer so, reflects the rest, and looks for more."""
        self._recorder.take_up(self._still())
        for outcome in (_TAKEN_UP, *LeftOut):
            self._runtime.metrics.undeclared_kinds.labels(outcome).set_function(partial(self._count, outcome))
        for kind in self._recorder.kinds:
            self._begin(kind)
        self._follower.start()

    def stop(self) -> Deferred[None]:
        """Fires once nothing more is recorded."""
        self._follower.stop()
        for leaving in tuple(self._leaving):
            leaving.cancel()
        self._runtime.metrics.undeclared_kinds.clear()
        stopping = DeferredList([each.stop() for each in self._running.values()], consumeErrors=True)
        return stopping.addCallback(lambda _: None)

    def list_anew(self, path: ListPath, schema: str) -> None:
        """The kind of that path, should it be one of these, has that schema now."""
        for reflectors in self._running.values():
            reflectors.list_anew(path, schema)

    def statuses(self) -> tuple[ReflectorStatus, ...]:
        """One a path."""
        return tuple(status for reflectors in self._running.values() for status in reflectors.statuses())

    def line(self) -> str:
        """Which are taken up, and which are left out and why, in one line."""
        left_out = self._left_out()
        words = ["taken up: " + (", ".join(sorted(self._running.keys() - left_out.keys())) or "none")]
        if left_out:
            words.append(f"left out: {_named(left_out)}")
        return "; ".join((*words, self._follower.problem) if self._follower.problem else words)

    async def _follow(self, found: Mapping[str, Kind], names_root: Mapping[str, bool]) -> None:
        """A server that has just started publishes custom resources late: what is missing is let go the second time."""
        in_force = {kind.kind for kind in self._recorder.kinds}
        classified = classify(found, names_root, taken=self._scope.taken, in_force=in_force)
        self._unfit = classified.left_out
        wanted = [kind for kind in classified.kinds if kind.kind not in self._exceeded]
        missed_before, self._missing = self._missing, frozenset(self._recorder.kinds) - frozenset(wanted)
        for kind in sorted(self._missing & missed_before):
            await self._changing.run(partial(self._leave, kind))
        taken_up = {kind.kind for kind in self._recorder.kinds}
        for kind in wanted:
            # Asked once more: one may have become too much while others were let go.
            if kind.kind not in taken_up and kind.kind not in self._exceeded:
                self._take_up(kind)
        self._tell()

    def _take_up(self, kind: UndeclaredKind) -> None:
        self._log.info(
            "{kind} of {group} is now read: its objects are members, in the field {field}",
            kind=kind.kind,
            group=PROMOTER_GROUP,
            field=kind.field,
        )
        self._recorder.take_up(_in_order((*self._recorder.kinds, kind)))
        self._begin(kind)

    def _begin(self, kind: UndeclaredKind) -> None:
        allowance = Allowance(self._bounds, now=self._clock.seconds, exceeded=partial(self._exceed, kind))
        self._recorder.limit(kind.kind, allowance)
        reflectors = self._running[kind.kind] = Reflectors(
            self._paths(kind),
            {kind.kind: CleaningRules(resource_of(kind))},
            clusters={"": BoundedCluster(self._cluster, allowance)},
            recorder=self._recorder,
            runtime=self._runtime,
            # In pages, which are counted before all that there is has been read.
            watch_list=False,
            needs=self._scope.needs,
        )
        reflectors.start()

    def _exceed(self, kind: UndeclaredKind, bound: LeftOut) -> None:
        """Called by who is to be stopped for it."""
        self._exceeded[kind.kind] = bound
        leaving = Deferred.fromCoroutine(self._leave_soon(kind))
        self._leaving.add(leaving)
        leaving.addErrback(self._broken).addBoth(lambda _: self._leaving.discard(leaving))

    async def _leave_soon(self, kind: UndeclaredKind) -> None:
        await deferLater(self._clock, 0)
        self._tell()
        await self._changing.run(partial(self._leave, kind))

    def _leave(self, kind: UndeclaredKind) -> Deferred[None]:
        return Deferred.fromCoroutine(self._let_go(kind))

    async def _let_go(self, kind: UndeclaredKind) -> None:
        """Its objects go first, each a change of its own; then nothing is left of it."""
        if kind not in self._recorder.kinds:
            return
        if kind.kind in self._running:
            await self._running[kind.kind].stop()
            del self._running[kind.kind]
        for path in self._paths(kind):
            await self._clear(path)
        self._recorder.limit(kind.kind, None)
        self._recorder.take_up(tuple(each for each in self._recorder.kinds if each != kind))
        self._log.info("{kind} of {group} is no longer read", kind=kind.kind, group=PROMOTER_GROUP)

    async def _clear(self, path: ListPath) -> None:
        # Should it come back, it is to be listed.
        self._recorder.forget(path)
        slice_is_over = begin_slice(self._clock)
        for key in list(self._recorder.keys(path)):
            self._recorder.delete(path, key, "", None)
            if slice_is_over():
                await deferLater(self._clock, 0)
                await self._recorder.room()
                slice_is_over = begin_slice(self._clock)

    def _still(self) -> tuple[UndeclaredKind, ...]:
        return tuple(kind for kind in self._recorder.kinds if still_so(kind, self._scope.taken))

    def _paths(self, kind: UndeclaredKind) -> Sequence[ListPath]:
        return self._scope.paths(resource_of(kind))

    def _left_out(self) -> Mapping[str, LeftOut]:
        withheld = {
            status.path.kind: LeftOut.NOT_PERMITTED
            for status in self.statuses()
            if status.state == ReflectorState.WITHHELD.value
        }
        return {**self._unfit, **withheld, **self._exceeded}

    def _count(self, outcome: str) -> int:
        left_out = self._left_out()
        if outcome == _TAKEN_UP:
            return len(self._running.keys() - left_out.keys())
        return sum(why == outcome for why in left_out.values())

    def _tell(self) -> None:
        told, self._told = self._told, self._left_out()
        untold = dict(self._told.items() - told.items())
        if untold:
            self._log.warn(
                "undeclared kinds of {group} are left out: {kinds}", group=PROMOTER_GROUP, kinds=_named(untold)
            )

    def _broken(self, failure: Failure) -> None:
        if not failure.check(CancelledError):
            self._log.failure("an undeclared kind could not be removed", failure)


def _in_order(kinds: Iterable[UndeclaredKind]) -> tuple[UndeclaredKind, ...]:
    return tuple(sorted(kinds, key=lambda kind: kind.field))


def _named(left_out: Mapping[str, LeftOut]) -> str:
    """Each with the reason, as far as a line has room."""
    words = [f"{kind} ({why.value.replace('_', ' ')})" for kind, why in sorted(left_out.items())]
    more = len(words) - _MAX_NAMED
    return ", ".join(words[:_MAX_NAMED]) + (f" and {more} others" if more > 0 else "")
