"""The one reader of what happens, with a format of plain words."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promoter_view.reading.feed import End, Feed
from promoter_view.reading.format import Format
from promoter_view.reading.selection import Selection
from promoter_view.reading.wire import Frames
from promoter_view.records import Bundle, BundleChange, ChangeType
from promoter_view.views.history import Expired
from promoter_view.web.errors import Forbidden
from tests.support.api.world import VIEW, World


class Words(Format):
    """``steps`` says how many steps a change is made in, 0 for none."""

    def __init__(self, world: World, *, anew: bool = False, step_count: int = 0) -> None:
        self._world = world
        self.begins_anew = anew
        self.in_steps = step_count > 0
        self._step_count = step_count
        self.made: list[str] = []

    def steps(self, event: ChangeType, bundle: Bundle, change: BundleChange) -> Iterator[None]:
        self.made.append(bundle.key.name)
        return iter([None] * self._step_count)

    def present(self, bundle: Bundle) -> bytes:
        return b"=%b " % bundle.key.name.encode()

    def complete(self, position: int) -> bytes:
        return b"whole "

    def changed(self, event: ChangeType, bundle: Bundle, change: BundleChange) -> bytes:
        return b"%b:%b " % (event[0].encode(), bundle.key.name.encode())

    def bookmark(self, position: int) -> bytes:
        return b"@head " if position == self._world.views.head else b"@behind "

    def beat(self) -> bytes:
        return b". "

    def expired(self, error: Expired) -> bytes:
        return b"expired "

    def farewell(self, position: int | None, refusal: Forbidden | None) -> bytes:
        return b"refused" if refusal else b"bye" if position is None else b"bye@"


class Reader:
    """A feed on a world."""

    def __init__(self, world: World, words: Words) -> None:
        self.restarts = 0
        self.feed = Feed(world.views, Selection((VIEW,)), words, Frames().wire(gzip=False), restart=self._restart)

    def _restart(self) -> None:
        self.restarts += 1

    def read(self, most: int = 1 << 20) -> str:
        said = b""
        for _ in range(1000):
            if self.feed.idle or self.feed.finished:
                return said.decode().strip()
            said += self.feed.pull(most)
        raise AssertionError("it never comes to rest")


def world(*names: str, **kept: int) -> World:
    found = World(**kept)
    for name in names:
        found.put("n", name)
    return found


@pytest.mark.parametrize("step_count", [0, 3])
def test_state_changes_and_end(step_count: int) -> None:
    """The state, that it is whole, changes, a bookmark that is due, and a leave-taking with the position."""
    found = world("a", "b")
    reader = Reader(found, Words(found, step_count=step_count))
    reader.feed.begin()
    assert reader.read() == "=a =b whole"
    found.put("n", "a", note=1)
    found.delete("n", "b")
    assert reader.read() == "M:a D:b"
    reader.feed.remind()
    assert reader.read() == "@head"
    reader.feed.end(End.DRAINED)
    reader.feed.end(End.TIMEOUT)
    assert reader.read() == "bye@"
    assert reader.feed.ended is End.DRAINED


def test_no_position_before_the_state_is_whole() -> None:
    """Who is ended, or reminded, within the state is given no position."""
    found = world("a", "b")
    reader = Reader(found, Words(found))
    reader.feed.begin()
    assert reader.feed.pull(1) == b"=a "
    reader.feed.remind()
    reader.feed.end(End.FORBIDDEN, Forbidden("no"))
    assert reader.read() == "refused"


def test_a_beat_only_where_nothing_is_said() -> None:
    """A sign of life is one of silence."""
    found = world("a")
    reader = Reader(found, Words(found))
    reader.feed.resume(0)
    reader.feed.beat()
    assert reader.read() == "."
    found.put("n", "a", note=1)
    reader.feed.beat()
    assert reader.read() == "M:a"


def test_what_is_made_in_steps_is_held_back() -> None:
    """One step a pull; until it is made the position is that before the change, and others have their turn."""
    found = world("a")
    words = Words(found, step_count=2)
    reader = Reader(found, words)
    reader.feed.resume(0)
    found.put("n", "a", note=1)
    found.put("n", "b")
    assert reader.feed.pull(1 << 20) == b""
    assert not reader.feed.idle
    reader.feed.remind()
    assert reader.feed.pull(1 << 20) == b"@behind "
    assert reader.read() == "M:a A:b"
    assert words.made == ["a", "b"]


@pytest.mark.parametrize("step_count", [0, 1])
def test_who_is_passed_by_the_horizon(step_count: int) -> None:
    """Says so and ends; or waits to begin anew, where the format does that."""
    for anew in (False, True):
        found = world("a", history_bytes=3000)
        reader = Reader(found, Words(found, anew=anew, step_count=step_count))
        reader.feed.resume(0)
        for note in range(50):
            found.put("n", "a", note=note)
        assert reader.read() == "expired"
        assert (reader.feed.finished, reader.restarts) == (not anew, int(anew))
        if anew:
            reader.feed.begin()
            assert reader.read() == "=a whole"


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans(), st.integers(1, 40)), max_size=25), st.integers(0, 2))
def test_steps_change_nothing_of_what_is_said(changes: list[tuple[str, bool, int]], step_count: int) -> None:
    """However a feed is cut into pulls and steps, it says each change once and in order."""
    found = world()
    steady, other = Reader(found, Words(found)), Reader(found, Words(found, step_count=step_count))
    steady.feed.resume(0)
    other.feed.resume(0)
    said = ""
    for note, (name, gone, most) in enumerate(changes):
        if gone:
            found.delete("n", name)
        else:
            found.put("n", name, note=note)
        said += other.feed.pull(most).decode()
    assert (said + other.read()).split() == steady.read().split()
