"""Which frames of a page bring what it looks like: the newest of a bundle, and no other. Work is counted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from promoter_view.dashboard.strategies.detail_page import DetailPage
from promoter_view.dashboard.streams.frames import PageFrames
from promoter_view.dashboard.streams.topics import Topics
from promoter_view.reading.wire import Frames
from promoter_view.records import BundleChange, ChangeType
from tests.dashboard.test_streams import repository
from tests.support.dashboard.board import Board, Frame, bearer, by_members, with_tokens
from tests.support.dashboard.company import Company

PENDING = 100
PAGE = "/pages/stream?page=strategies/n/s"


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The resourceVersion of each bundle that was rendered in full."""
    found: list[int] = []
    pieces = DetailPage.detail_pieces

    def counted(page: DetailPage, bundle: Any, *given: Any) -> Iterator[Any]:
        found.append(bundle.resource_version)
        return pieces(page, bundle, *given)

    monkeypatch.setattr(DetailPage, "detail_pieces", counted)
    return found


def board() -> Board:
    """One strategy."""
    found = Board()
    found.put("n", "s")
    return found


def change(world: Board, count: int) -> None:
    """So many changes, before anybody has read one."""
    for number in range(count):
        world.put("n", "s", note=f"state {number}")


def with_part(frames: list[Frame], part: str) -> list[int]:
    """Which of the frames have it."""
    return [place for place, frame in enumerate(frames) if part in frame.data]


@pytest.mark.parametrize("resumed", [False, True])
def test_of_changes_that_wait_the_newest_is_rendered(rendered: list[int], resumed: bool) -> None:
    """Each is a frame with its id; one is rendered, with what the bundle is now, however many there are."""
    world = board()
    events = world.watch(PAGE)
    position = events.frames()[-1].id
    if resumed:
        events.client.leave()
    rendered.clear()
    change(world, PENDING)
    if resumed:
        events = world.watch(PAGE, {"Last-Event-ID": str(position)})
    frames = [frame for frame in events.frames() if frame.event != "BOOKMARK"]
    assert [frame.event for frame in frames] == ["MODIFIED"] * PENDING
    ids = [int(frame.id or 0) for frame in frames]
    assert ids == sorted(set(ids))
    assert ids[-1] == world.views.list("promotionstrategydetails")[0].resource_version
    assert with_part(frames, "detail") == [PENDING - 1]
    assert rendered == ids[-1:]
    change(world, 1)
    assert with_part(events.frames(), "detail") == [0]


def test_of_each_bundle_its_own_newest_counts() -> None:
    """A bundle that does not change is shown in full, whatever the others do after it; rows are as pages are."""
    world = board()
    events = world.watch(f"{PAGE}&page=strategies/n/other&page=fleet")
    events.frames()
    world.put("n", "other")
    change(world, 2)
    frames = events.frames()
    assert [frame.data["name"] for frame in frames] == ["other", "s", "s"]
    assert with_part(frames, "detail") == with_part(frames, "row") == [0, 2]


def test_what_was_deleted_is_left_as_it_was_last() -> None:
    """DELETED brings the last state, which no frame before it did; where the bundle is there again, that does."""
    world = board()
    events = world.watch(PAGE)
    events.frames()
    change(world, 3)
    world.delete("n", "s")
    frames = events.frames()
    assert [frame.event for frame in frames] == ["MODIFIED"] * 3 + ["DELETED"]
    assert with_part(frames, "detail") == [3]
    world.put("n", "s")
    world.delete("n", "s")
    world.put("n", "s", note="again")
    frames = events.frames()
    assert [frame.event for frame in frames] == ["ADDED", "DELETED", "ADDED"]
    assert with_part(frames, "detail") == [2]


def test_a_later_change_that_is_not_told_counts_for_nothing() -> None:
    """What changes in hidden members only is no frame, so that the one before it is the newest for that reader."""
    world = with_tokens({"u": ["*"]}, sights=by_members)
    world.secret = {"gitrepositories"}
    world.put("a", "in-a")
    repository(world, "main")
    events = world.watch("/pages/stream?page=strategies/a/in-a", bearer("u"))
    events.frames()
    world.put("a", "in-a", note="x")
    world.put("a", "in-a", note="y")
    repository(world, "other")
    frames = events.frames()
    assert len(frames) == 2
    assert with_part(frames, "detail") == [1]


@pytest.mark.parametrize("late", [False, True])
def test_what_is_superseded_while_it_is_made_is_shown(late: bool) -> None:
    """Else a bundle that changes faster than it is rendered would never be; what was superseded before is not made."""
    company = Company()
    bundle = company.bundles[0]
    found = BundleChange(bundle.resource_version + 1, bundle, bundle, 0)
    superseded = not late
    frames = PageFrames(
        Frames().wire(gzip=False),
        lambda: "",
        company.fragments,
        Topics(single=frozenset((bundle.key,))),
        superseded=lambda _: superseded,
        now=lambda: company.now,
    )
    steps = frames.steps(ChangeType.MODIFIED, bundle, found)
    next(steps, None)
    superseded = True
    for _ in steps:
        pass
    said = frames.changed(ChangeType.MODIFIED, bundle, found)
    data = orjson.loads(said.partition(b"data: ")[2].partition(b"\n")[0])
    assert ("detail" in data) is late


def test_readers_who_are_not_equally_late_have_frames_of_their_own() -> None:
    """What was the newest for one may not be for the next: each has the page once, whatever the others were given."""
    world = board()
    early = world.watch(PAGE)
    position = early.frames()[-1].id
    change(world, 1)
    assert with_part(early.frames(), "detail") == [0]
    world.put("n", "s", note="later")
    late = world.watch(PAGE, {"Last-Event-ID": str(position)})
    for events, pending in ((early, 1), (late, 2)):
        frames = [frame for frame in events.frames() if frame.event == "MODIFIED"]
        assert len(frames) == pending
        assert with_part(frames, "detail") == [pending - 1]


def test_readers_who_wait_for_the_same_have_it_made_once(rendered: list[int]) -> None:
    """However their turns mix."""
    world = board()
    readers = [world.watch(PAGE) for _ in range(3)]
    for events in readers:
        events.frames()
    rendered.clear()
    world.put("n", "s", note="new")
    for events in readers:
        assert with_part(events.frames(), "detail") == [0]
    assert len(rendered) == 1


def test_a_making_outlives_who_began_it(rendered: list[int]) -> None:
    """Its steps are taken by whoever waits: by both in turn, and by the other alone when the first has left."""
    company = Company()
    bundle, page = company.bundles[0], company.subjects["promotionstrategydetails"]
    first, second = page.detail_steps(bundle, company.now), page.detail_steps(bundle, company.now)
    for _ in range(3):
        next(first)
        next(second)
    first.close()  # type: ignore[attr-defined]
    for _ in second:
        pass
    assert orjson.loads(page.detail(bundle, company.now))
    assert len(rendered) == 1
    given_up = page.detail_steps(bundle, company.now)
    next(given_up)
    del given_up
    assert orjson.loads(page.detail(bundle, company.now))
    assert len(rendered) == 3
