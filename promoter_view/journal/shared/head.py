"""How a journal stands that is elsewhere. Values only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from promoter_view.journal.entries import BEGINNING, EntryIdentity, JournalEntry
from promoter_view.journal.store import Batch


@dataclass(frozen=True, slots=True)
class JournalHead:
    """Changes up to the resourceVersion ``progress`` are in the journal; entries up to ``expired`` were deleted.

    ``count`` entries are in it, which take so many ``bytes`` there. ``digest`` is made of the bundles at the progress.
    """

    progress: int = 0
    expired: EntryIdentity = BEGINNING
    count: int = 0
    bytes: int = 0
    digest: int | None = None

    def wants(self, batch: Batch, entries: Sequence[JournalEntry]) -> bool:
        """Whether the batch, of which these entries are new, says anything that the journal does not have."""
        is_newer = batch.progress > self.progress
        is_told = batch.progress == self.progress and batch.digest not in (None, self.digest)
        return bool(entries) or is_newer or is_told

    def grown(self, batch: Batch, count: int, size: int) -> JournalHead:
        """With the batch, of which so many entries are new, that take so many bytes."""
        return JournalHead(
            max(self.progress, batch.progress),
            self.expired,
            self.count + count,
            self.bytes + size,
            batch.digest if batch.progress >= self.progress else self.digest,
        )


@dataclass(frozen=True, slots=True)
class JournalTail:
    """Head as it was read, and the revision that put it, 0 where there is none."""

    head: JournalHead
    revision: int
