"""Checkpoints: when, of what, which is begun at, and which may go."""

from __future__ import annotations

import pytest

from promoter_view.log.etcd import checkpoint as module
from promoter_view.log.etcd.checkpoint import deleting, is_due, make, writing
from promoter_view.log.etcd.client.values import Compare
from promoter_view.log.etcd.compaction import expendable
from promoter_view.log.etcd.layout import Checkpoint, Head, KeyLayout, decode_checkpoint, decode_piece
from promoter_view.log.etcd.loading import choose
from promoter_view.log.settings import LogSettings
from promoter_view.records import BundleKey, Snapshot
from tests.support.log.fakes import MIRROR, NOW

LAYOUT = KeyLayout("view")


def at(offset, *, size=0, events=0, seconds=0.0):
    return Checkpoint(offset, offset, size, events, int((NOW + seconds) * 1000), 0, complete=True, pieces=1)


def head(*, size=0, events=0):
    return Head(0, 1000, 5, size, events, 0, MIRROR, {}, ())


@pytest.mark.parametrize(
    ("last", "events", "seconds", "due"),
    [
        (None, 1, 0, True),
        (at(1), 9_999, 0, False),
        (at(1), 10_000, 0, True),
        (at(1), 1, 599, False),
        (at(1), 1, 600, True),
        (at(1), 0, 6000, False),
        (at(1), 1, -599, False),
        (at(1), 1, -600, True),
    ],
)
def test_when_one_is_due(last, events, seconds, due):
    """After 10,000 events or ten minutes, and never where nothing was written since."""
    assert is_due(last, head(events=events), NOW + seconds) is due


def test_it_is_written_in_pieces_and_counts_at_the_end(monkeypatch):
    """Its own key comes last, and every transaction holds for this leader only."""
    monkeypatch.setattr(module, "PIECE_BUNDLES", 2)
    bundles = {BundleKey("v", "n", str(number)): number for number in range(5)}
    snapshot = Snapshot(1000, MIRROR, 3, True, {}, {}, bundles)
    made = make(snapshot, head(size=7, events=9), 44, NOW)
    transactions = list(writing(LAYOUT, made, snapshot, 5))
    puts = [put for transaction in transactions for put in transaction.then]
    assert {transaction.conditions for transaction in transactions} == {(Compare(LAYOUT.leader, 5, created=True),)}
    assert [put.key for put in puts] == [*(LAYOUT.piece_key(1000, n) for n in range(3)), LAYOUT.checkpoint_key(1000)]
    assert dict(row for put in puts[:-1] for row in decode_piece(put.key, put.value)) == bundles
    assert decode_checkpoint(puts[-1].key, puts[-1].value) == made
    assert (made.revision, made.size, made.events, made.generation, made.pieces) == (44, 7, 9, 3, 3)


def test_a_log_without_bundles_has_no_pieces():
    """Before the first state is there."""
    snapshot = Snapshot(1000, MIRROR, 3, False, {}, {}, {})
    made = make(snapshot, head(), 44, NOW)
    assert len(list(writing(LAYOUT, made, snapshot, 5))) == 1


def test_deleting_takes_all_of_it():
    """The pieces go with the key."""
    (key, pieces) = deleting(LAYOUT, at(7), 5).then
    assert key.keys.key == LAYOUT.checkpoint_key(7)
    assert pieces.keys.key <= LAYOUT.piece_key(7, 0) < pieces.keys.end


@pytest.mark.parametrize(
    ("sizes", "size", "history", "offsets"),
    [
        ([], 100, 50, []),
        ([0, 10, 40, 90], 100, 50, [2, 3]),
        ([0, 10, 40, 90], 100, 60, [2, 3]),
        ([0, 10, 40, 90], 100, 61, [1, 2, 3]),
        ([0, 10], 100, 500, [0, 1]),
        ([0, 10], 100, 0, [1]),
    ],
)
def test_where_a_replica_begins(sizes, size, history, offsets):
    """At the newest that leaves enough history to replay, else the oldest; later ones where that is gone."""
    known = [at(offset, size=found) for offset, found in enumerate(sizes)]
    assert [found.offset for found in choose(known, size, history)] == offsets


@pytest.mark.parametrize(
    ("ages", "count"),
    [
        ([], 0),
        ([99], 0),
        ([99, 98], 0),
        ([99, 98, 97], 1),
        ([99, 98, 9, 8], 1),
        ([99, 9, 8, 7], 0),
        ([9, 8, 7], 0),
        ([99, 98, 97, 96, 5], 3),
    ],
)
def test_what_retention_lets_go(ages, count):
    """The log reaches back at least to the bound, and the last two are never let go."""
    known = [at(number, seconds=-age) for number, age in enumerate(ages)]
    assert expendable(known, head(), NOW, LogSettings(retention_age_seconds=50)) == count


def test_bytes_and_events_bound_it_too():
    """The first bound that is reached counts."""
    known = [at(number, size=number * 10, events=number) for number in range(6)]
    ample = LogSettings(retention_bytes=1000, retention_events=1000)
    assert expendable(known, head(size=60, events=6), NOW, ample) == 0
    assert expendable(known, head(size=60, events=6), NOW, LogSettings(retention_bytes=40)) == 2
    assert expendable(known, head(size=60, events=6), NOW, LogSettings(retention_events=5)) == 1
