"""Keeps cursors: those of all subscriptions that have moved become durable in one transaction of the event log."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from promoter_view.journal.entries import EntryIdentity
from promoter_view.log.errors import LogClosed
from promoter_view.records import CursorMoved, CursorPlace, Entry

#: After a message was sent, and where entries were only left out.
SENT_SECONDS = 1.0
PASSED_SECONDS = 30.0


class CursorHolder(Protocol):
    """Whose cursor it is."""

    @property
    def name(self) -> str:
        """The subscription's."""

    def cursor(self) -> EntryIdentity | None:
        """What is to be durable; None: nothing, it is durable already."""

    def written(self) -> None:
        """What ``cursor`` gave is on its way into the log."""

    def saved(self, cursor: EntryIdentity) -> None:
        """It is durable."""


class CursorKeeper:
    """``append`` is the event log's. One append is under way at a time; what moves meanwhile goes with the next.

    ``kept`` is told what the log has by then.
    """

    _log = Logger()

    def __init__(
        self,
        append: Callable[[Sequence[Entry]], Deferred[None]],
        *,
        clock: IReactorTime,
        kept: Callable[[Mapping[str, EntryIdentity]], None],
    ) -> None:
        self._append = append
        self._kept = kept
        self._clock = clock
        self._all: dict[str, CursorHolder] = {}
        self._forgotten: set[str] = set()
        self._due: IDelayedCall | None = None
        self._writing: Deferred[None] | None = None

    def add(self, kept: CursorHolder) -> None:
        """From now on its cursor is kept."""
        self._all[kept.name] = kept
        self._forgotten.discard(kept.name)

    def remove(self, name: str) -> None:
        """It is not kept any more, and stays where it stands."""
        removed = self._all.pop(name, None)
        place = None if removed is None else removed.cursor()
        if place is not None:  # beside what is under way, which may have others' cursors
            told = {name: place}
            self._append(_moves(told)).addCallbacks(lambda _: self._kept(told), lambda failure: failure.trap(LogClosed))

    def forget(self, name: str) -> None:
        """Nobody has it any more."""
        self._forgotten.add(name)
        self.write_within(SENT_SECONDS)

    def write_within(self, seconds: float) -> None:
        """One has moved; 0: it is waited for."""
        at = self._clock.seconds() + seconds
        if self._due is not None and self._due.active():
            if self._due.getTime() <= at:
                return
            self._due.cancel()
        self._due = self._clock.callLater(seconds, self._write)

    def flush(self) -> Deferred[None]:
        """Queues all that is not durable, for good; fires once nothing more can be queued."""
        if self._due is not None and self._due.active():
            self._due.cancel()
        self._write(again=False)
        return succeed(None)

    def _write(self, *, again: bool = True) -> None:
        if self._writing is not None and again:
            self.write_within(SENT_SECONDS)
            return
        moved = {kept: place for kept in self._all.values() if (place := kept.cursor()) is not None}
        forgotten, self._forgotten = self._forgotten, set()
        entries = _moves({kept.name: place for kept, place in moved.items()})
        entries += [CursorMoved(name, None) for name in sorted(forgotten)]
        if not entries:
            return
        for kept in moved:
            kept.written()
        self._writing = self._append(entries)
        self._writing.addCallbacks(self._written, self._not_written, callbackArgs=(moved,))

    def _written(self, _: None, moved: dict[CursorHolder, EntryIdentity]) -> None:
        self._writing = None
        for kept, place in moved.items():
            kept.saved(place)
        self._kept({kept.name: place for kept, place in moved.items()})

    def _not_written(self, failure: Failure) -> None:
        """The log has stopped, or is another's now: who leads next goes on from the last that is durable."""
        self._writing = None
        failure.trap(LogClosed)


def _moves(places: Mapping[str, EntryIdentity]) -> list[Entry]:
    return [CursorMoved(name, CursorPlace(*place)) for name, place in places.items()]
