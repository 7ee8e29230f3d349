"""Running well, and saying how: lines of ``/readyz?verbose``, the reactor's delays, clocks, the garbage collector."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Protocol

from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger, LogLevel

from promoter_view.boundaries import Recorder, ViewReader
from promoter_view.clocks import WallClock
from promoter_view.complaints import Complaint
from promoter_view.kubernetes.reflecting.reflector import ReflectorStatus
from promoter_view.log.offsets import refusal
from promoter_view.metrics import Metrics
from promoter_view.periodic import Periodic
from promoter_view.records import ListPath, LogStatus, ObjectKey

#: How far a replica may lag behind the others and count as ready.
MAX_LAG_SECONDS = 30.0
_STALL_PROBE_SECONDS = 0.1
_SETTLE_SECONDS = 60.0
_CLOCK_SECONDS = 1.0
#: What a busy program makes in so long takes some milliseconds to visit; in a second it was 70.
_YOUNG_SECONDS = 0.1
#: While very much is made: what is made in so long takes some milliseconds to visit.
_HELD_SECONDS = 0.02
#: Moments that are read one after the other, without an end, put off for so long what is done at other times.
_LONG_HELD_SECONDS = 60.0
#: The collector's second generation, all but the last, and the last.
_YOUNG, _OLD = 1, 2
#: Python's own, but for the last: by itself it makes no full collection.
_THRESHOLDS = (700, 10, 1 << 30)
#: Of so many objects a collection takes 5 ms of processor time; 30 where they are spread over the memory.
_FEW = 15_000
#: By how much the program grows until all of it is collected once.
_GROWTH = 1.5
#: By so many moments of the past it grows for good: the last few are kept.
_FIRST_HELD = 8
#: Clocks that are slewed drift by half a millisecond a second: more than this in one is a step.
_STEP_SECONDS = 1.0


class Collector(Protocol):
    """What is asked of the module gc."""

    def disable(self) -> None:
        """Collect nothing."""

    def enable(self) -> None:
        """Collect as usual."""

    def freeze(self) -> None:
        """Never look again at what lives now."""

    def unfreeze(self) -> None:
        """Look at all of it again."""

    def get_objects(self, generation: int) -> Sequence[object]:
        """What is in that generation."""

    def collect(self, generation: int) -> int:
        """Collect that generation and those below, now."""

    def set_threshold(self, first: int, second: int, third: int, /) -> None:
        """When a generation is collected: see the module gc."""


def log_trouble(status: LogStatus) -> str | None:
    """Why the log is no reason to be ready, in one line. A replica that lags is not: there are others."""
    if not status.head:
        return status.fault or "the event log is not open yet"
    if status.lag_seconds > MAX_LAG_SECONDS:
        why = status.fault or "etcd or this process is slow"
        return f"this replica may have missed records of others for {status.lag_seconds:.0f} s: {why}"
    return None


def log_line(status: LogStatus) -> str:
    """The event log in one line."""
    if status.fault:
        return f"the event log cannot be written, the last state is served: {status.fault}"
    extent = f"head {status.head}, first {status.first}, {status.size} bytes, {status.pending_events} events pending"
    if status.warning:
        return f"{status.warning}; {extent}"
    return f"{status.standing}, {status.lag_seconds:.1f} s behind at most; {extent}" if status.standing else extent


def reflectors_line(statuses: Sequence[ReflectorStatus], now: float) -> str:
    """All reflectors in one line: how many watch, and each that does not, by path, with its last error."""
    others = [status for status in statuses if not status.is_well(now)]
    words = [f"{len(statuses) - len(others)} of {len(statuses)} list paths are watched"]
    return "; ".join([*words, *(_reflector_words(status, now) for status in others)])


def _reflector_words(status: ReflectorStatus, now: float) -> str:
    """A path of which there is nothing to read is not late, and in no trouble."""
    words = f"{status.path.id}: {status.state} for {now - status.since:.0f} s"
    if status.spared:
        return f"{words}: {status.last_error}" if status.last_error else words
    return f"{words}, last read {now - status.read_at:.0f} s ago: {status.last_error or 'no trouble yet'}"


def unreadable_line(unreadable: Iterable[ObjectKey]) -> str:
    """The objects whose newest state could not be read, by kind: health is for everybody to see, names are not."""
    kinds = Counter(key.kind for key in unreadable)
    if not kinds:
        return "every object could be read"
    told = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    return f"{told} could not be read: an older state of each is served, or none; see the log lines"


def first_state(paths: Sequence[ListPath], recorder: Recorder | None) -> str:
    """Why bundles are not built yet, in one line. ``recorder`` is None until the log is replayed."""
    if recorder is None:
        return "the event log is being replayed"
    missing = [path.id for path in paths if recorder.position(path) is None]
    if not missing:
        return "waiting for the first state to be written to the event log"
    return f"waiting for the first state of {len(missing)} list paths: {', '.join(missing)}"


class SettledMemory:
    """Keeps the garbage collector off the state: off while the first is built, then told to look past it for good.

    A full collection visits every object that lives, millions here, and holds the reactor for it; yet none of them is
    garbage, and what replaces them is freed by reference counts. ``collector`` is the module gc.

    Afterwards the young are collected ten times a second. By itself Python counts what was made less what was freed,
    which for caches that are full is nothing: what is made gathers for half a minute, and is then looked at in one
    turn. What stays of the young is collected once more when that is as much as a turn may take, and is then looked
    past too.

    Very many objects are made for a moment of the past, and go by reference counts. While one is read (``hold``) the
    young are collected every few milliseconds and so never many at a time. Then what lives is looked past as well.

    What is looked past and becomes garbage in a cycle stays, such as a connection of the time. So once the program has
    become half as large again, all is collected, in one long turn. ``size`` gives how large it is, in any unit.
    """

    def __init__(
        self, views: ViewReader, *, reactor: IReactorTime, collector: Collector, size: Callable[[], float]
    ) -> None:
        self._views = views
        self._collector = collector
        self._size = size
        self._reactor = reactor
        self._patience: IDelayedCall | None = None
        self._enough = 0.0
        self._young = Periodic(reactor, lambda: _YOUNG_SECONDS, self._collect)
        self._held = Periodic(reactor, lambda: _HELD_SECONDS, self._collect_young)
        self._held_since: float | None = None
        self._times_held = 0

    def start(self) -> None:
        """Collect nothing until the first state is there, but never for longer than a minute."""
        self._collector.disable()
        self._views.subscribe(self)
        self._patience = self._reactor.callLater(_SETTLE_SECONDS, self._settle)

    def stop(self) -> None:
        """Collect as usual."""
        if self._patience is not None:
            self._settle()
        self._young.stop()
        self._held.stop()

    def wake(self) -> None:
        """The head has moved (Wakeable)."""
        if self._views.ready:
            self._settle()

    def hold(self, is_held: bool) -> None:
        """Very much is being made; False: no more. Nothing of it before the first state."""
        self._held.stop()
        self._held_since = self._reactor.seconds() if is_held else None
        if self._patience is not None:
            return
        if is_held:
            self._collector.disable()
            self._held.start()
        else:
            self._collect_young()
            self._collector.freeze()
            self._collector.enable()
            self._times_held += 1
            if self._times_held <= _FIRST_HELD:
                self._enough = max(self._enough, _GROWTH * self._size())

    def _collect(self) -> None:
        if self._held_since is not None and self._reactor.seconds() < self._held_since + _LONG_HELD_SECONDS:
            self._collect_young()
        elif self._size() > self._enough:
            self._collect_all()
        else:
            self._collect_some()

    def _collect_young(self) -> None:
        self._collector.collect(_YOUNG)

    def _collect_some(self) -> None:
        """No more than a turn has time for. What was made all at once, as a state is, is looked past as it is."""
        self._collect_young()
        # One call of C: a thread would find the tuple that it makes held by this list as well, and fail (SystemError).
        old = next(map(len, map(self._collector.get_objects, (_OLD,))))
        if _FEW < old <= 2 * _FEW:
            self._collector.collect(_OLD)
        if old > _FEW:
            self._collector.freeze()

    def _collect_all(self) -> None:
        self._collector.unfreeze()
        self._collector.collect(_OLD)
        self._pass_over()

    def _pass_over(self) -> None:
        self._collector.freeze()
        self._enough = _GROWTH * self._size()

    def _settle(self) -> None:
        self._views.unsubscribe(self)
        if self._patience is not None and self._patience.active():
            self._patience.cancel()
        self._patience = None
        self._pass_over()
        self._collector.set_threshold(*_THRESHOLDS)
        self._collector.enable()
        self._young.start()


class StallMeter(Periodic):
    """Observes by how much a call every 100 ms comes late: what holds the reactor, everybody waits for."""

    def __init__(self, *, reactor: IReactorTime, metrics: Metrics) -> None:
        super().__init__(reactor, lambda: _STALL_PROBE_SECONDS, self._probe)
        self._observe = metrics.reactor_stall_seconds.observe
        self._asked_at = 0.0

    def start(self) -> None:
        """See Periodic."""
        self._asked_at = self._clock.seconds()
        super().start()

    def _probe(self) -> None:
        asked_at, self._asked_at = self._asked_at, self._clock.seconds()
        self._observe(max(0.0, self._asked_at - asked_at - _STALL_PROBE_SECONDS))


class ClockWatch(Periodic):
    """Looks every second whether the wall clock has stepped against the monotonic one, and whether it is believed.

    Nothing waits for the wall clock, so a step costs nothing; who reads dates in logs and on pages is to know of it.
    ``newest`` gives the newest offset of the event log, 0 for none (log/offsets.py tells what is refused, and why).
    """

    _log = Logger()

    def __init__(self, *, reactor: IReactorTime, wall: WallClock, metrics: Metrics, newest: Callable[[], int]) -> None:
        super().__init__(reactor, lambda: _CLOCK_SECONDS, self._check)
        self._wall = wall
        self._metrics = metrics
        self._newest = newest
        self._ahead = self._measure()
        self._refused = Complaint(
            self._log,
            "{message}; until then offsets increase by one",
            over="the clock of this host is used for offsets again",
            level=LogLevel.error,
        )
        self._stepped = ""
        for direction in ("forward", "back"):
            metrics.clock_steps.labels(direction)

    def line(self) -> str:
        """How the clock stands, in one line."""
        if self._refused.message:
            return f"not used for offsets, which increase by one: {self._refused.message}"
        return self._stepped or "has not stepped since the start"

    def _measure(self) -> float:
        return self._wall() - self._clock.seconds()

    def _check(self) -> None:
        before, self._ahead = self._ahead, self._measure()
        if abs(self._ahead - before) > _STEP_SECONDS:
            self._note_step(self._ahead - before)
        self._note_refusal(refusal(self._newest(), self._wall()))

    def _note_step(self, seconds: float) -> None:
        direction = "forward" if seconds > 0 else "back"
        self._metrics.clock_steps.labels(direction).inc()
        self._stepped = f"stepped {direction} by {abs(seconds):.1f} s, to {_stamp(self._wall())}"
        self._log.warn("the wall clock of this host {stepped}; nothing waits for it", stepped=self._stepped)

    def _note_refusal(self, why: str | None) -> None:
        self._metrics.clock_refused.set(why is not None)
        if why is None:
            self._refused.clear()
        else:
            self._refused.set(why)


def _stamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
