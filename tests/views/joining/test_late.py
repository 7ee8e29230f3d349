"""Bundles that are made once somebody looks at them."""

from __future__ import annotations

import weakref
from collections.abc import Generator
from dataclasses import replace

import pytest

from promoter_view.records import Bundle, BundleKey
from promoter_view.slices import at_once
from promoter_view.views.joining.facts import RootFacts
from promoter_view.views.joining.late import LateBundle, LateBundles

ROOT = RootFacts("u", "2026-11-30T09:30:00Z", {"team": "a"}, b'{"head":"', b"", {})
ONE, OTHER = (BundleKey("stagedetails", "shop", name) for name in ("one", "other"))


class Making:
    """Makes bundles in two steps, and notes which."""

    def __init__(self) -> None:
        self.made: list[str] = []
        self.late = LateBundles(self.make)

    def make(self, key: BundleKey, resource_version: int) -> Generator[None, None, Bundle]:
        yield
        self.made.append(key.name)
        tail = (b'","root":', b"{}", b"}")
        yield
        return Bundle(key, "u", resource_version, "", {}, b"", tail, selectable={"status.state": key.name})


@pytest.fixture
def making() -> Making:
    return Making()


def test_what_a_list_is_ordered_by_is_known_before(making: Making) -> None:
    """Nothing is made for it."""
    late = making.late.add(ONE, ROOT, 7)
    assert (late.key, late.uid, late.resource_version, late.labels) == (ONE, "u", 7, {"team": "a"})
    assert (late.creation_timestamp, late.head, late.hidden) == (ROOT.creation_timestamp, ROOT.head, frozenset())
    assert late.is_late
    assert making.made == []


@pytest.mark.parametrize("look", [lambda it: it.encode(), lambda it: it.selectable])
def test_it_is_made_once_it_is_looked_at(making: Making, look: object) -> None:
    """Whatever is asked for first; it stays the same bundle for whoever holds it."""
    assert callable(look)
    late = making.late.add(ONE, ROOT, 7)
    held = weakref.ref(late)
    look(late)
    look(late)
    assert making.made == ["one"]
    assert not late.is_late
    assert held() is late
    assert late.encode() == b'{"head":"7","root":{}}'
    assert late.selectable == {"status.state": "one"}


def test_a_copy_is_whole(making: Making) -> None:
    """As a reader who may not see all of it gets one."""
    copy = replace(making.late.add(ONE, ROOT, 7), hidden=frozenset({"Freight"}))
    assert copy.tail == (b'","root":', b"{}", b"}")
    with pytest.raises(AttributeError):
        _ = copy.nothing  # type: ignore[attr-defined]


def test_all_are_made_in_steps_from_the_end(making: Making) -> None:
    """What was looked at already is not made again, and what is looked at meanwhile stays as it was seen."""
    one, other, last = (making.late.add(key, ROOT, 7) for key in (ONE, OTHER, OTHER._replace(name="last")))
    _ = last.tail
    steps = making.late.steps()
    next(steps)
    assert making.made == ["last"]
    next(steps)
    seen = other.tail
    at_once(steps)
    assert other.tail is seen
    assert making.made == ["last", "other", "other", "one"]
    assert isinstance(one, LateBundle)
    assert not one.is_late
    at_once(making.late.steps())
    assert len(making.made) == 4


def test_who_ends_on_the_way_leaves_the_one_that_was_being_made(making: Making) -> None:
    """A client that goes away makes none that others look at later impossible."""
    one, other = (making.late.add(key, ROOT, 7) for key in (ONE, OTHER))
    left, rest = making.late.steps(), making.late.steps()
    for _ in making.made, "its second step":
        next(left)
    next(rest)
    left.close()
    at_once(rest)
    assert not one.is_late
    assert not other.is_late
    assert sorted(making.made) == ["one", "other", "other"]


def test_who_makes_beside_another_goes_on_until_all_are_made(making: Making) -> None:
    """The last one may be on its way with the other."""
    one, other = (making.late.add(key, ROOT, 7) for key in (ONE, OTHER))
    first, second = making.late.steps(), making.late.steps()
    next(first)
    at_once(second)
    assert not one.is_late
    assert not other.is_late
    at_once(first)
    assert making.made.count("one") == 1


def test_what_nobody_has_holds_nothing() -> None:
    """What makes bundles holds the state, which holds them: a state that is left goes by itself, and at once."""
    making = Making()
    late = making.late.add(ONE, ROOT, 7)
    held = weakref.ref(making)
    making.late.forget()
    del making
    assert held() is None
    assert not late.is_late
