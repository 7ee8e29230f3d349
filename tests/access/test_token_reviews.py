"""Whose a token is, and how long that counts."""

from __future__ import annotations

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from promoter_view.access.identity import Identity
from promoter_view.access.token_reviews import TokenReviews
from promoter_view.kubernetes.outcomes import ApiError
from promoter_view.metrics import Metrics
from promoter_view.web.errors import ReviewUnavailable, Unauthorized
from tests.support.api.reviewing import Reviews, token_reviewer

BOB = {"authenticated": True, "user": {"username": "bob", "groups": ["dev"]}}


class TokenReviewsTests(SynchronousTestCase):
    """TokenReviews over a cluster that knows some tokens."""

    def setUp(self):
        """Good tokens are in ``known``."""
        self.clock = Clock()
        self.known = {"good": BOB}
        self.reviews = Reviews(lambda spec: self.known.get(spec["token"], {"error": "invalid bearer token"}))
        metrics = Metrics()
        reviewer = token_reviewer(self.reviews, self.clock, metrics)
        self.tokens = TokenReviews(reviewer, clock=self.clock, key=b"k" * 32, seconds=10, metrics=metrics)

    def identify(self, token):
        return Deferred.fromCoroutine(self.tokens.identify(token))

    def test_good(self):
        """A good token is its user's, asked for once in ten seconds."""
        for _ in range(3):
            self.assertEqual(self.successResultOf(self.identify("good")), Identity("bob", groups=("dev",)))
        self.assertEqual(len(self.reviews.asked), 1)
        self.clock.advance(10)
        self.known.clear()
        self.failureResultOf(self.identify("good"), Unauthorized)

    def test_bad(self):
        """A bad token is refused, for ten seconds without asking again."""
        self.failureResultOf(self.identify("bad"), Unauthorized)
        self.known["bad"] = BOB
        self.failureResultOf(self.identify("bad"), Unauthorized)
        self.clock.advance(10)
        self.successResultOf(self.identify("bad"))

    def test_never_across_tokens(self):
        """One token's answer is never another's."""
        self.successResultOf(self.identify("good"))
        self.failureResultOf(self.identify("good "), Unauthorized)
        self.failureResultOf(self.identify("Good"), Unauthorized)

    def test_unavailable(self):
        """Without an answer nobody is anybody; an answer that is kept still counts."""
        self.successResultOf(self.identify("good"))
        self.reviews.answer = lambda spec: ApiError(403, "Forbidden", "")
        self.successResultOf(self.identify("good"))
        self.failureResultOf(self.identify("other"), ReviewUnavailable)
        self.clock.advance(10)
        self.failureResultOf(self.identify("good"), ReviewUnavailable)

    def test_malformed_user(self):
        """A user that cannot be read is unavailable, and asked for again."""
        for user in (None, {}, {"username": ""}, {"username": "bob", "groups": "dev"}):
            self.known["good"] = {"authenticated": True, "user": user}
            self.failureResultOf(self.identify("good"), ReviewUnavailable)

    def test_only_true_is_true(self):
        """Nothing but true is a yes."""
        for found in ("true", 1, None, "yes"):
            self.known[f"t{found}"] = {**BOB, "authenticated": found}
            self.failureResultOf(self.identify(f"t{found}"), Unauthorized)

    def test_no_token_is_kept(self):
        """What is kept of a token is a keyed hash."""
        self.successResultOf(self.identify("good"))
        (kept,) = self.tokens._cache._kept
        self.assertEqual(len(kept), 32)
        self.assertNotIn(b"good", kept)
