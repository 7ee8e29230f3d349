"""How a journal stands that is elsewhere. Values only."""

from __future__ import annotations

from dataclasses import dataclass

from promoter_view.journal.entries import BEGINNING, EntryIdentity


@dataclass(frozen=True, slots=True)
class JournalHead:
    """Changes up to the resourceVersion ``progress`` are in the journal; entries up to ``expired`` were deleted.

    ``count`` entries are in it, which take so many ``bytes`` there.
    """

    progress: int = 0
    expired: EntryIdentity = BEGINNING
    count: int = 0
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class JournalTail:
    """Head as it was read, and the revision that put it, 0 where there is none."""

    head: JournalHead
    revision: int
