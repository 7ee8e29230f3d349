"""Which kinds there are, asked on a clock."""

from __future__ import annotations

from typing import Any

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from promoter_view.kubernetes.outcomes import Outcome, Unreachable
from promoter_view.kubernetes.undeclared.following import KindFollower
from tests.kubernetes.undeclared.clusters import Cluster
from tests.kubernetes.undeclared.kinds import GATE, OWNED

MINUTE = 66.0


class KindFollowerTests(SynchronousTestCase):
    """One cluster, one follower; ``told`` are the kinds and who of them names a root, a poll each."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.cluster = Cluster(GATE)
        self.told: list[tuple[list[str], dict[str, bool]]] = []
        self.follower = KindFollower(client=self.cluster, clock=self.clock, random=lambda: 0.5, found=self.found)

    async def found(self, kinds: Any, names_root: Any) -> None:
        self.told.append((sorted(kinds), dict(names_root)))

    def polls(self, count: int = 1) -> None:
        for _ in range(count):
            self.clock.advance(MINUTE)

    def test_tells_what_there_is(self) -> None:
        """At once, and each minute again; the document of schemas is read only where it is another one."""
        self.follower.start()
        self.polls(2)
        self.assertEqual(self.told, [([GATE], {GATE: True})] * 3)
        documents = [path for path in self.cluster.asked if "?hash=" in path]
        self.assertEqual(len(documents), 1)

    def test_a_schema_that_comes_later(self) -> None:
        """Discovery names a kind before OpenAPI has it: until then nothing is said of how it belongs."""
        self.cluster.kinds.append(OWNED)
        self.cluster.without_schema.add(OWNED)
        self.follower.start()
        self.cluster.without_schema.clear()
        self.polls()
        self.assertEqual([known for _, known in self.told], [{GATE: True}, {GATE: True, OWNED: False}])

    def test_no_such_group(self) -> None:
        """Where nothing of it is installed there are no kinds, and no document is asked for."""
        self.cluster.kinds.clear()
        self.follower.start()
        self.assertEqual(self.told, [([], {})])
        self.assertNotIn("/openapi/v3", self.cluster.asked)

    def test_a_cluster_that_cannot_be_asked(self) -> None:
        """Nothing is told, the reason is at hand, and it is asked again soon."""
        self.cluster.failure = Unreachable(Outcome.UNREACHABLE, "nobody there")
        self.follower.start()
        self.assertEqual((self.told, self.follower.problem), ([], "nobody there"))
        self.cluster.failure = None
        self.clock.advance(1.5)
        self.assertEqual((len(self.told), self.follower.problem), (1, ""))

    def test_stop(self) -> None:
        """Nothing is asked any more; idempotent."""
        self.follower.start()
        self.follower.stop()
        self.follower.stop()
        self.polls(3)
        self.assertEqual(len(self.told), 1)
        self.assertEqual(self.clock.getDelayedCalls(), [])
