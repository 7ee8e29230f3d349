"""What pages of what is in memory ask of the journal, to go on where that ends. Thin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from promoter_view.journal.entries import LAST, EntryIdentity, JournalEntry
from promoter_view.journal.keeping import Journal
from promoter_view.journal.serving.asking import AskedEntries, look
from promoter_view.journal.store import JournalError
from promoter_view.reading.sight import Sight

#: Entries that are read for one page, at most: what is rarer is looked for further back by the next page.
_MOST_READ = 10_000
NOT_OPEN = "The journal is not open"
_UNREADABLE = "The journal cannot be read now"


class WantedEntries(NamedTuple):
    """The first ``most`` of those; None, or 0: only whether there is a journal."""

    asked: AskedEntries | None
    most: int

    def up_to(self, version: int) -> WantedEntries:
        """Of them those that are not behind that resourceVersion."""
        if self.asked is None:
            return self
        edge, query = EntryIdentity(version, LAST), self.asked.query
        before = edge if query.before is None else min(query.before, edge)
        return self._replace(asked=replace(self.asked, query=replace(query, before=before)))


@dataclass(frozen=True, slots=True)
class Earlier:
    """What the journal has told. ``edge``: behind which entry there may be more, None: nowhere.

    ``problem``: why there is no journal to ask, as the beginning of a sentence; "" where there is one.
    """

    entries: tuple[JournalEntry, ...] = ()
    edge: EntryIdentity | None = None
    problem: str = ""


#: What a page is given where nobody has asked.
UNASKED = Earlier(problem=NOT_OPEN)


class EarlierEntries:
    """Asks ``journal``. Where it is not open, or cannot be read, pages say so, and are there all the same."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    async def of(self, wanted: Mapping[str, WantedEntries], sight: Sight) -> Mapping[str, Earlier]:
        """By the same words. Errors: ReviewUnavailable."""
        return {word: await self._of(each, sight) for word, each in wanted.items()}

    async def _of(self, wanted: WantedEntries, sight: Sight) -> Earlier:
        if not self._journal.is_open:
            return UNASKED
        if wanted.asked is None or not wanted.most:
            return Earlier()
        try:
            found = await look(self._journal, wanted.asked, sight, wanted.most, most=_MOST_READ)
        except JournalError:
            return Earlier(problem=_UNREADABLE)
        return Earlier(tuple(found.entries), found.edge)
