"""What the dashboard works out ahead of its readers, a slice a turn: the activity, and the fleet's rows."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import ClassVar

from twisted.internet.task import CooperativeTask, Cooperator, TaskStopped
from twisted.logger import Logger
from twisted.python.failure import Failure

from promoter_view.boundaries import Cursor, ViewReader
from promoter_view.dashboard.activity import Activity
from promoter_view.dashboard.streams.page_fragments import PageFragments
from promoter_view.views.history import Expired


class CooperativeReader(ABC):
    """A reader of the views like any other, whose steps the cooperator takes. Implements ``boundaries.Wakeable``.

    ``failure`` is what the log says of one.
    """

    _log = Logger()
    failure: ClassVar[str]

    def __init__(self, views: ViewReader, *, cooperator: Cooperator) -> None:
        self._views = views
        self._cooperator = cooperator
        self._task: CooperativeTask[Iterator[None]] | None = None

    def start(self) -> None:
        """From now on, as soon as the views are there."""
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

    @abstractmethod
    def _steps(self) -> Iterator[None]:
        """What is to be done now; what comes meanwhile too."""

    def _rest(self, _: object) -> None:
        self._task = None

    def _broken(self, failure: Failure) -> None:
        if not failure.check(TaskStopped):
            self._log.failure(self.failure, failure)


class ActivityFollower(CooperativeReader):
    """Reads the activity: by a cursor that begins at the horizon."""

    failure = "the activity leaves out a change"

    def __init__(
        self, views: ViewReader, plurals: Sequence[str], activity: Activity, *, cooperator: Cooperator
    ) -> None:
        super().__init__(views, cooperator=cooperator)
        self._view = plurals[0] if len(plurals) == 1 else ""
        self._activity = activity
        self._cursor: Cursor | None = None

    def _steps(self) -> Iterator[None]:
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


class RowWarmer(CooperativeReader):
    """Makes the fleet's rows once after the first state is there, so that no visitor waits for all."""

    failure = "rows are left to be made when they are asked for"

    def __init__(self, views: ViewReader, view: str, fragments: PageFragments, *, cooperator: Cooperator) -> None:
        super().__init__(views, cooperator=cooperator)
        self._view = view
        self._fragments = fragments

    def _steps(self) -> Iterator[None]:
        self._views.unsubscribe(self)
        return self._fragments.warm(self._views.list(self._view))
