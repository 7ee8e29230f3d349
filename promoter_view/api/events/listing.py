"""Lists of events: the entries that are asked for and may be seen, read page by page while they are sent."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from promoter_view.journal.entries import BEGINNING, EntryIdentity, EventType, JournalEntry
from promoter_view.journal.keeping import Journal
from promoter_view.journal.serving.asking import AskedEntries, FoundEntries, find, look
from promoter_view.journal.serving.bundles import EventBundle, EventBundles, event_bundle, parse_name, selectable_of
from promoter_view.journal.serving.paging import EntryPages
from promoter_view.journal.store import JournalExpiredError, JournalQuery
from promoter_view.kubernetes.selectors import FieldSelector
from promoter_view.reading.pages import ListMeta, Part
from promoter_view.reading.sight import Sight
from promoter_view.reading.tokens import Token
from promoter_view.web.errors import BadRequest, ContinueExpired

#: Entries of a page, whatever is asked for: who wants more goes on, as with any limit. What has no limit is sent in
#: such pages, of which one is in memory.
_MOST = 1000


@dataclass(frozen=True, slots=True)
class EventListing:
    """What is listed: of a namespace ("" for all), since then."""

    namespace: str
    fields: FieldSelector
    since: datetime | None

    def query(self) -> JournalQuery:
        """What of it the store can look for."""
        exact = {term.field: term.value for term in self.fields.requirements if term.equal}
        events = frozenset(each for each in EventType if each.value == exact.get("event"))
        return JournalQuery(
            events=events,
            view=exact.get("view", ""),
            namespace=self.namespace,
            name=exact.get("name", ""),
            environment=exact.get("environment", ""),
            commit=exact.get("commit", ""),
            since=self.since,
        )

    def matches(self, entry: JournalEntry) -> bool:
        """All of its fields; what belongs to no namespace is not listed."""
        namespace = entry.key.namespace
        return bool(namespace) and self.fields.matches(namespace, entry.identity.name, selectable_of(entry))


class ListedEvents:
    """The items of a list that has no limit (pages.Arriving)."""

    def __init__(self, pages: EntryPages) -> None:
        self._pages = pages
        self.listen = pages.listen

    def __bool__(self) -> bool:
        return not self._pages.is_over

    def __iter__(self) -> Iterator[EventBundle | None]:
        while not self._pages.is_over:
            yield event_bundle(self._pages.take()) if self._pages.look() else None


class EventLister:
    """Reads the journal for lists. Of other ``views`` than these, which it may have entries of, nothing is told."""

    def __init__(self, journal: Journal, views: Collection[str]) -> None:
        self._journal = journal
        self._views = frozenset(views)

    async def page(self, listing: EventListing, query: Part, sight: Sight) -> tuple[ListMeta, EventBundles]:
        """``query.limit`` at most. Errors: BadRequest, ContinueExpired, JournalError, ReviewUnavailable."""
        after, head = self._place(query.token)
        wanted = self._asked(listing, after, head, whole=query.token is not None)
        limit = min(query.limit or _MOST, _MOST)
        try:
            found = await find(self._journal, wanted, sight, limit + 1)
        except JournalExpiredError:
            raise ContinueExpired(Token(head, "", self._journal.expired.name).encode()) from None
        if len(found) <= limit:
            return ListMeta(head), EventBundles(found)
        shown = found[:limit]
        token = Token(head, "", shown[-1].identity.name)
        return ListMeta(head, token.encode()), EventBundles(shown)

    async def all(self, listing: EventListing, sight: Sight) -> tuple[ListMeta, EntryPages]:
        """All that there is now, read while it is taken. Errors: JournalError, ReviewUnavailable; also of taking.

        It is of one moment. If retention deletes what is still to be read, taking fails: nothing is left out.
        """
        head = self._journal.progress

        async def read(after: EntryIdentity) -> FoundEntries:
            asked = self._asked(listing, after, head, whole=after != BEGINNING)
            return await look(self._journal, asked, sight, _MOST)

        return ListMeta(head), EntryPages(await read(BEGINNING), read)

    async def one(self, namespace: str, name: str, sight: Sight) -> EventBundle | None:
        """The event of that name. Errors: JournalError, ReviewUnavailable."""
        identity = parse_name(name)
        if identity is None:
            return None
        behind = identity._replace(item=identity.item + 1)
        query = JournalQuery(namespace=namespace, after=identity.just_before, before=behind)
        found = await find(self._journal, AskedEntries(query, self._views), sight, 1)
        return event_bundle(found[0]) if found else None

    def _asked(self, listing: EventListing, after: EntryIdentity, head: int, *, whole: bool) -> AskedEntries:
        query = replace(listing.query(), after=after, before=EntryIdentity(head + 1, -1), whole=whole)
        return AskedEntries(query, self._views, matches=listing.matches)

    def _place(self, token: Token | None) -> tuple[EntryIdentity, int]:
        if token is None:
            return BEGINNING, self._journal.progress
        identity = parse_name(token.name)
        if identity is None or token.resource_version is None:
            raise BadRequest("continue key is not valid: it does not come from this server")
        return identity, token.resource_version
