"""A simulated cluster that listens: store, HTTP side and faults behind one address on loopback."""

from __future__ import annotations

import random
from typing import Any
from weakref import WeakSet

from twisted.internet.defer import Deferred, maybeDeferred, succeed
from twisted.internet.interfaces import IAddress, IReactorTime
from twisted.web.resource import Resource
from twisted.web.server import Site

from promoter_view.simulator.apiserver import ApiServer
from promoter_view.simulator.cluster import Cluster
from promoter_view.simulator.control import Control
from promoter_view.simulator.faults import Faults


class SimulatedCluster:
    """Starts and stops an HTTP server for a cluster. ``reactor`` provides IReactorTCP and IReactorTime.

    ``cluster`` is written to directly or over HTTP, ``faults`` is where faults are armed, ``api`` drops watches.
    """

    def __init__(
        self,
        *,
        reactor: Any,
        random: random.Random,
        cluster: Cluster | None = None,
        port: int = 0,
        bookmark_interval: float = 60.0,
    ) -> None:
        self._reactor = reactor
        self.clock: IReactorTime = reactor
        self._wanted_port = port
        # Any: IListeningPort promises no port number of its address.
        self._listening: Any = None
        self.faults = Faults()
        self.cluster = cluster or Cluster(clock=self.clock, random=random)
        self.api = ApiServer(
            self.cluster, clock=self.clock, random=random, faults=self.faults, bookmark_interval=bookmark_interval
        )
        self._site = _Site(_Root(self.api))

    @property
    def url(self) -> str:
        """The server's address, e.g. ``http://127.0.0.1:40123``. It has to be started."""
        assert self._listening is not None
        return f"http://127.0.0.1:{self._listening.getHost().port}"

    def start(self) -> str:
        """Listens, and returns the address. A later start takes the same port again. Errors: CannotListenError."""
        self._listening = self._reactor.listenTCP(self._wanted_port, self._site, interface="127.0.0.1")
        self._wanted_port = self._listening.getHost().port
        return self.url

    def stop(self) -> Deferred[None]:
        """Ends all watches, closes all connections and listens no more."""
        listening, self._listening = self._listening, None
        self.api.end_watches()
        self._site.close_connections()
        return succeed(None) if listening is None else maybeDeferred(listening.stopListening)


class _Root(Resource):
    """Commands below ``/simulator``, the Kubernetes API everywhere else."""

    def __init__(self, api: ApiServer) -> None:
        super().__init__()
        self._api = api
        self._control = Control(api)

    def getChildWithDefault(self, path: bytes, request: Any) -> Resource:  # noqa: ARG002 (Twisted's signature)
        return self._control if path == b"simulator" else self._api


class _Site(Site):
    """A site that knows its connections, and keeps no access log."""

    def __init__(self, resource: Resource) -> None:
        super().__init__(resource)
        self._connections: WeakSet[Any] = WeakSet()

    def buildProtocol(self, addr: IAddress | None) -> Any:
        protocol = super().buildProtocol(addr)
        self._connections.add(protocol)
        return protocol

    def log(self, request: Any) -> None:
        """Nobody reads the access log of a simulator."""

    def close_connections(self) -> None:
        """Closes what is open, once what was written has gone out."""
        for protocol in tuple(self._connections):
            if protocol.transport is not None:
                protocol.transport.loseConnection()
