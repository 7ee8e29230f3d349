"""Get, list and watch from end to end, over in-memory transports: answers, streams, back-pressure, disconnects."""

from __future__ import annotations

import json

import pytest

from promoter_view.records import BundleKey
from tests.support.api.world import (
    BASE,
    METADATA,
    METADATA_LIST,
    TABLE,
    VIEW,
    World,
    brief,
    fleet,
    in_namespace,
    large,
    sample,
    version_of,
)

AHEAD = 1 << 62


def test_get():
    """A get is the bundle's bytes and a newline, with its length."""
    world = fleet()
    answer = world.ask(f"{in_namespace('n')}/s1")
    assert answer.code == 200
    assert answer.body == world.views.get(BundleKey(VIEW, "n", "s1")).encode() + b"\n"
    assert not answer.chunked


@pytest.mark.parametrize("path", [f"{in_namespace('n')}/nobody", f"{in_namespace('m')}/s1"])
def test_get_of_nothing(path):
    """What is not there is 404, and the Status names it."""
    answer = fleet().ask(path)
    assert (answer.code, answer.document["reason"]) == (404, "NotFound")
    assert answer.document["details"]["name"] == path.rpartition("/")[2]


@pytest.mark.parametrize("path", [BASE, f"{BASE}?watch=1", f"{in_namespace('n')}/s1"])
def test_not_ready(path):
    """Until the views are built there is no state to show: 503, and when to ask again."""
    world = World(ready=False)
    answer = world.ask(path)
    assert (answer.code, answer.document["reason"]) == (503, "ServiceUnavailable")
    assert answer.header("retry-after") == "1"
    world.become_ready()
    assert world.open(path).answer().code in (200, 404)


def test_forms():
    """Table and metadata are to be had of gets, lists and watches."""
    world = fleet()
    one = f"{in_namespace('n')}/s1"
    assert world.ask(one, TABLE).document["kind"] == "Table"
    assert world.ask(one, METADATA).document["kind"] == "PartialObjectMetadata"
    assert len(world.ask(BASE, TABLE).document["rows"]) == 5
    assert world.ask(BASE, METADATA_LIST).document["kind"] == "PartialObjectMetadataList"
    rows = world.ask(f"{BASE}?includeObject=None", TABLE).document["rows"]
    assert [row["object"] for row in rows] == [None] * 5
    assert world.ask(f"{BASE}?includeObject=x", TABLE).code == 400
    watched = world.open(f"{BASE}?watch=1", TABLE).events()
    assert [bool(event["object"]["columnDefinitions"]) for event in watched] == [True, False, False, False, False]
    assert world.ask(BASE, METADATA).code == 406
    assert world.ask(f"{BASE}?watch=1", {"Accept": "application/yaml"}).code == 406


def test_pages():
    """limit and continue walk through a list; the parts have one resourceVersion."""
    world = fleet()
    first = world.ask(f"{BASE}?limit=3")
    assert first.document["metadata"]["remainingItemCount"] == 2
    world.delete("n", "s4")
    second = world.ask(f"{BASE}?limit=3&continue={first.document['metadata']['continue']}")
    assert first.names + second.names == ["s0", "s1", "s2", "s3", "s4"]
    assert second.version == first.version
    assert world.ask(f"{BASE}?limit=3&continue=garbage").code == 400


def test_expired_list():
    """An exact list past the horizon is 410; a continue token past it too, with a token to go on."""
    world = fleet(history_bytes=3000)
    first = world.ask(f"{BASE}?limit=3")
    for note in range(50):
        world.put("n", "s1", note=note)
    exact = world.ask(f"{BASE}?resourceVersion={first.version}&resourceVersionMatch=Exact")
    assert (exact.code, exact.document["reason"]) == (410, "Expired")
    gone = world.ask(f"{BASE}?continue={first.document['metadata']['continue']}")
    assert (gone.code, gone.document["reason"]) == (410, "Expired")
    rest = world.ask(f"{BASE}?continue={gone.document['metadata']['continue']}")
    assert rest.names == ["s3", "s4"]


@pytest.mark.parametrize("path", [f"{in_namespace('n')}/s1?", f"{BASE}?", f"{BASE}?watch=1&"])
def test_ahead_waits_then_times_out(path):
    """Who has seen more than is there is kept waiting 3 s, then told 504 ResourceVersionTooLarge."""
    world = fleet()
    client = world.open(f"{path}resourceVersion={AHEAD}")
    world.turn(2.9)
    assert client.answer().code == 0
    world.turn(0.2)
    status = client.answer().document
    assert (client.answer().code, status["reason"]) == (504, "Timeout")
    assert status["details"]["causes"][0]["reason"] == "ResourceVersionTooLarge"
    assert status["details"]["retryAfterSeconds"] == 1


def test_ahead_is_served_when_it_comes():
    """A list and a watch a little ahead of the head are answered as soon as the head is there."""
    other = fleet()
    other.put("n", "s1", note="new")
    world = fleet()
    listing = world.open(f"{BASE}?resourceVersion={other.views.head}")
    watching = world.open(f"{BASE}?watch=1&resourceVersion={other.views.head}")
    world.turn(1)
    assert (listing.answer().code, watching.answer().code) == (0, 0)
    world.put("n", "s1", note="new")
    world.put("n", "s2", note="newer")
    world.turn()
    assert int(listing.answer().version) == world.views.head
    assert brief(watching.events()) == [("MODIFIED", "s2")]


def test_watch_headers_come_at_once():
    """The headers of a watch without events are sent all the same."""
    world = World()
    client = world.open(f"{BASE}?watch=1&sendInitialEvents=false&resourceVersionMatch=NotOlderThan")
    assert (client.answer().code, client.answer().chunked) == (200, True)


def test_too_old_watch_is_a_stream_of_one_error():
    """A watch before the horizon is 200 with one ERROR event, and the connection stays usable."""
    world = fleet(history_bytes=3000)
    client = world.open(f"{BASE}?watch=1&resourceVersion=1")
    (event,) = client.events()
    assert (client.answer().code, event["type"], event["object"]["code"]) == (200, "ERROR", 410)
    assert client.complete


def test_bookmarks_come_about_each_minute():
    """An idle watch gets a bookmark within 75 s, and again."""
    world = fleet()
    client = world.open(f"{BASE}?watch=1&allowWatchBookmarks=1&resourceVersion={world.views.head}")
    assert client.events() == []
    world.put("other", "x")
    for _ in range(3):
        world.turn(75)
        bookmarks = [event for event in client.events() if event["type"] == "BOOKMARK"]
        assert bookmarks
        assert version_of(bookmarks[-1]) == world.views.head


def test_timeout_seconds():
    """timeoutSeconds ends a watch cleanly, with a last bookmark; no timer stays."""
    world = fleet()
    client = world.open(f"{BASE}?watch=1&allowWatchBookmarks=1&timeoutSeconds=5&resourceVersion={world.views.head}")
    world.turn(4.9)
    assert not client.complete
    world.turn(0.2)
    assert client.complete
    assert brief(client.events()) == [("BOOKMARK", "")]
    client.leave()
    assert world.clock.getDelayedCalls() == []


def test_watches_end_by_themselves():
    """Without timeoutSeconds a watch ends after 30 to 60 minutes."""
    world = World()
    client = world.open(f"{BASE}?watch=1")
    world.turn(1799)
    assert not client.complete
    world.turn(1802)
    assert client.complete


def test_negative_timeout_ends_at_once():
    """A time-out that is over before it begins gives an empty stream."""
    world = World()
    assert world.ask(f"{BASE}?watch=1&timeoutSeconds=-1").body == b""


def test_slow_watcher_keeps_its_place():
    """While a watcher's transport is full nothing is written to it; then comes all of it, once, in order."""
    world = fleet(1)
    slow = world.open(f"{BASE}?watch=1&resourceVersion={world.views.head}")
    fast = world.open(f"{BASE}?watch=1&resourceVersion={world.views.head}")
    slow.events()
    slow.pause()
    for note in range(10):
        world.put("n", "s0", note=note)
    assert len(fast.events()) == 10
    assert slow.events() == []
    slow.resume()
    notes = [event["object"]["promotionStrategy"]["spec"]["note"] for event in slow.events()]
    assert notes == list(range(10))


def test_slow_watcher_is_told_when_the_horizon_has_passed():
    """A watcher that was full for too long gets ERROR 410 and the end; then it is counted as ended by us."""
    world = fleet(1, history_bytes=3000)
    slow = world.open(f"{BASE}?watch=1&resourceVersion={world.views.head}")
    slow.events()
    slow.pause()
    for note in range(100):
        world.put("n", "s0", note=note)
    world.turn()
    slow.resume()
    (event,) = slow.events()
    assert (event["type"], event["object"]["reason"]) == ("ERROR", "Expired")
    assert slow.complete
    assert b"apiserver_terminated_watchers_total{" in world.metrics.render()
    assert 'version="v1alpha1"} 1.0' in sample(world, "apiserver_terminated_watchers_total")


def test_disconnect_leaves_nothing_behind():
    """A client that leaves, paused or not, leaves no timer and no open watch; the others go on."""
    world = fleet(1)
    stay = world.open(f"{BASE}?watch=1")
    for paused in (False, True):
        client = world.open(f"{BASE}?watch=1&allowWatchBookmarks=1")
        client.events()
        timers = len(world.clock.getDelayedCalls())
        if paused:
            client.pause()
        client.leave()
        world.turn()
        assert len(world.clock.getDelayedCalls()) == timers - 3
        assert sample(world, "apiserver_longrunning_requests").endswith(" 1.0")
    stay.events()
    world.put("n", "s0", note=1)
    assert brief(stay.events()) == [("MODIFIED", "s0")]


def test_transport_that_stops_first():
    """Real transports say stopProducing before the connection is lost: both together end the watch once."""
    world = fleet(1)
    client = world.open(f"{BASE}?watch=1")
    client.events()
    client.transport.producer.stopProducing()
    client.leave()
    world.put("n", "s0", note=1)
    world.turn()
    assert sample(world, "apiserver_longrunning_requests").endswith(" 0.0")


def test_disconnect_while_waiting_for_the_head():
    """A client that leaves while it is kept waiting is forgotten."""
    world = fleet(1)
    client = world.open(f"{BASE}?resourceVersion={AHEAD}")
    client.leave()
    world.turn(5)
    assert client.transport.value() == b""
    assert world.clock.getDelayedCalls() == []


def test_large_list_is_streamed_in_slices():
    """A list beyond one slice is chunked; while the transport is full no more of it is made."""
    world = large()
    client = world.open(BASE)
    begun = len(client.transport.value())
    assert begun < 80_000
    client.pause()
    world.turn(10)
    assert len(client.transport.value()) == begun
    client.resume()
    world.turn()
    assert client.complete
    assert client.answer().names == [f"s{number:02}" for number in range(40)]


def test_large_list_of_a_client_that_leaves():
    """A list whose client leaves half-way ends there."""
    world = large()
    client = world.open(BASE)
    client.pause()
    client.leave()
    world.turn()
    assert not client.complete


def test_metrics_of_streams():
    """How streams begin, and what they write, is counted."""
    world = fleet(1, history_bytes=3000)
    head = world.views.head
    world.open(f"{BASE}?watch=1").events()
    world.open(f"{BASE}?watch=1&resourceVersion={head}").events()
    world.open(f"{BASE}?watch=1&resourceVersion=1").events()
    world.open(f"{BASE}?watch=1&resourceVersion={AHEAD}")
    world.turn(4)
    text = world.metrics.render().decode()
    for outcome in ("initial", "resumed", "expired", "ahead"):
        assert f'promoter_view_stream_resumes_total{{outcome="{outcome}",surface="watch"}} 1.0' in text
    assert sample(world, "apiserver_watch_events_total").endswith(" 1.0")
    assert sample(world, "apiserver_longrunning_requests").endswith(" 2.0")


def test_events_are_lines():
    """Each watch event is one line of JSON."""
    world = fleet(2)
    client = world.open(f"{BASE}?watch=1")
    world.turn()
    body = client.answer().body
    assert body.endswith(b"}\n")
    assert [json.loads(line)["type"] for line in body.splitlines()] == ["ADDED", "ADDED"]
