"""Answers that are kept for their time, and requests that are shared."""

from __future__ import annotations

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from promoter_view.access.review_cache import ReviewCache


class ReviewCacheTests(SynchronousTestCase):
    """A cache on a Clock, and what was asked."""

    def setUp(self):
        """Answers are seconds: how long they count."""
        self.clock = Clock()
        self.cache = ReviewCache(clock=self.clock, seconds_of=lambda seconds: seconds, max_entries=3)
        self.asked = []

    def get(self, key):
        def ask():
            self.asked.append((key, Deferred()))
            return self.asked[-1][1]

        return Deferred.fromCoroutine(self.cache.get(key, ask))

    def answered(self, key, answer):
        found = self.get(key)
        self.asked[-1][1].callback(answer)
        return self.successResultOf(found)

    def test_kept_for_its_time(self):
        """An answer counts for its time and not a moment longer."""
        self.assertEqual(self.answered(b"a", 10), 10)
        self.clock.advance(9.9)
        self.assertEqual(self.successResultOf(self.get(b"a")), 10)
        self.clock.advance(0.1)
        self.assertEqual(self.answered(b"a", 5), 5)
        self.assertEqual(len(self.asked), 2)

    def test_each_key_has_its_own(self):
        """An answer counts for its key only."""
        self.answered(b"a", 10)
        self.assertEqual(self.answered(b"b", 7), 7)
        self.assertEqual(self.successResultOf(self.get(b"a")), 10)

    def test_an_answer_without_time(self):
        """An answer of no time is told to those who wait, and not kept."""
        self.assertEqual(self.answered(b"a", 0), 0)
        self.get(b"a")
        self.assertEqual(len(self.asked), 2)

    def test_shared(self):
        """All who ask the same at once share one request, also its failure, which is not kept."""
        waiting = [self.get(b"a") for _ in range(3)]
        self.assertEqual(len(self.asked), 1)
        self.asked[0][1].errback(RuntimeError("gone"))
        for each in waiting:
            self.failureResultOf(each, RuntimeError)
        self.assertEqual(self.answered(b"a", 10), 10)
        self.assertEqual(len(self.asked), 2)

    def test_whoever_leaves_leaves_alone(self):
        """One who does not wait any longer, the first too, takes nothing from the others."""
        first, second = self.get(b"a"), self.get(b"a")
        first.cancel()
        self.failureResultOf(first, CancelledError)
        self.assertNoResult(second)
        self.asked[0][1].callback(10)
        self.assertEqual(self.successResultOf(second), 10)

    def test_whoever_hears_first_may_send_another_away(self):
        """One who is told may cancel another who waits for the same."""
        first, second, third = self.get(b"a"), self.get(b"a"), self.get(b"a")
        first.addCallback(lambda _: second.cancel())
        self.asked[0][1].callback(10)
        self.failureResultOf(second, CancelledError)
        self.assertEqual(self.successResultOf(third), 10)

    def test_bounded(self):
        """The oldest answer goes where there are too many."""
        for key in (b"a", b"b", b"c", b"d"):
            self.answered(key, 10)
        self.assertEqual(len(self.cache), 3)
        self.get(b"a")
        self.successResultOf(self.get(b"d"))
        self.assertEqual(len(self.asked), 5)
