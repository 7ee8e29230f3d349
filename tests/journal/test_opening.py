"""A journal that is elsewhere is opened: a start waits for it for a while, and what cannot be put right is told."""

from __future__ import annotations

import random

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from promoter_view.clocks import wall
from promoter_view.journal.keeping import SharedJournal
from promoter_view.journal.store import JournalBusyError, JournalError, JournalState, Retention
from promoter_view.metrics import Metrics
from promoter_view.runtime import Runtime
from tests.support.dashboard.company import Company
from tests.support.journal.journals import DirectJournal


class Elsewhere(DirectJournal):
    """Its answers to ``open`` are the test's."""

    progress, problem = 0, ""

    def __init__(self) -> None:
        super().__init__()
        self.opening: Deferred[JournalState] = Deferred()
        self.closed = 0

    def open(self) -> Deferred[JournalState]:
        return self.opening

    def close(self) -> Deferred[None]:
        self.closed += 1
        return super().close()

    def listen(self, told: object) -> None:
        pass


class Opening:
    """One journal, and how far its opening is: ``result`` is what its opener was told."""

    def __init__(self) -> None:
        self.clock, self.store = Clock(), Elsewhere()
        runtime = Runtime(self.clock, wall, Metrics(), random.Random(1), {})
        views = Company().world.projector
        self.journal = SharedJournal(views, self.store, Retention(1e9, 1 << 30), runtime=runtime)
        self.result: list[object] = []
        Deferred.fromCoroutine(self.journal.open()).addBoth(self.result.append)

    def ended(self, *_: object) -> Deferred[None]:
        return Deferred.fromCoroutine(self.journal.close())


def test_one_that_is_there() -> None:
    """It is waited for."""
    opening = Opening()
    assert opening.result == []
    opening.store.opening.callback(JournalState())
    assert opening.result == [None]
    assert opening.journal.is_open
    assert opening.journal.problem == ""
    opening.ended()
    assert opening.store.closed == 1


def test_one_that_takes_long() -> None:
    """Everything else begins; it is said what is missing, until it is there."""
    opening = Opening()
    opening.clock.advance(10)
    assert opening.result == [None]
    assert (opening.journal.is_open, opening.journal.problem) == (False, "it is being copied")
    opening.store.opening.callback(JournalState())
    assert (opening.journal.is_open, opening.journal.problem) == (True, "")
    opening.ended()


@pytest.mark.parametrize("late", [False, True])
def test_one_that_cannot_be_used(late: bool) -> None:
    """It ends a start; one that has gone on says so."""
    opening = Opening()
    opening.clock.advance(10 * late)
    opening.store.opening.errback(JournalError("it was written by a newer program"))
    (told,) = opening.result
    assert ("newer program" in str(told)) is not late
    assert opening.journal.problem == ("it was written by a newer program" if late else "")
    opening.ended()


@pytest.mark.parametrize("late", [False, True])
def test_trouble_that_passes(late: bool) -> None:
    """The start goes on, and it is tried again."""
    opening = Opening()
    opening.clock.advance(10 * late)
    opening.store.opening.errback(JournalBusyError("it is away"))
    assert opening.result == [None]
    assert opening.journal.problem == "it is away"
    opening.store.opening = Deferred()
    opening.clock.advance(15)
    opening.store.opening.callback(JournalState())
    assert (opening.journal.is_open, opening.journal.problem) == (True, "")
    opening.ended()


def test_one_that_is_closed_meanwhile() -> None:
    """Nothing comes of it any more."""
    opening = Opening()
    opening.clock.advance(10)
    opening.ended()
    assert not opening.journal.is_open
    assert opening.store.closed == 1
    assert not [call for call in opening.clock.getDelayedCalls() if call.active()]
