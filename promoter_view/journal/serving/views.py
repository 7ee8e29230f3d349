"""The journal as a ``ViewReader``: the newest entries are in memory, earlier ones are fetched while they are read."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from itertools import takewhile
from typing import TYPE_CHECKING

from twisted.logger import Logger
from twisted.python.failure import Failure

from promoter_view.boundaries import Cursor, ViewReader, Wakeable
from promoter_view.complaints import Complaint
from promoter_view.journal.entries import EntryIdentity, JournalEntry
from promoter_view.journal.keeping import Journal
from promoter_view.journal.serving.bundles import EventBundle, change_of, event_bundle
from promoter_view.journal.store import JournalQuery
from promoter_view.reading.pages import Page
from promoter_view.records import Bundle, BundleChange, BundleKey
from promoter_view.views.history import Expired, require_come

#: Entries that are kept in memory for those who read along.
_RECENT = 4096
_PAGE = 500


class EventViews:
    """``list`` gives nothing: lists are asked of the journal (``api.events``)."""

    _log = Logger()

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._readers: dict[Wakeable, None] = {}
        self._recent: deque[EventBundle] = deque(maxlen=_RECENT)
        self._complaint = Complaint(self._log, "a watch waits for the journal: {message}")
        journal.listen(self._told)

    @property
    def ready(self) -> bool:
        """It can be read."""
        return self._journal.is_open

    @property
    def head(self) -> int:
        """The resourceVersion up to which changes are in the journal."""
        return self._journal.progress

    @property
    def horizon(self) -> int:
        """The newest one that retention has deleted."""
        return self._journal.expired.resource_version

    @property
    def recent(self) -> Sequence[EventBundle]:
        """The newest ones, in order."""
        return self._recent

    def get(self, key: BundleKey) -> Bundle | None:  # noqa: ARG002
        """See the class."""
        return None

    def list(self, view: str, namespace: str = "") -> Sequence[Bundle]:  # noqa: ARG002
        """See the class."""
        return ()

    def list_at(self, view: str, namespace: str, resource_version: int) -> Sequence[Bundle]:  # noqa: ARG002
        """See the class."""
        return ()

    def cursor(self, view: str, namespace: str, after: int) -> Cursor:
        """Errors: Expired, Ahead. ``view`` "": of every view."""
        require_come(after, self.head)
        if after < self.horizon:
            raise Expired(after, self.horizon)
        return EventCursor(self, view, namespace, after)

    def subscribe(self, reader: Wakeable) -> None:
        """Have ``reader.wake`` called when there is more to read."""
        self._readers[reader] = None

    def unsubscribe(self, reader: Wakeable) -> None:
        """No more of that."""
        self._readers.pop(reader, None)

    def fetch(self, query: JournalQuery, cursor: EventCursor) -> None:
        """Gives that cursor what is asked for, then wakes who reads."""
        self._journal.query(query).addCallbacks(cursor.fetched, self._not_fetched, errbackArgs=(cursor,)).addCallback(
            lambda _: self._wake()
        )

    def _not_fetched(self, failure: Failure, cursor: EventCursor) -> None:
        self._complaint.set(failure.getErrorMessage())
        cursor.not_fetched()

    def _told(self, entries: Sequence[JournalEntry]) -> None:
        self._recent.extend(event_bundle(entry) for entry in entries if entry.key.namespace)
        self._wake()

    def _wake(self) -> None:
        for reader in tuple(self._readers):
            reader.wake()


class BeginningViews:
    """The same for one who watches from the beginning: a list was asked of the journal, and is what there is."""

    def __init__(self, views: EventViews, listed: Page) -> None:
        self._views = views
        self._listed = listed
        self.subscribe = views.subscribe
        self.unsubscribe = views.unsubscribe
        self.cursor = views.cursor
        self.get = views.get

    @property
    def ready(self) -> bool:
        """As those behind."""
        return self._views.ready

    @property
    def head(self) -> int:
        """The list's: what has come since is told behind it."""
        return self._listed.meta.resource_version

    @property
    def horizon(self) -> int:
        """As those behind."""
        return self._views.horizon

    def list(self, view: str, namespace: str = "") -> Sequence[Bundle]:  # noqa: ARG002
        """Those of the list."""
        return [each for each in self._listed.bundles if each.key.view == view]

    def list_at(self, view: str, namespace: str, resource_version: int) -> Sequence[Bundle]:
        """As those behind."""
        return self._views.list_at(view, namespace, resource_version)


class EventCursor:
    """A ``Cursor`` behind ``after``. It has read all that it can give at once when it waits for a page."""

    def __init__(self, views: EventViews, view: str, namespace: str, after: int) -> None:
        self._views = views
        self._view = view
        self._namespace = namespace
        self._position = after
        #: Entries up to here were given, or are to be; those of ``after`` itself were.
        self._reached = EntryIdentity(after, 1 << 40)
        self._held: deque[EventBundle] = deque()
        self._is_fetching = False

    @property
    def caught_up(self) -> bool:
        """Nothing is left to read until its reader is woken."""
        if not self._held and not self._is_fetching:
            self._refill()
        return not self._held

    @property
    def position(self) -> int:
        """The resourceVersion up to which everything has been examined."""
        if self.caught_up and not self._is_fetching:
            self._position = max(self._position, self._views.head)
        return self._position

    def take(self, limit: int) -> Sequence[BundleChange]:
        """The next ones. Errors: Expired."""
        if self._position < self._views.horizon and not self._held:
            raise Expired(self._position, self._views.horizon)
        if self.caught_up:
            return ()
        taken = [self._held.popleft() for _ in range(min(limit, len(self._held)))]
        self._position = taken[-1].resource_version
        return [change_of(each) for each in taken]

    def fetched(self, entries: Sequence[JournalEntry]) -> None:
        """What was asked of the journal."""
        self._is_fetching = False
        self._held.extend(event_bundle(entry) for entry in entries if entry.key.namespace)
        if entries:
            self._reached = max(self._reached, entries[-1].identity)
        else:
            self._reached = max(self._reached, EntryIdentity(self._views.head, 1 << 40))

    def not_fetched(self) -> None:
        """It is asked for again when its reader is woken the next time."""
        self._is_fetching = False

    def _refill(self) -> None:
        recent = self._views.recent
        if recent and recent[0].entry.identity <= self._reached:
            newer = list(takewhile(lambda each: each.entry.identity > self._reached, reversed(recent)))
            self._held.extend(each for each in reversed(newer) if self._admits(each))
            if newer:
                self._reached = newer[0].entry.identity
        elif self._reached.resource_version < self._views.head:
            self._is_fetching = True
            asked = JournalQuery(view=self._view, namespace=self._namespace, after=self._reached, limit=_PAGE)
            self._views.fetch(asked, self)

    def _admits(self, bundle: EventBundle) -> bool:
        return self._view in ("", bundle.key.view) and self._namespace in ("", bundle.key.namespace)


if TYPE_CHECKING:
    _views: type[ViewReader] = EventViews
    _beginning: type[ViewReader] = BeginningViews
    _cursor: type[Cursor] = EventCursor
