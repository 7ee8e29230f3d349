"""Lists of events: the entries that are asked for and may be seen, fetched page by page."""

from __future__ import annotations

import sys
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from promoter_view.journal.entries import BEGINNING, EntryIdentity, EventType, JournalEntry
from promoter_view.journal.keeping import Journal
from promoter_view.journal.serving.asking import AskedEntries, find
from promoter_view.journal.serving.bundles import EventBundle, EventBundles, event_bundle, parse_name, selectable_of
from promoter_view.journal.store import JournalQuery
from promoter_view.kubernetes.selectors import FieldSelector
from promoter_view.reading.pages import ListMeta, Part
from promoter_view.reading.sight import Sight
from promoter_view.reading.tokens import Token
from promoter_view.web.errors import BadRequest, ContinueExpired


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


class EventLister:
    """Reads the journal for lists. Of other ``views`` than these, which it may have entries of, nothing is told."""

    def __init__(self, journal: Journal, views: Collection[str]) -> None:
        self._journal = journal
        self._views = frozenset(views)

    async def page(self, listing: EventListing, query: Part, sight: Sight) -> tuple[ListMeta, EventBundles]:
        """Errors: BadRequest, ContinueExpired, JournalError, ReviewUnavailable."""
        after, head = self._place(query.token)
        asked = replace(listing.query(), after=after, before=EntryIdentity(head + 1, -1))
        wanted = AskedEntries(asked, self._views, matches=listing.matches)
        found = await find(self._journal, wanted, sight, query.limit + 1 if query.limit else sys.maxsize)
        if not query.limit or len(found) <= query.limit:
            return ListMeta(head), EventBundles(found)
        shown = found[: query.limit]
        token = Token(head, "", shown[-1].identity.name)
        return ListMeta(head, token.encode()), EventBundles(shown)

    async def one(self, namespace: str, name: str, sight: Sight) -> EventBundle | None:
        """The event of that name. Errors: JournalError, ReviewUnavailable."""
        identity = parse_name(name)
        if identity is None:
            return None
        behind = identity._replace(item=identity.item + 1)
        query = JournalQuery(namespace=namespace, after=identity.just_before, before=behind)
        found = await find(self._journal, AskedEntries(query, self._views), sight, 1)
        return event_bundle(found[0]) if found else None

    def _place(self, token: Token | None) -> tuple[EntryIdentity, int]:
        if token is None:
            return BEGINNING, self._journal.progress
        identity = parse_name(token.name)
        if identity is None or token.resource_version is None:
            raise BadRequest("continue key is not valid: it is not one that this server has made")
        if identity < self._journal.expired:
            raise ContinueExpired(Token(token.resource_version, "", self._journal.expired.name).encode())
        return identity, token.resource_version
