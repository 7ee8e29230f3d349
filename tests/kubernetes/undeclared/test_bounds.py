"""How much of an undeclared kind is taken."""

from __future__ import annotations

import pytest
from twisted.internet.task import Clock

from promoter_view.kubernetes.undeclared.bounds import Allowance, Bounds
from promoter_view.kubernetes.undeclared.classification import LeftOut

BOUNDS = Bounds(objects=3, kept_bytes=100, listed_bytes=1000, changes_a_second=1.0, changes_at_once=5.0)


class Told:
    """An allowance, and what was said of it."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.exceeded: list[LeftOut] = []
        self.allowance = Allowance(BOUNDS, now=self.clock.seconds, exceeded=self.exceeded.append)

    def adds(self, size: int, before: int | None = None, *, changed: bool = False) -> bool:
        return self.allowance.admits(size, before, changed=changed)


@pytest.fixture
def told() -> Told:
    return Told()


def test_objects_are_counted(told: Told) -> None:
    """So many and no more; one that is gone makes room, one that changes takes none."""
    assert [told.adds(1) for _ in range(3)] == [True] * 3
    assert told.adds(2, 1)
    told.allowance.frees(2)
    assert told.adds(1)
    assert not told.adds(1)
    assert told.exceeded == [LeftOut.TOO_MANY_OBJECTS]


def test_bytes_are_counted(told: Told) -> None:
    """As objects grow and shrink."""
    assert told.adds(60)
    assert told.adds(100, 60)
    assert told.adds(40, 100)
    assert not told.adds(61)
    assert told.exceeded == [LeftOut.TOO_MANY_BYTES]


def test_changes_are_counted_by_time(told: Told) -> None:
    """Some at once, and then a few a second; what a list brings does not count."""
    assert told.adds(1)
    assert [told.adds(1, 1, changed=True) for _ in range(5)] == [True] * 5
    told.clock.advance(2)
    assert [told.adds(1, 1, changed=True) for _ in range(2)] == [True] * 2
    assert not told.adds(1, 1, changed=True)
    assert told.exceeded == [LeftOut.TOO_MANY_CHANGES]


def test_time_earns_no_more_than_the_burst(told: Told) -> None:
    """A quiet day is no leave for a flood."""
    told.clock.advance(86_400)
    assert [told.adds(1, 1, changed=True) for _ in range(6)] == [True] * 5 + [False]


def test_pages_of_a_list_are_counted_together(told: Told) -> None:
    """The next list begins anew."""
    assert told.allowance.lists("/a", 600, first=True)
    assert told.allowance.lists("/a", 400, first=False)
    assert told.allowance.lists("/a", 1000, first=True)
    assert not told.allowance.lists("/a", 1, first=False)
    assert told.exceeded == [LeftOut.TOO_MANY_BYTES]


def test_lists_of_several_paths_are_counted_apart(told: Told) -> None:
    """Pages of one path begin no list of another: each may be listed anew, and together they are within the bound."""
    assert told.allowance.lists("/a", 300, first=True)
    assert told.allowance.lists("/b", 300, first=True)
    assert told.allowance.lists("/a", 100, first=False)
    assert told.allowance.lists("/b", 300, first=False)
    assert told.allowance.lists("/b", 600, first=True)
    assert not told.allowance.lists("/a", 1, first=False)
    assert told.exceeded == [LeftOut.TOO_MANY_BYTES]


def test_it_is_over_for_good(told: Told) -> None:
    """The first bound is told of, once; nothing is allowed any more."""
    assert not told.adds(101)
    told.allowance.frees(101)
    assert not told.adds(1)
    assert not told.allowance.lists("/a", 1, first=True)
    assert told.exceeded == [LeftOut.TOO_MANY_BYTES]
