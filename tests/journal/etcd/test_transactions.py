"""What is asked of etcd to write the journal."""

from __future__ import annotations

from datetime import timedelta

from promoter_view.journal.entries import BEGINNING
from promoter_view.journal.etcd.layout import JournalKeys, JournalPiece, decode_head, pieces_of
from promoter_view.journal.etcd.transactions import JournalWriting
from promoter_view.journal.shared.head import JournalHead, JournalTail
from promoter_view.journal.store import Batch, Retention
from promoter_view.log.etcd.client.values import Compare, DeleteKey, Keys, KeyValue, PutKey, Transaction
from tests.support.journal.journals import BEGAN, entry

KEYS = JournalKeys("view")
LEADING = (Compare(b"leader", 5, created=True), Compare(KEYS.head, 8))


def writing(head: JournalHead) -> JournalWriting:
    return JournalWriting(KEYS, b"leader", 5, JournalTail(head, 8))


def head_of(transaction: Transaction) -> JournalHead | None:
    puts = [each for each in transaction.then if isinstance(each, PutKey) and each.key == KEYS.head]
    return decode_head(KEYS.head, puts[0].value) if puts else None


def test_entries_and_head_are_put_at_once() -> None:
    """By the leader, behind the head that it knows, where the keys are not there."""
    (piece,) = pieces_of([entry(10), entry(11)])
    (transaction,) = writing(JournalHead(9, BEGINNING, 3, 100)).append(Batch(12), [piece])
    assert transaction.conditions == (*LEADING, Compare(KEYS.key(piece.first), 0, created=True))
    assert PutKey(KEYS.key(piece.first), piece.value) in transaction.then
    assert head_of(transaction) == JournalHead(12, BEGINNING, 5, 100 + len(piece.value))


def test_progress_alone() -> None:
    """Is a transaction too; it never goes back."""
    (transaction,) = writing(JournalHead(9)).append(Batch(12), [])
    assert (transaction.conditions, head_of(transaction)) == (LEADING, JournalHead(12))
    (transaction,) = writing(JournalHead(9)).append(Batch(8), [])
    assert head_of(transaction) == JournalHead(9)


def test_too_many_for_one() -> None:
    """By number or by size: head comes with the last."""
    small = [JournalPiece((version, 0), (version, 0), 1, b"x") for version in range(1, 251)]
    large = [JournalPiece((version, 0), (version, 0), 1, b"x" * 400_000) for version in range(1, 6)]
    for pieces, counts in ((small, [100, 100, 50]), (large, [2, 2, 1])):
        transactions = list(writing(JournalHead()).append(Batch(300), pieces))
        assert [len(each.conditions) - 2 for each in transactions] == counts
        assert [head_of(each) is not None for each in transactions] == [False, False, True]
        assert all(each.conditions[:2] == LEADING for each in transactions)


def test_what_came_to_no_end_is_swept() -> None:
    """What stands behind the progress."""
    assert writing(JournalHead(9)).sweep() == Transaction(LEADING, (DeleteKey(KEYS.behind(9)),))


def test_what_cannot_be_read_stays() -> None:
    """A newer program may read it: it goes only where there is no room for it."""
    damaged = [KeyValue(KEYS.key((1, 0)), b"?", 1, 1)]
    now = BEGAN + timedelta(days=1000)
    assert writing(JournalHead(6, BEGINNING, 3, 100)).prune(damaged, Retention(0, 1000), now) == (None, 0)
    transaction, _ = writing(JournalHead(6, BEGINNING, 3, 100)).prune(damaged, Retention(0, 10), now)
    assert transaction is not None


def test_the_oldest_go_first() -> None:
    """By age in the middle of a key, which goes with its last entry; by size a whole key at a time."""
    pieces = [next(iter(pieces_of([entry(version), entry(version + 1)]))) for version in (1, 3, 5)]
    items = [KeyValue(KEYS.key(piece.first), piece.value, 1, 1) for piece in pieces]
    size = sum(len(piece.value) for piece in pieces)
    head, now = JournalHead(6, BEGINNING, 6, size), BEGAN + timedelta(minutes=3.5)
    transaction, count = writing(head).prune(items, Retention(0, 1 << 30), now)
    assert transaction is not None
    assert transaction.conditions == LEADING
    assert [each for each in transaction.then if isinstance(each, DeleteKey)] == [DeleteKey(Keys(items[0].key))]
    after = head_of(transaction)
    assert (after, count) == (JournalHead(6, entry(3).identity, 3, size - len(pieces[0].value)), 3)
    assert after is not None
    assert writing(after).prune(items[1:], Retention(0, 1 << 30), now) == (None, 0)
    transaction, count = writing(after).prune(items[1:], Retention(1e9, after.bytes - 1), now)
    assert transaction is not None
    assert count == 1
    assert head_of(transaction) == JournalHead(6, entry(4).identity, 2, len(pieces[2].value))
    transaction, count = writing(after).prune(items[1:], Retention(1e9, 1), now)
    assert transaction is not None
    assert head_of(transaction) == JournalHead(6, entry(6).identity, 0, 0)
