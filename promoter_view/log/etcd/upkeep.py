"""What a leader does beside writing: checkpoints, for those who start, and compaction, which is the log's retention."""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.task import deferLater
from twisted.logger import Logger, LogLevel

from promoter_view.clocks import WallClock
from promoter_view.complaints import Complaint
from promoter_view.log.errors import LogDamaged
from promoter_view.log.etcd import checkpoint as checkpoints
from promoter_view.log.etcd.client.faults import EtcdError, Fault
from promoter_view.log.etcd.client.values import Keys, Transaction
from promoter_view.log.etcd.compaction import expendable
from promoter_view.log.etcd.core.inputs import Compacted, Input
from promoter_view.log.etcd.core.machine import ReplicaCore
from promoter_view.log.etcd.layout import Checkpoint, Head
from promoter_view.log.etcd.loading import Loader
from promoter_view.log.etcd.surroundings import Surroundings
from promoter_view.records import Snapshot

TICK_SECONDS = 1.0
#: How often it is looked whether the last checkpoint can still be read: somebody else may have compacted etcd.
LOOK_SECONDS = 10.0


class Upkeep:
    """Runs during one term, whose leader's key was made at revision ``term``. ``snapshot`` is the follower's.

    ``now`` is a steady clock: the age of a checkpoint may not jump with the host's.
    """

    _log = Logger()

    def __init__(
        self,
        around: Surroundings,
        core: ReplicaCore,
        *,
        term: int,
        loader: Loader,
        snapshot: Callable[[], Snapshot],
        now: WallClock,
        tell: Callable[[Input], None],
    ) -> None:
        self._etcd = around.etcd
        self._layout = around.layout
        self._clock = around.runtime.reactor
        self._metrics = around.runtime.metrics
        self._settings = around.settings
        self._core = core
        self._term = term
        self._loader = loader
        self._snapshot = snapshot
        self._now = now
        self._tell = tell
        self._known: list[Checkpoint] | None = None
        self._looked_at = around.runtime.reactor.seconds() - LOOK_SECONDS
        self._failed = Complaint(self._log, "maintaining the log failed, retrying: {message}", level=LogLevel.info)

    async def run(self) -> None:
        """Until it is cancelled."""
        while True:
            try:
                await self._step()
            except (EtcdError, LogDamaged) as error:
                self._metrics.replica_outcomes.labels("upkeep_failed").inc()
                self._failed.set(str(error), reason=str(error))
            await deferLater(self._clock, TICK_SECONDS)

    async def _step(self) -> None:
        if self._known is None:
            self._known = list(await self._loader.checkpoints())
        if self._clock.seconds() - self._looked_at >= LOOK_SECONDS:
            self._known = await self._readable(self._known)
            self._looked_at = self._clock.seconds()
        progress = self._core.progress
        if progress is None or progress.head is None or progress.head.offset != progress.offset:
            return  # the follower is in the middle of a revision
        if checkpoints.is_due(self._known[-1] if self._known else None, progress.head, self._now()):
            await self._write(self._known, progress.head, progress.head_revision)
        await self._compact(self._known, progress.head)

    async def _readable(self, known: list[Checkpoint]) -> list[Checkpoint]:
        """Empty where the last one's revision has been compacted."""
        if not known:
            return known
        try:
            await self._etcd.range(Keys(self._layout.head), revision=known[-1].revision)
        except EtcdError as error:
            if error.fault is not Fault.COMPACTED:
                raise
            self._log.warn("another client compacted etcd beyond the last checkpoint: writing a new checkpoint")
            return []
        return known

    async def _write(self, known: list[Checkpoint], head: Head, applied: int) -> None:
        snapshot = self._snapshot()
        if snapshot.offset != head.offset:
            return  # of the revision after it the first record is being applied
        revision = await self._newest_with(applied)
        made = checkpoints.make(snapshot, head, revision, self._now())
        for transaction in checkpoints.writing(self._layout, made, snapshot, self._term):
            if not await self._holds(transaction):
                return
        known.append(made)
        self._log.debug("checkpoint at offset {offset}", offset=made.offset)

    async def _newest_with(self, applied: int) -> int:
        """The newest revision at which the log stands as it did at ``applied``, which may be compacted."""
        found = await self._etcd.range(Keys(self._layout.head))
        unchanged = bool(found.items) and found.items[0].mod_revision == applied
        return found.revision if unchanged else applied

    async def _compact(self, known: list[Checkpoint], head: Head) -> None:
        count = expendable(known, head, self._now(), self._settings)
        if not count:
            return
        for expired in known[:count]:
            if not await self._holds(checkpoints.deleting(self._layout, expired, self._term)):
                return
        del known[:count]
        await self._forget_before(known[0])

    async def _forget_before(self, kept: Checkpoint) -> None:
        try:
            await self._etcd.compact(kept.revision)
        except EtcdError as error:
            if error.fault is not Fault.COMPACTED:
                raise
        self._tell(Compacted(kept.offset))
        self._log.info("etcd is compacted to revision {revision}", revision=kept.revision)

    async def _holds(self, transaction: Transaction) -> bool:
        """Whether this replica still leads."""
        return (await self._etcd.commit(transaction)).succeeded
