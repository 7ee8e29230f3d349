"""What clients of the aggregated API have seen, as values: the validator's input. Pure.

A recording is one watcher's life: the lists and the streams that it has read, in the order in which it read them.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

#: Namespace and name of a bundle.
Key = tuple[str, str]

ADDED, MODIFIED, DELETED = "ADDED", "MODIFIED", "DELETED"


class Seen(NamedTuple):
    """A bundle as it was seen; ``digest`` stands for all of its body."""

    key: Key
    uid: str
    resource_version: int
    digest: str


class Change(NamedTuple):
    """An event of a watch that carries an object."""

    type: str
    seen: Seen

    @property
    def resource_version(self) -> int:
        """Where in the log it stands: the object's own resourceVersion, that of the deletion for DELETED."""
        return self.seen.resource_version


class Bookmark(NamedTuple):
    """A BOOKMARK; ``ends_initial_state`` when annotated ``k8s.io/initial-events-end``."""

    resource_version: int
    ends_initial_state: bool = False


class Refusal(NamedTuple):
    """An error: an ERROR event inside the stream, or the answer to the request."""

    code: int
    reason: str
    message: str


Entry = Change | Bookmark | Refusal


@dataclass(frozen=True, slots=True)
class Listing:
    """One whole list. ``namespace`` "" means all."""

    namespace: str
    resource_version: int
    items: tuple[Seen, ...]


class Parts(NamedTuple):
    """A stream taken apart. ``initial`` is None when there is none, or when it was cut off before it was whole.

    ``start`` is the position after which ``rest`` follows; None where the stream does not say it.
    """

    initial: tuple[Seen, ...] | None
    start: int | None
    rest: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Stream:
    """One watch, up to its end or to where it was cut; a line that was cut in the middle is left out.

    ``after``: the resourceVersion it resumed at; None: it began with the state. ``watch_list``: with sendInitialEvents.
    """

    namespace: str
    after: int | None
    entries: tuple[Entry, ...]
    watch_list: bool = False
    bookmarks: bool = True

    def parts(self) -> Parts:
        """The initial state, and what follows it."""
        if self.after is not None:
            return Parts(None, self.after, self.entries)
        return self._after_end_bookmark() if self.watch_list else self._after_leading_additions()

    def _after_end_bookmark(self) -> Parts:
        for place, entry in enumerate(self.entries):
            if isinstance(entry, Bookmark) and entry.ends_initial_state:
                initial = tuple(each.seen for each in self.entries[:place] if isinstance(each, Change))
                return Parts(initial, entry.resource_version, self.entries[place + 1 :])
        return Parts(None, None, ())

    def _after_leading_additions(self) -> Parts:
        """Nothing marks the end of such a state. Its objects come in the order of keys: it ends where that breaks.

        Where a change happens to go on in that order it counts as part of the state, which it is, at its position.
        """
        leading = 0
        for entry in self.entries:
            if not isinstance(entry, Change) or entry.type != ADDED:
                break
            leading += 1
        keys = [entry.seen.key for entry in self.entries[:leading] if isinstance(entry, Change)]
        whole = next((place for place, (one, two) in enumerate(pairwise(keys), 1) if two <= one), leading)
        initial = tuple(entry.seen for entry in self.entries[:whole] if isinstance(entry, Change))
        return Parts(initial, None, self.entries[whole:])


@dataclass(frozen=True, slots=True)
class Recording:
    """One watcher's life. ``settled``: its last stream was open and read until long after that position."""

    watcher: str
    life: tuple[Listing | Stream, ...]
    settled: int | None = None
