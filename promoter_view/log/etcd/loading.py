"""Where a replica begins: at a checkpoint, at the beginning of the log, or, where neither can be read, at its end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from promoter_view.log.codec import MEMORY_FORMAT
from promoter_view.log.errors import LogDamaged, LogUnusable
from promoter_view.log.etcd.client.faults import EtcdError, Fault
from promoter_view.log.etcd.client.values import Etcd, Keys, KeyValue
from promoter_view.log.etcd.layout import (
    Checkpoint,
    Head,
    KeyLayout,
    damaged,
    decode_checkpoint,
    decode_head,
    decode_memory_piece,
    decode_object,
    decode_piece,
)
from promoter_view.log.etcd.pages import pages
from promoter_view.log.etcd.replica import Canceled
from promoter_view.log.etcd.surveying import Survey
from promoter_view.log.mirroring import is_complete
from promoter_view.log.offsets import is_spent
from promoter_view.records import BundleKey, Memory, ObjectKey, Snapshot, SourceObject


@dataclass(frozen=True, slots=True)
class Beginning:
    """Where to go on: after ``revision``, whose last offset is ``offset``.

    ``anew``: no checkpoint could be read, so that each bundle gets a resourceVersion of this replica's own making; that
    is right for the replica that goes on to lead, and for no other.
    """

    revision: int
    offset: int
    snapshot: Snapshot | None
    anew: bool = False


def choose(checkpoints: Sequence[Checkpoint], size: int, history_bytes: int) -> Sequence[Checkpoint]:
    """Those to begin at, the best first: the newest that leaves ``history_bytes`` to replay, then newer ones.

    ``checkpoints`` are in order; ``size`` is the log's.
    """
    far = [found for found in checkpoints if size - found.size >= history_bytes]
    return checkpoints[max(0, len(far) - 1) :]


class Loader:
    """Reads the state at a revision. Errors: EtcdError, LogDamaged, LogUnusable; Canceled: try again."""

    def __init__(self, etcd: Etcd, layout: KeyLayout, *, history_bytes: int) -> None:
        self._etcd = etcd
        self._layout = layout
        self._history_bytes = history_bytes

    async def load(self, survey: Survey) -> Beginning:
        """The beginning for a replica that knows nothing."""
        if survey.head is None:
            return Beginning(survey.revision, 0, None)
        head = decode_head(self._layout.head, survey.head.value)
        if is_spent(head.offset):
            raise LogUnusable(
                f"no offset can follow {head.offset}, which stands in etcd: a host's clock was decades ahead when it "
                "was written; give --event-log another prefix, or delete all keys under this one"
            )
        for checkpoint in choose(await self.checkpoints(), head.size, self._history_bytes):
            found = await self._unless_compacted(checkpoint)
            if found is not None:
                return found
        if await self.reaches_back_to(survey.head.create_revision):
            return Beginning(survey.head.create_revision - 1, 0, None)
        if survey.leader is not None:
            raise Canceled("no checkpoint can be read: the leader will write one")
        # Head's own revision may be compacted; since then nothing has changed in the log.
        return await self._anew(survey.revision, head)

    async def checkpoints(self) -> Sequence[Checkpoint]:
        """All there are, in order; etcd may have been compacted beyond some of them."""
        found: list[Checkpoint] = []
        async for page in pages(self._etcd, self._layout.checkpoints):
            found += [decode_checkpoint(item.key, item.value) for item in page.items]
        return found

    async def _unless_compacted(self, checkpoint: Checkpoint) -> Beginning | None:
        try:
            return await self.at(checkpoint)
        except EtcdError as error:
            if error.fault is not Fault.COMPACTED:
                raise
            return None

    async def at(self, checkpoint: Checkpoint) -> Beginning | None:
        """The state at that checkpoint. None where some of its pieces are gone: it was deleted meanwhile."""
        pieces: list[KeyValue] = []
        async for page in pages(self._etcd, self._layout.pieces(checkpoint.offset)):
            pieces += page.items
        if len(pieces) != checkpoint.pieces:
            return None
        bundles, memory = _decoded(pieces, checkpoint)
        head = await self.head_at(checkpoint.revision)
        if head is None or head.offset != checkpoint.offset:
            raise damaged(self._layout.checkpoint_key(checkpoint.offset), "head is another one at its revision")
        objects = await self._objects_at(checkpoint.revision)
        snapshot = _snapshot(head, checkpoint.generation, checkpoint.complete, objects, bundles)
        if head.format >= MEMORY_FORMAT:
            snapshot = replace(snapshot, memory=memory)
        return Beginning(checkpoint.revision, checkpoint.offset, snapshot)

    async def _anew(self, revision: int, head: Head) -> Beginning:
        objects = await self._objects_at(revision)
        complete = is_complete(head.mirror, head.positions)
        return Beginning(revision, head.offset, _snapshot(head, head.generation, complete, objects, {}), anew=True)

    async def reaches_back_to(self, revision: int) -> bool:
        """Whether compaction has not passed that revision."""
        try:
            await self.head_at(revision)
        except EtcdError as error:
            if error.fault is not Fault.COMPACTED:
                raise
            return False
        return True

    async def head_at(self, revision: int) -> Head | None:
        """The head as it was at that revision; None where there was none."""
        found = await self._etcd.range(Keys(self._layout.head), revision=revision)
        return decode_head(self._layout.head, found.items[0].value) if found.items else None

    async def _objects_at(self, revision: int) -> dict[ObjectKey, SourceObject]:
        found: dict[ObjectKey, SourceObject] = {}
        async for page in pages(self._etcd, self._layout.objects, revision=revision):
            for item in page.items:
                found[self._layout.object_of(item.key)] = decode_object(item.key, item.value)
        return found


def _decoded(
    pieces: Sequence[KeyValue], checkpoint: Checkpoint
) -> tuple[dict[BundleKey, int], dict[BundleKey, Memory]]:
    bundles: dict[BundleKey, int] = {}
    memory: dict[BundleKey, Memory] = {}
    end = len(pieces) - checkpoint.memories
    for piece in pieces[:end]:
        bundles.update(decode_piece(piece.key, piece.value))
    for piece in pieces[end:]:
        memory.update(decode_memory_piece(piece.key, piece.value))
    return bundles, memory


def _snapshot(
    head: Head,
    generation: int,
    complete: bool,
    objects: dict[ObjectKey, SourceObject],
    bundles: dict[BundleKey, int],
) -> Snapshot:
    told = (head.offset, head.mirror, generation, complete, head.positions, objects, bundles)
    return Snapshot(*told, **head.newer._asdict())


__all__ = ["Beginning", "Loader", "LogDamaged", "choose"]
