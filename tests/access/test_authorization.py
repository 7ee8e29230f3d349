"""What may be done: the review that is asked, its answer, and the words of a refusal."""

from __future__ import annotations

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from promoter_view.access.admission import Attributes
from promoter_view.access.authorization import AccessDecision, AccessReviews, decision_of, forbidden, spec_of
from promoter_view.access.identity import Identity
from promoter_view.kubernetes.outcomes import ApiError
from promoter_view.metrics import Metrics
from promoter_view.web.errors import Forbidden, ReviewUnavailable
from tests.support.api.reviewing import Reviews, access_reviewer

BOB = Identity("bob", groups=("dev",))
LIST = Attributes("list", "/x", "g", "v1", "things", "ns")
METRICS = Attributes("get", "/metrics")


def test_spec():
    """A resource is asked for by its parts, any other path by the path; and always for the whole identity."""
    named = Attributes("get", "/x", "g", "v1", "things", "ns", "one", "status")
    parts = {"verb": "get", "group": "g", "version": "v1", "resource": "things", "namespace": "ns"}
    assert spec_of(BOB, named) == {
        "user": "bob",
        "groups": ["dev"],
        "resourceAttributes": {**parts, "name": "one", "subresource": "status"},
    }
    whole = Identity("bob", "7", (), (("a", ("1",)),))
    asked = {"path": "/metrics", "verb": "get"}
    assert spec_of(whole, METRICS) == {
        "user": "bob",
        "uid": "7",
        "groups": [],
        "extra": {"a": ["1"]},
        "nonResourceAttributes": asked,
    }


@pytest.mark.parametrize(
    ("status", "decision"),
    [
        ({"allowed": True}, AccessDecision(True)),
        ({"allowed": True, "evaluationError": "one webhook is down"}, AccessDecision(True)),
        ({"allowed": False}, AccessDecision(False)),
        ({"allowed": False, "reason": "no rule"}, AccessDecision(False, "no rule")),
        ({"allowed": False, "denied": True, "evaluationError": "x"}, AccessDecision(False)),
        ({"allowed": "true"}, AccessDecision(False)),
        ({"allowed": 1, "reason": 7}, AccessDecision(False)),
        ({}, AccessDecision(False)),
    ],
)
def test_decision(status, decision):
    """Nothing but true is a yes."""
    assert decision_of(status) == decision


def test_indefinite():
    """A no because not every authorizer could be asked is none: it must neither be kept nor end a watch."""
    with pytest.raises(ReviewUnavailable):
        decision_of({"allowed": False, "evaluationError": "the webhook is down"})


@pytest.mark.parametrize(
    ("attributes", "message", "details"),
    [
        (
            LIST,
            'things.g is forbidden: User "bob" cannot list resource "things" in API group "g" in the namespace "ns"',
            {"group": "g", "kind": "things"},
        ),
        (
            Attributes("get", "/x", "g", "v1", "things", "", "one"),
            'things.g "one" is forbidden: User "bob" cannot get resource "things" in API group "g" '
            "at the cluster scope",
            {"name": "one", "group": "g", "kind": "things"},
        ),
        (
            Attributes("impersonate", "/x", "", "v1", "userextras", "", "a", "team"),
            'userextras "a" is forbidden: User "bob" cannot impersonate resource "userextras/team" in API group "" '
            "at the cluster scope",
            {"name": "a", "kind": "userextras"},
        ),
        (METRICS, 'forbidden: User "bob" cannot get path "/metrics"', {}),
    ],
)
def test_words(attributes, message, details):
    """A refusal is told as kube-apiserver tells it, with the authorizer's reason behind it."""
    refusal = forbidden(BOB, attributes)
    assert (str(refusal), refusal.details) == (message, details)
    assert str(forbidden(BOB, attributes, "why")) == f"{message}: why"


class AccessReviewsTests(SynchronousTestCase):
    """AccessReviews over a cluster that allows some users."""

    def setUp(self):
        """Users in ``allowed`` may do everything."""
        self.clock = Clock()
        self.allowed = {"bob"}
        self.reviews = Reviews(lambda spec: {"allowed": spec["user"] in self.allowed})
        metrics = Metrics()
        self.access = AccessReviews(
            access_reviewer(self.reviews, self.clock, metrics),
            clock=self.clock,
            allowed_seconds=10,
            denied_seconds=4,
            metrics=metrics,
        )

    def require(self, identity, attributes=LIST):
        return Deferred.fromCoroutine(self.access.require(identity, attributes))

    def test_kept(self):
        """A yes and a no count each for their time."""
        self.successResultOf(self.require(BOB))
        self.failureResultOf(self.require(Identity("eve")), Forbidden)
        self.allowed = {"eve"}
        self.clock.advance(3.9)
        self.successResultOf(self.require(BOB))
        self.failureResultOf(self.require(Identity("eve")), Forbidden)
        self.assertEqual(len(self.reviews.asked), 2)
        self.clock.advance(0.2)
        self.successResultOf(self.require(Identity("eve")))
        self.successResultOf(self.require(BOB))
        self.clock.advance(6)
        self.failureResultOf(self.require(BOB), Forbidden)

    def test_each_identity_and_each_right(self):
        """Whatever differs in who asks or in what is asked is another review."""
        self.allowed = {"bob", "carol"}
        identities = [BOB, Identity("bob"), Identity("bob", "7"), Identity("bob", extra=(("a", ("1",)),))]
        identities += [Identity("bob", extra=(("a", ("2",)),)), Identity("carol")]
        others = [Attributes("watch", "/x", "g", "v1", "things", "ns"), Attributes("list", "/x", "g", "v1", "things")]
        others += [Attributes("list", "/x", "g", "v1", "things", "ns", "one"), METRICS]
        for _ in range(2):
            for identity in identities:
                self.successResultOf(self.require(identity))
            for attributes in others:
                self.successResultOf(self.require(BOB, attributes))
        self.assertEqual(len(self.reviews.asked), len(identities) + len(others))

    def test_masters(self):
        """system:masters may do everything, also where nobody can be asked."""
        self.reviews.answer = lambda spec: ApiError(500, "", "")
        self.successResultOf(self.require(Identity("root", groups=("system:masters",))))
        self.assertEqual(self.reviews.asked, [])

    def test_unavailable(self):
        """Without an answer there is no right; one that is kept counts for its time, and then no longer."""
        self.successResultOf(self.require(BOB))
        self.reviews.answer = lambda spec: ApiError(403, "Forbidden", "")
        self.successResultOf(self.require(BOB))
        self.failureResultOf(self.require(Identity("eve")), ReviewUnavailable)
        self.clock.advance(10)
        self.failureResultOf(self.require(BOB), ReviewUnavailable)
