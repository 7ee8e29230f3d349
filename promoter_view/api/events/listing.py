"""Lists of events: the entries that are asked for and may be seen, fetched page by page."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from promoter_view.journal.entries import BEGINNING, EntryIdentity, EventType, JournalEntry
from promoter_view.journal.keeping import Journal
from promoter_view.journal.serving.asking import judge
from promoter_view.journal.serving.bundles import EventBundle, event_bundle, parse_name
from promoter_view.journal.store import JournalQuery
from promoter_view.kubernetes.selectors import FieldSelector
from promoter_view.reading.pages import ListMeta, Page, Part
from promoter_view.reading.sight import Sight
from promoter_view.reading.tokens import Token
from promoter_view.web.errors import BadRequest, ContinueExpired

_FETCHED = 1000


@dataclass(frozen=True, slots=True)
class EventListing:
    """What is listed: of a namespace ("" for all), since then."""

    namespace: str
    fields: FieldSelector
    since: datetime | None


class EventLister:
    """Reads the journal for lists. Of other ``views`` than these, which it may have entries of, nothing is told."""

    def __init__(self, journal: Journal, views: Collection[str]) -> None:
        self._journal = journal
        self._views = frozenset(views)

    async def page(self, listing: EventListing, query: Part, sight: Sight) -> Page:
        """Errors: BadRequest, ContinueExpired, JournalError, ReviewUnavailable."""
        after, head = self._place(query.token)
        asked = replace(selected(listing), after=after, before=EntryIdentity(head + 1, -1), limit=_FETCHED)
        found, wanted = list[EventBundle](), query.limit + 1 if query.limit else 0
        while True:
            entries = await self._journal.query(asked)
            found += await self._seen(entries, listing, sight)
            if len(entries) < _FETCHED or (wanted and len(found) >= wanted):
                break
            asked = replace(asked, after=entries[-1].identity)
        if not query.limit or len(found) <= query.limit:
            return Page(ListMeta(head), found)
        shown = found[: query.limit]
        token = Token(head, "", shown[-1].key.name)
        return Page(ListMeta(head, token.encode()), shown)

    async def one(self, namespace: str, name: str, sight: Sight) -> EventBundle | None:
        """The event of that name. Errors: JournalError, ReviewUnavailable."""
        identity = parse_name(name)
        if identity is None:
            return None
        before = EntryIdentity(identity.resource_version, identity.item + 1)
        after = EntryIdentity(identity.resource_version, identity.item - 1)
        entries = await self._journal.query(JournalQuery(namespace=namespace, after=after, before=before, limit=1))
        return next(iter(await self._seen(entries, EventListing(namespace, FieldSelector(), None), sight)), None)

    async def _seen(self, entries: Sequence[JournalEntry], listing: EventListing, sight: Sight) -> list[EventBundle]:
        """Those that are asked for and may be seen. Errors: ReviewUnavailable."""
        asked = [event_bundle(entry) for entry in entries if entry.key.view in self._views and entry.key.namespace]
        wanted = [it for it in asked if listing.fields.matches(it.key.namespace, it.key.name, it.selectable)]
        may_see = await judge((it.entry for it in wanted), sight)
        return [it for it in wanted if may_see(it.entry)]

    def _place(self, token: Token | None) -> tuple[EntryIdentity, int]:
        if token is None:
            return BEGINNING, self._journal.progress
        identity = parse_name(token.name)
        if identity is None or token.resource_version is None:
            raise BadRequest("continue key is not valid: it is not one that this server has made")
        if identity < self._journal.expired:
            raise ContinueExpired(Token(token.resource_version, "", self._journal.expired.name).encode())
        return identity, token.resource_version


def selected(listing: EventListing) -> JournalQuery:
    """What of it the store can look for; all of it is looked at again."""
    exact = {term.field: term.value for term in listing.fields.requirements if term.equal}
    events = frozenset(each for each in EventType if each.value == exact.get("event"))
    return JournalQuery(
        events=events,
        view=exact.get("view", ""),
        namespace=listing.namespace,
        name=exact.get("name", ""),
        environment=exact.get("environment", ""),
        commit=exact.get("commit", ""),
        since=listing.since,
    )
