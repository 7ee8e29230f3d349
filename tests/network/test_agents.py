"""Requests on real sockets: either family, names that IDNA does not take, certificates, proxies."""

from __future__ import annotations

import itertools
import socket
from typing import Any

import pytest
from twisted.internet import reactor as installed
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IHostnameResolver
from twisted.internet.ssl import PrivateCertificate
from twisted.internet.task import deferLater
from twisted.trial.unittest import TestCase
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Site
from zope.interface import implementer

from promoter_view.kubernetes.client.client import KubernetesClient
from promoter_view.kubernetes.connection.cluster import ClusterConfig, Inline
from promoter_view.kubernetes.outcomes import Outcome, Unreachable
from promoter_view.network.proxies import Proxy, parse_proxy
from tests.network.proxying import Proxying
from tests.support.kubernetes.certificates import Authority
from tests.support.ports import free_port

reactor: Any = installed
NAMES = {"kube_api": "::1", "ab--cd.example.com": "127.0.0.1"}
_ADDRESSES = {"::1": "::1", "127.0.0.1": "127.0.0.1"}


def has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as found:
            found.bind(("::1", 0))
    except OSError:
        return False
    return True


@implementer(IHostnameResolver)
class Names:
    """Knows the test's names in place of a resolver."""

    def resolveHostName(self, receiver: Any, hostName: str, portNumber: int = 0, *_: Any, **__: Any) -> Any:
        receiver.resolutionBegan(self)
        found = {**NAMES, **_ADDRESSES}.get(hostName)
        if found is not None:
            kind = IPv6Address if ":" in found else IPv4Address
            receiver.addressResolved(kind("TCP", found, portNumber))
        receiver.resolutionComplete()
        return receiver


class Echo(Resource):
    """Says how it was asked."""

    isLeaf = True  # noqa: N815 (Twisted's name)

    def render(self, request: Any) -> bytes:
        return b"%b %b" % (request.getHeader("host").encode(), request.getHeader("proxy-authorization") or b"")


class Slow(Resource):
    """Says that it was asked, and answers when told to."""

    isLeaf = True  # noqa: N815 (Twisted's name)

    def __init__(self) -> None:
        super().__init__()
        self.asked: Deferred[Any] = Deferred()

    def render(self, request: Any) -> int:
        self.asked.callback(request)
        return NOT_DONE_YET


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6 on loopback")
class AgentTests(TestCase):
    """The real client of a cluster, against servers on loopback."""

    def setUp(self) -> None:
        self.authority = Authority()
        self.ports: list[Any] = []
        self.names = reactor.installNameResolver(Names())
        self.addCleanup(reactor.installNameResolver, self.names)
        self.proxying = Proxying(reactor)

    async def tearDown(self) -> None:
        for port in self.ports:
            await port.stopListening()

    def serve(self, address: str, *names: str, site: Any = None) -> int:
        """A server; with TLS where its certificate is to hold names."""
        site = site or Site(Echo())
        if names:
            certificate, key = self.authority.issue("server", *names)
            context = PrivateCertificate.loadPEM(certificate + key).options()
            self.ports.append(reactor.listenSSL(0, site, context, interface=address))
        else:
            self.ports.append(reactor.listenTCP(0, site, interface=address))
        return int(self.ports[-1].getHost().port)

    async def ask(self, server: str, proxy: Proxy | None = None, **options: Any) -> str:
        config = ClusterConfig(server, authority=Inline(self.authority.pem), proxy=proxy, **options)
        client = KubernetesClient(reactor, config)
        try:
            return (await client.get("/")).decode().strip()
        finally:
            await client.close()

    async def refused(self, server: str, proxy: Proxy | None = None, **options: Any) -> Unreachable:
        with pytest.raises(Unreachable) as caught:
            await self.ask(server, proxy, **options)
        return caught.value

    async def test_addresses_are_verified(self) -> None:
        """Of a server at an address the certificate has to hold that address, of either family."""
        for address, host in (("::1", "[::1]"), ("127.0.0.1", "127.0.0.1")):
            port = self.serve(address, address)
            self.assertEqual(await self.ask(f"https://{host}:{port}"), f"{host}:{port}")
            other = self.serve(address, "::2", "10.0.0.1", "localhost")
            self.assertEqual((await self.refused(f"https://{host}:{other}")).outcome, Outcome.TLS)
            self.assertEqual(await self.ask(f"https://{host}:{other}", tls_server_name="localhost"), f"{host}:{other}")

    async def test_names_are_verified(self) -> None:
        """Names that resolvers take and IDNA does not: connected to, named in requests, looked for in certificates."""
        for name, address in NAMES.items():
            port = self.serve(address, name)
            self.assertEqual(await self.ask(f"https://{name}:{port}"), f"{name}:{port}")
            other = self.serve(address, "other.example.com", address)
            self.assertEqual((await self.refused(f"https://{name}:{other}")).outcome, Outcome.TLS)

    async def test_a_certificate_without_names(self) -> None:
        """Is refused: a common name is no name (RFC 9525)."""
        certificate, key = self.authority.issue("::1")
        context = PrivateCertificate.loadPEM(certificate + key).options()
        self.ports.append(reactor.listenSSL(0, Site(Echo()), context, interface="::1"))
        error = await self.refused(f"https://[::1]:{self.ports[-1].getHost().port}")
        self.assertEqual(error.outcome, Outcome.TLS)

    async def test_a_name_that_cannot_be_resolved(self) -> None:
        """Is said so, as a state that passes."""
        error = await self.refused("https://kube-nowhere:6443")
        self.assertEqual(error.outcome, Outcome.UNREACHABLE)
        self.assertIn("the name kube-nowhere cannot be resolved", str(error))

    async def test_through_a_proxy(self) -> None:
        """https by CONNECT, http as a request with its whole URI; each with the proxy's credentials, for it alone."""
        self.proxying = Proxying(reactor, "me:S3CRET")
        for proxy in self.proxies("me:S3CRET@"):
            secure, plain = self.serve("::1", "::1"), self.serve("::1")
            self.assertEqual(await self.ask(f"https://[::1]:{secure}", proxy), f"[::1]:{secure}")
            self.assertEqual(await self.ask(f"http://[::1]:{plain}", proxy), f"[::1]:{plain}")
            asked = [head.partition(b" HTTP/")[0].decode() for head in self.proxying.heads[-2:]]
            self.assertEqual(asked, [f"CONNECT [::1]:{secure}", f"GET http://[::1]:{plain}/"])

    async def test_a_target_behind_a_proxy_is_verified(self) -> None:
        """By its own name; the proxy's certificate proves nothing of it."""
        port = self.serve("::1", "127.0.0.1")
        for proxy in self.proxies():
            self.assertEqual((await self.refused(f"https://[::1]:{port}", proxy)).outcome, Outcome.TLS)

    async def test_a_proxy_is_verified(self) -> None:
        """An https proxy by its own name, and is named where it is not believed; for https as for http."""
        proxy = parse_proxy(f"https://127.0.0.1:{self.serve('127.0.0.1', 'other', site=self.proxying)}")
        for server in (f"https://[::1]:{self.serve('::1', '::1')}", f"http://[::1]:{self.serve('::1')}"):
            error = await self.refused(server, proxy)
            self.assertEqual(error.outcome, Outcome.TLS)
            self.assertIn(f"the proxy {proxy.target.authority} broke off: ", str(error))
        self.assertEqual(self.proxying.heads, [])

    async def test_a_proxy_that_cannot_be_reached(self) -> None:
        """Is named, and what is in the way, without our credentials; for https as for http."""
        closed = free_port()
        for place, words in ((f"127.0.0.1:{closed}", "refused"), ("proxy-nowhere:3128", "cannot be resolved")):
            for scheme, target in itertools.product(("http", "https"), repeat=2):
                error = await self.refused(f"{target}://[::1]:6443", parse_proxy(f"{scheme}://me:S3CRET@{place}"))
                self.assertEqual(error.outcome, Outcome.UNREACHABLE)
                self.assertIn(f"the proxy {place} cannot be reached: ", str(error))
                self.assertIn(words, str(error))
                self.assertNotIn("S3CRET", f"{error} {error!r}")

    async def test_a_proxy_that_refuses(self) -> None:
        """Is named, with its answer and without our credentials."""
        self.proxying = Proxying(reactor, "me:right")
        port = self.serve("::1", "::1")
        for proxy in self.proxies("me:S3CRET@"):
            error = await self.refused(f"https://[::1]:{port}", proxy)
            self.assertEqual(error.outcome, Outcome.UNREACHABLE)
            self.assertIn("answers CONNECT with 407", str(error))
            self.assertNotIn("S3CRET", f"{error} {error!r} {proxy!r}")

    async def test_connections_are_kept(self) -> None:
        """One tunnel carries one request after another."""
        port = self.serve("::1", "::1")
        proxy = self.proxies()[0]
        config = ClusterConfig(f"https://[::1]:{port}", authority=Inline(self.authority.pem), proxy=proxy)
        client = KubernetesClient(reactor, config)
        for _ in range(3):
            await client.get("/")
        await client.close()
        self.assertEqual(len(self.proxying.heads), 1)

    async def test_a_connection_given_back_late_is_closed(self) -> None:
        """What answers after the client was closed keeps no connection, nor a timer for one."""
        slow = Slow()
        port = self.serve("127.0.0.1", site=Site(slow))
        client = KubernetesClient(reactor, ClusterConfig(f"http://127.0.0.1:{port}"))
        answer = Deferred.fromCoroutine(client.get("/"))
        request = await slow.asked
        await client.close()
        request.write(b"late")
        request.finish()
        self.assertEqual(await answer, b"late")
        await deferLater(reactor, 0.01)
        self.assertEqual([str(call) for call in reactor.getDelayedCalls() if "_removeConnection" in str(call)], [])

    async def test_a_closing_that_is_called_off(self) -> None:
        """Who stops waiting for connections to close is told that, and not that one of them failed."""
        port = self.serve("127.0.0.1", "127.0.0.1")
        client = KubernetesClient(
            reactor, ClusterConfig(f"https://127.0.0.1:{port}", authority=Inline(self.authority.pem))
        )
        await client.get("/")
        closing = Deferred.fromCoroutine(client.close())
        closing.cancel()
        with self.assertRaises(CancelledError):
            await closing
        await client.close()
        await deferLater(reactor, 0.05)

    def proxies(self, credentials: str = "") -> tuple[Proxy, Proxy]:
        """The same proxy without TLS and with it."""
        plain = self.serve("127.0.0.1", site=self.proxying)
        secure = self.serve("127.0.0.1", "127.0.0.1", site=self.proxying)
        return (
            parse_proxy(f"http://{credentials}127.0.0.1:{plain}"),
            parse_proxy(f"https://{credentials}127.0.0.1:{secure}"),
        )
