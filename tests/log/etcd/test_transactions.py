"""How entries become transactions: sizes, numbers, positions, conditions, and what an outcome means."""

from __future__ import annotations

import random

import pytest

from promoter_view.log.etcd import transactions
from promoter_view.log.etcd.client.values import Compare, DeleteKey, Found, KeyValue, Outcome, PutKey
from promoter_view.log.etcd.layout import Head, KeyLayout, decode_head, encode_head
from promoter_view.log.etcd.transactions import (
    MAX_BYTES,
    MAX_OBJECTS,
    MAX_RECORDS,
    Tail,
    TooLarge,
    TransactionVerdict,
    empty_tail,
    fitting,
    item_of,
    judge,
    write,
)
from promoter_view.log.offsets import units
from promoter_view.records import EVERY_PATH, LOST, ChangeType, Mark, Mirror, ObjectKey, Position
from tests.support.log.fakes import MIRROR, NOW, PATH, change

LAYOUT = KeyLayout("view")
TERM = 5


def noise(count):
    """Bytes that do not compress."""
    return random.Random(1).randbytes(count)


def tail(offset=100, revision=7, **positions):
    return Tail(revision, Head(0, offset, TERM, 10, 3, 1, MIRROR, positions, ()))


def items(*entries):
    return [item_of(entry) for entry in entries]


@pytest.mark.parametrize(
    ("entries", "count"),
    [
        ([change("a")], 1),
        ([change("a"), change("b"), change("a"), change("c")], 2),
        ([change("a"), change("a", namespace="other"), change("a", kind="Other")], 3),
        ([change(f"n-{number}") for number in range(200)], MAX_OBJECTS),
        ([Position(PATH, str(number)) for number in range(MAX_RECORDS + 5)], MAX_RECORDS),
        ([change("a"), *[Position(PATH, "7")] * 3, change("a")], 4),
        ([change(f"n-{number}", noise(300_000)) for number in range(9)], 3),
        ([change("a", noise(900_000)), change("b", noise(900_000))], 1),
    ],
)
def test_what_fits_into_one_transaction(entries, count):
    """As many as etcd's bounds of operations and bytes allow, and none whose key is there already."""
    assert fitting(items(*entries)) == count


def test_a_transaction_ends_where_it_would_grow_too_large():
    """The sum of all that it puts stays below the bound of a request, for any sizes."""
    chance = random.Random(3)
    queue = items(*(change(f"n-{number}", noise(chance.randrange(200_000))) for number in range(100)))
    while queue:
        count = fitting(queue)
        assert count == 1 or sum(item.size for item in queue[:count]) <= MAX_BYTES
        queue = queue[count:]


def test_an_object_too_large_for_etcd_is_named():
    """It fits into no transaction, whatever is left out beside it."""
    with pytest.raises(TooLarge, match=r"PullRequest/team/big is \d+ bytes compressed"):
        item_of(change("big", noise(MAX_BYTES + 1)))


def test_records_end_at_the_clock_and_follow_each_other():
    """A transaction of n events ends at the clock, or n after the last offset; they are numbered in order."""
    head = write(LAYOUT, tail(), items(change("a"), change("b")), term=TERM, now=NOW).head
    assert [record.offset for record in head.records] == [units(NOW) - 1, units(NOW)]
    ahead = write(LAYOUT, tail(units(NOW) + 9), items(change("a"), change("b")), term=TERM, now=NOW).head
    assert [record.offset for record in ahead.records] == [units(NOW) + 10, units(NOW) + 11]
    assert (ahead.previous, ahead.offset, ahead.events) == (units(NOW) + 9, units(NOW) + 11, 5)


def test_a_mark_is_ahead_of_the_clock_and_of_all_that_was_lost():
    """What a forgotten past had handed out stays below the mark, however far that past was ahead."""
    mark = Mark(100, MIRROR, 0)
    assert write(LAYOUT, tail(), items(mark), term=TERM, now=NOW).head.offset == units(NOW + 10)
    lost = Tail(7, tail().head, lost=units(NOW + 60))
    assert write(LAYOUT, lost, items(mark), term=TERM, now=NOW).head.offset == units(NOW + 60) + 1


def test_head_carries_the_positions_that_the_entries_leave():
    """Events, bookmarks, a restored cluster and a mark each move them as a fold of the records does."""
    entries = [change("a", position="8"), Position("other", "9"), Position(EVERY_PATH, LOST), Position("other", "10")]
    head = write(LAYOUT, tail(old="1"), items(*entries), term=TERM, now=NOW).head
    assert head.positions == {"old": LOST, PATH: LOST, "other": "10"}
    mark = Mark(head.offset, Mirror("cluster", {PATH: "others", "other": "rules"}), 2)
    after = write(LAYOUT, Tail(8, head), items(mark), term=TERM, now=NOW).head
    assert (after.positions, after.generation, after.mirror) == ({}, 2, mark.mirror)


def test_a_transaction_holds_only_for_its_leader_and_behind_its_head():
    """It compares the leader's key by what created it, and head by what put it last; it puts head and each object."""
    gone = change("gone", b"", type_=ChangeType.DELETED)
    written = write(LAYOUT, tail(), items(change("a"), gone, Position(PATH, "7")), term=TERM, now=NOW)
    transaction = written.transaction
    assert transaction.conditions == (Compare(LAYOUT.leader, TERM, created=True), Compare(LAYOUT.head, 7))
    head, put, delete = transaction.then
    assert (head.key, put.key) == (LAYOUT.head, LAYOUT.object_key(ObjectKey("PullRequest", "team", "a")))
    assert isinstance(put, PutKey)
    assert isinstance(delete, DeleteKey)
    assert decode_head(LAYOUT.head, head.value).offset == written.head.offset


def outcome(*, succeeded=False, head=None, leader=TERM):
    found = []
    if head is not None:
        found.append(KeyValue(LAYOUT.head, encode_head(head), 1, 44))
    if leader:
        found.append(KeyValue(LAYOUT.leader, b"r", leader, leader))
    return Outcome(succeeded, 1, 50, (Found(1, 50, tuple(found)),))


def test_what_an_outcome_means():
    """Done, done by an attempt before, deposed, or behind a head that is not the one that was left."""
    before = tail()
    written = write(LAYOUT, before, items(change("a")), term=TERM, now=NOW)
    assert judge(LAYOUT, written, outcome(succeeded=True)) == (TransactionVerdict.DONE, Tail(50, written.head))
    assert judge(LAYOUT, written, outcome(head=written.head)) == (TransactionVerdict.DONE, Tail(44, written.head))
    assert judge(LAYOUT, written, outcome(head=written.head, leader=0)) == (
        TransactionVerdict.DONE,
        Tail(44, written.head),
    )
    assert judge(LAYOUT, written, outcome(head=before.head, leader=9)) == (TransactionVerdict.DEPOSED, None)
    assert judge(LAYOUT, written, outcome(head=before.head, leader=0)) == (TransactionVerdict.DEPOSED, None)
    assert judge(LAYOUT, written, outcome(head=before.head)) == (TransactionVerdict.REWOUND, None)
    assert judge(LAYOUT, written, outcome(head=None)) == (TransactionVerdict.REWOUND, None)


def test_a_new_log_has_no_head_yet():
    """Its first transaction holds only where head was never put."""
    written = write(LAYOUT, empty_tail(), items(Mark(0, MIRROR, 0)), term=TERM, now=NOW)
    assert Compare(LAYOUT.head, 0) in written.transaction.conditions
    assert written.head.previous == 0


def test_the_bounds_are_those_of_etcd_as_it_comes():
    """128 operations, one of them head's, and less than the 1.5 MiB that a request may have."""
    assert transactions.MAX_OBJECTS + 1 == 128
    assert transactions.MAX_BYTES <= 1.5 * (1 << 20) - MAX_OBJECTS * 512
