"""The simulated cluster on a real port."""

from __future__ import annotations

import random

import treq
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionRefusedError as Refused
from twisted.trial.unittest import TestCase

from promoter_view.simulator.kubernetes.simulated_cluster import SimulatedCluster
from tests.simulator.servers import PATH, Reader


class TestSimulatedCluster(TestCase):
    """Start, serve, stop: nothing is left behind, which trial checks."""

    def setUp(self) -> None:
        self.simulated = SimulatedCluster(reactor=reactor, random=random.Random(1))
        self.simulated.start()
        self.addCleanup(self.simulated.stop)

    def path(self, path: str) -> str:
        return f"{self.simulated.url}{path}"

    async def test_serves_the_api_and_the_commands(self) -> None:
        """Both are behind one address on loopback."""
        self.assertTrue(self.simulated.url.startswith("http://127.0.0.1:"))
        listed = await (await treq.get(self.path(PATH), persistent=False)).json()
        self.assertEqual(listed["items"], [])
        done = await treq.post(self.path("/simulator/advance"), json={"count": 5}, persistent=False)
        self.assertEqual((await done.json())["resourceVersion"], self.simulated.cluster.resource_version)

    async def test_stopping_ends_watches_and_closes_the_port(self) -> None:
        """An open watch ends, new connections are refused, and a restart is on the same port."""
        response = await treq.get(self.path(f"{PATH}?watch=1"), unbuffered=True, persistent=False)
        reader = EndReader()
        response.original.deliverBody(reader)
        url = self.simulated.url
        await self.simulated.stop()
        await reader.ended
        with self.assertRaises(Refused):
            await treq.get(f"{url}/livez", persistent=False)
        self.assertEqual(self.simulated.start(), url)


class EndReader(Reader):
    """A reader whose end can be waited for."""

    def __init__(self) -> None:
        super().__init__()
        self.ended: Deferred[None] = Deferred()

    def connectionLost(self, reason) -> None:
        super().connectionLost(reason)
        self.ended.callback(None)
