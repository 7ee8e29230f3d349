"""From a watch's messages to records: whole revisions only, in order, each once, or an error that says why not."""

from __future__ import annotations

import pytest

from promoter_view.log.errors import LogDamaged
from promoter_view.log.etcd.client.values import DeleteKey, KeyEvent, Message
from promoter_view.log.etcd.layout import KeyLayout
from promoter_view.log.etcd.replica import Assembler, Canceled, Overtaken, Rewound
from promoter_view.log.etcd.transactions import Tail, empty_tail, item_of, write
from promoter_view.records import ChangeType, Mark, Position
from tests.support.log.fakes import MIRROR, NOW, PATH, change

LAYOUT = KeyLayout("view")
CLUSTER = 3
GONE = change("a", b"", type_=ChangeType.DELETED)
BATCHES = (
    (Mark(0, MIRROR, 0),),
    (change("a", b"1"), change("b", b"2"), Position(PATH, "7")),
    (GONE, change("b", b"3")),
)


def log(batches=BATCHES, revision=10):
    """The events of a log's transactions, by revision, and the records they are made of."""
    tail, revisions, records = empty_tail(), {}, []
    for number, batch in enumerate(batches, revision):
        written = write(LAYOUT, tail, [item_of(entry) for entry in batch], term=5, now=NOW)
        revisions[number] = [
            KeyEvent(item.keys.key, None, number, 0)
            if isinstance(item, DeleteKey)
            else KeyEvent(item.key, item.value, number, 1)
            for item in written.transaction.then
        ]
        records += written.head.records
        tail = Tail(number, written.head)
    return revisions, records


def message(*events, revision=99, fragment=False, cluster=CLUSTER, **rest):
    return Message(cluster, revision, tuple(events), fragment, **rest)


def assembler(revision=9, offset=0):
    return Assembler(LAYOUT, cluster=CLUSTER, revision=revision, offset=offset)


def records_of(revisions):
    return [record for revision in revisions for record in revision.records]


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_fragments_are_joined_whatever_their_size(size):
    """The records are those that were written, in order, however the events are cut into messages."""
    revisions, expected = log()
    events = [event for found in revisions.values() for event in found]
    reader, found = assembler(), []
    for at in range(0, len(events), size):
        last = at + size >= len(events)
        found += list(reader.feed(message(*events[at : at + size], fragment=not last)))
        assert last or not found
    assert records_of(found) == expected
    assert (reader.revision, reader.offset) == (12, expected[-1].offset)


def test_a_revision_comes_when_it_is_whole():
    """Several in one message are told apart; one in fragments waits for its end."""
    revisions, expected = log()
    reader = assembler()
    first = list(reader.feed(message(*revisions[10], *revisions[11])))
    assert [revision.number for revision in first] == [10, 11]
    cut = revisions[12]
    assert list(reader.feed(message(*cut[:1], fragment=True))) == []
    assert records_of([*first, *reader.feed(message(*cut[1:]))]) == expected


def test_what_was_cut_off_comes_again():
    """A watch that broke off in the middle of a revision leaves nothing of it behind."""
    revisions, expected = log()
    reader = assembler()
    list(reader.feed(message(*revisions[10])))
    list(reader.feed(message(*revisions[11][:2], fragment=True)))
    again = assembler(reader.revision, reader.offset)
    assert records_of(again.feed(message(*revisions[11]))) == expected[1:4]


def test_a_leaders_end_is_told():
    """The key of who leads is in the same watch."""
    gone = KeyEvent(LAYOUT.leader, None, 20, 0)
    (found,) = assembler(19).feed(message(gone))
    assert (found.leader_gone, found.head, found.records) == (True, None, ())
    (taken,) = assembler(19).feed(message(KeyEvent(LAYOUT.leader, b"r", 20, 20)))
    assert not taken.leader_gone


def test_messages_without_events_say_nothing():
    """Progress notifications and the one that opens a watch."""
    assert list(assembler().feed(message())) == []


@pytest.mark.parametrize(
    ("sent", "error"),
    [
        (message(cluster=4), Rewound),
        (message(KeyEvent(LAYOUT.leader, b"r", 9, 9)), Rewound),
        (message(canceled="compacted", compacted=50), Overtaken),
        (message(canceled="etcdserver: no leader"), Canceled),
        (message(KeyEvent(LAYOUT.head, None, 10, 0)), LogDamaged),
        (message(KeyEvent(LAYOUT.head, b"junk", 10, 0)), LogDamaged),
    ],
)
def test_why_it_cannot_go_on(sent, error):
    """Another etcd, one that went back, compaction, an end of etcd's own, damage: each has its name."""
    with pytest.raises(error):
        list(assembler().feed(sent))


def test_a_gap_in_the_log_is_no_log():
    """Each transaction says which offset it follows."""
    revisions, _ = log()
    with pytest.raises(LogDamaged, match="it follows offset"):
        list(assembler().feed(message(*revisions[11])))


def test_an_object_that_was_not_put_with_its_record_is_missed():
    """A head that names a change whose object is not there is never applied."""
    revisions, records = log()
    reader = assembler(10, records[0].offset)
    with pytest.raises(LogDamaged, match="was not put with offset"):
        list(reader.feed(message(*revisions[11][:2])))
