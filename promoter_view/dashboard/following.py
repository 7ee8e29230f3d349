"""What the dashboard works out ahead of its readers, a slice a turn: the activity, and the fleet's rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from twisted.internet.task import Cooperator

from promoter_view.boundaries import Cursor, ViewReader
from promoter_view.dashboard.activity import Activity
from promoter_view.dashboard.streams.page_fragments import PageFragments
from promoter_view.reading.cooperative import CooperativeReader
from promoter_view.views.history import Expired


class ActivityFollower(CooperativeReader):
    """Reads the activity: by a cursor that begins at the horizon."""

    failure = "the activity leaves out a change"

    def __init__(
        self, views: ViewReader, plurals: Sequence[str], activity: Activity, *, cooperator: Cooperator
    ) -> None:
        super().__init__(views, cooperator=cooperator)
        self._view = plurals[0] if len(plurals) == 1 else ""
        self._activity = activity
        self._cursor: Cursor | None = None

    def _steps(self) -> Iterator[None]:
        cursor = self._cursor or self._begin()
        while not cursor.caught_up:
            try:
                changes = cursor.take(1)
            except Expired:
                # It fell behind the horizon: what it has missed it will not get, and says so by starting over.
                cursor = self._begin()
            else:
                yield from self._activity.steps(changes)
            yield

    def _begin(self) -> Cursor:
        horizon = self._views.horizon
        self._activity.restart(horizon)
        self._cursor = self._views.cursor(self._view, "", horizon)
        return self._cursor


class RowWarmer(CooperativeReader):
    """Makes the fleet's rows once after the first state is there, so that no visitor waits for all."""

    failure = "rows are left to be made when they are asked for"

    def __init__(self, views: ViewReader, view: str, fragments: PageFragments, *, cooperator: Cooperator) -> None:
        super().__init__(views, cooperator=cooperator)
        self._view = view
        self._fragments = fragments

    def _steps(self) -> Iterator[None]:
        self._views.unsubscribe(self)
        return self._fragments.warm(self._views.list(self._view))
