"""What ``/metrics`` tells of the journal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from promoter_view.journal.entries import EventType, JournalEntry
from promoter_view.journal.store import JournalState
from promoter_view.log.offsets import UNITS_PER_SECOND
from promoter_view.metrics import Metrics
from promoter_view.views.versions import split


class MeasuredJournal(Protocol):
    """A journal: what its gauges show."""

    @property
    def state(self) -> JournalState:
        """What it held when that was last looked at."""

    @property
    def behind(self) -> tuple[int, int] | None:
        """The resourceVersions of its progress and of the newest change; None while it is not open."""

    @property
    def problem(self) -> str:
        """Why nothing is written, or deleted, "" where all is well."""


class JournalInstruments:
    """Its gauges read the journal when they are asked for."""

    def __init__(self, journal: MeasuredJournal, metrics: Metrics) -> None:
        self._journal = journal
        self._written = {event: metrics.journal_entries.labels(event.value) for event in EventType}
        metrics.journal_bytes.set_function(lambda: journal.state.bytes)
        metrics.journal_oldest_timestamp.set_function(self._oldest)
        metrics.journal_lag_seconds.set_function(self._lag)
        metrics.journal_problem.set_function(lambda: int(bool(journal.problem)))

    def written(self, entries: Sequence[JournalEntry]) -> None:
        """Those are new in the journal."""
        for entry in entries:
            self._written[entry.happening.event].inc()

    def _oldest(self) -> float:
        """0 while there is none."""
        oldest = self._journal.state.oldest_time
        return 0.0 if oldest is None else oldest.timestamp()

    def _lag(self) -> float:
        behind = self._journal.behind
        if behind is None:
            return 0.0
        progress, head = (split(each).offset for each in behind)
        return max(head - progress, 0) / UNITS_PER_SECOND
