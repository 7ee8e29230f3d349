"""What the dashboard works out ahead of its readers, a slice a turn: the activity, and the fleet's rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from twisted.internet.task import CooperativeTask, Cooperator, TaskStopped
from twisted.logger import Logger
from twisted.python.failure import Failure

from promoter_view.boundaries import Cursor, ViewReader
from promoter_view.dashboard.activity import Activity
from promoter_view.dashboard.streams.page_fragments import PageFragments
from promoter_view.views.history import Expired


class ActivityFollower:
    """A reader of the views like any other: a cursor that begins at the horizon. Implements ``boundaries.Wakeable``."""

    _log = Logger()

    def __init__(
        self, views: ViewReader, plurals: Sequence[str], activity: Activity, *, cooperator: Cooperator
    ) -> None:
        self._views = views
        self._view = plurals[0] if len(plurals) == 1 else ""
        self._activity = activity
        self._cooperator = cooperator
        self._cursor: Cursor | None = None
        self._task: CooperativeTask[Iterator[None]] | None = None

    def start(self) -> None:
        """Follow from now on."""
        self._views.subscribe(self)
        self.wake()

    def stop(self) -> None:
        """No more."""
        self._views.unsubscribe(self)
        if self._task is not None:
            self._task.stop()

    def wake(self) -> None:
        """The head has moved."""
        if self._task is None and self._views.ready:
            self._task = self._cooperator.cooperate(self._steps())
            self._task.whenDone().addErrback(self._broken).addBoth(self._rest)

    def _steps(self) -> Iterator[None]:
        """Reads all there is: what comes meanwhile too."""
        cursor = self._cursor or self._begin()
        while not cursor.caught_up:
            try:
                changes = cursor.take(1)
            except Expired:
                # It fell behind the horizon: what it has missed it will not get, and says so by starting over.
                cursor = self._begin()
            else:
                yield from self._activity.steps(changes)
            yield

    def _begin(self) -> Cursor:
        horizon = self._views.horizon
        self._activity.restart(horizon)
        self._cursor = self._views.cursor(self._view, "", horizon)
        return self._cursor

    def _rest(self, _: object) -> None:
        self._task = None

    def _broken(self, failure: Failure) -> None:
        if not failure.check(TaskStopped):
            self._log.failure("the activity leaves out a change", failure)


class RowWarmer:
    """Makes the fleet's rows once after the first state is there, so that no visitor waits for all."""

    _log = Logger()

    def __init__(self, views: ViewReader, view: str, fragments: PageFragments, *, cooperator: Cooperator) -> None:
        self._views = views
        self._view = view
        self._fragments = fragments
        self._cooperator = cooperator
        self._task: CooperativeTask[Iterator[None]] | None = None

    def start(self) -> None:
        """Begin as soon as there are bundles."""
        self._views.subscribe(self)
        self.wake()

    def stop(self) -> None:
        """No more."""
        self._views.unsubscribe(self)
        if self._task is not None:
            self._task.stop()

    def wake(self) -> None:
        """The head has moved."""
        if self._views.ready:
            self._views.unsubscribe(self)
            self._task = self._cooperator.cooperate(self._fragments.warm(self._views.list(self._view)))
            self._task.whenDone().addErrback(self._broken).addBoth(self._rest)

    def _rest(self, _: object) -> None:
        self._task = None

    def _broken(self, failure: Failure) -> None:
        if not failure.check(TaskStopped):
            self._log.failure("rows are left to be made when they are asked for", failure)
