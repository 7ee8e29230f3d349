"""Follows the notifications file: what it declares now, or did when it was last good."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.threads import deferToThreadPool
from twisted.logger import Logger
from twisted.python.failure import Failure

from promoter_view.complaints import Complaint
from promoter_view.notifications.declaring import Subscription
from promoter_view.notifications.file.parsing import parse_notifications
from promoter_view.notifications.file.yaml_values import MAX_BYTES
from promoter_view.periodic import Periodic
from promoter_view.runtime import Runtime

_POLL_SECONDS = 5.0
_Stamp = tuple[int, int, int]
Found = tuple[Subscription, ...]


class NotificationsFile:
    """``take`` is told what it declares, now and when that changes. A thread reads it, for a large one takes long."""

    _log = Logger()

    def __init__(self, path: Path, take: Callable[[Sequence[Subscription]], None], *, runtime: Runtime) -> None:
        self._path = path
        self._take = take
        self._reactor = runtime.reactor
        self._gauge = runtime.metrics.notifications_file_refused
        self._is_read = False
        self._stamp: _Stamp | None = None
        self._reading: Deferred[None] | None = None
        self._polling = Periodic(runtime.reactor, lambda: _POLL_SECONDS, self.check)
        self._refused = Complaint(
            self._log,
            "the notifications file {path} is invalid, {meanwhile}: {message}",
            over="the notifications file {path} is used again",
            path=str(path),
        )

    @property
    def problem(self) -> str:
        """Why it cannot be used, "" where it can."""
        return self._refused.message

    @property
    def meanwhile(self) -> str:
        """What holds as long as it cannot be used."""
        return "the last valid one is used" if self._is_read else "nothing is sent until it is valid"

    def start(self) -> None:
        """From now on."""
        self._gauge.set(0)
        self.check()
        self._polling.start()

    def stop(self) -> None:
        """No more."""
        self._polling.stop()
        if self._reading is not None:
            self._reading.cancel()

    def check(self) -> None:
        """Reads it again where it has changed."""
        stamp = _stamp(self._path)
        if stamp == self._stamp or self._reading is not None:
            return
        pool = self._reactor.getThreadPool()
        reading: Deferred[Found] = deferToThreadPool(self._reactor, pool, _read, self._path)
        self._reading = reading.addCallback(self._read, stamp).addErrback(self._not_read, stamp)
        self._reading.addBoth(self._over)

    def _read(self, found: Found, stamp: _Stamp) -> None:
        self._stamp = stamp
        self._is_read = True
        self._gauge.set(0)
        self._refused.clear()
        self._log.info("notifications: {count} are declared", count=len(found))
        self._take(found)

    def _not_read(self, failure: Failure, stamp: _Stamp) -> None:
        if failure.check(CancelledError):
            return
        failure.trap(OSError, ValueError)
        if not failure.check(OSError):  # that may pass without a change of the file
            self._stamp = stamp
        self._gauge.set(1)
        said = failure.value.strerror if isinstance(failure.value, OSError) else failure.getErrorMessage()
        self._refused.set(str(said), reason=str(said), meanwhile=self.meanwhile)

    def _over(self, result: object) -> object:
        self._reading = None
        return result


def _read(path: Path) -> Found:
    """Errors: OSError, NotificationsFileError."""
    with path.open("rb") as opened:
        return parse_notifications(opened.read(MAX_BYTES + 1))


def _stamp(path: Path) -> _Stamp:
    try:
        found = path.stat()
    except OSError:
        return (0, 0, 0)
    return (found.st_ino, found.st_size, found.st_mtime_ns)
