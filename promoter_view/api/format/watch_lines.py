"""A watch's events as lines (WatchEvent): the format in which the API tells a feed. Pure."""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from promoter_view.api.format.forms import Form
from promoter_view.api.instruments import WatchInstruments
from promoter_view.reading.format import Format
from promoter_view.reading.wire import Wire, fixed
from promoter_view.records import Bundle, BundleChange, ChangeType
from promoter_view.views.history import Expired
from promoter_view.web.errors import Forbidden
from promoter_view.web.status import Status, expired_status, forbidden_status


class WatchLines(Format):
    """``bookmarks``: the client allows them; ``initial_end``: one marks the end of the initial events (WatchList).

    ``as_they_are``: the form shows bundles unchanged, so that lists and initial states share their compressed form.
    """

    def __init__(
        self,
        form: Form,
        wire: Wire,
        counts: WatchInstruments,
        *,
        bookmarks: bool,
        initial_end: bool,
        as_they_are: bool,
    ) -> None:
        self._form = form
        self._wire = wire
        self._counts = counts
        self._initial_end = initial_end
        self._as_they_are = as_they_are
        self._first = True
        self.bookmarks = bookmarks
        self.in_steps = form.in_steps

    def examined(self, changes: int) -> None:
        """Counted."""
        self._counts.examined(changes)

    def present_steps(self, bundle: Bundle) -> Iterator[None]:
        """The form's."""
        return self._form.steps(bundle)

    def steps(self, event: ChangeType, bundle: Bundle, change: BundleChange) -> Iterator[None]:
        """None where another client's frame is there already."""
        return iter(()) if self._wire.has(self._frame(event, bundle, change)) else self._form.steps(bundle)

    def present(self, bundle: Bundle) -> bytes:
        """An ADDED event without a frame: a row's age would be old in it."""
        if self._as_they_are:
            said = self._wire.fixed(_ADDED) + self._wire.bundle(bundle) + self._wire.fixed(_CLOSING)
        else:
            shown = self._form.event(bundle, bundle.resource_version, first=self._first)
            said = self._wire.text(event_line(ChangeType.ADDED, shown))
        self._first = False
        self._counts.written(len(said))
        return said

    def complete(self, position: int) -> bytes:
        """The end of the initial events, where it is to be marked."""
        return self._bookmark(position, initial_end=True) if self._initial_end else b""

    def changed(self, event: ChangeType, bundle: Bundle, change: BundleChange) -> bytes:
        """One frame for all who see the same; no two changes have one resourceVersion."""
        form, version, first = self._form, change.resource_version, self._first
        key = self._frame(event, bundle, change)
        self._first = False
        said = self._wire.shared(key, lambda: event_line(event, form.event(bundle, version, first=first)))
        self._counts.written(len(said))
        return said

    def bookmark(self, position: int) -> bytes:
        """A BOOKMARK, where the client allows them."""
        return self._bookmark(position, initial_end=False) if self.bookmarks else b""

    def expired(self, error: Expired) -> bytes:
        """An ERROR event of 410."""
        return self._wire.text(error_line(expired_status(error)))

    def farewell(self, position: int | None, refusal: Forbidden | None) -> bytes:
        """A last bookmark, or an ERROR event of 403."""
        if refusal is not None:
            return self._wire.text(error_line(forbidden_status(refusal)))
        return b"" if position is None else self.bookmark(position)

    def _frame(self, event: ChangeType, bundle: Bundle, change: BundleChange) -> Hashable:
        """What names a frame for good."""
        return change.resource_version, event, self._form.key, bundle.hidden, self._first

    def _bookmark(self, position: int, *, initial_end: bool) -> bytes:
        return self._wire.text(event_line("BOOKMARK", self._form.bookmark(position, initial_end=initial_end)))


def event_line(change: str, encoded: bytes) -> bytes:
    """``{"type":"...","object":...}`` and a newline (WatchEvent)."""
    return b'{"type":"%b","object":%b}\n' % (change.encode(), encoded)


def error_line(status: Status) -> bytes:
    """The ERROR event that ends a stream."""
    return event_line("ERROR", status.encode())


_ADDED, _CLOSING = map(fixed, event_line(ChangeType.ADDED, b"\0").split(b"\0"))
