"""The client: what it asks, what it makes of answers, and whom it believes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from cryptography import x509
from OpenSSL import crypto
from treq.testing import RequestTraversalAgent
from twisted.internet import reactor
from twisted.internet.address import IPv4Address
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.error import ConnectingCancelledError
from twisted.internet.interfaces import IOpenSSLContextFactory
from twisted.internet.ssl import CertificateOptions
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase, TestCase
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Site
from zope.interface import implementer

from promoter_view.kubernetes.client.client import ClientSettings, KubernetesClient
from promoter_view.kubernetes.connection.cluster import ActingAs, ClusterConfig, FileSource, Inline, UserConfig
from promoter_view.kubernetes.connection.tls import certificates_in
from promoter_view.kubernetes.outcomes import ApiError, Outcome, Unreachable
from tests.support.kubernetes.certificates import Authority


class Server(Resource):
    """Notes its requests and answers as the test says."""

    isLeaf = True  # noqa: N815 (Twisted's name)

    def __init__(self) -> None:
        super().__init__()
        self.requests: list[Any] = []
        self.answer: Callable[[Any], Any] = lambda request: b"{}"

    def render(self, request: Any) -> Any:
        self.requests.append(request)
        return self.answer(request)


def status_of(code: int, reason: str, **details: Any) -> Callable[[Any], bytes]:
    document = {"kind": "Status", "code": code, "reason": reason, "message": "told so", "details": details}

    def answer(request: Any) -> bytes:
        request.setResponseCode(code)
        return orjson.dumps(document)

    return answer


class ClientTests(SynchronousTestCase):
    """The real client against a resource in memory."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.server = Server()
        self.agent = RequestTraversalAgent(self.server)
        self.client = self.make(ClusterConfig("https://cluster.example/prefix"))

    def make(self, config: ClusterConfig, **settings: Any) -> KubernetesClient:
        return KubernetesClient(self.clock, config, settings=ClientSettings(**settings), agent=self.agent)

    def get(self, path: str = "/a", *parameters: tuple[str, str]) -> Deferred[bytes]:
        getting = Deferred.fromCoroutine(self.client.get(path, parameters))
        self.agent.flush()
        return getting

    def error(self, kind: type[Exception] = ApiError) -> Any:
        return self.failureResultOf(self.get(), kind).value

    def test_request(self) -> None:
        """Path below the server's, parameters encoded, JSON asked for, no credentials where there are none."""
        self.assertEqual(self.successResultOf(self.get("/apis/x", ("labelSelector", "a=b c,!d"))), b"{}")
        [request] = self.server.requests
        self.assertEqual(request.path, b"/prefix/apis/x")
        self.assertEqual(request.args, {b"labelSelector": [b"a=b c,!d"]})
        self.assertEqual(request.getHeader("accept"), "application/json")
        self.assertIsNone(request.getHeader("authorization"))

    def test_impersonation(self) -> None:
        """Every request of a client acts as whom its user names: reads, streams and writes."""
        acts_as = ActingAs("jane", groups=("dev", "qa"))
        self.client = self.make(ClusterConfig("https://[::1]:6443", user=UserConfig(acts_as=acts_as)))
        self.get()
        Deferred.fromCoroutine(self.client.request("PATCH", "/a", body=b"{}"))
        Deferred.fromCoroutine(self.client.stream("/a", idle_seconds=10))
        self.agent.flush()
        for request in self.server.requests:
            self.assertEqual(request.requestHeaders.getRawHeaders("impersonate-user"), ["jane"])
            self.assertEqual(request.requestHeaders.getRawHeaders("impersonate-group"), ["dev", "qa"])
            self.assertEqual(request.getHeader("host"), "[::1]:6443")
        self.assertEqual(len(self.server.requests), 3)

    def test_body(self) -> None:
        """Other requests carry their body and its type."""
        self.server.answer = lambda request: request.content.read()
        patch = "application/merge-patch+json"
        sending = Deferred.fromCoroutine(self.client.request("PATCH", "/a", body=b'{"a":1}', content_type=patch))
        self.agent.flush()
        self.assertEqual(self.successResultOf(sending), b'{"a":1}')
        [request] = self.server.requests
        self.assertEqual((request.method, request.getHeader("content-type")), (b"PATCH", patch))

    def test_status(self) -> None:
        """A Status becomes an ApiError with its reason, message, retryAfterSeconds and causes."""
        causes = [{"reason": "NamespaceTerminating", "field": "metadata.namespace"}, "odd"]
        self.server.answer = status_of(429, "TooManyRequests", retryAfterSeconds=3, causes=causes)
        error = self.error()
        self.assertEqual((error.status, error.reason, error.message), (429, "TooManyRequests", "told so"))
        self.assertEqual((error.retry_after_seconds, error.outcome), (3.0, Outcome.THROTTLED))
        self.assertEqual(error.causes, {"NamespaceTerminating"})

    def test_retry_after_header(self) -> None:
        """The header Retry-After counts where the Status tells nothing; its other forms tell nothing."""
        for value, expected in ((b"7", 7.0), (b"Fri, 31 Dec 1999 23:59:59 GMT", None), (b"-1", None)):

            def answer(request: Any, value: bytes = value) -> bytes:
                request.setHeader(b"Retry-After", value)
                return status_of(503, "ServiceUnavailable")(request)

            self.server.answer = answer
            self.assertEqual(self.error().retry_after_seconds, expected)

    def test_error_that_is_no_status(self) -> None:
        """Of another body the beginning is kept; a 404 counts as the API server's own only when worded as Go does."""
        for body, not_served in ((b"404 page not found\n", True), (b"<html>no such page</html>", False)):

            def answer(request: Any, body: bytes = body) -> bytes:
                request.setResponseCode(404)
                return body

            self.server.answer = answer
            error = self.error()
            self.assertEqual((error.reason, error.not_served), ("", not_served))

    def test_redirects_are_not_followed(self) -> None:
        """Credentials go where the configuration says, nowhere else."""

        def answer(request: Any) -> bytes:
            request.redirect(b"https://elsewhere.example/")
            return b""

        self.server.answer = answer
        self.assertEqual(self.error().status, 302)
        self.assertEqual(len(self.server.requests), 1)

    def test_bounded_body(self) -> None:
        """A body over the bound is an error with a name."""
        self.client = self.make(ClusterConfig("https://cluster.example"), max_body_bytes=10)
        self.server.answer = lambda request: b"x" * 11
        self.assertEqual(self.error(Unreachable).outcome, Outcome.BODY_TOO_LARGE)

    def test_header_timeout(self) -> None:
        """A server that does not answer at all is given up."""
        self.server.answer = lambda request: NOT_DONE_YET
        getting = self.get()
        self.clock.advance(59)
        self.assertNoResult(getting)
        self.clock.advance(1)
        self.assertEqual(self.failureResultOf(getting, Unreachable).value.outcome, Outcome.TIMEOUT)

    def test_cancel(self) -> None:
        """A request can be cancelled, and that is what its waiter is told."""
        self.server.answer = lambda request: NOT_DONE_YET
        getting = self.get()
        getting.cancel()
        self.failureResultOf(getting, CancelledError)

    def test_cancel_while_it_connects(self) -> None:
        """The same before there is a connection, for which Twisted has an error of its own."""

        def call_off(connecting: Deferred[Any]) -> None:
            connecting.errback(ConnectingCancelledError(IPv4Address("TCP", "127.0.0.1", 1)))

        self.agent.request = lambda *_, **__: Deferred(call_off)
        getting = self.get()
        getting.cancel()
        self.failureResultOf(getting, CancelledError)

    def test_stream(self) -> None:
        """A stream's lines come as they are written, and its end is its end."""
        self.server.answer = lambda request: request.write(b"one\ntw") or NOT_DONE_YET
        opening = Deferred.fromCoroutine(self.client.stream("/a", (("watch", "true"),), idle_seconds=10))
        self.agent.flush()
        stream = self.successResultOf(opening)
        self.assertEqual(self.successResultOf(stream.read()), [b"one"])
        reading = stream.read()
        self.server.requests[0].write(b"o\n")
        self.agent.flush()
        self.assertEqual(self.successResultOf(reading), [b"two"])
        self.server.requests[0].finish()
        self.agent.flush()
        self.assertEqual(self.successResultOf(stream.read()), [])

    def test_refused_token_is_read_again(self) -> None:
        """After a 401 a token that has been rotated meanwhile is tried at once; the same one is not."""
        path = Path(self.mktemp())
        path.write_text("old")
        source = FileSource(path, "config", "tokenFile")
        self.client = self.make(ClusterConfig("https://cluster.example", user=UserConfig(token=source)))
        tokens: list[str] = []

        def answer(request: Any) -> bytes:
            tokens.append(request.getHeader("authorization"))
            if len(tokens) == 1:
                path.write_text("newer")
            return status_of(401, "Unauthorized")(request) if tokens[-1] == "Bearer old" else b"{}"

        self.server.answer = answer
        getting = self.get()
        self.agent.flush()
        self.assertEqual(self.successResultOf(getting), b"{}")
        self.assertEqual(tokens, ["Bearer old", "Bearer newer"])
        self.server.answer = status_of(401, "Unauthorized")
        self.assertEqual(self.error().outcome, Outcome.UNAUTHORIZED)

    def test_token_file_that_is_not_there(self) -> None:
        """Credentials that cannot be read are an error with a name, not a defect."""
        source = FileSource(Path("/no/such/token"), "config", "tokenFile")
        self.client = self.make(ClusterConfig("https://cluster.example", user=UserConfig(token=source)))
        self.assertEqual(self.error(Unreachable).outcome, Outcome.CREDENTIALS)


class TlsTests(TestCase):
    """The real client against a TLS server on loopback."""

    def setUp(self) -> None:
        self.authority = Authority()
        self.server = Server()
        self.server.answer = self.who
        certificate, key = self.authority.issue("server", "127.0.0.1", "cluster.internal")
        self.port = self.listen(certificate, key)

    def listen(self, certificate: bytes, key: bytes) -> Any:
        options = CertificateOptions(
            privateKey=_key(key),
            certificate=certificates_in(certificate)[0].original,
            verify=False,
            caCerts=[],
        )
        context = options.getContext()
        context.set_verify(1, lambda *_: True)  # ask for a certificate, and judge nothing
        return reactor.listenSSL(0, Site(self.server), _Fixed(context), interface="127.0.0.1")

    def tearDown(self) -> Any:
        return self.port.stopListening()

    def who(self, request: Any) -> bytes:
        peer = request.channel.transport.getPeerCertificate()
        return b"nobody" if peer is None else _name(peer.to_cryptography())

    async def ask(self, authority: bytes | None, user: UserConfig | None = None, **options: Any) -> bytes:
        config = ClusterConfig(
            f"https://127.0.0.1:{self.port.getHost().port}",
            authority=None if authority is None else Inline(authority),
            user=user or UserConfig(),
            **options,
        )
        client = KubernetesClient(reactor, config)
        try:
            return await client.get("/")
        finally:
            await client.close()

    async def refused(self, authority: bytes | None, **options: Any) -> None:
        with pytest.raises(Unreachable) as caught:
            await self.ask(authority, **options)
        self.assertEqual(caught.value.outcome, Outcome.TLS)

    async def test_trust(self) -> None:
        """The cluster's CA is believed, anyone else's and the platform's are not, and names are checked."""
        self.assertEqual(await self.ask(self.authority.pem), b"nobody")
        self.assertEqual(await self.ask(Authority("stranger").pem + self.authority.pem), b"nobody")
        await self.refused(Authority("stranger").pem)
        await self.refused(None)
        await self.refused(self.authority.pem, tls_server_name="other.internal")
        self.assertEqual(await self.ask(self.authority.pem, tls_server_name="cluster.internal"), b"nobody")

    async def test_insecure(self) -> None:
        """insecure-skip-tls-verify talks to anyone, and shows our certificate all the same."""
        certificate, key = self.authority.issue("me")
        user = UserConfig(certificate=Inline(certificate), key=Inline(key))
        self.assertEqual(await self.ask(None, user, insecure_skip_tls_verify=True), b"me")

    async def test_client_certificate_is_rotated(self) -> None:
        """Who we are is shown by certificate; once its files change, new connections show the new one."""
        folder = Path(self.mktemp())
        folder.mkdir()
        for name, data in zip(("crt", "key"), self.authority.issue("one"), strict=True):
            (folder / name).write_bytes(data)
        user = UserConfig(
            certificate=FileSource(folder / "crt", "config", "client-certificate"),
            key=FileSource(folder / "key", "config", "client-key"),
        )
        server = f"https://127.0.0.1:{self.port.getHost().port}"
        client = KubernetesClient(reactor, ClusterConfig(server, authority=Inline(self.authority.pem), user=user))
        seen = [await client.get("/")]
        for name, data in zip(("crt", "key"), self.authority.issue("another"), strict=True):
            (folder / name).write_bytes(data)
        seen += [await client.get("/"), await client.get("/")]
        await client.close()
        self.assertEqual(seen, [b"one", b"another", b"another"])

    async def test_bad_key(self) -> None:
        """A key that is none is an error with a name."""
        certificate, _ = self.authority.issue("me")
        user = UserConfig(certificate=Inline(certificate), key=Inline(b"nonsense"))
        with pytest.raises(Unreachable, match="client-key") as caught:
            await self.ask(self.authority.pem, user)
        self.assertEqual(caught.value.outcome, Outcome.CREDENTIALS)

    async def test_nobody_listens(self) -> None:
        """A refused connection has its own name."""
        port = self.port.getHost().port
        await self.port.stopListening()
        with pytest.raises(Unreachable) as caught:
            await KubernetesClient(reactor, ClusterConfig(f"http://127.0.0.1:{port}")).get("/")
        self.assertEqual(caught.value.outcome, Outcome.UNREACHABLE)


@implementer(IOpenSSLContextFactory)
class _Fixed:
    """A context factory of one context."""

    def __init__(self, context: Any) -> None:
        self._context = context

    def getContext(self) -> Any:
        return self._context


def _name(certificate: x509.Certificate) -> bytes:
    [name] = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return str(name.value).encode()


def _key(pem: bytes) -> Any:
    return crypto.load_privatekey(crypto.FILETYPE_PEM, pem)
