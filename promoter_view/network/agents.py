"""Agents: each sends requests to one target, straight or through a proxy, over connections that are kept for later."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

from twisted.internet.defer import Deferred
from twisted.internet.endpoints import wrapClientTLS
from twisted.internet.interfaces import IStreamClientEndpoint
from twisted.web.client import Agent, HTTPConnectionPool, ProxyAgent
from twisted.web.http_headers import Headers
from twisted.web.iweb import IAgent, IAgentEndpointFactory, IBodyProducer, IPolicyForHTTPS, IResponse
from zope.interface import implementer

from promoter_view.network.bounding import BoundedEndpoint
from promoter_view.network.dialing import HostEndpoint
from promoter_view.network.proxies import Proxy
from promoter_view.network.targets import Target
from promoter_view.network.tunnels import ProxyEndpoint, TunnelEndpoint

Material = TypeVar("Material", bound=Hashable)


class Policies(NamedTuple):
    """How TLS is spoken with the target, and with a proxy that is an https one."""

    target: IPolicyForHTTPS
    proxy: IPolicyForHTTPS


@dataclass(frozen=True, slots=True)
class ConnectionSettings:
    """Bounds: of the time to connect, of the connections that are kept for each host, and of the bytes of an answer,
    None for no bound.
    """

    connect_seconds: float
    max_kept: int
    max_answer_bytes: int | None = None


class Agents(Generic[Material]):
    """Makes agents. They, and their connections, are made anew once the TLS material has changed."""

    def __init__(self, policies: Callable[[Material], Policies], *, reactor: Any, settings: ConnectionSettings) -> None:
        self._policies_of = policies
        self._reactor = reactor
        self._settings = settings
        self._pool = self._new_pool()
        self._material: Material | None = None
        self._policies: Policies | None = None
        self._made: dict[tuple[Target, Proxy | None], IAgent] = {}

    def get(self, target: Target, proxy: Proxy | None, material: Material) -> IAgent:
        """The agent of a target. Errors: what ``policies`` raises."""
        policies = self._policies
        if policies is None or material != self._material:
            policies = self._renew(material)
        agent = self._made.get((target, proxy))
        if agent is None:
            agent = self._made[target, proxy] = self._make(target, proxy, policies)
        return agent

    def close(self) -> Deferred[Any]:
        """Closes the connections that are kept for later; those in use end with their requests."""
        return _retire(self._pool)

    def _renew(self, material: Material) -> Policies:
        policies = self._policies_of(material)
        _retire(self._pool)
        self._pool = self._new_pool()
        self._made.clear()
        self._material, self._policies = material, policies
        return policies

    def _make(self, target: Target, proxy: Proxy | None, policies: Policies) -> IAgent:
        return self._straight(target, policies) if proxy is None else self._through(target, proxy, policies)

    def _straight(self, target: Target, policies: Policies) -> IAgent:
        return self._fixed(self._secured(self._host(target), target, policies.target))

    def _through(self, target: Target, proxy: Proxy, policies: Policies) -> IAgent:
        """https by a tunnel; http by asking the proxy for the whole URI (RFC 9112, 3.2.2), as every client does."""
        endpoint = ProxyEndpoint(self._secured(self._host(proxy.target), proxy.target, policies.proxy), proxy)
        if not target.secure:
            return _Forwarded(ProxyAgent(self._bounded(endpoint), self._reactor, self._pool), proxy)
        seconds = self._settings.connect_seconds
        tunnel = TunnelEndpoint(endpoint, target, proxy, clock=self._reactor, connect_seconds=seconds)
        return self._fixed(self._secured(tunnel, target, policies.target))

    def _fixed(self, endpoint: IStreamClientEndpoint) -> IAgent:
        agent: IAgent = Agent.usingEndpointFactory(self._reactor, _Fixed(self._bounded(endpoint)), self._pool)
        return agent

    def _bounded(self, endpoint: IStreamClientEndpoint) -> IStreamClientEndpoint:
        most = self._settings.max_answer_bytes
        return endpoint if most is None else BoundedEndpoint(endpoint, most)

    def _host(self, target: Target) -> IStreamClientEndpoint:
        return HostEndpoint(self._reactor, target.host, target.port, connect_seconds=self._settings.connect_seconds)

    def _secured(
        self, endpoint: IStreamClientEndpoint, target: Target, policy: IPolicyForHTTPS
    ) -> IStreamClientEndpoint:
        if not target.secure:
            return endpoint
        return wrapClientTLS(policy.creatorForNetloc(target.name.encode("ascii"), target.port), endpoint)

    def _new_pool(self) -> HTTPConnectionPool:
        pool = HTTPConnectionPool(self._reactor, persistent=True)
        pool.maxPersistentPerHost = self._settings.max_kept
        # A kept connection that its server closed meanwhile is not worth failing a request without effect for.
        pool.retryAutomatically = True
        return pool


def _retire(pool: HTTPConnectionPool) -> Deferred[Any]:
    """Nothing is kept in the pool from now on: a connection that a request under way gives back is closed then."""
    pool.cachedConnectionTimeout = 0
    closed: Deferred[Any] = Deferred()
    # Connections close whether or not somebody still waits for it.
    pool.closeCachedConnections().chainDeferred(closed)
    return closed


@implementer(IAgentEndpointFactory)
class _Fixed:
    """Whatever the URI says, the endpoint is the one that was configured: a zone, a tunnel, a name as it is."""

    def __init__(self, endpoint: IStreamClientEndpoint) -> None:
        self._endpoint = endpoint

    def endpointForURI(self, uri: object) -> IStreamClientEndpoint:  # noqa: ARG002
        """IAgentEndpointFactory."""
        return self._endpoint


@implementer(IAgent)
class _Forwarded:
    """Tells a proxy that forwards requests who we are, with each."""

    def __init__(self, agent: IAgent, proxy: Proxy) -> None:
        self._agent = agent
        self._proxy = proxy

    def request(
        self, method: bytes, uri: bytes, headers: Headers | None = None, bodyProducer: IBodyProducer | None = None
    ) -> Deferred[IResponse]:
        """IAgent."""
        told = Headers() if headers is None else headers.copy()
        if self._proxy.authorization:
            told.setRawHeaders(b"Proxy-Authorization", [self._proxy.authorization])
        return self._agent.request(method, uri, told, bodyProducer)
