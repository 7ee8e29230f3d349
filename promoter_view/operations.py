"""Running well, and saying how: the lines of ``/readyz?verbose``, the reactor's delays, the garbage collector."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from twisted.internet.interfaces import IDelayedCall, IReactorTime

from promoter_view.boundaries import Recorder, ViewReader
from promoter_view.kubernetes.reflector import ReflectorStatus
from promoter_view.kubernetes.reflector_core import State
from promoter_view.metrics import Metrics
from promoter_view.records import ListPath, LogStatus

#: How far a replica may lag behind the others and count as ready.
MAX_LAG_SECONDS = 30.0
_STALL_PROBE_SECONDS = 0.1
_SETTLE_SECONDS = 60.0


class Collector(Protocol):
    """What is asked of the module gc."""

    def disable(self) -> None:
        """Collect nothing."""

    def enable(self) -> None:
        """Collect as usual."""

    def freeze(self) -> None:
        """Never look again at what lives now."""


def log_trouble(status: LogStatus) -> str | None:
    """Why the log is no reason to be ready, in one line. A replica that lags is not: there are others."""
    if not status.head:
        return status.fault or "the event log is not open yet"
    if status.lag_seconds > MAX_LAG_SECONDS:
        why = status.fault or "etcd or this process is slow"
        return f"for {status.lag_seconds:.0f} s this replica may have missed what others wrote: {why}"
    return None


def log_line(status: LogStatus) -> str:
    """The event log in one line."""
    if status.fault:
        return f"appending is held up, serving goes on: {status.fault}"
    extent = f"head {status.head}, first {status.first}, {status.size} bytes, {status.pending_events} events pending"
    return f"{status.standing}, {status.lag_seconds:.1f} s behind at most; {extent}" if status.standing else extent


def reflectors_line(statuses: Sequence[ReflectorStatus], now: float) -> str:
    """All reflectors in one line: how many watch, and each that does not, by path, with its last error."""
    troubled = [status for status in statuses if status.state != State.WATCHING.value]
    words = [f"{len(statuses) - len(troubled)} of {len(statuses)} list paths are watched"]
    words += [
        f"{it.path.id}: {it.state} for {now - it.since:.0f} s: {it.last_error or 'no trouble yet'}" for it in troubled
    ]
    return "; ".join(words)


def first_state(paths: Sequence[ListPath], recorder: Recorder | None) -> str:
    """Why bundles are not built yet, in one line. ``recorder`` is None until the log is replayed."""
    if recorder is None:
        return "the event log is being replayed"
    missing = [path.id for path in paths if recorder.position(path) is None]
    return f"waiting for the first state of {len(missing)} list paths: {', '.join(missing)}"


class SettledMemory:
    """Keeps the garbage collector off the first state: off while it is built, then told to look past it for good.

    A full collection visits every object that lives, tens of thousands here, and holds the reactor for it; yet none of
    them is garbage, and what replaces them is freed by reference counts. ``collector`` is the module gc.
    """

    def __init__(self, views: ViewReader, *, reactor: IReactorTime, collector: Collector) -> None:
        self._views = views
        self._collector = collector
        self._reactor = reactor
        self._patience: IDelayedCall | None = None

    def start(self) -> None:
        """Collect nothing until the first state is there, but never for longer than a minute."""
        self._collector.disable()
        self._views.subscribe(self)
        self._patience = self._reactor.callLater(_SETTLE_SECONDS, self._settle)

    def stop(self) -> None:
        """Collect as usual."""
        if self._patience is not None:
            self._settle()

    def wake(self) -> None:
        """The head has moved (Wakeable)."""
        if self._views.ready:
            self._settle()

    def _settle(self) -> None:
        self._views.unsubscribe(self)
        if self._patience is not None and self._patience.active():
            self._patience.cancel()
        self._patience = None
        self._collector.freeze()
        self._collector.enable()


class StallMeter:
    """Observes by how much a call every 100 ms comes late: what holds the reactor, everybody waits for."""

    def __init__(self, *, reactor: IReactorTime, metrics: Metrics) -> None:
        self._reactor = reactor
        self._observe = metrics.reactor_stall_seconds.observe
        self._call: IDelayedCall | None = None

    def start(self) -> None:
        """Probe until ``stop``."""
        self._call = self._reactor.callLater(_STALL_PROBE_SECONDS, self._probe, self._reactor.seconds())

    def stop(self) -> None:
        """No more probes."""
        if self._call is not None:
            self._call.cancel()
            self._call = None

    def _probe(self, asked_at: float) -> None:
        self._observe(max(0.0, self._reactor.seconds() - asked_at - _STALL_PROBE_SECONDS))
        self.start()
