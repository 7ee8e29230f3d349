"""A leader's term of writing: entries queued, sent in transactions one after the other, acknowledged once applied.

A transaction whose outcome is not known is sent again as it was: it can be carried out only once. While etcd refuses
(no space, no quorum) entries wait, and nothing is lost.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from twisted.internet.defer import Deferred, fail, succeed
from twisted.logger import Logger

from promoter_view.kubernetes.client.backoff import Backoff
from promoter_view.log.entry_queue import EntryQueue, Queued
from promoter_view.log.errors import LogClosed
from promoter_view.log.etcd.client.faults import EtcdError, Fault
from promoter_view.log.etcd.surroundings import Surroundings
from promoter_view.log.etcd.transactions import (
    PreparedEntry,
    Tail,
    TooLarge,
    TransactionVerdict,
    Written,
    fitting,
    item_of,
    judge,
    write,
)
from promoter_view.log.faults import Faults
from promoter_view.log.pausing import Pause
from promoter_view.records import MAX_REASON, Change, Entry, Unreadable, UnreadObject

#: What is queued is still written for so long when the log stops.
DRAIN_SECONDS = 5.0
_LAST_RETRY_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class _Sent:
    """What is durable, and waits until it has been read back up to ``offset``."""

    offset: int
    count: int


class Writer:
    """Writes behind ``tail`` under the leader's key of revision ``term``. ``deposed`` is told why it can no longer."""

    _log = Logger()

    def __init__(self, around: Surroundings, tail: Tail, *, term: int, deposed: Callable[[str], None]) -> None:
        self._around = around
        self._tail, self._term = tail, term
        self._deposed = deposed
        self._backoff = Backoff(
            random=around.runtime.random.random, first_seconds=0.1, limit_seconds=_LAST_RETRY_SECONDS
        )
        self._pause = Pause(around.runtime.reactor)
        self.queue: EntryQueue[PreparedEntry] = EntryQueue(
            self._item, clock=around.runtime.reactor, metrics=around.runtime.metrics
        )
        self._sent: deque[_Sent] = deque()
        self._running = False
        self._ended: str | None = None
        self._drained: Deferred[None] | None = None
        self._most = 0
        self._applied = 0
        self._faults = Faults("etcd", metrics=around.runtime.metrics)

    def append(self, entries: Sequence[Entry]) -> Deferred[None]:
        """See EventLog. Errors: LogClosed, ValueError for a body above MAX_BODY_BYTES."""
        if self._ended is not None or self._drained is not None:
            return fail(LogClosed(self._ended or "the log stops"))
        appended = self.queue.add(entries)
        if self.queue and not self._running:
            self._running = True
            Deferred.fromCoroutine(self._run())
        return appended

    @property
    def fault(self) -> str | None:
        """What is in the way of writing."""
        return self._faults.fault

    def applied(self, offset: int) -> None:
        """Everything up to that offset has been read back and applied, perhaps before etcd's answer came."""
        self._applied = offset
        self._acknowledge()

    def _acknowledge(self) -> None:
        while self._sent and self._sent[0].offset <= self._applied:
            self.queue.settle(self._sent.popleft().count)
        self._settle()

    def end(self, reason: str) -> None:
        """Nothing more is written; who waits is told that it is not known to be durable."""
        if self._ended is not None:
            return
        self._ended = reason
        self._faults.forget()
        self._pause.end()
        self._sent.clear()
        self.queue.refuse(reason)
        self._settle()

    def stop(self) -> Deferred[None]:
        """Fires once all is applied, or after DRAIN_SECONDS."""
        if self._ended is not None or not self.queue.pending_events:
            self.end("the log has stopped")
            return succeed(None)
        late = "the log stopped before this was known to be durable"
        self._drained = Deferred()
        self._drained.addTimeout(DRAIN_SECONDS, self._around.runtime.reactor, lambda *_: self.end(late))
        return self._drained.addCallback(lambda _: self.end("the log has stopped"))

    def _settle(self) -> None:
        if self._drained is not None and not self._drained.called and not self.queue.pending_events:
            self._drained.callback(None)

    def _item(self, entry: Entry) -> PreparedEntry:
        try:
            return item_of(entry)
        except TooLarge as error:
            return self._refuse(entry, str(error))

    def _refuse(self, entry: Entry, reason: str) -> PreparedEntry:
        """The object stays as the log has it, which says from then on that it is an older state."""
        assert isinstance(entry, Change)
        self._around.runtime.metrics.log_refused_objects.labels(entry.key.kind).inc()
        self._log.error(
            "{reason}: it is not mirrored in this state, the log keeps the one before; the bound is etcd's",
            reason=reason,
        )
        found = UnreadObject(entry.resource_version, f"is not in the log: {reason}"[:MAX_REASON])
        return PreparedEntry(Unreadable(entry.key, found, entry.path, entry.position), None)

    async def _run(self) -> None:
        try:
            while self.queue and self._ended is None:
                await self._send_group()
        except _GivenUp as error:
            self._deposed(str(error))
        except Exception as error:  # a fault of ours: nothing may be written behind what is not known
            self._log.failure("writing to etcd cannot continue")
            self._deposed(f"writing cannot continue: {error}")
        self._running = False

    async def _send_group(self) -> None:
        count = fitting(queued.item for queued in islice(self.queue, self._most or None))
        group = self.queue.take(count)
        items, now = [queued.item for queued in group], self._around.runtime.wall()
        written = write(self._around.layout, self._tail, items, term=self._term, now=now)
        tail = await self._carry_out(written)
        if self._ended is not None:
            return
        if tail is None:
            self._shrink(group)
            return
        self._most = 0
        self._tail = replace(tail, lost=self._tail.lost)
        self.queue.measure(group)
        self._sent.append(_Sent(tail.head.offset, count))
        self._acknowledge()

    def _shrink(self, group: Sequence[Queued[PreparedEntry]]) -> None:
        """etcd takes less than its defaults: half of it, and at last without the object."""
        first, *_ = group
        if len(group) == 1:
            group = [replace(first, item=self._refuse(first.item.entry, f"etcd refuses {first.item.size} bytes"))]
        self._most = max(1, len(group) // 2)
        self.queue.give_back(group)

    async def _carry_out(self, written: Written) -> Tail | None:
        """Tries until the outcome is known; None where etcd finds the transaction too large. Errors: _GivenUp."""
        while self._ended is None:
            try:
                outcome = await self._around.etcd.commit(written.transaction)
            except EtcdError as error:
                if error.fault is Fault.TOO_LARGE or self._ended is not None:
                    return None
                self._note(error)
                await self._pause.wait(self._backoff.next())
                continue
            self._faults.clear(*_REASONS)
            self._backoff.reset()
            verdict, tail = judge(self._around.layout, written, outcome)
            if verdict is not TransactionVerdict.DONE:
                raise _GivenUp(verdict.value)
            return tail
        return None

    def _note(self, error: EtcdError) -> None:
        self._around.runtime.metrics.log_write_failures.labels(error.fault.value).inc()
        self._faults.clear(*(reason for reason in _REASONS if reason != error.fault.value))
        advice = _ADVICE.get(error.fault, "")
        self._faults.set(
            error.fault.value, f"writing to etcd failed ({error.fault}: {error}); events wait, nothing is lost{advice}"
        )


class _GivenUp(Exception):  # noqa: N818 - a state, as Twisted's ConnectionLost
    """This term is over."""


_REASONS = tuple(fault.value for fault in Fault)
_ADVICE = {Fault.NO_SPACE: ": compact and defragment etcd, or give it a larger quota, then disarm its NOSPACE alarm"}
