"""What records have made of bundles is kept until the log tells it."""

from __future__ import annotations

from dataclasses import replace

from promoter_view.log import memories
from promoter_view.records import BundleKey, Derivation, DerivedBundles
from promoter_view.views.status.derived import ENOUGH_RECORDS, MOST_AT_ONCE, MOST_ROWS, DerivedRows


def _row(offset: int, name: str = "a") -> Derivation:
    return Derivation(offset, BundleKey("v", "n", name), offset * 10, True, None)


def _offsets(derived: DerivedBundles | None) -> list[int]:
    assert derived is not None
    return [row.offset for row in memories.decode_derivations(derived.rows)]


def test_rows_are_given_once_there_are_enough() -> None:
    """Each once, behind those that were given; and all again where the log has none of them."""
    rows = DerivedRows(1)
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
    rows = DerivedRows(1)
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
    rows = DerivedRows(0)
    for offset in range(1, ENOUGH_RECORDS + 1):
        rows.note(offset, [])
    assert rows.due() == DerivedBundles(0, 0, ENOUGH_RECORDS, memories.encode_derivations([]))


def test_it_is_bounded() -> None:
    """An offset that changed very many is told of by nobody; nor is what nobody writes. A long tail comes in parts."""
    rows = DerivedRows(0)
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
