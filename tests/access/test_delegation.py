"""The cluster's authentication configuration: read, followed, missing, forbidden, broken, and out of reach."""

from __future__ import annotations

import json

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from promoter_view.access.delegation import Delegation
from promoter_view.access.trust import Trust
from promoter_view.kubernetes.outcomes import ApiError, Outcome, Unreachable
from tests.support.api.issuing import authority

PEM, RENEWED = authority().pem.decode(), authority().pem.decode()
GONE = Unreachable(Outcome.UNREACHABLE, "connection refused")


def config_map(pem):
    return {"metadata": {"name": "x", "resourceVersion": "7"}, "data": {"client-ca-file": pem}}


def listed(*items):
    return {"metadata": {"resourceVersion": "7"}, "items": list(items)}


class Lines:
    """A watch that a test writes."""

    def __init__(self):
        self.closed = False
        self.reader = None

    def read(self):
        self.reader = Deferred()
        return self.reader

    def close(self):
        self.closed = True

    def write(self, kind, found):
        self.reader.callback([json.dumps({"type": kind, "object": found}).encode()])


class Cluster:
    """Answers lists by ``answer``; each watch is the last of ``watches``."""

    def __init__(self, answer):
        self.answer = answer
        self.asked = []
        self.watches = []

    async def get(self, path, parameters=()):
        self.asked.append(dict(parameters))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer if isinstance(self.answer, bytes) else json.dumps(self.answer).encode()

    async def stream(self, path, parameters=(), *, idle_seconds):
        self.asked.append(dict(parameters))
        self.watches.append(Lines())
        return self.watches[-1]


class DelegationTests(SynchronousTestCase):
    """A Delegation on a Clock."""

    def begin(self, answer, *, tolerate=False):
        self.clock, self.trust, self.refusals = Clock(), Trust(), []
        self.cluster = Cluster(answer)
        self.delegation = Delegation(
            self.trust,
            client=self.cluster,
            clock=self.clock,
            random=lambda: 0.5,
            refused=self.refusals.append,
            tolerate=tolerate,
        )
        self.delegation.start()
        self.addCleanup(lambda: self.successResultOf(Deferred.fromCoroutine(self.delegation.stop())))

    @property
    def pem(self):
        """Of the client CA in force."""
        config = self.trust.config
        return config and config.client and config.client.pem.decode()

    def test_read_and_followed(self):
        """It is listed by its name, as its Role allows, and watched from there; a change counts at once."""
        self.begin(listed(config_map(PEM)))
        self.assertEqual(self.pem, PEM)
        self.assertIsNone(self.delegation.fault)
        first, second = self.cluster.asked
        selector = "metadata.name=extension-apiserver-authentication"
        self.assertEqual(first, {"fieldSelector": selector})
        self.assertEqual((second["fieldSelector"], second["watch"], second["resourceVersion"]), (selector, "1", "7"))
        self.cluster.watches[0].write("MODIFIED", config_map(RENEWED))
        self.assertEqual(self.pem, RENEWED)

    def test_the_same_again_changes_nothing(self):
        """What is as it was makes no other configuration: verdicts on open connections stay."""
        self.begin(listed(config_map(PEM)))
        before = self.trust.config
        self.cluster.watches[0].write("MODIFIED", config_map(PEM))
        self.assertIs(self.trust.config, before)

    def test_a_watch_that_ends(self):
        """A watch that ends, cleanly or not, is begun anew with a list; meanwhile what was read counts."""
        self.begin(listed(config_map(PEM)))
        status = {"kind": "Status", "code": 410, "reason": "Expired", "message": "too old"}
        ends = (
            lambda lines: lines.reader.callback([]),
            lambda lines: lines.reader.errback(GONE),
            lambda lines: lines.write("ERROR", status),
            lambda lines: lines.write("DELETED", config_map(PEM)),
            lambda lines: lines.reader.callback([b"no JSON"]),
        )
        for number, end in enumerate(ends, 1):
            end(self.cluster.watches[-1])
            self.assertTrue(self.cluster.watches[-1].closed)
            self.assertEqual(self.pem, PEM)
            self.clock.advance(31)
            self.assertEqual(len(self.cluster.watches), number + 1)
        self.assertEqual(self.refusals, [])
        self.assertIsNone(self.delegation.fault)

    def test_definitely_not(self):
        """A first list that says no ends the program's start, with what to do about it, and is not repeated."""
        forbidden = ApiError(403, "Forbidden", "you may not")
        for answer in (forbidden, ApiError(404, "NotFound", ""), listed(), listed(config_map("no certificate"))):
            self.begin(answer)
            (refusal,) = self.refusals
            self.assertIn("extension-apiserver-authentication-reader", refusal)
            self.assertIsNone(self.trust.config)
            self.clock.advance(100)
            self.assertEqual(len(self.cluster.asked), 1)

    def test_tolerated(self):
        """Told to do without, it begins with nothing and takes what is there later."""
        self.begin(ApiError(403, "Forbidden", "you may not"), tolerate=True)
        self.assertEqual(self.refusals, [])
        assert self.trust.config is not None
        self.assertIsNone(self.trust.config.client)
        self.assertIn("you may not", self.delegation.fault)
        self.cluster.answer = listed(config_map(PEM))
        self.clock.advance(31)
        self.assertEqual(self.pem, PEM)

    def test_out_of_reach(self):
        """A cluster that does not answer has said nothing: it is asked until it does, and nothing counts before."""
        for answer in (GONE, ApiError(500, "", ""), b"no JSON"):
            self.begin(answer)
            self.clock.advance(31)
            self.assertIsNone(self.trust.config)
            self.assertEqual(self.refusals, [])
            self.assertIsNotNone(self.delegation.fault)
            self.cluster.answer = listed(config_map(PEM))
            self.clock.advance(31)
            self.assertEqual(self.pem, PEM)

    def test_malformed_later(self):
        """A configuration that was broken later does not replace the one that was read."""
        self.begin(listed(config_map(PEM)))
        self.cluster.watches[0].write("MODIFIED", config_map("no certificate"))
        self.assertEqual(self.pem, PEM)
        self.assertIn("client-ca-file", self.delegation.fault)
        self.cluster.answer = listed(config_map(RENEWED))
        self.clock.advance(31)
        self.assertEqual(self.pem, RENEWED)
        self.assertIsNone(self.delegation.fault)

    def test_no_kubernetes_answer(self):
        """JSON that is no list or no event is asked for again; it neither ends the program nor refuses anybody."""
        for answer in ([], {}, {"items": []}, listed("x"), {"metadata": {}, "items": [config_map(PEM)]}):
            self.begin(answer)
            self.clock.advance(31)
            self.assertEqual(self.refusals, [])
            self.assertIsNotNone(self.delegation.fault)
            self.cluster.answer = listed(config_map(PEM))
            self.clock.advance(31)
            self.assertEqual(self.pem, PEM)
            self.cluster.watches[-1].reader.callback([b'{"object": 5}'])
            self.assertIn("no event", self.delegation.fault)
