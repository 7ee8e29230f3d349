"""A writer of a journal that runs on a clock of its own."""

from __future__ import annotations

from twisted.internet.task import Clock

from promoter_view.journal.entries import JournalEntry
from promoter_view.journal.resuming import JournalViews
from promoter_view.journal.store import JournalState
from promoter_view.journal.writer import JournalWriter
from promoter_view.slices import cooperator
from promoter_view.views.isolation import Isolation
from tests.support.journal.journals import DirectJournal


class RunningWriter:
    """Of the journal of these views, and what it tells."""

    def __init__(self, views: JournalViews, store: DirectJournal, isolation: Isolation) -> None:
        self.clock = Clock()
        self.told: list[JournalEntry] = []
        store.open().addCallback(self._begin, views, store, isolation)

    def _begin(self, state: JournalState, views: JournalViews, store: DirectJournal, isolation: Isolation) -> None:
        self.writer = JournalWriter(
            views,
            store,
            state,
            cooperator=cooperator(self.clock),
            clock=self.clock,
            isolation=isolation,
            told=self.told.extend,
        )
        self.writer.start()

    def settle(self) -> None:
        """Until nothing is left to do."""
        for _ in range(3000):
            calls = self.clock.getDelayedCalls()
            if not calls:
                return
            self.clock.advance(max(0.0, min(call.getTime() for call in calls) - self.clock.seconds()))

    def work(self) -> None:
        """The same, and no time passes."""
        for _ in range(300):
            self.clock.advance(0)
