"""Whether the entries of a journal that is elsewhere are what its head says. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from promoter_view.journal.entries import BEGINNING, EntryIdentity, JournalEntry
from promoter_view.journal.shared.head import JournalHead
from promoter_view.journal.sqlite.verifying import JournalCheck


@dataclass(slots=True)
class HeadReading:
    """What is found while all entries are read in the order of the places where they stand: keys, or rows."""

    head: JournalHead
    count: int = 0
    size: int = 0
    wrong: list[str] = field(default_factory=list)
    unordered: list[str] = field(default_factory=list)
    _last: EntryIdentity = BEGINNING

    def read(self, place: str, first: EntryIdentity | None, entries: Sequence[JournalEntry], size: int) -> None:
        """Those of one place, which takes so many bytes; ``first`` is the entry that it is named by."""
        self.size += size
        if not entries or entries[0].identity != first:
            self.wrong.append(place)
        for entry in entries:
            if entry.identity <= self._last:
                self.unordered.append(entry.identity.name)
            self._last = entry.identity
            self.count += entry.identity > self.head.expired

    def checks(self) -> Iterator[JournalCheck]:
        """Of what was read."""
        head = self.head
        is_whole = (self.count, self.size) == (head.count, head.bytes)
        counted = f"{self.count}, in {self.size} bytes"
        counted += "" if is_whole else f"; its head says {head.count}, in {head.bytes} bytes"
        wrong = _first("; not readable, or in a place that is not theirs", self.wrong)
        yield JournalCheck("entries", counted + wrong, is_whole and not self.wrong)
        order = _first("out of order, or twice", self.unordered)
        yield JournalCheck("identities", order or "in order, each once", not order)
        is_ahead = self._last.resource_version > head.progress
        found = f"{head.progress} is before the newest entry, {self._last.name}"
        told = found if is_ahead else f"changes up to resourceVersion {head.progress} are in it"
        yield JournalCheck("progress", told, not is_ahead)


def _first(what: str, found: Sequence[str]) -> str:
    return f"{what}: {len(found)}, the first is {found[0]}" if found else ""
