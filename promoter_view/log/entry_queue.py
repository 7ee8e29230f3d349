"""Entries on their way into a log: counted, handed out in groups, and settled in the order in which they came."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.interfaces import IReactorTime

from promoter_view.log.bounds import MAX_PAYLOAD_BYTES
from promoter_view.log.errors import LogClosed
from promoter_view.metrics import Metrics
from promoter_view.records import Change, DerivedBundles, Entry

#: An entry's own bytes beside the body, generously.
_ENTRY_BYTES = 512
MAX_BODY_BYTES = MAX_PAYLOAD_BYTES // 2

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Queued(Generic[Item]):
    """What waits of an entry. ``waiter`` waits for the append whose last entry this is."""

    item: Item
    size: int
    queued_at: float
    waiter: Deferred[None] | None


class EntryQueue(Generic[Item]):
    """The entries that are not acknowledged yet. ``prepare`` makes of an entry what is queued of it."""

    def __init__(self, prepare: Callable[[Entry], Item], *, clock: IReactorTime, metrics: Metrics) -> None:
        self._prepare = prepare
        self._clock = clock
        self._metrics = metrics
        self._queued: deque[Queued[Item]] = deque()
        self._taken: deque[Queued[Item]] = deque()
        self.pending_bytes = 0

    @property
    def pending_events(self) -> int:
        """Entries that are not acknowledged yet."""
        return len(self._queued) + len(self._taken)

    def __iter__(self) -> Iterator[Queued[Item]]:
        """Those that nobody has taken."""
        return iter(self._queued)

    def __bool__(self) -> bool:
        """Whether there are such."""
        return bool(self._queued)

    def add(self, entries: Sequence[Entry]) -> Deferred[None]:
        """Fires once all of them are settled. Errors: LogClosed, ValueError for a body above MAX_BODY_BYTES."""
        sizes = [_size(entry) for entry in entries]
        if not sizes:
            return succeed(None)
        if max(sizes) > MAX_BODY_BYTES:
            return fail(ValueError(f"an entry of {max(sizes)} bytes is above the bound of {MAX_BODY_BYTES}"))
        waiter: Deferred[None] = Deferred()
        now, last = self._clock.seconds(), len(entries) - 1
        for at, (entry, size) in enumerate(zip(entries, sizes, strict=True)):
            self._queued.append(Queued(self._prepare(entry), size, now, waiter if at == last else None))
            self.pending_bytes += size
        return waiter

    def take(self, count: int) -> Sequence[Queued[Item]]:
        """The first ones, to be made durable."""
        group = [self._queued.popleft() for _ in range(count)]
        self._taken.extend(group)
        return group

    def give_back(self, group: Sequence[Queued[Item]]) -> None:
        """Those that were taken last wait again."""
        for _ in group:
            self._taken.pop()
        self._queued.extendleft(reversed(group))

    def measure(self, group: Sequence[Queued[Item]]) -> None:
        """These are durable."""
        now = self._clock.seconds()
        self._metrics.log_sync_batch_events.observe(len(group))
        for queued in group:
            if queued.waiter is not None:
                self._metrics.log_append_seconds.observe(now - queued.queued_at)

    def settle(self, count: int) -> None:
        """The first ones that were taken are applied."""
        for _ in range(count):
            queued = self._taken.popleft()
            self.pending_bytes -= queued.size
            if queued.waiter is not None:
                queued.waiter.callback(None)

    def refuse(self, reason: str) -> None:
        """All that wait hear LogClosed: it is not known whether what they wait for is durable."""
        waiting = [*self._taken, *self._queued]
        self._taken.clear()
        self._queued.clear()
        self.pending_bytes = 0
        for queued in waiting:
            if queued.waiter is not None:
                queued.waiter.errback(LogClosed(reason))


def _size(entry: Entry) -> int:
    body = entry.body if isinstance(entry, Change) else entry.rows if isinstance(entry, DerivedBundles) else b""
    return _ENTRY_BYTES + len(body)
