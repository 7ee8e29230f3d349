"""From the messages of a watch to whole revisions, and from those to records in offset order. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from promoter_view.log.errors import LogDamaged
from promoter_view.log.etcd.client.values import KeyEvent, Message
from promoter_view.log.etcd.layout import Head, KeyLayout, damaged, decode_head, decode_object, holds_object
from promoter_view.records import Change, Record


class Overtaken(Exception):  # noqa: N818 - a state, as Twisted's ConnectionLost
    """Compaction has passed the revision from which the watch was to go on: what lies between is lost."""


class Rewound(Exception):  # noqa: N818
    """etcd is not the one that was read before, or is behind a revision that was seen: it was restored."""


class Canceled(Exception):  # noqa: N818
    """etcd has ended the watch for a reason of its own."""


@dataclass(frozen=True, slots=True)
class Revision:
    """All that one transaction changed in the log. ``head`` is None where it wrote no records."""

    number: int
    head: Head | None
    records: Sequence[Record]
    leader_gone: bool


class Assembler:
    """Follows one watch, from a revision and the offset that it ended with (0: from the log's beginning)."""

    def __init__(self, layout: KeyLayout, *, cluster: int, revision: int, offset: int) -> None:
        self._layout = layout
        self.cluster = cluster
        self._parts: list[KeyEvent] = []
        self.revision = revision
        self.offset = offset

    def feed(self, message: Message) -> Iterator[Revision]:
        """The revisions that this message completes. Errors: Overtaken, Rewound, Canceled, LogDamaged."""
        if message.cluster != self.cluster:
            raise Rewound(f"cluster {message.cluster:x} answers, and not {self.cluster:x}")
        if message.compacted:
            raise Overtaken(
                f"what came before revision {message.compacted} is compacted, {self.revision} was the last one read"
            )
        if message.canceled:
            raise Canceled(message.canceled)
        self._parts += message.events
        if message.fragment:
            return iter(())
        events, self._parts = self._parts, []
        return self._revisions(events)

    def _revisions(self, events: Iterable[KeyEvent]) -> Iterator[Revision]:
        for number, changed in groupby(events, key=lambda event: event.revision):
            if number <= self.revision:
                raise Rewound(f"revision {number} came after revision {self.revision}")
            revision = self._assemble(number, {event.key: event for event in changed})
            self.revision = number
            if revision.head is not None:
                self.offset = revision.head.offset
            yield revision

    def _assemble(self, number: int, events: dict[bytes, KeyEvent]) -> Revision:
        leader = events.get(self._layout.leader)
        gone = leader is not None and leader.value is None
        found = events.get(self._layout.head)
        if found is None:
            return Revision(number, None, (), gone)
        if found.value is None:
            raise damaged(self._layout.head, "it was deleted")
        head = decode_head(self._layout.head, found.value)
        if head.previous != self.offset:
            raise damaged(self._layout.head, f"it follows offset {head.previous}, and {self.offset} was the last one")
        return Revision(number, head, tuple(self._complete(record, events) for record in head.records), gone)

    def _complete(self, record: Record, events: dict[bytes, KeyEvent]) -> Record:
        """The record with its object's body."""
        entry = record.entry
        if not isinstance(entry, Change) or not holds_object(entry):
            return record
        key = self._layout.object_key(entry.key)
        event = events.get(key)
        if event is None or event.value is None:
            raise damaged(key, f"it was not put with offset {record.offset}")
        return replace(record, entry=replace(entry, body=decode_object(key, event.value).body))


__all__ = ["Assembler", "Canceled", "LogDamaged", "Overtaken", "Revision", "Rewound"]
