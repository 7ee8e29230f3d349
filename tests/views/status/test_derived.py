"""What records have made of bundles is kept until the log tells it."""

from __future__ import annotations

from dataclasses import replace

from promoter_view.log import memories
from promoter_view.records import BundleKey, Derivation, DerivedBundles, Memory, Word
from promoter_view.slices import outcome
from promoter_view.views.status.derived import (
    ENOUGH_BYTES,
    ENOUGH_RECORDS,
    MOST_AT_ONCE,
    MOST_BYTES,
    MOST_BYTES_AT_ONCE,
    MOST_ROWS,
    DerivedRows,
    derivations,
)


def _row(offset: int, name: str = "a") -> Derivation:
    return Derivation(offset, BundleKey("v", "n", name), offset * 10, True, None)


def _kept(generation: int = 0) -> DerivedRows:
    rows = DerivedRows(generation)
    rows.keep()
    return rows


def _decoded(derived: DerivedBundles | None) -> list[Derivation]:
    assert derived is not None
    return outcome(memories.decode_derivations(derived.rows))


def _all(rows: DerivedRows) -> list[Derivation]:
    found: list[Derivation] = []
    while (due := rows.due(1)) is not None:
        found += _decoded(due)
    return found


def _remembered(offset: int, words: int, changed: str = "", uid: str = "u") -> Derivation:
    """Of a bundle of so many words, of which that one has become another at that offset."""
    said = {f"environment/{at:04}": Word("Live", 5) for at in range(words)} | ({changed: Word("New", offset)})
    tallies = {of: (of == changed and offset, *range(20)) for of in said}
    return _row(offset)._replace(memory=Memory(uid, said, tallies))


def _offsets(derived: DerivedBundles | None) -> list[int]:
    return [row.offset for row in _decoded(derived)]


def test_rows_are_given_once_there_are_enough() -> None:
    """Each once, behind those that were given; and all again where the log has none of them."""
    rows = _kept(1)
    rows.begin(5)
    rows.note(6, [_row(6)])
    assert rows.due(2) is None
    rows.note(7, [_row(7)])
    first = rows.due(2)
    assert first is not None
    assert (first.generation, first.previous, first.through) == (1, 5, 7)
    assert _offsets(first) == [6, 7]
    assert rows.due(1) is None
    rows.note(8, [_row(8)])
    assert _offsets(rows.due(1)) == [8]
    rows.give_again()
    assert _offsets(rows.due(1)) == [6, 7, 8]


def test_what_the_log_tells_is_kept_no_longer() -> None:
    """Of the same definitions, where it goes on from what is known; what another program told is passed over."""
    rows = _kept(1)
    rows.begin(5)
    for offset in (6, 7, 8):
        rows.note(offset, [_row(offset)])
    told = DerivedBundles(1, 5, 7, b"")
    for other in (replace(told, generation=2), replace(told, previous=6), replace(told, through=5)):
        rows.told(other)
        assert rows.since == 5
    rows.told(told)
    assert rows.since == 7
    assert _offsets(rows.due(1)) == [8]
    rows.give_again()
    assert _offsets(rows.due(1)) == [8]


def test_many_records_that_make_nothing_are_told_of_too() -> None:
    """So that whoever reads the log waits for no more than so many."""
    rows = _kept()
    for offset in range(1, ENOUGH_RECORDS + 1):
        rows.note(offset, [])
    assert rows.due() == DerivedBundles(0, 0, ENOUGH_RECORDS, memories.encode_derivations([]))


def test_it_is_bounded() -> None:
    """An offset that changed very many is told of by nobody; nor is what nobody writes. A long tail comes in parts."""
    rows = _kept()
    rows.note(1, [_row(1)])
    rows.note(2, [_row(2, str(number)) for number in range(MOST_AT_ONCE + 1)])
    assert rows.since == 2
    for offset in range(3, 8):
        rows.note(offset, [_row(offset, str(number)) for number in range(300)])
    part = rows.due()
    assert part is not None
    assert (part.previous, part.through, len(_offsets(part))) == (2, 5, 900)
    rest = rows.due()
    assert rest is not None
    assert (rest.previous, rest.through, len(_offsets(rest))) == (5, 7, 600)
    for offset in range(8, 8 + MOST_ROWS // 300 + 1):
        rows.note(offset, [_row(offset)] * 300)
    assert rows.since > 7


def test_nothing_is_kept_where_nobody_writes_it() -> None:
    """And whoever begins to is not told of what was before."""
    rows = DerivedRows(0)
    for offset in range(1, 2 * ENOUGH_RECORDS):
        rows.note(offset, [_row(offset)])
        assert (rows.since, rows.due(1)) == (offset, None)
    rows.keep()
    rows.note(9000, [_row(9000)])
    assert rows.due(1) == DerivedBundles(0, 2 * ENOUGH_RECORDS - 1, 9000, memories.encode_derivations([_row(9000)]))


def test_a_memory_is_told_once_and_then_what_is_new_of_it() -> None:
    """So that a change of one environment among a thousand takes some bytes. Whole where something has gone."""
    rows = _kept()
    for offset in range(1, 100):
        rows.note(offset, [_remembered(offset, 1000, f"environment/{offset:04}")])
    first, *others = _all(rows)
    assert not first.adds
    assert first.memory == _remembered(1, 1000, "environment/0001").memory
    assert all(row.adds and row.memory is not None and len(row.memory.words) == 2 for row in others)
    assert len(memories.encode_derivations(others)) < 300 * len(others)
    rows.note(100, [_remembered(100, 999)])
    rows.note(101, [_remembered(101, 999, uid="other")])
    rows.note(102, [_row(102)._replace(exists=False)])
    rows.note(103, [_remembered(103, 999, uid="other")])
    assert [(row.offset, row.adds) for row in _all(rows)] == [(at, False) for at in range(100, 104)]


def test_it_is_bounded_in_bytes() -> None:
    """A record is written for so many, and holds no more; an offset that has very many is told of by nobody."""
    rows = _kept()
    rows.note(1, [_remembered(1, 1000, uid="1")])
    assert _offsets(rows.due()) == [1]
    for offset in range(2, 6):
        rows.note(offset, [_remembered(offset, 1000, uid=str(offset))])
    part = rows.due()
    assert _offsets(part) == [2]
    assert part is not None
    assert len(part.rows) < ENOUGH_BYTES
    assert [_offsets(rows.due()) for _ in range(3)] == [[3], [4], [5]]
    each = _remembered(0, 1000)
    for offset in range(6, 7 + MOST_BYTES // memories.size_of_derivation(each)):
        rows.note(offset, [_remembered(offset, 1000, uid=str(offset))])
    assert rows.since > 5
    rows.note(90, [_remembered(90, 1000)])
    rows.note(91, [_remembered(91, 1 + MOST_BYTES_AT_ONCE // 1024, uid="x")])
    assert rows.since == 91
    rows.note(92, [_remembered(92, 3, uid="x")])
    assert not _decoded(rows.due(1))[0].adds


def test_what_the_log_does_not_take_is_left_out() -> None:
    """All that follows is told from there on."""
    rows = _kept()
    rows.note(1, [_row(1)])
    assert rows.due(1) is not None
    rows.note(2, [_row(2)])
    rows.refuse()
    rows.note(3, [_row(3)])
    due = rows.due(1)
    assert due is not None
    assert (due.previous, _offsets(due)) == (2, [3])
    rows.told(due)
    assert rows.since == 3


def test_a_memory_that_is_another_is_told_without_a_change() -> None:
    """Of a bundle whose bytes have stayed, or that never was; of one that is as it was nothing is told."""
    before, after = Memory("u", {}), Memory("u", {"": Word("Live", 1)})
    stays, moves, goes = (BundleKey("v", "n", name) for name in "abc")
    now = {stays: before, moves: after}
    found = derivations(5, dict.fromkeys((stays, moves, goes), before), now.get, [])
    assert list(found) == [Derivation(5, moves, 0, True, after), Derivation(5, goes, 0, False, None)]


def test_what_the_log_does_not_tell_yet_can_be_asked_for() -> None:
    """Also what was given; nothing where there is nothing, or where it is much."""
    rows = _kept(1)
    rows.begin(5)
    assert rows.untold() is None
    rows.note(6, [_row(6)])
    rows.note(7, [])
    rows.due(1)
    untold = rows.untold()
    assert untold is not None
    assert (untold.generation, untold.previous, untold.through, _offsets(untold)) == (1, 5, 7, [6])
    rows.told(untold)
    assert rows.untold() is None
    for offset in range(8, 10):
        rows.note(offset, [_row(offset, str(at)) for at in range(MOST_AT_ONCE)])
    assert rows.untold() is None
