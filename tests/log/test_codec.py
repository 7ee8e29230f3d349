"""Records to bytes and back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter_view.log import codec
from promoter_view.log.codec import decode_records, encode_records
from promoter_view.records import (
    Change,
    ChangeType,
    CursorMoved,
    CursorPlace,
    DerivedBundles,
    KindsChanged,
    Mark,
    Mirror,
    ObjectKey,
    Position,
    Record,
    SchemaRead,
    Snapshot,
    UndeclaredKind,
    Unknown,
    Unreadable,
    UnreadObject,
)

WORD = st.text(max_size=8)
NUMBER = st.integers(0, 2**62)
KEY = st.builds(ObjectKey, st.sampled_from(["PullRequest", "Stage"]), WORD, WORD)
KINDS = st.lists(st.builds(UndeclaredKind, WORD, WORD, WORD, WORD, st.booleans(), WORD), max_size=3).map(tuple)
UNREADABLE = st.dictionaries(KEY, st.builds(UnreadObject, WORD, WORD), max_size=3)
PLACE = st.builds(CursorPlace, NUMBER, st.integers(-1, 9))
MIRROR = st.builds(Mirror, WORD, st.dictionaries(WORD, WORD, max_size=3))
ENTRY = st.one_of(
    st.builds(KindsChanged, KINDS),
    st.builds(SchemaRead, WORD, WORD),
    st.builds(CursorMoved, WORD, st.none() | PLACE),
    st.builds(DerivedBundles, st.integers(0, 3), NUMBER, NUMBER, st.binary(max_size=9)),
    st.builds(Change, st.sampled_from(ChangeType), KEY, st.binary(max_size=50), WORD, WORD, st.none() | WORD),
    st.builds(Position, WORD, WORD),
    st.builds(Unreadable, KEY, st.builds(UnreadObject, WORD, WORD), WORD, st.none() | WORD),
    st.builds(Mark, NUMBER, MIRROR, st.integers(0, 3), st.booleans()),
)


@given(st.lists(st.builds(Record, NUMBER, NUMBER, ENTRY), max_size=5))
def test_records_come_back_as_they_were(records):
    """Every entry of every type is the same after encoding and decoding."""
    assert decode_records(encode_records(records)) == records


def test_words_that_repeat_are_kept_once():
    """A thousand records of one kind and path hold these words once, in bytes and in memory."""
    change = Change(ChangeType.ADDED, ObjectKey("PullRequest", "team", "a"), b"", "1", "/apis/a/long/path")
    data = encode_records([Record(number, 0, change) for number in range(1000)])
    assert data.count(b"/apis/a/long/path") == 1
    first, *_, last = decode_records(data)
    assert first.entry.path is last.entry.path


@given(
    UNREADABLE,
    KINDS,
    st.dictionaries(WORD, WORD, max_size=3),
    st.none() | st.just({}),
    st.dictionaries(WORD, PLACE, max_size=3),
    st.sampled_from([0, 6]),
)
def test_what_newer_formats_hold_comes_back(unreadable, kinds, schemas, memory, cursors, shown):
    """A snapshot is of the lowest format that holds what is in it, and loses nothing of that."""
    told = (unreadable, kinds, schemas, memory, cursors, shown)
    snapshot = Snapshot(7, Mirror("cluster", {}), 1, True, {}, {}, {}, *told)
    number = codec.format_of_snapshot(snapshot)
    older = 8 if schemas else 7 if memory is not None else 4 if kinds else 2 if unreadable else 1
    assert number == (11 if cursors or shown else older)
    assert codec.decode_snapshot_head(codec.encode_snapshot_head(snapshot)) == (snapshot, (0, 0, 0))
    newer = codec.Newer(unreadable, kinds, schemas, cursors, shown)
    assert codec.decode_newer(*codec.encode_newer(newer, number)) == newer


def test_the_format_is_that_of_the_newest_record():
    """Whatever else stands beside it."""
    records = [
        Record(1, 0, Position("p", "1")),
        Record(2, 0, Unreadable(ObjectKey("K", "n", "a"), UnreadObject("", ""), "p")),
    ]
    assert [codec.format_of(records[:count]) for count in range(3)] == [1, 1, 2]
    assert codec.format_of([Record(3, 0, KindsChanged(())), *records]) == 4
    assert codec.format_of([Record(3, 0, Mark(1, Mirror("", {}), 0))]) == 1
    assert codec.format_of([*records, Record(3, 0, Mark(1, Mirror("", {}), 0, remembers=True))]) == 7
    assert codec.format_of([*records, Record(3, 0, SchemaRead("p", "digest"))]) == 8
    assert codec.format_of([*records, Record(3, 0, CursorMoved("chat", None))]) == 11
    assert codec.format_of([*records, Record(3, 0, DerivedBundles(0, 1, 2, b""))]) == 11


def test_a_record_that_only_newer_programs_know_is_passed_over():
    """From the format of cursors on such a record raises no format: whoever reads it goes on behind it."""
    derived = encode_records([Record(9, 8, DerivedBundles(0, 1, 2, b"r"))])
    longer = codec.pack(((), [(*codec.unpack(derived)[1][0], "more")]))
    assert decode_records(longer) == [Record(9, 8, DerivedBundles(0, 1, 2, b"r"))]
    written = codec.pack(((), [(7, 8, 99, "anything", {"at": "all"}), (8, 8, 8, "chat", (5, 0))]))
    read = decode_records(written)
    assert read == [Record(7, 8, Unknown()), Record(8, 8, CursorMoved("chat", CursorPlace(5, 0)))]
    assert codec.count_events([*read, Record(9, 8, Position("p", "1"))]) == 1
    with pytest.raises(TypeError, match="cannot be written"):
        encode_records(read)
    with pytest.raises(ValueError, match="no such type of record"):
        decode_records(codec.pack(((), [(7, 8, 7.5)])))


def test_no_flipped_bit_makes_a_format_of_another():
    """They differ in two bits at least, as digits and as numbers: no broken disk makes an older log of one."""
    pairs = [(one, other) for one in codec.FORMATS for other in codec.FORMATS if one != other]
    assert all((one ^ other).bit_count() > 1 for one, other in pairs)
    digits = [(str(one), str(other)) for one, other in pairs if len(str(one)) == len(str(other))]
    for one, other in digits:
        assert sum((ord(each) ^ ord(its)).bit_count() for each, its in zip(one, other, strict=True)) > 1
