"""Readers of the views that work ahead of who asks, a slice of their steps a turn of the reactor."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import ClassVar

from twisted.internet.task import CooperativeTask, Cooperator, TaskStopped
from twisted.logger import Logger
from twisted.python.failure import Failure

from promoter_view.boundaries import ViewReader


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
