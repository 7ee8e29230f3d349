"""The site: headers, admission, connections, drain and faults."""

from __future__ import annotations

import re

import pytest
from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from promoter_view.access.admission import FREELY_ADMITTED
from promoter_view.web.errors import Forbidden, ReviewUnavailable, Unauthorized
from tests.support.api.world import (
    BASE,
    VIEW,
    Client,
    World,
    brief,
    fleet,
    in_namespace,
    large,
)

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\Z")


def test_headers_of_every_answer():
    """Every answer, also an error, carries an Audit-Id (an own one or the client's) and is not to be cached."""
    world = fleet()
    for path in (BASE, "/apis", "/nope", f"{BASE}?limit=x"):
        answer = world.ask(path)
        assert UUID.match(answer.header("audit-id"))
        assert answer.header("cache-control") == "no-cache, private"
        assert answer.header("content-type") == "application/json"
        assert world.ask(path, {"Audit-Id": "mine"}).header("audit-id") == "mine"
    assert UUID.match(world.ask(BASE, {"Audit-Id": "x" * 65}).header("audit-id"))


def test_keep_alive():
    """A connection serves one request after another, also after a watch that ended."""
    world = fleet(1)
    client = Client(world)
    for path in (BASE, f"{BASE}?watch=1&timeoutSeconds=1", "/apis", "/nope", BASE):
        client.transport.clear()
        client.send(path)
        world.turn(1.1)
        assert client.complete
    assert client.answer().names == ["s0"]


@pytest.mark.parametrize(
    ("path", "code"), [(BASE, 200), (f"{in_namespace('n')}/s1", 200), (f"{in_namespace('n')}/s9", 404)]
)
def test_head_is_a_get_without_its_body(path, code):
    """HEAD has the code and the length that a GET would have, and nothing after its headers."""
    world = fleet()
    client, got = world.open(path, method="HEAD"), world.ask(path)
    world.turn()
    answer = client.answer()
    assert (answer.code, answer.body) == (code, b"")
    assert answer.header("content-length") == got.header("content-length")
    client.transport.clear()
    client.send("/apis")
    assert client.answer().code == 200


class Refuses:
    """Lets nobody in, for the given reason; keeps what was asked."""

    def __init__(self, error):
        self.error = error
        self.asked = []

    async def admit(self, request, attributes):
        self.asked.append(attributes)
        raise self.error


@pytest.mark.parametrize(
    ("error", "code"), [(Unauthorized("who?"), 401), (Forbidden("no"), 403), (ReviewUnavailable("later"), 503)]
)
def test_access(error, code):
    """Nothing is served, looked up or said to exist before the request is admitted."""
    access = Refuses(error)
    world = World(access=access)
    for path in (f"{BASE}?watch=1&fieldSelector=metadata.name=x", f"{in_namespace('n')}/s1", "/metrics", "/nope"):
        assert world.ask(path).code == code
    watch, get, metrics, _ = access.asked
    assert (watch.verb, watch.resource, watch.name) == ("watch", VIEW, "x")
    assert (get.verb, get.namespace, get.name) == ("get", "n", "s1")
    assert (metrics.verb, metrics.path, metrics.resource) == ("get", "/metrics", "")


class Admits:
    """Lets everybody in; keeps what was asked."""

    def __init__(self):
        self.asked = []

    async def admit(self, request, attributes):
        self.asked.append(attributes)
        return FREELY_ADMITTED


@pytest.mark.parametrize(
    ("target", "reviewed", "code"),
    [
        ("/metrics", "/metrics", 200),
        ("/%6detrics", "/metrics", 200),
        ("/openapi%2fv3", "/openapi/v3", 200),
        ("Xmetrics", "Xmetrics", 404),
        ("//metrics", "//metrics", 404),
        ("/livez//ping", "/livez//ping", 404),
        ("/livez/%2e%2e/metrics", "/livez/../metrics", 404),
        ("https://h/metrics", "/metrics", 200),
        ("/%ff", "/\ufffd", 404),
    ],
)
def test_what_is_reviewed_is_what_is_served(target, reviewed, code):
    """A path is reviewed as it is served: decoded, and what no route can mean leads to none, without a traceback."""
    access = Admits()
    answer = World(access=access).ask(target)
    assert [asked.path for asked in access.asked] == [reviewed]
    assert (answer.code, answer.header("audit-id") is None) == (code, False)


class SiteTests(SynchronousTestCase):
    """What needs trial: Deferreds and logged errors."""

    def test_drain(self):
        """Draining ends every watch with a last bookmark, lets none begin, and waits for what is under way."""
        world = large()
        watches = [world.open(f"{BASE}?watch=1&allowWatchBookmarks=1") for _ in range(3)]
        for each in watches:
            each.events()
        watches[2].pause()
        listing = world.open(BASE)
        listing.pause()
        drained = world.site.drain()
        for each in watches:
            self.assertEqual(brief(each.events()), [("BOOKMARK", "")])
            self.assertTrue(each.complete)
        self.assertNoResult(drained)
        self.assertEqual(world.ask(f"{BASE}?watch=1").code, 503)
        self.assertEqual(world.ask(f"{in_namespace('n')}/s01").code, 200)
        listing.resume()
        world.turn()
        self.assertTrue(listing.complete)
        self.assertIsNone(self.successResultOf(drained))

    def test_drain_before_a_watch_begins(self):
        """A watch that was waiting for the head when draining began ends as soon as it begins, with its bookmark."""
        ahead = fleet()
        ahead.put("n", "s1", note="new")
        world = fleet()
        watch = world.open(f"{BASE}?watch=1&allowWatchBookmarks=1&resourceVersion={ahead.views.head}")
        drained = world.site.drain()
        self.assertNoResult(drained)
        world.put("n", "s1", note="new")
        self.assertEqual(brief(watch.events()), [("BOOKMARK", "")])
        self.assertTrue(watch.complete)
        self.assertIsNone(self.successResultOf(drained))

    def test_drain_of_nothing(self):
        """Where nothing is under way draining is over at once."""
        self.assertIsNone(self.successResultOf(World().site.drain()))

    def test_fault(self):
        """A fault of ours is 500 without its words, and the log has it under the Audit-Id."""
        world = World(access=Refuses(RuntimeError("secret")))
        answer = world.ask(BASE, {"Audit-Id": "mine"})
        self.assertEqual(answer.code, 500)
        self.assertIn(b"mine", answer.body)
        self.assertNotIn(b"secret", answer.body)
        self.assertEqual(len(self.flushLoggedErrors(RuntimeError)), 1)

    def test_fault_in_a_stream(self):
        """A fault in the middle of a stream ends its connection, not the others."""
        world = fleet(1)
        client, other = world.open(f"{BASE}?watch=1"), world.open(f"{BASE}?watch=1")
        client.events(), other.events()

        def broken(**kept):
            raise RuntimeError("broken")

        for stream in list(world.pump._waiting)[:1]:
            stream._reader._read = lambda *given: broken()
        world.put("n", "s0", note=1)
        self.assertEqual(brief(other.events()), [("MODIFIED", "s0")])
        self.assertTrue(client.transport.disconnecting)
        self.assertEqual(len(self.flushLoggedErrors(RuntimeError)), 1)

    def test_admission_may_wait(self):
        """While a review is under way nothing is answered; a client that leaves meanwhile cancels it."""
        waiting, cancelled = [], []

        class Slow:
            async def admit(self, request, attributes):
                waiting.append(Deferred(cancelled.append))
                await waiting[-1]
                return FREELY_ADMITTED

        world = World(access=Slow())
        client = world.open(BASE)
        self.assertEqual(client.transport.value(), b"")
        waiting[0].callback(None)
        self.assertEqual(client.answer().code, 200)
        world.open(BASE).leave()
        self.assertEqual(cancelled, waiting[1:])


def test_alpn():
    """HTTP/2 is never offered."""
    assert World().site.acceptableProtocols() == [b"http/1.1"]
