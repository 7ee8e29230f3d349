"""What is asked of etcd to write the journal, and to delete of it. Pure.

Every transaction holds only if the leader's key is the term's own **and** head is as it was left: who was deposed,
what has been carried out already, and what was derived from an older state cannot slip in. All entries of an offset
are there at once: where they are too many for one transaction, head is put by the last.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from promoter_view.journal.entries import JournalEntry
from promoter_view.journal.etcd.layout import JournalKeys, JournalPiece, encode_head, read_piece
from promoter_view.journal.shared.head import JournalHead, JournalTail
from promoter_view.journal.store import Batch, Retention
from promoter_view.log.etcd.client.values import Compare, DeleteKey, Keys, KeyValue, PutKey, Transaction

#: etcd's default bounds (--max-txn-ops, --max-request-bytes) are 128 and 1.5 MiB.
_MOST_PIECES = 100
_MOST_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class JournalWriting:
    """Writes behind ``tail``, while the key ``leader`` is the one that was made at revision ``term``."""

    keys: JournalKeys
    leader: bytes
    term: int
    tail: JournalTail

    def sweep(self) -> Transaction:
        """Deletes what a transaction has left that never came to its end."""
        return Transaction(self._conditions, (DeleteKey(self.keys.behind(self.tail.head.progress)),))

    def append(self, batch: Batch, pieces: Sequence[JournalPiece]) -> Iterator[Transaction]:
        """Those that write the entries of the batch that are new, in order; head comes with the last."""
        groups, count = list(_groups(pieces)), sum(piece.count for piece in pieces)
        grown = self.tail.head.grown(batch, count, sum(len(piece.value) for piece in pieces))
        for group in groups[:-1]:
            yield self._transaction(group, ())
        yield self._transaction(groups[-1], (PutKey(self.keys.head, encode_head(grown)),))

    def prune(self, oldest: Sequence[KeyValue], retention: Retention, now: datetime) -> tuple[Transaction | None, int]:
        """What deletes of the ``oldest`` keys what is beyond retention, and how many entries that are; None: nothing.

        The oldest entries go first, one after the other. A key goes with its last entry.
        """
        head, gone, count = self.tail.head, list[bytes](), 0
        began = now - timedelta(seconds=retention.age_seconds)
        for item in oldest:
            entries = read_piece(item.value)
            if not entries and head.bytes <= retention.max_bytes:
                break  # a newer program may read it
            left = _left(entries, head, retention, began)
            passed = entries[: len(entries) - len(left)]
            fresh = sum(each.identity > head.expired for each in passed)
            count += fresh
            expired = max([head.expired, *(each.identity for each in passed)])
            head = replace(head, expired=expired, count=head.count - fresh)
            if left:
                break
            gone.append(item.key)
            head = replace(head, bytes=head.bytes - len(item.value))
        if head == self.tail.head:
            return None, 0
        deleting = (DeleteKey(Keys(key)) for key in gone)
        put = PutKey(self.keys.head, encode_head(head))
        return Transaction(self._conditions, (put, *deleting)), count

    @property
    def _conditions(self) -> tuple[Compare, ...]:
        return Compare(self.leader, self.term, created=True), Compare(self.keys.head, self.tail.revision)

    def _transaction(self, pieces: Sequence[JournalPiece], head: tuple[PutKey, ...]) -> Transaction:
        puts = [PutKey(self.keys.key(piece.first), piece.value) for piece in pieces]
        absent = [Compare(put.key, 0, created=True) for put in puts]
        return Transaction((*self._conditions, *absent), (*head, *puts))


def _groups(pieces: Sequence[JournalPiece]) -> Iterator[Sequence[JournalPiece]]:
    """As many at once as etcd takes; at least one group."""
    group, size = list[JournalPiece](), 0
    for piece in pieces:
        if group and (len(group) == _MOST_PIECES or size + len(piece.value) > _MOST_BYTES):
            yield group
            group, size = [], 0
        group.append(piece)
        size += len(piece.value)
    yield group


def _left(
    entries: Sequence[JournalEntry], head: JournalHead, retention: Retention, began: datetime
) -> Sequence[JournalEntry]:
    """Those of one key that stay."""
    if head.bytes > retention.max_bytes:
        return ()
    for at, entry in enumerate(entries):
        if entry.time >= began and entry.identity > head.expired:
            return entries[at:]
    return ()
