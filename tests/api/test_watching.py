"""What a watch shows: initial state, changes, bookmarks and its end, on the real projector."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promoter_view.api.format.forms import ObjectForm
from promoter_view.api.format.watch_lines import WatchLines
from promoter_view.api.query import parse_watch
from promoter_view.reading.feed import End, Feed
from promoter_view.reading.selection import Selection, exactly
from promoter_view.reading.wire import Frames
from promoter_view.views.history import Ahead, Expired
from promoter_view.views.promotion_strategy.details import PROMOTION_STRATEGY_DETAILS
from promoter_view.web.parameters import parameters_of
from tests.support.api.world import VIEW, World, brief, version_of

INITIAL = "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true"


class Seen:
    """Counts what the metrics would."""

    def __init__(self):
        self.sizes = []
        self.lags = []

    def written(self, size):
        self.sizes.append(size)

    def examined(self, changes):
        self.lags.append(changes)


def watch(world, query="", *, namespace="", frames=None, seen=None):
    parsed = parse_watch(parameters_of(f"/x?{query}".encode()))
    wire = (frames or Frames()).wire(gzip=False)
    lines = WatchLines(
        ObjectForm(PROMOTION_STRATEGY_DETAILS),
        wire,
        seen or Seen(),
        bookmarks=parsed.bookmarks,
        initial_end=parsed.initial_end,
        as_they_are=True,
    )
    wanted = Selection((VIEW,), exactly(namespace), labels=parsed.labels, fields=parsed.fields)
    feed = Feed(world.views, wanted, lines, wire)
    if parsed.initial:
        feed.begin(parsed.resource_version)
    else:
        feed.resume(parsed.resource_version)
    return feed


def read(reader, max_bytes=1 << 20):
    """All events until the reader is idle or has finished."""
    events = []
    for _ in range(10_000):
        if reader.idle or reader.finished:
            return events
        events += [json.loads(line) for line in reader.pull(max_bytes).splitlines()]
    raise AssertionError("the reader never comes to rest")


def notes(events):
    return [event["object"]["promotionStrategy"]["spec"]["note"] for event in events]


def test_initial_state_then_changes():
    """Without a resourceVersion: ADDED for all in list order, then each change as it comes."""
    world = World()
    world.put("b", "x")
    world.put("a", "y")
    reader = watch(world)
    assert brief(read(reader)) == [("ADDED", "y"), ("ADDED", "x")]
    world.put("a", "y", note=1)
    world.delete("b", "x")
    world.put("a", "z")
    assert brief(read(reader)) == [("MODIFIED", "y"), ("DELETED", "x"), ("ADDED", "z")]


def test_changes_during_the_initial_state_come_after_it():
    """What changes while the initial state is still being sent comes afterwards, once."""
    world = World()
    for name in "abc":
        world.put("n", name)
    reader = watch(world)
    first = [json.loads(line) for line in reader.pull(1).splitlines()]
    world.put("n", "a", note=1)
    world.delete("n", "c")
    events = first + read(reader)
    assert brief(events) == [("ADDED", "a"), ("ADDED", "b"), ("ADDED", "c"), ("MODIFIED", "a"), ("DELETED", "c")]


def test_resume_between_changes():
    """From any resourceVersion that was seen come exactly the changes after it."""
    world = World()
    reader = watch(world)
    for note in range(5):
        world.put("n", "a", note=note)
    events = read(reader)
    for index, event in enumerate(events):
        resumed = watch(world, f"resourceVersion={version_of(event)}")
        assert notes(read(resumed)) == notes(events[index + 1 :])


def test_deleted_shows_the_last_state_with_the_new_version():
    """DELETED carries the last state, but the resourceVersion of the deletion."""
    world = World()
    world.put("n", "a", note="last")
    reader = watch(world, f"resourceVersion={world.views.head}")
    before = world.views.head
    world.delete("n", "a")
    (event,) = read(reader)
    assert notes([event]) == ["last"]
    assert before < version_of(event) <= world.views.head


def test_label_transitions():
    """A bundle that starts to match is ADDED, one that stops is DELETED with its last matching state."""
    world = World()
    reader = watch(world, "labelSelector=tier=gold")
    assert read(reader) == []
    world.put("n", "a", labels={"tier": "tin"}, note=0)
    world.put("n", "a", labels={"tier": "gold"}, note=1)
    world.put("n", "a", labels={"tier": "gold"}, note=2)
    world.put("n", "a", labels={"tier": "tin"}, note=3)
    world.delete("n", "a")
    events = read(reader)
    assert brief(events) == [("ADDED", "a"), ("MODIFIED", "a"), ("DELETED", "a")]
    assert notes(events) == [1, 2, 2]
    assert events[2]["object"]["metadata"]["labels"] == {"tier": "gold"}
    assert version_of(events[1]) < version_of(events[2])


def test_namespace_and_fields():
    """A watch shows its namespace and what its field selector names, in the initial state as after it."""
    world = World()
    world.put("a", "x")
    world.put("b", "x")
    world.put("a", "y")
    reader = watch(world, "fieldSelector=metadata.name=x", namespace="a")
    assert brief(read(reader)) == [("ADDED", "x")]
    for namespace, name in (("b", "x"), ("a", "y"), ("a", "x")):
        world.put(namespace, name, note=1)
    assert brief(read(reader)) == [("MODIFIED", "x")]


def test_watch_list_ends_its_initial_events():
    """WatchList: ADDED for all, then a bookmark that says so, at the reader's position; then changes."""
    world = World()
    world.put("n", "a")
    head = world.views.head
    reader = watch(world, INITIAL)
    events = read(reader)
    assert brief(events) == [("ADDED", "a"), ("BOOKMARK", "")]
    assert events[1]["object"] == {
        "kind": "PromotionStrategyDetails",
        "apiVersion": "view.promoter.argoproj.io/v1alpha1",
        "metadata": {"resourceVersion": str(head), "annotations": {"k8s.io/initial-events-end": "true"}},
    }
    world.put("n", "a", note=1)
    assert brief(read(reader)) == [("MODIFIED", "a")]


def test_watch_list_of_nothing():
    """WatchList of an empty collection is the bookmark alone."""
    assert brief(read(watch(World(), INITIAL))) == [("BOOKMARK", "")]


def test_end_bookmark_is_not_the_head():
    """When the head has moved since, the end bookmark still tells the position of the initial state."""
    world = World()
    world.put("n", "a")
    reader = watch(world, INITIAL)
    head = world.views.head
    reader.pull(1)
    world.put("n", "a", note=1)
    bookmark, change = read(reader)
    assert version_of(bookmark) == head
    assert version_of(change) > head


def test_no_initial_events():
    """sendInitialEvents=false without a resourceVersion begins now."""
    world = World()
    world.put("n", "a")
    reader = watch(world, "sendInitialEvents=false&resourceVersionMatch=NotOlderThan")
    assert read(reader) == []
    world.put("n", "a", note=1)
    assert brief(read(reader)) == [("MODIFIED", "a")]


def test_bookmark_tells_the_position():
    """A bookmark that is due comes behind what was read; nothing before it is missing, nothing after it lost."""
    world = World()
    reader = watch(world, "allowWatchBookmarks=true")
    read(reader)
    world.put("n", "a", note=1)
    reader.remind()
    events = read(reader)
    assert brief(events) == [("ADDED", "a"), ("BOOKMARK", "")]
    assert version_of(events[1]) == world.views.head
    world.put("n", "a", note=2)
    resumed = watch(world, f"resourceVersion={version_of(events[1])}")
    assert notes(read(resumed)) == [2]


def test_bookmark_moves_with_the_head_of_others():
    """The position goes on with changes that the reader does not see, so that an idle watch does not age."""
    world = World()
    reader = watch(world, "allowWatchBookmarks=true", namespace="quiet")
    read(reader)
    world.put("loud", "a")
    reader.remind()
    (bookmark,) = read(reader)
    assert version_of(bookmark) == world.views.head


def test_no_bookmarks_unless_allowed():
    """Who did not ask for bookmarks gets none, also not at the end."""
    reader = watch(World())
    reader.remind()
    assert reader.idle
    reader.end(End.TIMEOUT)
    assert reader.pull(1) == b""
    assert reader.finished


def test_last_bookmark():
    """A watch that the server ends says goodbye with its position."""
    world = World()
    reader = watch(world, "allowWatchBookmarks=true")
    read(reader)
    reader.end(End.DRAINED)
    (bookmark,) = read(reader)
    assert version_of(bookmark) == world.views.head
    assert reader.ended is End.DRAINED
    reader.end(End.TIMEOUT)
    assert reader.ended is End.DRAINED


def test_no_bookmark_before_the_initial_state_is_whole():
    """A watch that ends within its initial state gives no position to resume from."""
    world = World()
    world.put("n", "a")
    world.put("n", "b")
    reader = watch(world, INITIAL)
    reader.pull(1)
    reader.end(End.DRAINED)
    assert reader.pull(1) == b""
    assert reader.finished


def test_bookmark_before_unread_changes():
    """The last bookmark of a reader that lags is its own position, not the head: the rest can still be read."""
    world = World()
    reader = watch(world, "allowWatchBookmarks=true")
    read(reader)
    for note in range(20):
        world.put("n", "a", note=note)
    seen = notes([json.loads(line) for line in reader.pull(1).splitlines()])
    assert 0 < len(seen) < 20
    reader.end(End.TIMEOUT)
    (bookmark,) = read(reader)
    resumed = watch(world, f"resourceVersion={version_of(bookmark)}")
    assert seen + notes(read(resumed)) == list(range(20))


def test_expired_in_mid_stream():
    """A reader that the horizon has passed is told so and ends; nothing is skipped in silence."""
    world = World(history_bytes=3000)
    reader = watch(world, "allowWatchBookmarks=true")
    read(reader)
    for note in range(100):
        world.put("n", "a", note=note)
    (event,) = read(reader)
    assert event["type"] == "ERROR"
    status = event["object"]
    assert (status["kind"], status["code"], status["reason"]) == ("Status", 410, "Expired")
    assert status["message"].startswith("too old resource version: ")
    assert reader.finished
    assert reader.ended is End.EXPIRED


@pytest.mark.parametrize(("version", "error"), [("1", Expired), (str(1 << 62), Ahead), (str((1 << 64) - 1), Ahead)])
def test_start_outside_of_the_history(version, error):
    """A position before the horizon is Expired, one beyond the head is Ahead, with an initial state too."""
    world = World()
    with pytest.raises(error):
        watch(world, f"resourceVersion={version}")
    if error is Ahead:
        with pytest.raises(error):
            watch(world, f"{INITIAL}&resourceVersion={version}")


def test_frames_are_encoded_once():
    """Two readers of the same changes get the same bytes, not equal ones."""
    world = World()
    frames = Frames()
    readers = [watch(world, frames=frames) for _ in range(2)]
    world.put("n", "a")
    first, second = (reader.pull(1) for reader in readers)
    assert first is second


def test_initial_state_does_not_fill_the_cache():
    """A whole state is not kept: it would push out the frames near the head."""
    world = World()
    world.put("n", "a")
    frames = Frames()
    read(watch(world, frames=frames))
    assert frames.size == 0


def test_observer():
    """Each event is counted with its size, each pull with how far behind it was."""
    world = World()
    seen = Seen()
    world.put("n", "a")
    reader = watch(world, seen=seen)
    read(reader)
    world.put("n", "a", note=1)
    world.put("n", "a", note=2)
    read(reader)
    assert len(seen.sizes) == 3
    assert seen.lags[-1] == 2


STEPS = st.lists(
    st.tuples(
        st.sampled_from("ab"),
        st.sampled_from("xyz"),
        st.sampled_from(["gold", "tin", None]),
        st.sampled_from(["read", "read a little", "reconnect", "skip"]),
    ),
    max_size=30,
)


@settings(deadline=None)
@given(STEPS, st.sampled_from(["", "labelSelector=tier=gold", "fieldSelector=metadata.name!=x"]))
def test_resuming_anywhere_sees_each_change_once(steps, selector):
    """However often a reader is cut off, and wherever: what it has seen is what one that was never cut off has seen."""
    world = World()
    steady = watch(world, selector)
    reader, position = watch(world, f"{selector}&allowWatchBookmarks=true"), None
    seen = []
    for namespace, name, tier, what in [*steps, ("a", "x", None, "reconnect")]:
        if tier is None:
            world.delete(namespace, name)
        else:
            world.put(namespace, name, labels={"tier": tier}, note=len(seen))
        fresh = []
        if what == "read":
            reader.remind()
            fresh = read(reader)
        elif what == "read a little":
            fresh = [json.loads(line) for line in reader.pull(1).splitlines()]
        elif what == "reconnect" and position is not None:
            reader = watch(world, f"{selector}&allowWatchBookmarks=true&resourceVersion={position}")
        seen += [event for event in fresh if event["type"] != "BOOKMARK"]
        position = version_of(fresh[-1]) if fresh else position
    seen += read(reader)
    assert [event for event in seen if event["type"] != "BOOKMARK"] == read(steady)
