"""Has the log tell what its records have made of bundles, now and then: a moment of the past is read sooner by it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twisted.internet.defer import Deferred, succeed
from twisted.logger import Logger
from twisted.python.failure import Failure

from promoter_view.boundaries import EventLog, Leading, Wakeable
from promoter_view.log.errors import LogClosed
from promoter_view.views.projector import Projector
from promoter_view.views.status.derived import ENOUGH_ROWS


class DerivedWriter:
    """Runs while this process writes the log, which it tells of ``enough`` changes of bundles in one record.

    From when it is made on, the projector keeps what is to be written.
    """

    _log = Logger()

    def __init__(self, projector: Projector, log: EventLog, *, enough: int = ENOUGH_ROWS) -> None:
        self._projector = projector
        self._event_log = log
        self._enough = enough
        projector.derived.keep()

    def begin(self) -> None:
        """See Leading. What an earlier process or term gave and did not write is given again."""
        self._projector.derived.give_again()
        self._projector.subscribe(self)
        self.wake()

    def end(self) -> Deferred[None]:
        """See Leading. What is on its way into the log the log settles."""
        self._projector.unsubscribe(self)
        return succeed(None)

    def wake(self) -> None:
        """See Wakeable."""
        due = self._projector.derived.due(self._enough)
        if due is not None:
            self._event_log.append((due,)).addErrback(self._refused)

    def _refused(self, failure: Failure) -> None:
        """What does not reach the log is told by whoever writes it next, or worked out."""
        if failure.check(LogClosed) is None:
            self._projector.derived.refuse()
            reason = failure.getErrorMessage()
            self._log.warn("the log does not tell what its last records have made of bundles: {reason}", reason=reason)


if TYPE_CHECKING:
    _leading: type[Leading] = DerivedWriter
    _reader: type[Wakeable] = DerivedWriter
