"""What a journal is to those who write and read it, wherever it is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, Protocol

from twisted.internet.defer import Deferred

from promoter_view.journal.entries import BEGINNING, EntryIdentity, EventType, JournalEntry


class JournalError(Exception):
    """The journal cannot be used: in one line why, and what is expected."""


class JournalBusyError(JournalError):
    """The same, and it may pass: a full disk, a lock."""


class JournalExpiredError(JournalError):
    """Some of what was asked for as a whole is deleted."""

    def __init__(self) -> None:
        super().__init__("entries were deleted while they were read: begin again")


@dataclass(frozen=True, slots=True)
class JournalQuery:
    """Which entries. Texts "" and None: whichever. ``commit``: a sha, or how it begins (7 characters or more).
    ``environment``: a branch, or how it ends (``is_branch``).

    ``since`` is the first moment, ``until`` the first one after the last. ``after`` and ``before`` are identities, both
    excluded. ``limit`` bounds what is given at once. ``whole``: for who reads on behind ``after``; where an entry
    behind it was deleted, the query fails with JournalExpiredError.
    """

    events: frozenset[EventType] = frozenset()
    view: str = ""
    namespace: str = ""
    name: str = ""
    environment: str = ""
    commit: str = ""
    uid: str = ""
    since: datetime | None = None
    until: datetime | None = None
    after: EntryIdentity = BEGINNING
    before: EntryIdentity | None = None
    newest_first: bool = False
    limit: int = 500
    whole: bool = False


def is_branch(word: str, branch: str) -> bool:
    """Whether that word names the branch: it is the branch, or its last path segments."""
    return branch == word or (bool(word) and branch.endswith(f"/{word}"))


class JournalState(NamedTuple):
    """``progress``: the resourceVersion up to which changes are in the journal, 0 for a new one. ``newest`` and
    ``oldest`` are of its entries, BEGINNING where there are none, ``expired`` is the newest that retention has deleted.
    ``entries`` is how many there are, ``bytes`` what they take. ``digest`` is made of the bundles at the progress, None
    where it is not known.
    """

    progress: int = 0
    newest: EntryIdentity = BEGINNING
    oldest: EntryIdentity = BEGINNING
    expired: EntryIdentity = BEGINNING
    oldest_time: datetime | None = None
    entries: int = 0
    bytes: int = 0
    digest: int | None = None


@dataclass(frozen=True, slots=True)
class Retention:
    """What is kept, at most: the limit that is hit first counts."""

    age_seconds: float
    max_bytes: int


@dataclass(frozen=True, slots=True)
class Batch:
    """All entries of the changes up to ``progress`` that are not in the journal yet: one transaction.

    ``digest`` is made of the bundles then, None where it is not known. ``behind`` is a progress that the journal has
    at least: one with less was put in its place, and the batch fails with JournalBusyError.
    """

    progress: int
    entries: Sequence[JournalEntry] = field(default=())
    digest: int | None = None
    behind: int = 0


#: Is told which entries are new in the journal, in order.
Told = Callable[[Sequence[JournalEntry]], None]


class JournalStore(Protocol):
    """Keeps a journal. Every Deferred may fail with JournalError."""

    def open(self) -> Deferred[JournalState]:
        """Makes it ready."""

    def append(self, batch: Batch) -> Deferred[Sequence[JournalEntry]]:
        """Writes the batch, whole or not at all; gives the entries that were not in the journal before."""

    def query(self, query: JournalQuery) -> Deferred[Sequence[JournalEntry]]:
        """The entries, the oldest first unless the query says otherwise."""

    def state(self) -> Deferred[JournalState]:
        """What it holds."""

    def prune(self, retention: Retention, now: datetime) -> Deferred[int]:
        """Deletes some of what is beyond that, the oldest first; how many entries. To be called until it gives 0."""

    def close(self) -> Deferred[None]:
        """After what is under way."""


class CursorShelf(Protocol):
    """Has cursors in entries a second time, for when the log that has them is gone. Each may fail with JournalError."""

    def keep_cursors(self, places: Mapping[str, EntryIdentity | None]) -> Deferred[None]:
        """By the names of those who have come so far; None: it is not kept any more."""

    def cursors(self) -> Deferred[Mapping[str, EntryIdentity]]:
        """What was kept."""


class SharedJournalStore(JournalStore, Protocol):
    """That of several processes: whichever of them leads appends and prunes, each reads what any of them wrote.

    ``append`` fails with JournalBusyError where another one has written meanwhile: ``state`` says what there is now.
    """

    @property
    def progress(self) -> int:
        """The resourceVersion up to which all that there is can be read here."""

    @property
    def expired(self) -> EntryIdentity:
        """The newest entry that was deleted."""

    @property
    def problem(self) -> str:
        """Why what others write is not read, "" where it is."""

    def listen(self, told: Told) -> None:
        """Call it before it is opened: that is told what comes afterwards, whoever wrote it."""
