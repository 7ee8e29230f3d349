"""Open watches whose right is asked for again: when, what ends them, and what does not."""

from __future__ import annotations

import gc

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from promoter_view.access.identity import ANONYMOUS
from promoter_view.web.errors import Forbidden
from tests.support.api.world import BASE, World, brief, sample


class Granted:
    """Admits everybody; ``answers`` are those to the question whether they still may."""

    identity = ANONYMOUS

    def __init__(self):
        self.asked = 0
        self.answer = lambda: None

    async def admit(self, request, attributes):
        return self

    async def revoked(self):
        self.asked += 1
        found = self.answer()
        return await found if isinstance(found, Deferred) else found


class WatchesTests(SynchronousTestCase):
    """One watch on a world whose access is scripted."""

    def setUp(self):
        """The watch has shown its state."""
        self.access = Granted()
        self.world = World(access=self.access)
        self.world.put("n", "s0")
        self.client = self.world.open(f"{BASE}?watch=1&allowWatchBookmarks=1")
        self.client.events()

    def later(self, seconds):
        """So much later; what the watch has shown meanwhile but for bookmarks."""
        self.world.turn(seconds)
        return [event for event in self.client.events() if event["type"] != "BOOKMARK"]

    def test_asked_again_and_again(self):
        """It is asked about each 30 s, once at a time, and goes on while the answer is yes."""
        for _ in range(10):
            self.assertEqual(self.later(38), [])
        self.assertIn(self.access.asked, range(8, 14))
        self.access.answer = Deferred
        self.later(38)
        asked = self.access.asked
        self.later(300)
        self.assertEqual(self.access.asked, asked)

    def test_no(self):
        """A no is the last event, also for a client that does not read; another's watch goes on."""
        self.world.site.entrance._access = Granted()
        other = self.world.open(f"{BASE}?watch=1")
        other.events()
        self.client.pause()
        self.access.answer = lambda: Forbidden("not any more")
        (last,) = self.later(38)
        self.assertEqual((last["type"], last["object"]["code"]), ("ERROR", 403))
        self.assertEqual(last["object"]["message"], "not any more")
        self.assertTrue(self.client.complete)
        self.world.put("n", "s1")
        self.assertEqual(brief(other.events()), [("ADDED", "s1")])
        self.assertEqual(self.client.events(), [])
        self.assertTrue(sample(self.world, "apiserver_terminated_watchers_total").endswith(" 1.0"))

    def test_a_fault_of_ours(self):
        """A fault while asking is logged; the watch goes on, and is asked about again."""

        def fault():
            raise RuntimeError("a fault")

        self.access.answer = fault
        self.assertEqual(self.later(38), [])
        self.assertEqual(len(self.flushLoggedErrors(RuntimeError)), 1)
        self.access.answer = lambda: Forbidden("no")
        self.assertEqual([event["type"] for event in self.later(38)], ["ERROR"])

    def test_a_client_that_leaves_meanwhile(self):
        """A question that is open when the client leaves is dropped with it."""
        cancelled = []
        self.access.answer = lambda: Deferred(cancelled.append)
        self.world.turn(38)
        self.client.leave()
        self.assertEqual(len(cancelled), 1)
        self.assertEqual(self.flushLoggedErrors(), [])
        self.world.turn(300)
        self.assertEqual(self.access.asked, 1)

    def test_a_question_that_breaks_when_it_is_called_off(self):
        """Whatever a question ends with after its client has left: nothing is logged, and nothing is asked again."""
        self.access.answer = lambda: Deferred(lambda asked: asked.errback(RuntimeError("called off")))
        self.world.turn(38)
        self.client.leave()
        self.assertEqual(self.flushLoggedErrors(), [])
        self.assertEqual(self.world.clock.getDelayedCalls(), [])

    def test_a_watch_that_is_collected_as_garbage(self):
        """A whole world that nobody holds any more goes without a word, an open question in it included."""
        self.access.answer = Deferred
        self.world.turn(38)
        self.world = self.client = self.access = None
        gc.collect()
        self.assertEqual(self.flushLoggedErrors(), [])
