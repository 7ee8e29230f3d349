"""Writes the journal: a reader of the views like any other, that stands where the journal stands.

Its cursor is the journal's progress. What it has derived of whole offsets is written in one transaction; after a kill
it reads from there again, and derives the same. Where it can no longer read from there it says so: a gap.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.internet.task import Cooperator, TaskStopped
from twisted.python.failure import Failure

from promoter_view.boundaries import Cursor
from promoter_view.complaints import Complaint
from promoter_view.journal.deriving.backfill import TOLD_VIEWS, Past, past, past_steps
from promoter_view.journal.deriving.changes import WAYS, derive_steps
from promoter_view.journal.entries import EntryIdentity, EventType, Happening, JournalEntry
from promoter_view.journal.resuming import JournalViews, resumed
from promoter_view.journal.store import Batch, JournalError, JournalState, JournalStore, Told
from promoter_view.log.offsets import UNITS_PER_SECOND
from promoter_view.reading.cooperative import CooperativeReader
from promoter_view.records import BundleChange, BundleKey
from promoter_view.views.contents import Readings
from promoter_view.views.history import Ahead, Expired
from promoter_view.views.isolation import Isolation
from promoter_view.views.versions import moment, split

#: Entries after which a transaction is not put off any more.
_MOST_AT_ONCE = 500
_RETRY_SECONDS = 5.0
#: How long an end waits for what is being derived and written.
_FINISH_SECONDS = 5.0
#: What happened meant nothing: how soon it is noted that it was looked at, and where nothing changed at all.
_LOOKED_SECONDS, _BEHIND_SECONDS = 2.0, 30
_AHEAD = "it is ahead of the event log because the clock was set back; it waits until the log has caught up"
#: What a gap is of: everything.
EVERYTHING = BundleKey("", "", "")


class JournalWriter(CooperativeReader):
    """``store`` is open, and this is all that writes to it. ``told`` hears of what is new."""

    failure = "the journal is read again from its newest entry"
    _views: JournalViews

    def __init__(
        self,
        views: JournalViews,
        store: JournalStore,
        state: JournalState,
        *,
        cooperator: Cooperator,
        clock: IReactorTime,
        isolation: Isolation,
        told: Told,
    ) -> None:
        super().__init__(views, cooperator=cooperator)
        self._store = store
        self._clock = clock
        self._isolation = isolation
        self._readings = Readings()
        self._cursor: Cursor | None = None
        self._found: list[JournalEntry] = []
        self._is_waiting = self._stopped = False
        #: Changes were looked at since the journal was written last, and that is to be noted now.
        self._has_looked = self._is_due = False
        self._noting: IDelayedCall | None = None
        #: Where the log had not come to what is in the journal.
        self._behind: int | None = None
        self._told = told
        self._unwritten = Complaint(
            self._log, "the journal cannot be written: {message}", over="the journal is written again"
        )
        self.progress, self._digest = state.progress, state.digest
        #: The resourceVersion up to which all is in the journal that is to be: ``progress``, or beyond it.
        self.examined = state.progress
        #: The resourceVersion behind which a new journal has everything; 0 for one that was there before.
        self.began = 0

    def stop(self) -> None:
        """See CooperativeReader."""
        self._stopped = True
        if self._noting is not None and self._noting.active():
            self._noting.cancel()
        super().stop()

    def finish(self) -> Deferred[None]:
        """Notes how far it has looked, once all of that is written: a copy of the event log begins at its head.

        Where that takes long, or fails, nothing is noted: it is derived again.
        """
        if self._task is None:
            return self._note()
        done = self._task.whenDone().addTimeout(_FINISH_SECONDS, self._clock)
        return done.addBoth(lambda _: self._note())

    def _note(self) -> Deferred[None]:
        """While there is a task, what its cursor has passed may be neither found nor written yet."""
        cursor = self._cursor
        if self._task is not None or cursor is None or self._found or not cursor.caught_up:
            return succeed(None)
        if cursor.position == self.progress and not self._has_looked:
            return succeed(None)
        return self._write(cursor.position).addErrback(lambda failure: failure.trap(JournalError) and None)

    def wake(self) -> None:
        """See CooperativeReader. Before it is known where the journal stands, nothing is derived."""
        if not self._is_waiting:
            super().wake()

    @property
    def problem(self) -> str:
        """Why nothing is written, "" where it is."""
        return self._unwritten.message

    def _steps(self) -> Iterator[Deferred[None] | None]:  # type: ignore[override]
        if self._cursor is None:
            yield from self._begin()
        while self._cursor is not None:
            while self._cursor is not None and not self._cursor.caught_up:
                yield from self._take(self._cursor)
            if self._cursor is None:
                return
            if not (self._found or self._is_due or self._is_behind(self._cursor.position)):
                self.examined = self._cursor.position
                self._note_soon()
                return
            # Whoever wakes it while it waits for that is not heard: it looks again.
            yield self._write(self._cursor.position)

    def _is_behind(self, position: int) -> bool:
        """Whether what happened since meant nothing, and is long enough to be written down all the same."""
        return split(position).offset - split(self.progress).offset > _BEHIND_SECONDS * UNITS_PER_SECOND

    def _note_soon(self) -> None:
        """What a kill leaves unnoted cannot be told from what was missed, where the log is read from later on."""
        if self._has_looked and (self._noting is None or not self._noting.active()):
            self._noting = self._clock.callLater(_LOOKED_SECONDS, self._note_now)

    def _note_now(self) -> None:
        self._is_due = True
        self.wake()

    def _begin(self) -> Iterator[Deferred[None] | None]:
        try:
            if self.progress:
                cursor = yield from resumed(self._views, self.progress, self._digest)
                if self._behind is None:
                    self._cursor = cursor
                    return
        except Ahead:
            self._behind = self._behind or self._views.head
            # Where another program writes it, that was said.
            self._unwritten.set(self._unwritten.message or _AHEAD)
            return
        except Expired:
            pass
        head = self._views.head
        if self.progress:
            self._found.append(_gap(min(self.progress, self._behind or self.progress), head))
        if not self.progress:
            self.began = head
        cursor = self._views.cursor("", "", head)
        yield from self._backfill(head)
        yield self._write(head)
        self._behind, self._cursor = None, cursor

    def _backfill(self, head: int) -> Iterator[None]:
        """What the objects tell of their past, as of that head."""
        bundles = [bundle for view in TOLD_VIEWS for bundle in self._views.list(view)]
        for bundle in bundles:
            yield from self._isolation.steps(bundle.key, "journal", past_steps(bundle, self._readings))
            told: list[Past] = self._isolation.of(bundle.key, "journal", partial(past, bundle, self._readings), list)
            for time, happening in told:
                identity = EntryIdentity(head, len(self._found))
                self._found.append(
                    JournalEntry(
                        identity,
                        _whole_milliseconds(time),
                        bundle.key,
                        bundle.uid,
                        happening,
                        backfilled=True,
                    )
                )
            yield

    def _take(self, cursor: Cursor) -> Iterator[Deferred[None] | None]:
        before, self._has_looked = cursor.position, True
        try:
            (change,) = cursor.take(1)
        except Expired:
            self._cursor, self._found = None, []
            yield from self._begin()
            return
        # All of an offset is one transaction.
        if len(self._found) >= _MOST_AT_ONCE and split(before).offset != split(change.resource_version).offset:
            yield self._write(before)
        if change.key.view in WAYS:
            happenings = list[Happening]()
            deriving = derive_steps(change, self._readings, happenings)
            yield from self._isolation.steps(change.key, "journal", deriving)
            self._found += _entries(change, happenings)
        yield None

    def _write(self, progress: int) -> Deferred[None]:
        """Fires once all that was found up to there is written, and told."""
        found, self._found = self._found, []
        digest = self._views.known_digest if progress == self._views.head else None
        self._has_looked, self._is_due = digest is None and self._has_looked, False
        writing: Deferred[Any] = self._store.append(Batch(progress, found, digest, self.progress))
        writing.addCallback(self._written, progress, digest)
        writing.addErrback(self._not_written)
        return writing

    def _not_written(self, failure: Failure) -> Failure | None:
        """A task that was stopped meanwhile has nobody who would hear of it."""
        return None if self._stopped else failure

    def _written(self, entries: Sequence[JournalEntry], progress: int, digest: int | None) -> None:
        self.progress, self._digest = progress, digest
        self.examined = max(self.examined, progress)
        self._unwritten.clear()
        if entries:
            self._told(entries)

    def _broken(self, failure: Failure) -> None:
        """Reads again from where the journal stands, in a while."""
        self._cursor, self._found = None, []
        if failure.check(TaskStopped):
            return
        self._is_waiting = True
        if failure.check(JournalError):
            self._unwritten.set(failure.getErrorMessage())
        else:
            super()._broken(failure)
        self._clock.callLater(_RETRY_SECONDS, self._read_again)

    def _read_again(self) -> None:
        """What failed may have been written all the same, or by somebody else."""
        if not self._stopped:
            self._store.state().addCallbacks(self._stand_at, self._broken)

    def _stand_at(self, state: JournalState) -> None:
        if not self._stopped:
            self.progress, self._digest, self._is_waiting = state.progress, state.digest, False
            self.wake()


def _entries(change: BundleChange, happenings: Sequence[Happening]) -> list[JournalEntry]:
    bundle = change.after or change.before
    assert bundle is not None
    time = datetime.fromtimestamp(change.time_ms / 1000, UTC)
    return [
        JournalEntry(EntryIdentity(change.resource_version, item), time, change.key, bundle.uid, happening)
        for item, happening in enumerate(happenings)
    ]


def _whole_milliseconds(time: datetime) -> datetime:
    """As it is written down."""
    return time.replace(microsecond=time.microsecond // 1000 * 1000)


def _gap(progress: int, head: int) -> JournalEntry:
    """From when to when nobody has looked."""
    began, ended = (_whole_milliseconds(moment(each)) for each in (progress, head))
    happening = Happening(EventType.GAP, before=began.isoformat(), after=ended.isoformat())
    return JournalEntry(EntryIdentity(head, 0), ended, EVERYTHING, "", happening)
