"""The API's metrics, their label sets looked up once."""

from __future__ import annotations

from promoter_view.metrics import Metrics
from promoter_view.views.definition import GROUP, VERSION


class WatchInstruments:
    """What the watches of one resource count."""

    def __init__(self, metrics: Metrics, resource: str) -> None:
        labels = (GROUP, VERSION, resource)
        self._events = metrics.watch_events.labels(*labels)
        self._sizes = metrics.watch_event_sizes.labels(*labels)
        self._lag = metrics.cursor_lag_events
        self._resumes = metrics.stream_resumes
        self.open = metrics.longrunning_requests.labels("WATCH", *labels)
        self.terminated = metrics.terminated_watchers.labels(*labels)

    def written(self, size: int) -> None:
        """An event of ``size`` bytes."""
        self._events.inc()
        self._sizes.observe(size)

    def examined(self, changes: int) -> None:
        """How far behind the head a reader was when its turn came."""
        self._lag.observe(changes)

    def opened(self, outcome: str) -> None:
        """``outcome``: initial, resumed, expired or ahead."""
        self._resumes.labels("watch", outcome).inc()
