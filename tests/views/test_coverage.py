"""When all that the cluster holds is known."""

from __future__ import annotations

from promoter_view.records import ABSENT, EVERY_PATH, LOST, Mark, Mirror, Position, SchemaRead, Snapshot
from promoter_view.views.coverage import Coverage

BOTH = Mirror("c", {"one": "r", "two": "r"})


def test_complete_means_a_mark_and_a_position_for_each_of_its_paths() -> None:
    """Without a mark nothing is complete; with one, each path needs a position, be it that of an absent kind."""
    coverage = Coverage()
    coverage.take(Position("one", "1"))
    assert not coverage.complete
    coverage.mark(Mark(0, BOTH, 0))
    assert (coverage.positions(), coverage.complete) == ({}, False)
    coverage.take(Position("one", "1"))
    assert not coverage.complete
    coverage.take(Position("two", ABSENT))
    assert coverage.complete
    coverage.take(Position("one", "2"))
    assert coverage.positions() == {"one": "2", "two": ABSENT}


def test_a_path_that_is_listed_again_counts_as_known() -> None:
    """A relist takes nothing away from what is complete, not over a mark either; a path never listed does."""
    coverage = Coverage()
    coverage.mark(Mark(0, BOTH, 0))
    coverage.take(Position("one", LOST))
    assert not coverage.complete
    coverage.take(Position("two", "1"))
    assert coverage.complete
    coverage.mark(Mark(5, BOTH, 0))
    assert (coverage.positions(), coverage.complete) == ({"one": LOST, "two": "1"}, True)
    coverage.take(Position(EVERY_PATH, LOST))
    assert (coverage.positions(), coverage.complete) == ({"one": LOST, "two": LOST}, True)


def test_a_mark_keeps_the_positions_that_hold_on() -> None:
    """Another rules digest costs that path its position, another cluster all of them."""
    coverage = Coverage()
    coverage.restore(Snapshot(5, BOTH, 0, True, {"one": "1", "two": "2"}, {}, {}))
    assert coverage.complete
    coverage.mark(Mark(5, Mirror("c", {"one": "r", "two": "other"}), 0))
    assert (coverage.positions(), coverage.complete) == ({"one": "1"}, False)
    coverage.mark(Mark(6, Mirror("d", {"one": "r"}), 0))
    assert (coverage.positions(), coverage.complete) == ({}, False)


def test_schemas_hold_on_as_long_as_positions() -> None:
    """The newest that a path was read by, over a mark too; what is listed for the first time has none."""
    coverage = Coverage()
    coverage.restore(Snapshot(5, BOTH, 0, True, {"one": "1", "two": "2"}, {}, {}, schemas={"one": "a", "two": "b"}))
    coverage.take(SchemaRead("one", "c"))
    coverage.mark(Mark(5, BOTH, 0))
    assert coverage.schemas() == {"one": "c", "two": "b"}
    coverage.mark(Mark(6, Mirror("c", {"one": "r", "two": "other"}), 0))
    assert coverage.schemas() == {"one": "c"}
