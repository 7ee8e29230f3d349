"""Asking for a review: bounds, attempts, and what is unavailable."""

from __future__ import annotations

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from promoter_view.access import reviews as module
from promoter_view.kubernetes.outcomes import ApiError, Outcome, Unreachable
from promoter_view.metrics import Metrics
from promoter_view.web.errors import ReviewUnavailable
from tests.support.api.reviewing import Reviews, token_reviewer

RESET = Unreachable(Outcome.RESET, "reset")


class ReviewerTests(SynchronousTestCase):
    """A reviewer of scripted answers."""

    def setUp(self):
        """Without answers it waits."""
        self.clock = Clock()
        self.metrics = Metrics()

    def asking(self, *answers):
        script = iter(answers)
        self.reviews = Reviews(lambda spec: next(script, None) or Deferred())
        return token_reviewer(self.reviews, self.clock, self.metrics)

    def test_answer(self):
        """A review is created with its spec, and its status is the answer."""
        reviewer = self.asking({"authenticated": True})
        found = self.successResultOf(Deferred.fromCoroutine(reviewer.ask({"token": "x"})))
        self.assertEqual(found, {"authenticated": True})
        path, document = self.reviews.asked[0]
        self.assertEqual(path, "/apis/authentication.k8s.io/v1/tokenreviews")
        self.assertEqual(
            document, {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {"token": "x"}}
        )

    def test_again_where_it_may_help(self):
        """A kept connection that was just closed, a busy server: it is asked again, three times in all."""
        for error in (RESET, ApiError(503, "", ""), ApiError(429, "", ""), Unreachable(Outcome.UNREACHABLE, "")):
            asking = Deferred.fromCoroutine(self.asking(error, error, {"ok": 1}).ask({}))
            self.assertNoResult(asking)
            self.clock.pump([0.1] * 5)
            self.assertEqual(self.successResultOf(asking), {"ok": 1})

    def test_unavailable(self):
        """What fails three times, what is refused once, and what is no review is unavailable; it is never an answer."""
        refused = ApiError(403, "Forbidden", "you may not")
        for answers, times in (([RESET] * 4, 3), ([refused], 1), ([b"[]"], 1), ([b"no JSON"], 1), ([b'{"a":1}'], 1)):
            asking = Deferred.fromCoroutine(self.asking(*answers).ask({}))
            self.clock.pump([0.2] * 8)
            error = self.failureResultOf(asking, ReviewUnavailable)
            self.assertNotIn("you may not", str(error.value))
            self.assertEqual(len(self.reviews.asked), times)
        self.assertIn('promoter_view_reviews_total{outcome="unavailable",review="token"} 5.0', self.rendered())

    def test_deadline(self):
        """Whoever waits for a cluster that does not answer is told so after ten seconds."""
        asking = Deferred.fromCoroutine(self.asking().ask({}))
        self.clock.advance(9.9)
        self.assertNoResult(asking)
        self.clock.advance(0.2)
        self.failureResultOf(asking, ReviewUnavailable)

    def test_few_at_once(self):
        """Only so many are under way, others wait their turn, and beyond a bound they are unavailable at once."""
        reviewer = self.asking()
        waiting = [Deferred.fromCoroutine(reviewer.ask({})) for _ in range(module._AT_ONCE + module._MAX_WAITING)]
        self.assertEqual(len(self.reviews.asked), module._AT_ONCE)
        self.failureResultOf(Deferred.fromCoroutine(reviewer.ask({})), ReviewUnavailable)
        self.clock.advance(11)
        for each in waiting:
            self.failureResultOf(each, ReviewUnavailable)

    def test_a_slot_is_free_again(self):
        """What has failed or was cancelled holds no turn."""
        reviewer = self.asking(*[ApiError(400, "", "")] * (module._AT_ONCE + 5), {"ok": 1})
        for _ in range(module._AT_ONCE + 5):
            self.failureResultOf(Deferred.fromCoroutine(reviewer.ask({})), ReviewUnavailable)
        self.assertEqual(self.successResultOf(Deferred.fromCoroutine(reviewer.ask({}))), {"ok": 1})

    def rendered(self):
        return self.metrics.render().decode()


@pytest.mark.parametrize("outcome", [Outcome.TLS, Outcome.CREDENTIALS, Outcome.BODY_TOO_LARGE])
def test_not_again_where_it_does_not_help(outcome):
    """What would fail in the same way is asked once."""
    reviews = Reviews(lambda spec: Unreachable(outcome, ""))
    asking = Deferred.fromCoroutine(token_reviewer(reviews, Clock(), Metrics()).ask({}))
    failed = []
    asking.addErrback(failed.append)
    assert failed[0].check(ReviewUnavailable)
    assert len(reviews.asked) == 1
