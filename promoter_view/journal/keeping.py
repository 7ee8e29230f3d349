"""The journal of this process: opened, written, pruned, asked, closed."""

from __future__ import annotations

from collections.abc import Sequence

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger
from twisted.python.failure import Failure

from promoter_view.boundaries import ViewReader
from promoter_view.complaints import Complaint
from promoter_view.journal.entries import EntryIdentity, JournalEntry
from promoter_view.journal.instruments import JournalInstruments
from promoter_view.journal.store import (
    JournalBusyError,
    JournalError,
    JournalQuery,
    JournalState,
    JournalStore,
    Retention,
)
from promoter_view.journal.writer import JournalWriter, Told
from promoter_view.periodic import Periodic
from promoter_view.runtime import Runtime
from promoter_view.slices import SLICE_SECONDS, cooperator
from promoter_view.views.isolation import Isolation

#: How often what is too old is looked for, and how soon again where there was much of it.
_PRUNE_SECONDS, _MORE_SECONDS = 60.0, 0.05
_REOPEN_SECONDS = 15.0


class Journal:
    """``store`` is written by this alone."""

    _log = Logger()

    def __init__(self, views: ViewReader, store: JournalStore, retention: Retention, *, runtime: Runtime) -> None:
        self._store = store
        self._views = views
        self._runtime = runtime
        self._retention = retention
        self._writer: JournalWriter | None = None
        self._listeners: list[Told] = []
        self._pruning = Periodic(runtime.reactor, lambda: _PRUNE_SECONDS, self._prune)
        self._reopening: IDelayedCall | None = None
        self._unopened = Complaint(self._log, "there is no journal: {message}", over="the journal is there")
        self._unpruned = Complaint(
            self._log, "the journal is not pruned: {message}", over="the journal is pruned again"
        )
        self._instruments = JournalInstruments(self, runtime.metrics)
        #: The resourceVersion up to which changes were in it when it was opened, 0 for a new one.
        self.opened_at = 0
        #: What it held when that was last looked at.
        self.state = JournalState()

    @property
    def expired(self) -> EntryIdentity:
        """The newest entry that retention has deleted."""
        return self.state.expired

    @property
    def is_open(self) -> bool:
        """It is read and written."""
        return self._writer is not None

    @property
    def progress(self) -> int:
        """The resourceVersion up to which changes are in it."""
        return 0 if self._writer is None else self._writer.examined

    @property
    def reach(self) -> EntryIdentity:
        """Behind that everything is in it."""
        began = 0 if self._writer is None else self._writer.began
        return max(self.expired, EntryIdentity(began - 1, 0))

    @property
    def behind(self) -> tuple[int, int] | None:
        """The resourceVersions of its progress and of the newest change; None while it is not open."""
        return None if self._writer is None else (self.progress, self._views.head)

    @property
    def problem(self) -> str:
        """Why nothing is written, or deleted, "" where all is well."""
        written = self._unopened.message if self._writer is None else self._writer.problem
        return written or self._unpruned.message

    async def open(self) -> None:
        """From now on it is written as the views change, or once trouble has passed. Errors: JournalError."""
        try:
            self.state = state = await self._store.open()
        except JournalBusyError as trouble:
            self._unopened.set(str(trouble))
            await self._store.close()
            self._reopening = self._runtime.reactor.callLater(_REOPEN_SECONDS, self._reopen)
            return
        self.opened_at = state.progress
        self._unopened.clear()
        runtime = self._runtime
        self._writer = JournalWriter(
            self._views,
            self._store,
            state,
            # Nobody waits for it, and somebody does for what it would keep from its turn.
            cooperator=cooperator(runtime.reactor, rest_seconds=SLICE_SECONDS),
            clock=runtime.reactor,
            isolation=Isolation(runtime.metrics),
            told=self._tell,
        )
        self._writer.start()
        self._pruning.start()

    async def close(self) -> None:
        """Nothing is written any more. What was not is derived again at the next start."""
        if self._reopening is not None and self._reopening.active():
            self._reopening.cancel()
        self._pruning.stop()
        if self._writer is not None:
            self._writer.stop()
            await self._store.close()

    def listen(self, told: Told) -> None:
        """From now on that is told what is new in the journal, in order."""
        self._listeners.append(told)

    def query(self, query: JournalQuery) -> Deferred[Sequence[JournalEntry]]:
        """See JournalStore."""
        return self._store.query(query)

    def _reopen(self) -> None:
        Deferred.fromCoroutine(self.open()).addErrback(self._not_opened)

    def _not_opened(self, failure: Failure) -> None:
        failure.trap(JournalError)
        self._unopened.set(failure.getErrorMessage())

    def _tell(self, entries: Sequence[JournalEntry]) -> None:
        self._instruments.written(entries)
        for told in self._listeners:
            told(entries)

    def _prune(self) -> None:
        pruning = self._store.prune(self._retention, self._runtime.now())
        pruning.addCallbacks(self._pruned, self._not_pruned)

    def _pruned(self, deleted: int) -> None:
        self._unpruned.clear()
        self._store.state().addCallbacks(self._looked, self._not_pruned)
        if deleted:
            self._runtime.reactor.callLater(_MORE_SECONDS, self._prune)

    def _looked(self, state: JournalState) -> None:
        self.state = state

    def _not_pruned(self, failure: Failure) -> None:
        failure.trap(JournalError)
        self._unpruned.set(failure.getErrorMessage())
