"""The journal as a ``ViewReader``: the newest entries are in memory, earlier ones are fetched while they are read."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from functools import lru_cache
from itertools import takewhile
from typing import TYPE_CHECKING

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.internet.task import deferLater
from twisted.logger import Logger
from twisted.python.failure import Failure

from promoter_view.boundaries import Cursor, ViewReader, Wakeable
from promoter_view.complaints import Complaint
from promoter_view.journal.entries import LAST, EntryIdentity, JournalEntry
from promoter_view.journal.keeping import Journal
from promoter_view.journal.serving.asking import AskedEntries
from promoter_view.journal.serving.bundles import change_of, event_bundle
from promoter_view.journal.store import JournalExpiredError, JournalQuery
from promoter_view.reading.pump import FRESHNESS_SECONDS
from promoter_view.records import Bundle, BundleChange, BundleKey
from promoter_view.views.history import Expired, require_come
from promoter_view.views.known import SELECTORS
from promoter_view.views.versions import split

#: Entries that are kept in memory for those who read along.
_RECENT = 4096
_PAGE = 500
#: When those are asked again whose fetch has failed.
_RETRY_SECONDS = 2.0
#: How often the head is looked at while somebody waits for it.
_LOOKS = 15
_EVERY_VIEW = frozenset(SELECTORS)


class EventViews:
    """Shared by all who read ``journal``. ``list`` gives nothing: lists are asked of the journal (``api.events``)."""

    _log = Logger()

    def __init__(self, journal: Journal, reactor: IReactorTime) -> None:
        self.journal = journal
        self._reactor = reactor
        self._readers: dict[Wakeable, None] = {}
        #: Their fetches have failed.
        self._failed: list[EventCursor] = []
        self._retrying: IDelayedCall | None = None
        self._recent: deque[JournalEntry] = deque(maxlen=_RECENT)
        #: What is made of an entry is the same for all who read along.
        self.bundle_of = lru_cache(maxsize=_PAGE)(event_bundle)
        self._complaint = Complaint(self._log, "a watch waits for the journal: {message}")
        journal.listen(self._told)

    @property
    def ready(self) -> bool:
        """It can be read."""
        return self.journal.is_open

    @property
    def head(self) -> int:
        """The resourceVersion up to which changes are in the journal."""
        return self.journal.progress

    @property
    def horizon(self) -> int:
        """The newest one that retention has deleted."""
        return self.journal.expired.resource_version

    @property
    def recent(self) -> Sequence[JournalEntry]:
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
        wanted = AskedEntries(JournalQuery(view=view, namespace=namespace), _EVERY_VIEW)
        return EventCursor(self, wanted, EntryIdentity(after, LAST))

    async def reach(self, version: int, reactor: IReactorTime) -> None:
        """Waits a little until the head has come to what somebody has seen elsewhere; it may not have come there then.

        That nothing happened moves the head, and wakes nobody: so it is looked at.
        """
        for _ in range(_LOOKS):
            if split(version).offset <= split(self.head).offset:
                return
            await deferLater(reactor, FRESHNESS_SECONDS / _LOOKS)

    def subscribe(self, reader: Wakeable) -> None:
        """Have ``reader.wake`` called when there is more to read."""
        self._readers[reader] = None

    def unsubscribe(self, reader: Wakeable) -> None:
        """No more of that."""
        self._readers.pop(reader, None)
        if not self._readers and self._retrying is not None:
            self._retrying.cancel()
            self._fetch_again()

    @property
    def expired(self) -> EntryIdentity:
        """The newest entry that retention has deleted."""
        return self.journal.expired

    def fetch(self, asked: AskedEntries, after: EntryIdentity, before: EntryIdentity, cursor: EventCursor) -> None:
        """Gives that cursor what comes next, then wakes who reads. What fails is asked for again in a while."""
        fetching = Deferred.fromCoroutine(asked.fetch(self.journal, after, before, _PAGE))
        fetching.addCallbacks(self._fetched, self._not_fetched, (cursor,), errbackArgs=(cursor,))

    def _fetched(self, entries: Sequence[JournalEntry], cursor: EventCursor) -> None:
        self._complaint.clear()
        cursor.fetched(entries)
        self._wake()

    def _not_fetched(self, failure: Failure, cursor: EventCursor) -> None:
        if failure.check(JournalExpiredError):
            cursor.lost()
            self._wake()
            return
        self._complaint.set(failure.getErrorMessage())
        self._failed.append(cursor)
        if not self._readers:
            self._fetch_again()
        elif self._retrying is None:
            self._retrying = self._reactor.callLater(_RETRY_SECONDS, self._fetch_again)

    def _fetch_again(self) -> None:
        """By those who read; until then nobody asks for it."""
        self._retrying = None
        failed, self._failed = self._failed, []
        for cursor in failed:
            cursor.not_fetched()
        self._wake()

    def _told(self, entries: Sequence[JournalEntry]) -> None:
        if self._recent and entries[0].identity <= self._recent[-1].identity:
            self._recent.clear()  # the journal is another one: an etcd was restored from a backup
        self._recent.extend(entries)
        self._wake()

    def _wake(self) -> None:
        for reader in tuple(self._readers):
            reader.wake()


class InFront:
    """The same for one reader, who is told of some of it, or more."""

    def __init__(self, views: EventViews) -> None:
        self._views = views
        self.subscribe = views.subscribe
        self.unsubscribe = views.unsubscribe
        self.get = views.get
        self.list_at = views.list_at

    @property
    def ready(self) -> bool:
        """As those behind."""
        return self._views.ready

    @property
    def head(self) -> int:
        """As those behind."""
        return self._views.head

    @property
    def horizon(self) -> int:
        """As those behind."""
        return self._views.horizon

    def list(self, view: str, namespace: str = "") -> Sequence[Bundle]:
        """As those behind."""
        return self._views.list(view, namespace)

    def cursor(self, view: str, namespace: str, after: int) -> Cursor:
        """As those behind. Errors: Expired, Ahead."""
        return self._views.cursor(view, namespace, after)


class AskedViews(InFront):
    """For one who asks for some entries only, gaps among them. ``begin``: behind which entry.

    Who resumes from its resourceVersion begins there, also where others of that resourceVersion follow.
    """

    def __init__(self, views: EventViews, asked: AskedEntries, begin: EntryIdentity | None = None) -> None:
        super().__init__(views)
        self._asked = asked
        self._begin = begin

    def cursor(self, view: str, namespace: str, after: int) -> Cursor:  # noqa: ARG002
        """Of what is asked for. Errors: Expired, Ahead."""
        require_come(after, self.head)
        begin = self._begin
        if begin is None or begin.resource_version != after:
            begin = EntryIdentity(after, LAST)
        if begin < self._views.expired:
            raise Expired(after, self.horizon)
        return EventCursor(self._views, self._asked, begin)


class EventCursor:
    """A ``Cursor`` behind an entry. It has read all that it can give at once when it waits for a page."""

    def __init__(self, views: EventViews, asked: AskedEntries, after: EntryIdentity) -> None:
        self._views = views
        self._asked = asked
        #: While it is behind all of a resourceVersion, or has come to no other entry yet, it stands there.
        self._position = after.resource_version - (after.item < LAST)
        #: Entries up to here were given, or are to be.
        self._reached = after
        #: The end of what is being fetched: what comes after it was asked for is not in the answer.
        self._edge = after
        self._held: deque[JournalEntry] = deque()
        self._is_fetching = self._is_lost = False

    @property
    def caught_up(self) -> bool:
        """Nothing is left to read until its reader is woken."""
        if self._is_lost:
            return False
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
        reached = max(self._reached, EntryIdentity(self._position, LAST))
        if self._is_lost or (not self._held and reached < self._views.expired):
            raise Expired(self._position, self._views.horizon)
        if self.caught_up:
            return ()
        bundle_of = self._views.bundle_of
        taken = [bundle_of(self._held.popleft()) for _ in range(min(limit, len(self._held)))]
        self._position = taken[-1].resource_version
        return [change_of(each) for each in taken]

    def fetched(self, entries: Sequence[JournalEntry]) -> None:
        """What was asked of the journal."""
        self._is_fetching = False
        self._held.extend(filter(self._asked.admits, entries))
        self._reached = max(self._reached, entries[-1].identity if entries else self._edge)

    def not_fetched(self) -> None:
        """It is asked for again when its reader is woken the next time."""
        self._is_fetching = False

    def lost(self) -> None:
        """What comes next is deleted."""
        self._is_fetching, self._is_lost = False, True

    def _refill(self) -> None:
        recent = self._views.recent
        if recent and recent[0].identity <= self._reached:
            newer = list(takewhile(lambda each: each.identity > self._reached, reversed(recent)))
            self._held.extend(filter(self._asked.admits, reversed(newer)))
            if newer:
                self._reached = newer[0].identity
        elif self._reached.resource_version < self._views.head:
            self._is_fetching = True
            self._edge = EntryIdentity(self._views.head, LAST)
            self._views.fetch(self._asked, self._reached, self._edge, self)


if TYPE_CHECKING:
    _views: type[ViewReader] = EventViews
    _asked: type[ViewReader] = AskedViews
    _cursor: type[Cursor] = EventCursor
