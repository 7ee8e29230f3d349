"""The journal of this process: opened, written, pruned, asked, closed."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from twisted.internet.defer import CancelledError, Deferred, succeed
from twisted.internet.defer import TimeoutError as WaitTimeout
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger
from twisted.python.failure import Failure

from promoter_view.boundaries import Leading
from promoter_view.complaints import Complaint
from promoter_view.journal.cursors import SecondCursors
from promoter_view.journal.entries import EntryIdentity, JournalEntry
from promoter_view.journal.instruments import JournalInstruments
from promoter_view.journal.resuming import JournalViews
from promoter_view.journal.store import (
    CursorShelf,
    JournalBusyError,
    JournalError,
    JournalQuery,
    JournalState,
    JournalStore,
    Retention,
    SharedJournalStore,
    Told,
)
from promoter_view.journal.writer import JournalWriter
from promoter_view.periodic import Periodic
from promoter_view.runtime import Runtime
from promoter_view.slices import SLICE_SECONDS, cooperator
from promoter_view.views.isolation import Isolation

#: How often what is too old is looked for, and how soon again where there was much of it.
_PRUNE_SECONDS, _MORE_SECONDS = 60.0, 0.05
_REOPEN_SECONDS, _BEGIN_SECONDS = 15.0, 2.0
#: How long a start waits for a journal that is elsewhere.
_PATIENCE_SECONDS = 10.0
#: How long an end waits for one.
_FINISH_SECONDS = 6.0


class Journal:
    """``store`` is written by this alone. ``shelf``: where it has cursors too."""

    _log = Logger()

    def __init__(
        self,
        views: JournalViews,
        store: JournalStore,
        retention: Retention,
        *,
        runtime: Runtime,
        shelf: CursorShelf | None = None,
    ) -> None:
        self._store = store
        self.cursors = SecondCursors(shelf, clock=runtime.reactor)
        self._views = views
        self._runtime = runtime
        self._retention = retention
        self._writer: JournalWriter | None = None
        self._listeners: list[Told] = []
        self._looking = Periodic(runtime.reactor, lambda: _PRUNE_SECONDS, self._look)
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
        #: It is read, and written where that is this process's to do.
        self.is_open = False

    @property
    def expired(self) -> EntryIdentity:
        """The newest entry that retention has deleted."""
        return self.state.expired

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
        return (self.progress, self._views.head) if self.is_open else None

    @property
    def problem(self) -> str:
        """Why nothing is written, or deleted, "" where all is well."""
        written = "" if self._writer is None else self._writer.problem
        return self._unopened.message or written or self._unpruned.message

    async def open(self) -> None:
        """From now on it is written as the views change, or once trouble has passed. Errors: JournalError."""
        try:
            self.state = await self._store.open()
            await self.cursors.open()
        except JournalBusyError as trouble:
            self._unopened.set(str(trouble))
            await self._store.close()
            self._reopening = self._runtime.reactor.callLater(_REOPEN_SECONDS, self._reopen)
            return
        self.opened_at = self.state.progress
        self._unopened.clear()
        self.is_open = True
        self._looking.start()
        self._opened()

    def _opened(self) -> None:
        self._write_behind(self.state)

    def _write_behind(self, state: JournalState) -> None:
        """Derives what comes behind that, and writes it."""
        runtime = self._runtime
        self._writer = JournalWriter(
            self._views,
            self._store,
            state,
            # Nobody waits for it, and somebody does for what it would keep from its turn.
            cooperator=cooperator(runtime.reactor, rest_seconds=SLICE_SECONDS),
            clock=runtime.reactor,
            isolation=Isolation(runtime.metrics),
            told=self._written,
        )
        self._writer.start()

    def _write_no_more(self) -> None:
        """What was not written is derived again at the next beginning, by whomever."""
        writer, self._writer = self._writer, None
        self._unpruned.clear()
        if writer is not None:
            writer.stop()

    async def close(self) -> None:
        """Nothing is read or written any more."""
        if self._reopening is not None and self._reopening.active():
            self._reopening.cancel()
        self._looking.stop()
        await self._finish()
        self._write_no_more()
        self.is_open = False
        await self.cursors.close()
        await self._store.close()

    async def _finish(self) -> None:
        """What is durable is as far as it was looked."""
        if self._writer is not None:
            await self._writer.finish()

    def listen(self, told: Told) -> None:
        """From now on that is told what is new in the journal, in order."""
        self._listeners.append(told)

    def query(self, query: JournalQuery) -> Deferred[Sequence[JournalEntry]]:
        """See JournalStore."""
        return self._store.query(query)

    def _reopen(self) -> None:
        Deferred.fromCoroutine(self.open()).addErrback(self._not_opened)

    def _not_opened(self, failure: Failure) -> None:
        if failure.trap(JournalError, CancelledError) is CancelledError:
            return
        self._unopened.set(failure.getErrorMessage())

    def _written(self, entries: Sequence[JournalEntry]) -> None:
        self._count(entries)
        self._tell(entries)

    def _count(self, entries: Sequence[JournalEntry]) -> None:
        self._instruments.written(entries)
        if self.state.oldest_time is None:
            self._store.state().addCallbacks(self._looked, self._not_pruned)

    def _tell(self, entries: Sequence[JournalEntry]) -> None:
        for told in self._listeners:
            told(entries)

    def _look(self) -> None:
        """What it holds, after what is too old was deleted where this process writes."""
        pruning: Deferred[int] = succeed(0)
        if self._writer is not None:
            pruning = self._store.prune(self._retention, self._runtime.now())
        pruning.addCallbacks(self._pruned, self._not_pruned)

    def _pruned(self, deleted: int) -> None:
        self._unpruned.clear()
        if self.is_open:
            self._store.state().addCallbacks(self._looked, self._not_pruned)
        if deleted:
            self._runtime.reactor.callLater(_MORE_SECONDS, self._look)

    def _looked(self, state: JournalState) -> None:
        self.state = state

    def _not_pruned(self, failure: Failure) -> None:
        failure.trap(JournalError)
        if self._writer is not None:
            self._unpruned.set(failure.getErrorMessage())


class SharedJournal(Journal):
    """That of several processes: written while this one leads (Leading), read always. Entries come by the store."""

    def __init__(
        self, views: JournalViews, store: SharedJournalStore, retention: Retention, *, runtime: Runtime
    ) -> None:
        super().__init__(views, store, retention, runtime=runtime)
        self._shared = store
        self._leads = False
        self._beginning: IDelayedCall | None = None
        self._unbegun = Complaint(self._log, "the journal cannot be written: {message}")
        self._opening: Deferred[None] = succeed(None)
        store.listen(self._tell)

    @property
    def progress(self) -> int:
        """See Journal. What this process alone knows does not count: another may be asked next."""
        return self._shared.progress

    @property
    def expired(self) -> EntryIdentity:
        """See Journal."""
        return self._shared.expired

    @property
    def problem(self) -> str:
        """See Journal."""
        return super().problem or self._shared.problem or self._unbegun.message

    async def open(self) -> None:
        """See Journal. What takes longer is gone on with while everything else begins."""
        told: Deferred[None] = Deferred()
        patience = self._runtime.reactor.callLater(_PATIENCE_SECONDS, self._go_on_opening, told)

        def ended(result: Failure | None) -> None:
            if patience.active():
                patience.cancel()
                told.callback(result)
            elif result is not None:
                self._not_opened(result)

        self._opening = Deferred.fromCoroutine(super().open()).addBoth(ended)
        await told

    def _go_on_opening(self, told: Deferred[None]) -> None:
        self._unopened.set("it is being copied")
        told.callback(None)

    async def close(self) -> None:
        """See Journal."""
        self._opening.cancel()
        await super().close()

    def begin(self) -> None:
        """See Leading."""
        self._leads = True
        self._begin_writing()

    def end(self) -> Deferred[None]:
        """See Leading."""
        self._leads = False
        if self._beginning is not None and self._beginning.active():
            self._beginning.cancel()
        self._unbegun.clear()
        self._write_no_more()
        return succeed(None)

    def _opened(self) -> None:
        self._begin_writing()

    def _begin_writing(self) -> None:
        """Behind what there is now, whoever wrote it."""
        if self._leads and self.is_open:
            self._store.state().addCallbacks(self._begin_at, self._not_begun)

    def _begin_at(self, state: JournalState) -> None:
        self._unbegun.clear()
        if self._leads and self.is_open and self._writer is None:
            self._write_behind(state)

    def _not_begun(self, failure: Failure) -> None:
        failure.trap(JournalError)
        if self._leads and self.is_open:
            self._unbegun.set(failure.getErrorMessage())
            self._beginning = self._runtime.reactor.callLater(_BEGIN_SECONDS, self._begin_writing)

    async def _finish(self) -> None:
        """A place that does not answer is not waited for: who leads next looks for itself."""
        finishing = Deferred.fromCoroutine(super()._finish())
        with suppress(WaitTimeout, CancelledError):
            await finishing.addTimeout(_FINISH_SECONDS, self._runtime.reactor)

    def _written(self, entries: Sequence[JournalEntry]) -> None:
        """The store tells of them."""
        self._count(entries)


if TYPE_CHECKING:
    _: type[Leading] = SharedJournal
