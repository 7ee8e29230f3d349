"""Which entries a reader asks for, gaps among them, and which of them may be seen."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from promoter_view.journal.entries import LAST, EntryIdentity, EventType, JournalEntry
from promoter_view.journal.keeping import Journal
from promoter_view.journal.store import JournalQuery, is_branch
from promoter_view.reading.sight import NOTHING_SEEN, Sight

_FETCHED = 1000
_GAPS = frozenset((EventType.GAP,))


def _everything(entry: JournalEntry) -> bool:  # noqa: ARG001
    """Nothing has to hold."""
    return True


def _undivided(query: JournalQuery) -> Sequence[JournalQuery]:
    """All of it at once."""
    return (query,)


@dataclass(frozen=True, slots=True)
class AskedEntries:
    """The entries of those ``views`` that ``query`` asks for.

    ``gaps``: those as well, whatever objects are asked for: nobody knows whether anything happened to them then. Who
    asks for some events gets gaps only if they are among these. ``matches``: what has to hold beside. ``parts``: what
    a query is divided into, where some of the journal is left out.
    """

    query: JournalQuery
    views: Collection[str]
    gaps: bool = False
    matches: Callable[[JournalEntry], bool] = _everything
    parts: Callable[[JournalQuery], Iterable[JournalQuery]] = _undivided

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
            and (not query.environment or is_branch(query.environment, it.environment))
            and (not query.commit or any(sha.lower().startswith(query.commit.lower()) for sha in entry.shas))
            and self.matches(entry)
        )

    async def fetch(
        self, journal: Journal, after: EntryIdentity, before: EntryIdentity, limit: int
    ) -> Sequence[JournalEntry]:
        """The next ones between these; some may be of other views. It has read all where there are fewer than asked.

        Errors: JournalError, JournalExpiredError where some of them are deleted.
        """
        after = max(after, self.query.after)
        return await self.read(journal, replace(self._until(before), after=after, limit=limit, whole=True))

    async def first(self, journal: Journal, before: EntryIdentity) -> JournalEntry | None:
        """The first one in front of that. Errors: JournalError."""
        found = await self.read(journal, replace(self._until(before), limit=1))
        return found[0] if found else None

    async def read(self, journal: Journal, query: JournalQuery) -> Sequence[JournalEntry]:
        """What that part of the query gives, and the gaps in between."""
        found = [await journal.query(each) for part in self.parts(query) for each in self._asked(part)]
        return found[0] if len(found) == 1 else _merged(found, query)

    def _until(self, before: EntryIdentity) -> JournalQuery:
        return replace(self.query, before=min(before, self.query.before or before))

    def _asked(self, query: JournalQuery) -> Iterator[JournalQuery]:
        yield query
        if self.gaps and _is_of_some(query) and _admits_event(EventType.GAP, query):
            yield replace(query, events=_GAPS, view="", namespace="", name="", environment="", commit="")


def beyond(version: int, since: datetime) -> Callable[[JournalQuery], Iterable[JournalQuery]]:
    """``parts`` for who has the changes behind that resourceVersion from elsewhere, which is of that moment.

    It leaves them out, but for what the journal alone tells: gaps, and what was backfilled of earlier times. Some of
    them are read all the same: ``is_behind`` knows which.
    """
    edge = EntryIdentity(version, LAST)

    def parts(query: JournalQuery) -> Iterator[JournalQuery]:
        yield query if query.before is not None and query.before <= edge else replace(query, before=edge)
        if query.before is not None and query.before <= edge:
            return
        later = replace(query, after=max(query.after, edge))
        yield replace(later, until=since if query.until is None else min(query.until, since))
        if _admits_event(EventType.GAP, query):
            yield replace(later, events=_GAPS)

    return parts


def is_behind(entry: JournalEntry, version: int) -> bool:
    """Whether ``beyond`` leaves it out. Times alone do not say: resourceVersions may run ahead of the clock."""
    told_alone = entry.backfilled or entry.happening.event is EventType.GAP
    return entry.identity.resource_version > version and not told_alone


class FoundEntries(NamedTuple):
    """``edge``: the entry behind which there may be more, in the order of the query; None: there is nothing more."""

    entries: list[JournalEntry]
    edge: EntryIdentity | None


async def find(journal: Journal, asked: AskedEntries, sight: Sight, wanted: int) -> list[JournalEntry]:
    """The first ``wanted`` of what may be seen, in the query's order. Errors: JournalError, ReviewUnavailable."""
    return (await look(journal, asked, sight, wanted)).entries


async def look(
    journal: Journal, asked: AskedEntries, sight: Sight, wanted: int, *, most: int | None = None
) -> FoundEntries:
    """The same. ``most``: so many entries are read for it, or a few more; None: as many as it takes.

    What is deleted meanwhile is not left out: JournalExpiredError.
    """
    found, read, query = list[JournalEntry](), 0, replace(asked.query, limit=min(wanted, _FETCHED))
    while True:
        entries = await asked.read(journal, query)
        mine = [entry for entry in entries if asked.admits(entry)]
        may_see = await judge(mine, sight)
        found += filter(may_see, mine)
        read += len(entries)
        is_all = len(entries) < query.limit
        if len(found) > wanted or (len(found) == wanted and not is_all):
            return FoundEntries(found[:wanted], found[wanted - 1].identity)
        if is_all:
            return FoundEntries(found, None)
        edge = entries[-1].identity
        if most is not None and read >= most:
            return FoundEntries(found, edge)
        # What was few of many is looked for in more of them.
        query = replace(query, limit=_FETCHED)
        query = replace(query, before=edge) if query.newest_first else replace(query, after=edge, whole=True)


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
    every = {entry.identity: entry for some in lists for entry in some}
    return [every[identity] for identity in sorted(every, reverse=query.newest_first)][: query.limit]
