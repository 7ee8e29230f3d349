"""Keeps the index: a reader of the views like any other, that works ahead of who asks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from twisted.internet.defer import Deferred, succeed
from twisted.internet.task import Cooperator, TaskStopped
from twisted.python.failure import Failure

from promoter_view.boundaries import Cursor, ViewReader
from promoter_view.metrics import Metrics
from promoter_view.reading.commits.index import CommitIndex
from promoter_view.reading.cooperative import CooperativeReader
from promoter_view.records import BundleKey
from promoter_view.views.history import Expired
from promoter_view.web.errors import Draining


class CommitFollower(CooperativeReader):
    """``plurals`` are the views that are looked at.

    Where there is no index yet, or what it has read is no longer in the history, all bundles are put into a new one,
    one after the other, while their changes are followed: so it comes to an end however much changes meanwhile.
    """

    failure = "the index of commits is built again"

    def __init__(self, views: ViewReader, plurals: Sequence[str], *, cooperator: Cooperator, metrics: Metrics) -> None:
        super().__init__(views, cooperator=cooperator)
        self._plurals = tuple(plurals)
        self._cursor: Cursor | None = None
        self._ahead: list[BundleKey] = []
        self._waiting: list[tuple[int, Deferred[None]]] = []
        self.index = CommitIndex()
        metrics.commit_index_words.set_function(lambda: len(self.index))
        metrics.commit_index_bytes.set_function(lambda: self.index.size)

    def current(self) -> Deferred[None]:
        """Fires once the index has all that there is now."""
        if self._task is None and self._has(self._views.head):
            return succeed(None)
        self.wake()
        waiting: Deferred[None] = Deferred()
        self._waiting.append((self._views.head, waiting))
        return waiting

    def _steps(self) -> Iterator[None]:
        cursor = self._cursor or self._begin()
        while self._ahead or not cursor.caught_up:
            try:
                # A bundle is put in as it is at the head, so that what is read next is a change of it.
                yield from self._add() if cursor.caught_up else self._take(cursor)
            except Expired:
                cursor = self._begin()
            self._release()
            yield

    def _begin(self) -> Cursor:
        self.index = CommitIndex()
        self._ahead = [bundle.key for view in self._plurals for bundle in self._views.list(view)]
        self._cursor = self._views.cursor("", "", self._views.head)
        return self._cursor

    def _add(self) -> Iterator[None]:
        bundle = self._views.get(key := self._ahead.pop())
        if bundle is not None and key not in self.index:
            yield from self.index.add(bundle)

    def _take(self, cursor: Cursor) -> Iterator[None]:
        for change in cursor.take(1):
            if change.key.view in self._plurals:
                yield from self.index.take(change)

    def _has(self, head: int) -> bool:
        return self._cursor is not None and not self._ahead and self._cursor.position >= head

    def _release(self) -> None:
        ready = [waiting for head, waiting in self._waiting if self._has(head)]
        self._waiting = [each for each in self._waiting if each[1] not in ready]
        for waiting in ready:
            waiting.callback(None)

    def _rest(self, result: object) -> None:
        super()._rest(result)
        self._release()

    def _broken(self, failure: Failure) -> None:
        """Who waits is told; with the next change all is read again."""
        super()._broken(failure)
        self._cursor = None
        waiting, self._waiting = self._waiting, []
        for _, each in waiting:
            each.errback(Draining() if failure.check(TaskStopped) else failure)
