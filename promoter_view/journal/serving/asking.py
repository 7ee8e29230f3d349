"""Which entries a reader asks for, gaps among them, and which of them may be seen."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from promoter_view.journal.entries import EntryIdentity, EventType, JournalEntry
from promoter_view.journal.keeping import Journal
from promoter_view.journal.store import JournalQuery
from promoter_view.reading.sight import NOTHING_SEEN, Sight

_FETCHED = 1000
#: Behind every entry of a resourceVersion.
LAST = 1 << 40


def _everything(entry: JournalEntry) -> bool:  # noqa: ARG001
    """Nothing has to hold."""
    return True


@dataclass(frozen=True, slots=True)
class AskedEntries:
    """The entries of those ``views`` that ``query`` asks for.

    ``gaps``: those as well, whatever objects are asked for: nobody knows whether anything happened to them then. Who
    asks for some events gets gaps only if they are among these. ``matches``: what has to hold beside.
    """

    query: JournalQuery
    views: Collection[str]
    gaps: bool = False
    matches: Callable[[JournalEntry], bool] = _everything

    def admits(self, entry: JournalEntry) -> bool:
        """Whether that is one of them."""
        query, it = self.query, entry.happening
        if not _is_within(entry, query):
            return False
        if it.event is EventType.GAP:
            return self.gaps
        view, namespace, name = entry.key
        return (
            view in self.views
            and query.view in ("", view)
            and query.namespace in ("", namespace)
            and query.name in ("", name)
            and query.environment in ("", it.environment)
            and (not query.commit or any(sha.lower().startswith(query.commit.lower()) for sha in entry.shas))
            and self.matches(entry)
        )

    async def fetch(self, journal: Journal, after: EntryIdentity, limit: int) -> Sequence[JournalEntry]:
        """The next ones behind that; some may be of other views. It has read all where there are fewer than asked."""
        return await self.read(journal, replace(self.query, after=max(after, self.query.after), limit=limit))

    async def read(self, journal: Journal, query: JournalQuery) -> Sequence[JournalEntry]:
        """What that part of the query gives, and the gaps in between."""
        found = await journal.query(query)
        if not (self.gaps and _is_of_some(query) and _admits_event(EventType.GAP, query)):
            return found
        of_gaps = replace(
            query, events=frozenset((EventType.GAP,)), view="", namespace="", name="", environment="", commit=""
        )
        return _merged((found, await journal.query(of_gaps)), query)


async def find(journal: Journal, asked: AskedEntries, sight: Sight, wanted: int) -> list[JournalEntry]:
    """The first ``wanted`` of what may be seen, in the query's order. Errors: JournalError, ReviewUnavailable."""
    found, query = list[JournalEntry](), replace(asked.query, limit=min(wanted, _FETCHED))
    while True:
        entries = await asked.read(journal, query)
        mine = [entry for entry in entries if asked.admits(entry)]
        may_see = await judge(mine, sight)
        found += filter(may_see, mine)
        if len(entries) < query.limit or len(found) >= wanted:
            return found[:wanted]
        edge = entries[-1].identity
        # What was few of many is looked for in more of them.
        query = replace(query, limit=_FETCHED)
        query = replace(query, before=edge) if query.newest_first else replace(query, after=edge)


async def judge(entries: Iterable[JournalEntry], sight: Sight) -> Callable[[JournalEntry], bool]:
    """Tells which of those may be seen: gaps always. Errors: ReviewUnavailable."""
    places = {(entry.key.view, entry.key.namespace) for entry in entries if entry.key.namespace}
    unknown = {namespace for view, namespace in places if sight.hidden(view, namespace) is None}
    if unknown:
        await sight.examine(unknown)
    return lambda entry: not entry.key.namespace or _may_see(entry, sight)


def _may_see(entry: JournalEntry, sight: Sight) -> bool:
    hidden = sight.hidden(entry.key.view, entry.key.namespace, reading=True)
    return hidden not in (None, NOTHING_SEEN) and entry.is_told(hidden or frozenset())


def _is_within(entry: JournalEntry, query: JournalQuery) -> bool:
    """Of those events, in that part of the journal and of time."""
    return (
        entry.identity > query.after
        and (query.before is None or entry.identity < query.before)
        and _admits_event(entry.happening.event, query)
        and (query.since is None or entry.time >= query.since)
        and (query.until is None or entry.time < query.until)
    )


def _is_of_some(query: JournalQuery) -> bool:
    """It asks for some objects, and not for all."""
    return any((query.view, query.namespace, query.name, query.environment, query.commit))


def _admits_event(event: EventType, query: JournalQuery) -> bool:
    return not query.events or event in query.events


def _merged(lists: Sequence[Sequence[JournalEntry]], query: JournalQuery) -> Sequence[JournalEntry]:
    both = sorted((each for some in lists for each in some), key=lambda each: each.identity)
    return (both[::-1] if query.newest_first else both)[: query.limit]
