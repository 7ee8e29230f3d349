"""Checkpoints: when one is due, and what is written for it. Pure.

A checkpoint names a revision, and holds what cannot be worked out from the objects at it: each bundle's
resourceVersion and memory. Its pieces are written first and its own key last, so that a part is never taken for all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from promoter_view.log import memories
from promoter_view.log.etcd.client.values import Compare, DeleteKey, Keys, PutKey, Transaction
from promoter_view.log.etcd.layout import (
    Checkpoint,
    Head,
    KeyLayout,
    encode_checkpoint,
    encode_memory_piece,
    encode_piece,
)
from promoter_view.records import BundleKey, Snapshot

EVERY_EVENTS = 10_000
EVERY_SECONDS = 600.0
#: About 60 bytes each: a piece is far below the bound of a request.
PIECE_BUNDLES = 5_000


def is_due(last: Checkpoint | None, head: Head, now: float) -> bool:
    """Whether the log has grown by enough since the last one, or at all for long enough.

    One from the future was written while a clock was ahead: it tells no age.
    """
    if last is None:
        return True
    events = head.events - last.events
    return events >= EVERY_EVENTS or (events > 0 and abs(now - last.time_ms / 1000) >= EVERY_SECONDS)


def make(snapshot: Snapshot, head: Head, revision: int, now: float) -> Checkpoint:
    """That of ``snapshot``, all that was applied up to ``head`` and ``revision``."""
    of_memory = sum(1 for _ in memories.pieces(snapshot.memory))
    return Checkpoint(
        offset=head.offset,
        revision=revision,
        size=head.size,
        events=head.events,
        time_ms=int(now * 1000),
        generation=snapshot.generation,
        complete=snapshot.complete,
        pieces=-(-len(snapshot.bundles) // PIECE_BUNDLES) + of_memory,
        memories=of_memory,
    )


def writing(layout: KeyLayout, checkpoint: Checkpoint, snapshot: Snapshot, term: int) -> Iterator[Transaction]:
    """The transactions that write it, in order, while the leader's key is that of ``term``."""
    conditions = _leading(layout, term)
    for number, piece in enumerate(_pieces(checkpoint, snapshot)):
        yield Transaction(conditions, (PutKey(layout.piece_key(checkpoint.offset, number), piece),))
    yield Transaction(conditions, (PutKey(layout.checkpoint_key(checkpoint.offset), encode_checkpoint(checkpoint)),))


def deleting(layout: KeyLayout, checkpoint: Checkpoint, term: int) -> Transaction:
    """The transaction that deletes it, while the leader's key is that of ``term``."""
    operations = (
        DeleteKey(Keys(layout.checkpoint_key(checkpoint.offset))),
        DeleteKey(layout.pieces(checkpoint.offset)),
    )
    return Transaction(_leading(layout, term), operations)


def _pieces(checkpoint: Checkpoint, snapshot: Snapshot) -> Iterator[bytes]:
    bundles = iter(snapshot.bundles.items())
    for _ in range(checkpoint.pieces - checkpoint.memories):
        piece: Sequence[tuple[BundleKey, int]] = list(islice(bundles, PIECE_BUNDLES))
        yield encode_piece(piece)
    yield from map(encode_memory_piece, memories.pieces(snapshot.memory))


def _leading(layout: KeyLayout, term: int) -> tuple[Compare, ...]:
    return (Compare(layout.leader, term, created=True),)
