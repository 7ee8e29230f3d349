"""Records to bytes and back."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from promoter_view.log.codec import decode_records, encode_records
from promoter_view.records import (
    Change,
    ChangeType,
    Mark,
    Mirror,
    ObjectKey,
    Position,
    Record,
    Unreadable,
    UnreadObject,
)

WORD = st.text(max_size=8)
NUMBER = st.integers(0, 2**62)
KEY = st.builds(ObjectKey, st.sampled_from(["PullRequest", "Stage"]), WORD, WORD)
ENTRY = st.one_of(
    st.builds(Change, st.sampled_from(ChangeType), KEY, st.binary(max_size=50), WORD, WORD, st.none() | WORD),
    st.builds(Position, WORD, WORD),
    st.builds(Unreadable, KEY, st.builds(UnreadObject, WORD, WORD), WORD, st.none() | WORD),
    st.builds(Mark, NUMBER, st.builds(Mirror, WORD, st.dictionaries(WORD, WORD, max_size=3)), st.integers(0, 3)),
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
