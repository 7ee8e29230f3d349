"""The log as a feed: what a change of a bundle means to people, and the entries that are kept. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from promoter_view.dashboard.events import Item
from promoter_view.dashboard.page_table import page_path
from promoter_view.dashboard.subject import Subjects
from promoter_view.records import BundleChange
from promoter_view.views.isolation import Isolation
from promoter_view.views.versions import moment

#: Entries of changes that are kept for the streams that tell them next.
_KEPT_ENTRIES = 8
#: By so much the clocks of replicas differ, or one is slewed: nothing to speak of.
_SKEW = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Entry:
    """What one change of one bundle meant. ``time`` is that of its record, ``mark`` its subject's.

    ``ahead``: by a clock that has been set back since, so that nobody knows when it was.
    """

    resource_version: int
    time: datetime
    namespace: str
    name: str
    items: tuple[Item, ...]
    view: str
    mark: str
    ahead: bool = False

    @property
    def path(self) -> str:
        """The bundle's page, below the root."""
        return page_path(self.view, self.namespace, self.name)

    def without(self, hidden: frozenset[str]) -> Entry:
        """As it is for somebody who may not see members of those kinds; there may be nothing left of it."""
        items = tuple(item for item in self.items if not item.told_by & hidden)
        return self if len(items) == len(self.items) else replace(self, items=items)


@dataclass(frozen=True, slots=True)
class Reach:
    """Back to when entries are kept, at most; ``ahead`` as an entry is."""

    time: datetime
    ahead: bool = False


def reach_before(since: datetime, now: datetime) -> Reach:
    """How far back that is, as it is told where it cannot have been after ``now``."""
    return Reach(since, ahead=True) if since - now > _SKEW else Reach(min(since, now))


def told_before(entry: Entry, latest: datetime) -> Entry:
    """The entry as it is told where it cannot have been after ``latest``, whatever its record says."""
    if entry.time <= latest:
        return entry
    return replace(entry, ahead=True) if entry.time - latest > _SKEW else replace(entry, time=latest)


class Activity:
    """What happened, as far back as the history reaches. Fed each change once, in order; keeps ``max_entries``.

    A change is made into an entry here, for the feed and for streams, and once for both where they see the same of it.
    """

    def __init__(self, subjects: Subjects, isolation: Isolation, *, max_entries: int = 5000) -> None:
        self._subjects = subjects
        self._isolation = isolation
        self._entries: deque[Entry] = deque(maxlen=max_entries)
        self.since: datetime | None = None
        #: The resourceVersion behind which all is kept; 0 before there is any.
        self.floor = 0
        self.entry_of = lru_cache(maxsize=_KEPT_ENTRIES)(self._entry_of)

    def steps(self, changes: Iterable[BundleChange]) -> Iterator[None]:
        """Takes the next changes, in steps of which each is one member's reading at most."""
        for change in changes:
            yield from self._isolation.steps(change.key, "activity", self._steps(change))
            yield

    def _steps(self, change: BundleChange) -> Iterator[None]:
        yield from self.read_steps(change)
        self._take(change)

    def read_steps(self, change: BundleChange) -> Iterator[None]:
        """Reads what ``entry_of`` wants: what a change meant, None where nothing changed that people ask for."""
        subject = self._subjects[change.key.view]
        yield from subject.read_steps(change.before)
        yield from subject.read_steps(change.after)

    def restart(self, horizon: int) -> None:
        """Forgets all; what is fed next comes after that resourceVersion."""
        self._entries.clear()
        self.since, self.floor = moment(horizon), horizon

    def newest_first(self, now: datetime) -> Iterator[Entry]:
        """The entries that are kept. Each is told before ``now``, and before the one that followed it."""
        latest = now
        for entry in reversed(self._entries):
            told = told_before(entry, latest)
            if not told.ahead:
                latest = told.time
            yield told

    def _take(self, change: BundleChange) -> None:
        entry = self.entry_of(change)
        if entry is None:
            return
        if len(self._entries) == self._entries.maxlen:
            self.since, self.floor = self._entries[0].time, self._entries[0].resource_version
        self._entries.append(entry)

    def _entry_of(self, change: BundleChange) -> Entry | None:
        version, key, subject = change.resource_version, change.key, self._subjects[change.key.view]
        items = subject.compare(change.before, change.after)
        time = datetime.fromtimestamp(change.time_ms / 1000, UTC)
        if not items:
            return None
        return Entry(version, time, key.namespace, key.name, items, key.view, subject.wording.mark)
