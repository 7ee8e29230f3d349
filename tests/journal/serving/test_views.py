"""Who reads along gets each entry once, whatever ends while it is fetched, and asks no more than he has to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from promoter_view.journal.entries import BEGINNING, EntryIdentity, EventType, Happening, JournalEntry
from promoter_view.journal.serving.asking import AskedEntries
from promoter_view.journal.serving.views import AskedViews, EventCursor, EventViews
from promoter_view.journal.store import JournalBusyError, JournalExpiredError, JournalQuery, Told
from promoter_view.journal.writer import EVERYTHING
from promoter_view.views.history import Expired
from tests.support.journal.journals import KEY, entry


class Asked:
    """A journal whose answers are the test's; it has entries up to 100 at first."""

    is_open = True
    expired = BEGINNING

    def __init__(self) -> None:
        self.progress = 100
        self.entries: list[JournalEntry] = []
        self.asked: list[tuple[JournalQuery, Deferred[Sequence[JournalEntry]]]] = []
        self._told: list[Told] = []

    def listen(self, told: Told) -> None:
        self._told.append(told)

    def query(self, query: JournalQuery) -> Deferred[Sequence[JournalEntry]]:
        self.asked.append((query, Deferred()))
        return self.asked[-1][1]

    def write(self, *entries: JournalEntry) -> None:
        """An append ends."""
        self.entries += entries
        self.progress = entries[-1].identity.resource_version
        for told in self._told:
            told(entries)

    def answer(self) -> None:
        """The oldest question, as of now."""
        query, waiting = self.asked.pop(0)
        wanted = AskedEntries(query, [KEY.view], gaps=EventType.GAP in query.events)
        waiting.callback([each for each in self.entries if wanted.admits(each)])

    def fail(self, error: Exception) -> None:
        self.asked.pop(0)[1].errback(error)


class Woken:
    """A reader that looks whenever it is woken, as a stream does."""

    def __init__(self, views: EventViews, cursor: EventCursor) -> None:
        self.read: list[str] = []
        self._cursor = cursor
        views.subscribe(self)
        self.wake()

    def wake(self) -> None:
        while not self._cursor.caught_up:
            self.read += [change.key.name for change in self._cursor.take(10)]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def journal() -> Asked:
    return Asked()


@pytest.fixture
def views(journal: Asked, clock: Clock) -> EventViews:
    return EventViews(journal, clock)  # type: ignore[arg-type]


def gap(version: int) -> JournalEntry:
    return replace(entry(version), key=EVERYTHING, happening=Happening(EventType.GAP))


def everything(views: EventViews) -> EventCursor:
    cursor = views.cursor("", "", 50)
    assert isinstance(cursor, EventCursor)
    return cursor


def with_gaps(views: EventViews) -> EventCursor:
    asked = AskedEntries(JournalQuery(namespace=KEY.namespace), [KEY.view], gaps=True)
    cursor = AskedViews(views, asked).cursor("", "", 50)
    assert isinstance(cursor, EventCursor)
    return cursor


def test_an_append_between_two_questions(journal: Asked, views: EventViews) -> None:
    """Entries and gaps are asked for one after the other: both up to the head of when it began."""
    cursor = with_gaps(views)
    reader = Woken(views, cursor)
    journal.answer()
    journal.write(entry(101), gap(102))
    while journal.asked:
        assert cursor.position <= 101
        journal.answer()
    assert (reader.read, cursor.position) == (["101-0", "102-0"], 102)


def test_an_append_before_the_answer_is_there(journal: Asked, views: EventViews) -> None:
    """An answer without entries is of the head of then."""
    cursor = everything(views)
    reader = Woken(views, cursor)
    ((_, waiting),) = journal.asked
    journal.write(entry(101))
    journal.asked.clear()
    waiting.callback([])
    assert cursor.position == 50
    journal.answer()
    assert (reader.read, cursor.position) == (["101-0"], 101)


def test_a_journal_that_cannot_be_read(journal: Asked, views: EventViews, clock: Clock) -> None:
    """It is asked again in a while, once for each who waits, and not whenever something else happens."""
    readers = [Woken(views, everything(views)) for _ in range(3)]
    for _ in readers:
        journal.fail(JournalBusyError("disk I/O error"))
    journal.write(entry(101))
    clock.advance(0.9)
    assert journal.asked == []
    clock.advance(5)
    assert len(journal.asked) == 3
    while journal.asked:
        journal.answer()
    assert [reader.read for reader in readers] == [["101-0"]] * 3
    assert clock.getDelayedCalls() == []


def test_nothing_is_asked_again_for_nobody(journal: Asked, views: EventViews, clock: Clock) -> None:
    """At the end nothing is left to be done; who comes later asks anew."""
    cursor = everything(views)
    reader = Woken(views, cursor)
    journal.fail(JournalBusyError("disk I/O error"))
    views.unsubscribe(reader)
    assert clock.getDelayedCalls() == []
    assert cursor.caught_up
    journal.fail(JournalBusyError("disk I/O error"))
    assert (clock.getDelayedCalls(), journal.asked) == ([], [])
    assert cursor.caught_up
    assert len(journal.asked) == 1


def test_what_is_deleted_while_it_is_fetched(journal: Asked, views: EventViews) -> None:
    """Who waits for it is woken, and hears that it is gone."""
    cursor = everything(views)
    woken: list[bool] = []
    reader = type("Reader", (), {"wake": lambda self: woken.append(True)})()
    views.subscribe(reader)
    assert cursor.caught_up
    journal.expired = EntryIdentity(60, 0)
    journal.fail(JournalExpiredError())
    assert woken == [True]
    with pytest.raises(Expired):
        cursor.take(1)
