"""A reflector: the thin driver of one list path's core. It decides nothing; it asks, records, waits and reports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater
from twisted.logger import Logger, LogLevel

from promoter_view.boundaries import Recorder
from promoter_view.complaints import Complaint
from promoter_view.kubernetes.cleaning import CleaningRules
from promoter_view.kubernetes.documents import Parameters
from promoter_view.kubernetes.outcomes import ClusterError, Outcome
from promoter_view.kubernetes.reflecting.core import SPARED, ReflectorCore, ReflectorState
from promoter_view.kubernetes.reflecting.gathering import is_named
from promoter_view.kubernetes.reflecting.lines import LineSource, OpenLines
from promoter_view.kubernetes.reflecting.messages import (
    Actions,
    AllowIdle,
    Answered,
    Begin,
    Bookmark,
    Breathe,
    Delete,
    Ended,
    Failed,
    Fetch,
    Forget,
    Input,
    Line,
    Malformed,
    Note,
    Open,
    PassOver,
    Put,
    Reconcile,
    Request,
    Spare,
    Timing,
    Wait,
    Woke,
)
from promoter_view.kubernetes.reflecting.overtaken import ElsewhereOvertaken
from promoter_view.records import LOST, ListPath
from promoter_view.runtime import Runtime
from promoter_view.slices import begin_slice, endless

_AFTER_DEFECT_SECONDS = 30.0
#: How long a path that is watched may go without anything that could be read.
MAX_UNREAD_SECONDS = 300.0
_SPARED = frozenset(state.value for state in SPARED)


class Cluster(Protocol):
    """What a reflector needs of a client (client.KubernetesClient)."""

    async def get(self, path: str, parameters: Parameters = ()) -> bytes:
        """The body of the answer. Errors: ClusterError."""

    async def stream(self, path: str, parameters: Parameters = (), *, idle_seconds: float) -> LineSource:
        """An open stream. Errors: ClusterError."""


@dataclass(frozen=True, slots=True)
class ReflectorStatus:
    """What a reflector says of itself. ``since`` and ``read_at`` are in the clock's seconds.

    ``read_at``: when it last read a change, a bookmark, or the end of a list; what was only heard does not count, nor
    does the answer that only says where the cluster stands.
    """

    path: ListPath
    state: str
    position: str | None
    since: float
    read_at: float
    last_error: str

    @property
    def spared(self) -> bool:
        """There is nothing to be mirrored: it is not installed, or not permitted and not needed."""
        return self.state in _SPARED

    def is_well(self, now: float) -> bool:
        """It watches, and reads what it hears: a bookmark comes about every minute."""
        return self.state == ReflectorState.WATCHING.value and now - self.read_at < MAX_UNREAD_SECONDS


class Reflector:
    """Mirrors one list path into a recorder until it is stopped, whatever the cluster does."""

    _log = Logger()

    def __init__(
        self,
        path: ListPath,
        rules: CleaningRules,
        *,
        client: Cluster,
        recorder: Recorder,
        runtime: Runtime,
        watch_list: bool = True,
        timing: Timing | None = None,
    ) -> None:
        self.path = path
        self._new_core = lambda: ReflectorCore(
            path, rules, random=runtime.random.random, watch_list=watch_list, timing=timing
        )
        self._core = self._new_core()
        self._client = client
        self._recorder = recorder
        self._clock: IReactorTime = runtime.reactor
        self._metrics = runtime.metrics
        self._overtaken = ElsewhereOvertaken(path, recorder)
        self._running: Deferred[None] | None = None
        self._stopping = False
        self._lines: OpenLines | None = None
        self._slice_is_over = endless()
        self._state = ReflectorState.NEW
        self._since = self._read_at = self._clock.seconds()
        self._last_error = ""
        self._failing = Complaint(self._log, "Reflector of {path}: {message}", again=LogLevel.debug, **_about(path))

    @property
    def status(self) -> ReflectorStatus:
        """For ``/readyz?verbose``."""
        return ReflectorStatus(
            self.path, self._core.standing.value, self._core.position, self._since, self._read_at, self._last_error
        )

    def start(self) -> None:
        """Begins at the position that the recorder holds. Call once."""
        assert self._running is None
        self._running = Deferred.fromCoroutine(self._run())

    def list_anew(self, schema: str) -> None:
        """Its kind has that schema now: an open watch ends at once. What is not there is listed once it is."""
        if self._core.standing in SPARED:
            self._recorder.read_by(self.path, schema)
            return
        self._overtaken.schema = schema
        if self._lines is not None:
            self._lines.give_up()

    def stop(self) -> Deferred[None]:
        """Fires once nothing more is recorded and no connection is left open."""
        self._stopping = True
        done: Deferred[None] = Deferred()
        running, self._running = self._running, None
        if running is None:
            done.callback(None)
            return done
        running.addErrback(lambda failure: failure.trap(CancelledError) and None)
        running.addBoth(lambda result: done.callback(None) if result is None else done.errback(result))
        running.cancel()
        return done

    async def _run(self) -> None:
        while not self._stopping:
            try:
                await self._reflect()
            except CancelledError:
                raise
            except Exception:
                self._log.failure("Reflector of {path}: starting over after a defect", **_about(self.path))
                self._count(Outcome.INTERNAL)
                if not self._stopping:
                    await deferLater(self._clock, _AFTER_DEFECT_SECONDS)

    async def _reflect(self) -> None:
        self._core = self._new_core()
        self._overtaken.begin()
        given: Input = Begin(self._recorder.position(self.path))
        try:
            while not self._stopping:
                request = await self._perform(self._core.receive(given, self._clock.seconds()))
                self._note_state()
                given = self._overtaken.take() or await self._answer(request)
                given = self._overtaken.take() or given
        finally:
            self._close()

    # -- requests

    async def _answer(self, request: Request | None) -> Input:
        try:
            if request is not None:
                self._close()
            match request:
                case Fetch(parameters):
                    body = await self._client.get(self.path.url, parameters)
                    self._slice_is_over = begin_slice(self._clock)
                    return Answered(body)
                case Wait(seconds):
                    await deferLater(self._clock, seconds)
                    return Woke()
                case Open(parameters, idle_seconds):
                    stream = await self._client.stream(self.path.url, parameters, idle_seconds=idle_seconds)
                    self._lines = OpenLines(stream)
            return await self._next_line()
        except ClusterError as error:
            return Failed(error)

    async def _next_line(self) -> Input:
        await self._let_others_run()
        assert self._lines is not None
        if not self._lines.unread:
            await self._recorder.room()
            if not self._overtaken.schema:  # else the next line may be a minute away, and is not wanted
                await self._lines.read()
            self._slice_is_over = begin_slice(self._clock)
        return Line(self._lines.unread.pop()) if self._lines.unread else Ended()

    def _close(self) -> None:
        if self._lines is not None:
            self._lines.stream.close()
            self._lines = None

    # -- actions

    async def _perform(self, actions: Actions) -> Request | None:
        """Carries out what follows from an input, in slices; gives back the request that it ends with."""
        request = None
        for action in actions:
            if isinstance(action, Request):
                request = action
            elif isinstance(action, Reconcile):
                await self._reconcile(action)
            elif isinstance(action, Spare):
                await self._spare()
            else:
                self._do(action)
            await self._let_others_run()
        return request

    async def _let_others_run(self) -> None:
        if not self._slice_is_over():
            return
        await deferLater(self._clock, 0)
        await self._recorder.room()
        self._slice_is_over = begin_slice(self._clock)

    def _do(self, action: AllowIdle | Put | Delete | PassOver | Bookmark | Forget | Malformed | Note | Breathe) -> None:
        match action:
            case Put(key, found, kind):
                self._take(kind)
                self._recorder.put(self.path, key, found, found.resource_version)
            case Delete(key, version, position):
                self._take("DELETED")
                self._recorder.delete(self.path, key, version, position)
            case PassOver(key, unread, position):
                self._recorder.pass_over(self.path, key, unread, position)
            case Bookmark(position):
                self._take("BOOKMARK")
                self._recorder.bookmark(self.path, position)
            case Forget(every_path):
                self._forget(every_path)
            case AllowIdle(seconds) if self._lines is not None:
                self._lines.stream.allow_idle(seconds)
            case Malformed(message, named):
                self._metrics.malformed_objects.labels(self.path.kind).inc()
                log = self._log.debug if named else self._log.warn
                log("Skipped a malformed object: {message}", message=message)
            case Note():
                self._report(action)

    def _forget(self, every_path: bool) -> None:
        if every_path:
            self._recorder.forget_all()
            self._overtaken.begin()
        else:
            self._recorder.forget(self.path)

    async def _reconcile(self, listed: Reconcile) -> None:
        """Puts are compared by the recorder: what is as it was is not appended."""
        for key, found in listed.found.items():
            self._recorder.put(self.path, key, found, None)
            await self._let_others_run()
        for key, unread in listed.passed_over.items():
            if is_named(key, self.path):
                self._recorder.pass_over(self.path, key, unread, None)
        await self._delete_all_but(listed)
        if self._overtaken.is_restored:
            return  # The list is of a past that was undone while it was compared; it is made again.
        self._recorder.bookmark(self.path, listed.position)
        if listed.reason:
            self._metrics.reflector_relists.labels(self.path.kind, listed.reason).inc()

    async def _delete_all_but(self, listed: Reconcile) -> None:
        if not all(key.name for key in listed.passed_over):
            self._log.warn("{path}: an object without a name was listed, so no object is deleted", path=self.path.id)
            return
        for key in list(self._recorder.keys(self.path)):
            if key not in listed.found and key not in listed.passed_over:
                self._recorder.delete(self.path, key, listed.position, None)
                await self._let_others_run()

    async def _spare(self) -> None:
        """Objects of which it is not known by which rules they were made would otherwise be shown."""
        if not self._recorder.is_known(self.path):
            await self._reconcile(Reconcile({}, {}, LOST, ""))

    # -- reports

    def _take(self, kind: str) -> None:
        self._metrics.reflector_events.labels(self.path.kind, kind).inc()

    def _count(self, outcome: Outcome) -> None:
        self._metrics.reflector_outcomes.labels(self.path.kind, outcome.value).inc()

    def _note_state(self) -> None:
        core = self._core
        if core.standing is not self._state:
            self._state = core.standing
            self._since = self._clock.seconds()
        if core.read_at is not None and core.read_at > self._read_at:
            self._read_at = core.read_at
            self._failing.clear()

    def _report(self, note: Note) -> None:
        """A failure that repeats itself is logged once, until the path is read again."""
        self._count(note.outcome)
        if not note.message:
            return
        told = f"{note.outcome.value}: {note.message}"
        if note.failure:
            self._last_error = told
            self._failing.set(told, reason=note.outcome, outcome=note.outcome.value)
        else:
            outcome = note.outcome.value
            self._log.info("Reflector of {path}: {message}", message=told, outcome=outcome, **_about(self.path))


def _about(path: ListPath) -> dict[str, Any]:
    """The fields of a line about a path."""
    return {"path": path.id, "kind": path.kind, "namespace": path.namespace}
