"""The journal is written by a reader that stands where the journal stands."""

from __future__ import annotations

import random
import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from twisted.internet.defer import Deferred

from promoter_view.journal import writer
from promoter_view.journal.deriving.changes import derive_steps
from promoter_view.journal.entries import EventType, JournalEntry
from promoter_view.journal.store import Batch, JournalError
from tests.support.dashboard.company import Company
from tests.support.journal.journals import DirectJournal
from tests.support.journal.running import RunningWriter


class Running(RunningWriter):
    """A writer of a company's journal, and what it tells."""

    def __init__(self, company: Company, store: DirectJournal) -> None:
        super().__init__(company.world.projector, store, company.isolation)


def settled(company: Company, store: DirectJournal) -> Running:
    running = Running(company, store)
    running.settle()
    return running


def untimed(entries: Sequence[JournalEntry]) -> list[JournalEntry]:
    return [each for each in entries if not each.backfilled]


def test_what_happens_is_written_and_told() -> None:
    """Each entry once, in order; what the objects tell of the past comes first, and is marked."""
    company, store = Company(), DirectJournal()
    company.go_on(30)
    running = settled(company, store)
    assert running.told == store.entries()
    assert all(each.backfilled for each in running.told)
    company.go_on(120)
    running.settle()
    found = store.entries()
    assert running.told == found
    assert [each.identity for each in found] == sorted({each.identity for each in found})
    events = Counter(each.happening.event for each in untimed(found))
    assert {EventType.PROPOSED, EventType.OPENED, EventType.MERGED, EventType.PROMOTED, EventType.VERIFIED} <= set(
        events
    )
    promoted = [each for each in untimed(found) if each.happening.event is EventType.PROMOTED]
    assert all(each.happening.lead_seconds is not None for each in promoted)
    assert any(each.happening.hop_seconds is not None for each in promoted)


def test_who_is_stopped_at_any_moment_goes_on_there() -> None:
    """Killed again and again, at whatever it does, the journal is the one of a writer that never was."""
    chance = random.Random(3)
    calm, killed = DirectJournal(), DirectJournal()
    company = Company()
    steady, running = settled(company, calm), settled(company, killed)
    for _ in range(60):
        company.go_on(2)
        for _ in range(chance.randrange(40)):
            running.clock.advance(0)
        running.writer.stop()
        running = Running(company, killed)
    steady.settle()
    running.settle()
    assert killed.entries() == calm.entries()
    assert len(untimed(calm.entries())) > 50


def test_what_cannot_be_written_is_written_later() -> None:
    """The fault is said, nothing is lost, and the writer comes back by itself."""
    company, store, calm = Company(), DirectJournal(), DirectJournal()
    running, steady = settled(company, store), settled(company, calm)
    store.fault = "the disk is full"
    company.go_on(40)
    for _ in range(200):
        running.clock.advance(0)
    assert running.writer.problem == "the disk is full"
    store.fault = ""
    for _ in range(10):
        running.clock.advance(1)
    running.settle()
    steady.settle()
    assert running.writer.problem == ""
    assert store.entries() == calm.entries()


def test_an_older_journal_was_put_in_its_place() -> None:
    """The writer finds out with its next batch, and writes on behind what is there: nothing is missing."""
    company, store, calm = Company(), DirectJournal(), DirectJournal()
    running, steady = settled(company, store), settled(company, calm)
    backup = sqlite3.connect(":memory:")
    store._connection.backup(backup)
    company.go_on(40)
    running.settle()
    backup.backup(store._connection)
    company.go_on(40)
    running.settle()
    steady.settle()
    assert store.entries() == calm.entries()


class SlowJournal(DirectJournal):
    """Its writes are over when the test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.writing: list[Deferred[None]] = []

    def append(self, batch: Batch) -> Deferred[Sequence[JournalEntry]]:
        self.writing.append(Deferred())
        return self.writing[-1].addCallback(lambda _: super(SlowJournal, self).append(batch))


def test_what_happens_during_a_write_is_written_after_it() -> None:
    """Changes that come while the last write is under way need no later change to be seen."""
    company, store, calm = Company(), SlowJournal(), DirectJournal()
    running, steady = Running(company, store), settled(company, calm)
    for _ in range(6):
        running.settle()
        company.go_on(5)
        steady.settle()
        assert len(store.writing) == 1
        store.writing.pop().callback(None)
    running.settle()
    while store.writing:
        store.writing.pop().callback(None)
        running.settle()
    assert store.entries() == calm.entries()


def test_who_ends_notes_how_far_it_has_looked() -> None:
    """What meant nothing is behind it too; while something is not written yet, nothing is noted."""
    company, store = Company(), DirectJournal()
    running = settled(company, store)
    company.go_on(5)
    running.settle()
    company.go_on(20)
    written = running.writer.progress
    assert company.world.projector.head > written
    running.writer.finish()
    assert running.writer.progress == written
    running.settle()
    count = len(store.entries())
    running.writer.finish()
    assert running.writer.progress == running.writer.examined == company.world.projector.head
    assert len(store.entries()) == count
    found: list[int] = []
    store.state().addCallback(lambda state: found.append(state.progress))
    assert found == [company.world.projector.head]


def test_who_ends_while_a_change_is_derived(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is being derived is waited for, and written: nothing is passed that was not."""
    company, store, calm = Company(), DirectJournal(), DirectJournal()
    running, steady = settled(company, store), settled(company, calm)
    ended: list[Deferred[None]] = []

    def derive(*given: Any) -> Iterator[None]:
        cursor = running.writer._cursor
        if cursor is not None and cursor.caught_up and not ended:
            ended.append(running.writer.finish().addCallback(lambda _: running.writer.stop()))
            yield
        yield from derive_steps(*given)

    monkeypatch.setattr(writer, "derive_steps", derive)
    company.go_on(40)
    while not ended or not ended[0].called:
        assert running.clock.getDelayedCalls()
        running.settle()
    assert running.writer.progress == company.world.projector.head
    settled(company, store)
    steady.settle()
    assert store.entries() == calm.entries()
    assert untimed(calm.entries())


def busy_at_the_end() -> tuple[Company, SlowJournal, Running]:
    """A writer with entries that are being written when it is to end."""
    company, store = Company(), SlowJournal()
    running = Running(company, store)
    running.settle()
    store.writing.pop().callback(None)
    running.settle()
    company.go_on(40)
    running.settle()
    assert len(store.writing) == 1
    return company, store, running


def test_who_ends_while_a_write_fails() -> None:
    """Nothing is noted behind what was not written: the next one derives it again."""
    company, store, running = busy_at_the_end()
    ended = running.writer.finish()
    store.writing.pop().errback(JournalError("the disk is full"))
    for waiting in store.writing:
        waiting.callback(None)
    assert (ended.called, store.writing) == (True, [])
    running.writer.stop()
    again = Running(company, store)
    again.settle()
    store.writing.pop().callback(None)
    again.settle()
    assert untimed(again.told)


def test_an_end_does_not_wait_for_ever() -> None:
    """A write that takes long is not waited for, and nothing is noted behind it."""
    _, store, running = busy_at_the_end()
    ended = running.writer.finish()
    running.clock.advance(60)
    assert (ended.called, len(store.writing)) == (True, 1)


def test_behind_the_horizon_there_is_a_gap() -> None:
    """Who can no longer read from where the journal stands says from when to when, and what objects tell of it."""
    company, store = Company(), DirectJournal()
    running = settled(company, store)
    company.go_on(20)
    running.settle()
    running.writer.stop()
    before = store.entries()
    company.go_on(120)
    company.world.projector._history._max_bytes = 20_000
    for _ in range(20):
        company.clock.advance(1)
        company.reflect()
    again = settled(company, store)
    more = store.entries()[len(before) :]
    assert more == again.told
    gap, *backfilled = more
    assert gap.happening.event is EventType.GAP
    assert gap.happening.before < gap.happening.after
    assert backfilled
    assert all(each.backfilled for each in backfilled)
    known = [_once(each) for each in store.entries() if each.happening.event is EventType.PROMOTED]
    assert len(known) == len(set(known))


def _once(entry: JournalEntry) -> tuple[str, str, str]:
    commit = entry.happening.commit
    assert commit is not None
    return entry.uid, entry.happening.environment, commit.hydrated_sha
