"""What the dashboard works out ahead of its readers, a slice a turn: the activity, and the fleet's rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from twisted.internet.interfaces import IDelayedCall, IReactorTime

from promoter_view.boundaries import Cursor, ViewReader
from promoter_view.dashboard.activity import Activity
from promoter_view.dashboard.pages import Pages
from promoter_view.views.history import Expired

#: Changes taken in one turn: each is decoded, which takes some tenths of a millisecond.
_SLICE = 8


class ActivityFollower:
    """A reader of the views like any other: a cursor that begins at the horizon. Implements ``boundaries.Wakeable``."""

    def __init__(self, views: ViewReader, plurals: Sequence[str], activity: Activity, *, reactor: IReactorTime) -> None:
        self._views = views
        self._view = plurals[0] if len(plurals) == 1 else ""
        self._activity = activity
        self._reactor = reactor
        self._cursor: Cursor | None = None
        self._call: IDelayedCall | None = None

    def start(self) -> None:
        """Follow from now on."""
        self._views.subscribe(self)
        self.wake()

    def stop(self) -> None:
        """No more."""
        self._views.unsubscribe(self)
        if self._call is not None:
            self._call.cancel()
            self._call = None

    def wake(self) -> None:
        """The head has moved."""
        if self._call is None and self._views.ready:
            self._call = self._reactor.callLater(0, self._step)

    def _step(self) -> None:
        self._call = None
        cursor = self._cursor or self._begin()
        try:
            self._activity.feed(cursor.take(_SLICE))
        except Expired:
            # It fell behind the horizon: what it has missed it will not get, and says so by starting over.
            cursor = self._begin()
        if not cursor.caught_up:
            self._call = self._reactor.callLater(0, self._step)

    def _begin(self) -> Cursor:
        horizon = self._views.horizon
        self._activity.restart(horizon)
        self._cursor = self._views.cursor(self._view, "", horizon)
        return self._cursor


class RowWarmer:
    """Makes the fleet's rows once after the first state is there, one a turn, so that no visitor waits for all."""

    def __init__(self, views: ViewReader, view: str, pages: Pages, *, reactor: IReactorTime) -> None:
        self._views = views
        self._view = view
        self._pages = pages
        self._reactor = reactor
        self._call: IDelayedCall | None = None

    def start(self) -> None:
        """Begin as soon as there are bundles."""
        self._views.subscribe(self)
        self.wake()

    def stop(self) -> None:
        """No more."""
        self._views.unsubscribe(self)
        if self._call is not None and self._call.active():
            self._call.cancel()

    def wake(self) -> None:
        """The head has moved."""
        if self._views.ready:
            self._views.unsubscribe(self)
            self._step(self._pages.warm(self._views.list(self._view)))

    def _step(self, rows: Iterator[None]) -> None:
        if next(rows, self) is not self:
            self._call = self._reactor.callLater(0, self._step, rows)
