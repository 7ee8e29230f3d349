"""A watch from the beginning: what there is, read page by page, then what comes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from promoter_view.boundaries import Cursor, ViewReader
from promoter_view.journal.serving.bundles import change_of, event_bundle
from promoter_view.journal.serving.paging import EntryPages
from promoter_view.journal.serving.views import EventViews, InFront
from promoter_view.journal.store import JournalExpiredError
from promoter_view.records import BundleChange
from promoter_view.views.history import Expired


class BeginningViews(InFront):
    """For one who watches from the beginning: ``pages`` were asked of the journal, as of ``head``."""

    def __init__(self, views: EventViews, head: int, pages: EntryPages) -> None:
        super().__init__(views)
        self._head = head
        self._pages = pages

    @property
    def head(self) -> int:
        """That of what there is: what has come since is told behind it."""
        return self._head

    def cursor(self, view: str, namespace: str, after: int) -> Cursor:
        """What there is comes first. Errors: Expired, Ahead."""
        return BeginningCursor(self._pages, super().cursor(view, namespace, after), self._views)


class BeginningCursor:
    """A ``Cursor`` that has no position before it has given all of ``pages``; then it is ``behind``."""

    def __init__(self, pages: EntryPages, behind: Cursor, views: EventViews) -> None:
        self._pages: EntryPages | None = pages
        self._behind = behind
        self._views = views

    @property
    def caught_up(self) -> bool:
        """Nothing is left to read until its reader is woken."""
        pages = self._began()
        return self._behind.caught_up if pages is None else not pages.look()

    @property
    def position(self) -> int:
        """See Cursor; 0 while there is none."""
        return self._behind.position if self._began() is None else 0

    def take(self, limit: int) -> Sequence[BundleChange]:
        """The next ones. Errors: Expired, JournalError."""
        pages = self._began()
        if pages is None:
            return self._behind.take(limit)
        try:
            return [change_of(event_bundle(pages.take()))] if pages.look() else ()
        except JournalExpiredError:
            raise Expired(self._views.horizon, self._views.horizon) from None

    def _began(self) -> EntryPages | None:
        if self._pages is not None and self._pages.is_over:
            self._pages = None
        return self._pages


if TYPE_CHECKING:
    _views: type[ViewReader] = BeginningViews
    _cursor: type[Cursor] = BeginningCursor
