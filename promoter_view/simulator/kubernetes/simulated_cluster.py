"""A simulated cluster that listens: store, HTTP side and faults behind one address on loopback."""

from __future__ import annotations

import random
from typing import Any

from twisted.internet.defer import Deferred, maybeDeferred, succeed
from twisted.internet.interfaces import IReactorTime
from twisted.protocols.policies import WrappingFactory
from twisted.web.resource import Resource
from twisted.web.server import Site

from promoter_view.simulator.kubernetes.apiserver import ApiServer
from promoter_view.simulator.kubernetes.cluster import ObjectStore
from promoter_view.simulator.kubernetes.control import Control
from promoter_view.simulator.kubernetes.faults import ArmedFaults


class SimulatedCluster:
    """Starts and stops an HTTP server for a cluster. ``reactor`` provides IReactorTCP and IReactorTime.

    ``cluster`` is written to directly or over HTTP, ``faults`` is where faults are armed, ``api`` drops watches.
    """

    def __init__(
        self,
        *,
        reactor: Any,
        random: random.Random,
        cluster: ObjectStore | None = None,
        port: int = 0,
        bookmark_interval: float = 60.0,
    ) -> None:
        self._reactor = reactor
        self.clock: IReactorTime = reactor
        self._wanted_port = port
        # Any: IListeningPort promises no port number of its address.
        self._listening: Any = None
        self.faults = ArmedFaults()
        self.cluster = cluster or ObjectStore(clock=self.clock, random=random)
        self.api = ApiServer(
            self.cluster, clock=self.clock, random=random, faults=self.faults, bookmark_interval=bookmark_interval
        )
        self._connections = _Connections(_QuietSite(_Root(self.api)))

    @property
    def url(self) -> str:
        """The server's address, e.g. ``http://127.0.0.1:40123``. It has to be started."""
        assert self._listening is not None
        return f"http://127.0.0.1:{self._listening.getHost().port}"

    def start(self) -> str:
        """Listens, and returns the address. A later start takes the same port again. Errors: CannotListenError."""
        self._listening = self._reactor.listenTCP(self._wanted_port, self._connections, interface="127.0.0.1")
        self._wanted_port = self._listening.getHost().port
        return self.url

    def stop(self) -> Deferred[None]:
        """Ends all watches, closes all connections and listens no more."""
        listening, self._listening = self._listening, None
        self.api.end_watches()
        self._connections.close_all()
        return succeed(None) if listening is None else maybeDeferred(listening.stopListening)


class _Root(Resource):
    """Commands below ``/simulator``, the Kubernetes API everywhere else."""

    def __init__(self, api: ApiServer) -> None:
        super().__init__()
        self._api = api
        self._control = Control(api)

    def getChildWithDefault(self, path: bytes, request: Any) -> Resource:  # noqa: ARG002 (Twisted's signature)
        return self._control if path == b"simulator" else self._api


class _QuietSite(Site):
    """A site without an access log: nobody reads that of a simulator."""

    def log(self, request: Any) -> None:
        """Writes nothing."""


class _Connections(WrappingFactory):
    """Knows the connections that are open."""

    noisy = False

    def close_all(self) -> None:
        """Closes them, once what was written has gone out."""
        for connection in tuple(self.protocols):
            connection.transport.loseConnection()
