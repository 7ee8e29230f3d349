"""The simulator's HTTP side in memory: treq against the resource, over pipes, on a clock that tests move."""

from __future__ import annotations

import random
from typing import Any

import orjson
from treq.client import HTTPClient
from treq.testing import RequestTraversalAgent, StubTreq
from twisted.internet.protocol import Protocol
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from promoter_view.simulator.kubernetes.apiserver import ApiServer
from promoter_view.simulator.kubernetes.cluster import ObjectStore
from tests.simulator.clusters import make_clock, make_cluster

PATH = "/apis/promoter.argoproj.io/v1alpha1/namespaces/default/gitrepositories"


class Reader(Protocol):
    """Reads a watch as it comes."""

    def __init__(self) -> None:
        self.data = b""
        self.end: Failure | None = None

    def dataReceived(self, data: bytes) -> None:
        self.data += data

    def connectionLost(self, reason: Failure) -> None:
        self.end = reason

    @property
    def events(self) -> list[dict[str, Any]]:
        """The whole lines so far, decoded."""
        return [orjson.loads(line) for line in self.data.split(b"\n")[:-1]]

    @property
    def told(self) -> list[tuple[str, str]]:
        """Type and name of each event so far."""
        return [(event["type"], event["object"]["metadata"].get("name", "")) for event in self.events]


class ServerTestCase(SynchronousTestCase):
    """A cluster, its server, and a client."""

    bookmark_interval = 60.0

    def setUp(self) -> None:
        self.clock = make_clock()
        self.cluster = self.make_cluster()
        self.api = ApiServer(
            self.cluster, clock=self.clock, random=random.Random(1), bookmark_interval=self.bookmark_interval
        )
        self.agent = RequestTraversalAgent(self.api)
        self.client = HTTPClient(self.agent)
        self._stub = StubTreq(self.api)

    def make_cluster(self) -> ObjectStore:
        """The cluster that is served: an empty one."""
        return make_cluster(self.clock)

    def call(self, method: str, path: str, body: Any = None, content_type: str = "application/json") -> tuple[int, Any]:
        """A request that is answered at once: its status, and its body decoded where it is JSON."""
        data = None if body is None else body if isinstance(body, bytes) else orjson.dumps(body)
        headers = {"Content-Type": content_type}
        answer = self._stub.request(method, f"http://simulator{path}", data=data, headers=headers)
        self._stub.flush()
        response = self.successResultOf(answer)
        content = self.successResultOf(response.content())
        is_json = response.headers.getRawHeaders("content-type")[0].startswith("application/json")
        return response.code, orjson.loads(content) if is_json else content

    def watch(self, query: str = "", path: str = PATH) -> Reader:
        """Opens a watch."""
        answer = self.client.get(f"http://simulator{path}?watch=1{query}", unbuffered=True)
        self.agent.flush()
        reader = Reader()
        self.successResultOf(answer).original.deliverBody(reader)
        self.turn()
        return reader

    def turn(self, seconds: float = 0.0) -> None:
        """Lets time pass, and everything be delivered."""
        for wait in (seconds, *[0.0] * 20):
            self.clock.advance(wait)
            self.agent.flush()
