"""Cursors are kept a second time beside the entries."""

from __future__ import annotations

from collections.abc import Mapping

from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.task import Clock

from promoter_view.journal.cursors import SecondCursors
from promoter_view.journal.entries import EntryIdentity
from promoter_view.journal.store import JournalBusyError


class Shelf:
    """``is_full``: nothing can be kept."""

    def __init__(self) -> None:
        self.is_full = False
        self.kept: list[Mapping[str, EntryIdentity | None]] = []

    def keep_cursors(self, places: Mapping[str, EntryIdentity | None]) -> Deferred[None]:
        if self.is_full:
            return fail(JournalBusyError("the disk is full"))
        self.kept.append(places)
        return succeed(None)

    def cursors(self) -> Deferred[Mapping[str, EntryIdentity]]:
        return succeed({})


def test_what_cannot_be_kept_is_kept_later() -> None:
    """Each as it was moved last; nothing is tried any more once it is closed."""
    shelf, clock = Shelf(), Clock()
    cursors = SecondCursors(shelf, clock=clock)
    shelf.is_full = True
    cursors.moved({"chat": EntryIdentity(1, 0), "mail": EntryIdentity(1, 0)})
    clock.advance(10)
    cursors.moved({"chat": EntryIdentity(2, 0)})
    cursors.forget("pager")
    shelf.is_full = False
    clock.advance(10)
    assert shelf.kept == [{"chat": (2, 0), "mail": (1, 0), "pager": None}]
    shelf.is_full = True
    cursors.moved({"chat": EntryIdentity(3, 0)})
    Deferred.fromCoroutine(cursors.close())
    assert clock.getDelayedCalls() == []
