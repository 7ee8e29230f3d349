"""The journal in the keys of an etcd, which several replicas share: the one that leads writes, each has a copy."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from promoter_view.journal.entries import JournalEntry
from promoter_view.journal.etcd.following import JournalFollowing
from promoter_view.journal.etcd.layout import JournalKeys, pieces_of
from promoter_view.journal.etcd.transactions import JournalWriting
from promoter_view.journal.shared.copy import JournalCopy
from promoter_view.journal.shared.store import OVERTAKEN, CopiedJournal
from promoter_view.journal.store import Batch, JournalBusyError, JournalState, Retention
from promoter_view.log.etcd.client.faults import TRANSIENT, EtcdError, Fault
from promoter_view.log.etcd.client.values import Etcd, Keys, Outcome, Transaction
from promoter_view.log.etcd.layout import KeyLayout
from promoter_view.runtime import Runtime

#: The share of etcd's quota that the journal leaves alone: the event log's writes need it.
MOST_SHARE = 0.8
#: Keys that are looked at for what is too old.
_PRUNED_AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class JournalPlace:
    """The event log's etcd and prefix. ``term``: the revision that made this replica's leader key, 0 without one."""

    etcd: Etcd
    prefix: str
    term: Callable[[], int]


class EtcdJournal(CopiedJournal):
    """In the keys of an etcd."""

    def __init__(self, place: JournalPlace, copy: JournalCopy, *, runtime: Runtime) -> None:
        self._etcd = place.etcd
        self._keys = JournalKeys(place.prefix)
        self._leader = KeyLayout(place.prefix).leader
        self._term = place.term
        self._following = JournalFollowing(place.etcd, self._keys, copy, runtime=runtime)
        self._swept = 0
        super().__init__(copy, self._following)

    async def _begin(self, opened: JournalState) -> None:
        async with _named():
            await super()._begin(opened)

    async def _refresh(self) -> None:
        async with _named():
            found = await self._etcd.range(Keys(self._keys.head))
            if found.items:
                await self._following.reach(found.items[0].mod_revision)

    async def _append(self, batch: Batch) -> Sequence[JournalEntry]:
        async with _named():
            await self._require_space()
            writing = self._writing()
            if self._swept != writing.term:
                await self._carry_out(writing.sweep())
                self._swept = writing.term
            entries, pieces = await self._copy.derive(batch, lambda found: tuple(pieces_of(found)))
            if writing.tail.head.wants(batch, entries):
                for transaction in writing.append(batch, pieces):
                    outcome = await self._carry_out(transaction)
                await self._following.reach(outcome.revision)
            return entries

    async def _prune(self, retention: Retention, now: datetime) -> int:
        async with _named():
            writing = self._writing()
            oldest = await self._etcd.range(self._keys.entries, limit=_PRUNED_AT_ONCE)
            transaction, count = writing.prune(oldest.items, retention, now)
            if transaction is not None:
                await self._following.reach((await self._carry_out(transaction)).revision)
            return count

    async def _end(self) -> None:
        await self._etcd.close()

    def _writing(self) -> JournalWriting:
        term = self._term()
        if not term:
            raise JournalBusyError(OVERTAKEN)
        return JournalWriting(self._keys, self._leader, term, self._following.tail)

    async def _carry_out(self, transaction: Transaction) -> Outcome:
        """Errors: EtcdError: it may have been carried out all the same; JournalBusyError: it was not."""
        outcome = await self._etcd.commit(transaction)
        if not outcome.succeeded:
            self._swept = 0
            raise JournalBusyError(OVERTAKEN)
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
