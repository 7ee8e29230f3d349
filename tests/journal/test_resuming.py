"""A gap is told where something can have been missed, and nowhere else."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from promoter_view.journal.entries import EventType
from promoter_view.records import Mark, Position
from promoter_view.views.isolation import Isolation
from promoter_view.views.versions import split
from tests.support.journal.journals import DirectJournal
from tests.support.journal.running import RunningWriter
from tests.support.views.world import MIRROR, PATH, World, strategy

#: Within it two seconds are 20,000 offsets.
_SOON = 100


class Kept:
    """A world with three strategies whose journal is written, and is killed and begun as a test says."""

    def __init__(self) -> None:
        self.world, self.store = World(), DirectJournal()
        self.begin().settle()
        self.world.put(*(strategy(name) for name in ("one", "two", "three")))
        self.running.settle()

    def begin(self) -> RunningWriter:
        """The writer of a new process."""
        self.running = RunningWriter(self.world.projector, self.store, Isolation(self.world.metrics))
        return self.running

    def kill(self) -> None:
        """Nothing is noted."""
        self.running.writer.stop()

    def copied(self, *, generation: int | None = None) -> None:
        """The log is another one now, which begins with what this one amounts to."""
        self.world.restarted(self.world.projector.snapshot(), generation=generation)
        self.mark()

    def mark(self) -> None:
        """A process begins to write the log."""
        self.world.feed(Mark(self.world.offset, MIRROR, self.world.generation), step=100_000)

    def events(self) -> Sequence[EventType]:
        """Of all entries, in order."""
        return [each.happening.event for each in self.store.entries()]


@pytest.fixture
def kept() -> Kept:
    return Kept()


CREATED = [EventType.CREATED] * 3


def test_a_copy_after_a_kill(kept: Kept) -> None:
    """Positions that nobody noted are no events: there is no gap, and what comes next is told."""
    for number in range(5):
        kept.world.feed(Position(PATH, str(number + 2)), step=_SOON)
        kept.running.work()
    kept.kill()
    kept.copied()
    kept.begin().settle()
    kept.world.put(strategy("four"))
    kept.running.settle()
    assert kept.events() == [*CREATED, EventType.CREATED]


def test_a_copy_while_more_happens(kept: Kept) -> None:
    """What happens before the journal looks, and behind the copy's beginning, is told."""
    kept.kill()
    kept.copied()
    kept.world.put(strategy("four"))
    kept.world.delete(strategy("one"))
    kept.begin().settle()
    assert kept.events() == [*CREATED, EventType.CREATED, EventType.DELETED]


@pytest.mark.parametrize("again", [False, True])
def test_a_copy_of_what_was_missed(kept: Kept, again: bool) -> None:
    """A change that was not looked at is a gap, also one that looks as if nothing had happened."""
    kept.kill()
    kept.world.delete(strategy("one"))
    if again:
        kept.world.put(strategy("one"))
    kept.copied()
    kept.begin().settle()
    assert kept.events() == [*CREATED, EventType.GAP]


def test_an_older_program_has_written_it(kept: Kept) -> None:
    """Who does not say what the bundles were cannot tell that nothing has changed."""
    kept.kill()
    kept.world.feed(Position(PATH, "2"))
    with kept.store._connection as connection:
        connection.execute("DELETE FROM facts WHERE name = 'digest'")
    kept.copied()
    kept.begin().settle()
    assert kept.events() == [*CREATED, EventType.GAP]


def test_what_meant_nothing_is_noted(kept: Kept) -> None:
    """A change without an event is looked at, and noted two seconds later: behind it nothing was missed."""
    kept.world.put(strategy("one") | {"data": "changed"})
    kept.running.work()
    kept.running.clock.advance(2)
    kept.running.work()
    kept.kill()
    kept.copied()
    kept.begin().settle()
    assert kept.events() == CREATED


def test_another_generation(kept: Kept) -> None:
    """Of views that look different: what this program makes of the log goes on where the other one ended."""
    kept.world.feed(Position(PATH, "2"), step=_SOON)
    kept.running.work()
    kept.running.writer.finish()
    kept.kill()
    kept.copied(generation=1)
    kept.world.put(strategy("four"))
    kept.begin().settle()
    assert kept.events() == [*CREATED, EventType.CREATED]


def test_a_log_that_was_put_back(kept: Kept) -> None:
    """Another log than the journal's, whose clock was behind: from where it had come to, to where it has caught up."""
    kept.kill()
    stands = kept.running.writer.progress
    kept.world = World()
    kept.world.put(strategy("one"))
    early = kept.world.projector.head
    assert early < stands
    running = kept.begin()
    running.settle()
    assert "ahead of the event log" in running.writer.problem
    kept.world.feed(Position(PATH, "2"))
    running.settle()
    assert "ahead of the event log" in running.writer.problem
    kept.world.feed(Position(PATH, "3"), step=split(stands).offset)
    running.settle()
    kept.world.put(strategy("two"))
    running.settle()
    assert kept.events() == [*CREATED, EventType.GAP, EventType.CREATED]
    assert running.writer.problem == ""
    gap = kept.store.entries()[3].happening
    assert gap.before < gap.after


def test_a_gap_that_cannot_be_written_at_once(kept: Kept) -> None:
    """It is written once that is possible, and said as it was: also where the log has caught up meanwhile."""
    kept.kill()
    stands = kept.running.writer.progress
    kept.world = World()
    kept.world.put(strategy("one"))
    running = kept.begin()
    running.settle()
    kept.store.fault = "the disk is full"
    kept.world.feed(Position(PATH, "3"), step=split(stands).offset)
    running.work()
    assert running.writer.problem == "the disk is full"
    kept.store.fault = ""
    running.settle()
    assert kept.events() == [*CREATED, EventType.GAP]
