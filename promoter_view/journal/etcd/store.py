"""The journal in the keys of an etcd, which several replicas share: the one that leads writes, each has a copy."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from twisted.internet.defer import Deferred, DeferredLock

from promoter_view.journal.entries import EntryIdentity, JournalEntry
from promoter_view.journal.etcd.copy import JournalCopy
from promoter_view.journal.etcd.following import JournalFollowing
from promoter_view.journal.etcd.layout import JournalKeys
from promoter_view.journal.etcd.transactions import JournalWriting
from promoter_view.journal.store import (
    Batch,
    JournalBusyError,
    JournalQuery,
    JournalState,
    Retention,
    SharedJournalStore,
    Told,
)
from promoter_view.log.etcd.client.faults import TRANSIENT, EtcdError, Fault
from promoter_view.log.etcd.client.values import Etcd, Keys, Outcome, Transaction
from promoter_view.log.etcd.layout import KeyLayout
from promoter_view.runtime import Runtime

#: The share of etcd's quota that the journal leaves alone: the event log's writes need it.
MOST_SHARE = 0.8
#: Keys that are looked at for what is too old.
_PRUNED_AT_ONCE = 2
_OVERTAKEN = "another replica writes the journal"


@dataclass(frozen=True, slots=True)
class JournalPlace:
    """The event log's etcd and prefix. ``term``: the revision that made this replica's leader key, 0 without one."""

    etcd: Etcd
    prefix: str
    term: Callable[[], int]


class EtcdJournal:
    """A SharedJournalStore. ``copy`` is its alone."""

    def __init__(self, place: JournalPlace, copy: JournalCopy, *, runtime: Runtime) -> None:
        self._etcd = place.etcd
        self._keys = JournalKeys(place.prefix)
        self._leader = KeyLayout(place.prefix).leader
        self._term = place.term
        self._copy = copy
        self._following = JournalFollowing(place.etcd, self._keys, copy, runtime=runtime)
        self._swept = 0
        #: Writes of one replica come one after the other: each compares with what the one before has left.
        self._lock = DeferredLock()

    @property
    def progress(self) -> int:
        """See SharedJournalStore."""
        return self._following.tail.head.progress

    @property
    def expired(self) -> EntryIdentity:
        """See SharedJournalStore."""
        return self._following.expired

    @property
    def problem(self) -> str:
        """See SharedJournalStore."""
        return self._following.problem

    def listen(self, told: Told) -> None:
        """See SharedJournalStore."""
        self._following.listen(told)

    def open(self) -> Deferred[JournalState]:
        """See JournalStore."""
        return Deferred.fromCoroutine(self._open())

    def append(self, batch: Batch) -> Deferred[Sequence[JournalEntry]]:
        """See JournalStore."""
        return self._lock.run(lambda: Deferred.fromCoroutine(self._append(batch)))

    def query(self, query: JournalQuery) -> Deferred[Sequence[JournalEntry]]:
        """See JournalStore: of the copy."""
        return self._copy.query(query)

    def state(self) -> Deferred[JournalState]:
        """See JournalStore: of all that any replica had written when this was called."""
        return Deferred.fromCoroutine(self._state())

    def prune(self, retention: Retention, now: datetime) -> Deferred[int]:
        """See JournalStore. ``max_bytes`` are those of the keys' values."""
        return self._lock.run(lambda: Deferred.fromCoroutine(self._prune(retention, now)))

    def close(self) -> Deferred[None]:
        """See JournalStore; idempotent."""
        return Deferred.fromCoroutine(self._close())

    async def _open(self) -> JournalState:
        opened = await self._copy.open()
        async with _named():
            await self._following.begin(opened.progress)
        return await self._as_copied()

    async def _state(self) -> JournalState:
        async with _named():
            found = await self._etcd.range(Keys(self._keys.head))
            if found.items:
                await self._following.reach(found.items[0].mod_revision)
        return await self._as_copied()

    async def _as_copied(self) -> JournalState:
        return (await self._copy.state())._replace(bytes=self._following.tail.head.bytes)

    async def _append(self, batch: Batch) -> Sequence[JournalEntry]:
        async with _named():
            await self._require_space()
            writing = self._writing()
            if self._swept != writing.term:
                await self._carry_out(writing.sweep())
                self._swept = writing.term
            derived = await self._copy.derive(batch)
            if derived.entries or batch.progress > writing.tail.head.progress:
                for transaction in writing.append(derived.pieces, batch.progress):
                    outcome = await self._carry_out(transaction)
                await self._following.reach(outcome.revision)
            return derived.entries

    async def _prune(self, retention: Retention, now: datetime) -> int:
        async with _named():
            writing = self._writing()
            oldest = await self._etcd.range(self._keys.entries, limit=_PRUNED_AT_ONCE)
            transaction, count = writing.prune(oldest.items, retention, now)
            if transaction is not None:
                await self._following.reach((await self._carry_out(transaction)).revision)
            return count

    async def _close(self) -> None:
        self._following.stop()
        await self._copy.close()
        await self._etcd.close()

    def _writing(self) -> JournalWriting:
        term = self._term()
        if not term:
            raise JournalBusyError(_OVERTAKEN)
        return JournalWriting(self._keys, self._leader, term, self._following.tail)

    async def _carry_out(self, transaction: Transaction) -> Outcome:
        """Errors: EtcdError: it may have been carried out all the same; JournalBusyError: it was not."""
        outcome = await self._etcd.commit(transaction)
        if not outcome.succeeded:
            self._swept = 0
            raise JournalBusyError(_OVERTAKEN)
        return outcome

    async def _require_space(self) -> None:
        """Errors: JournalBusyError. Where etcd does not say, its own bound is what there is."""
        try:
            space = await self._etcd.space()
        except EtcdError as error:
            if error.fault in TRANSIENT:
                raise
            return
        if space.share >= MOST_SHARE:
            raise JournalBusyError(
                f"etcd takes {space.used} of the {space.quota} bytes of its quota, and the journal leaves the last "
                f"{1 - MOST_SHARE:.0%} to the event log{_ADVICE}"
            )


@asynccontextmanager
async def _named() -> AsyncIterator[None]:
    try:
        yield
    except EtcdError as error:
        advice = _ADVICE if error.fault is Fault.NO_SPACE else ""
        raise JournalBusyError(f"the journal in etcd cannot be used: {error}{advice}") from error


_ADVICE = ": compact and defragment etcd, or give it a larger quota"

if TYPE_CHECKING:
    _: type[SharedJournalStore] = EtcdJournal
