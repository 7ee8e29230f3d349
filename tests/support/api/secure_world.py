"""The whole API with delegated access, its clients over TLS in memory: no socket, no time but the Clock's."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from cryptography import x509
from OpenSSL import SSL
from twisted.internet.testing import StringTransport
from twisted.protocols.tls import TLSMemoryBIOFactory

from promoter_view.access.authentication_config import AuthenticationConfig, front_proxy
from promoter_view.access.authorities import Authorities
from promoter_view.access.authorization import AccessReviews
from promoter_view.access.delegated_access import DelegatedAccess, OpenPaths
from promoter_view.access.token_reviews import TokenReviews
from promoter_view.access.trust import Trust
from promoter_view.kubernetes.outcomes import ApiError
from promoter_view.metrics import Metrics
from promoter_view.web.certificates import CertificateFiles, ServingConnections, serving_context
from tests.support.api.issuing import NOW, SERVER, Issued, authority
from tests.support.api.reviewing import Reviews, access_reviewer, token_reviewer
from tests.support.api.world import Answer, World

UNAVAILABLE = ApiError(400, "", "the cluster is out of order")


def pools(clients: Issued | None, proxies: Issued | None, *allowed: str) -> AuthenticationConfig:
    """What the cluster publishes."""
    proxy = proxies and front_proxy(
        Authorities(proxies.pem),
        allowed_names=allowed,
        username_headers=("X-Remote-User",),
        group_headers=("X-Remote-Group",),
        uid_headers=(),
        extra_prefixes=("X-Remote-Extra-",),
    )
    return AuthenticationConfig(clients and Authorities(clients.pem), proxy or None)


class SecureWorld:
    """``tokens`` says whose a token is, ``allowed`` what users may do everything; ``down``: no review can be had."""

    def __init__(self, folder: Path) -> None:
        self.clients, self.proxies = authority("clients"), authority("proxies")
        self.trust = Trust()
        self.trust.publish(pools(self.clients, self.proxies, "aggregator"))
        self.tokens: dict[str, str] = {}
        self.allowed: set[str] = set()
        self.down = False
        self.reviews = Reviews(self._answer)
        self.world = World()
        self.world.clock.rightNow = NOW.timestamp()
        self.world.site.entrance._access = self._access()
        self.connections = ServingConnections(serving_context(serving(folder, "first").load()))

    def connect(self, certificate: Issued | None = None, *chain: Issued) -> TlsClient:
        """A connection of a client, with or without a certificate."""
        return TlsClient(self, certificate, chain)

    def ask(
        self, path: str, headers: Mapping[str, str] | None = None, certificate: Issued | None = None, *chain: Issued
    ) -> Answer:
        """One request on a connection of its own."""
        return self.connect(certificate, *chain).ask(path, headers)

    def _access(self) -> DelegatedAccess:
        clock, metrics = self.world.clock, Metrics()
        tokens = token_reviewer(self.reviews, clock, metrics)
        access = access_reviewer(self.reviews, clock, metrics)
        return DelegatedAccess(
            self.trust,
            TokenReviews(tokens, clock=clock, key=b"k" * 32, seconds=10, metrics=metrics),
            AccessReviews(access, clock=clock, allowed_seconds=10, denied_seconds=10, metrics=metrics),
            open_paths=OpenPaths(["/livez", "/readyz/*"]),
            wall=clock.seconds,
        )

    def _answer(self, spec: dict[str, Any]) -> Any:
        if self.down:
            return UNAVAILABLE
        if "token" in spec:
            user = self.tokens.get(spec["token"])
            return {"authenticated": user is not None, "user": {"username": user}}
        return {"allowed": spec["user"] in self.allowed}


class _Transport(StringTransport):
    """What TLS looks like TCP on."""

    def setTcpNoDelay(self, enabled: bool) -> None:
        """There is no delay."""


class TlsClient:
    """One connection, its handshake done."""

    def __init__(self, secure: SecureWorld, certificate: Issued | None, chain: tuple[Issued, ...]) -> None:
        self._world = secure.world
        self._tls = SSL.Connection(_client_context(certificate, chain), None)
        self._tls.set_connect_state()
        factory = TLSMemoryBIOFactory(secure.connections, False, secure.world.site, secure.world.clock)
        self._transport = _Transport()
        self._protocol = factory.buildProtocol(None)
        self._protocol.makeConnection(self._transport)
        self._received = b""
        self._read = 0
        self._handshake()

    @property
    def serving_certificate(self) -> x509.Certificate:
        """What the server showed."""
        found = self._tls.get_peer_certificate(as_cryptography=True)
        assert found is not None
        return found

    @property
    def authorities_asked_for(self) -> list[Any]:
        """Which CAs the server's certificate request named."""
        return self._tls.get_client_ca_list()

    def send(self, path: str, headers: Mapping[str, str] | None = None) -> None:
        """A request."""
        lines = [f"GET {path} HTTP/1.1", "Host: x", *(f"{name}: {value}" for name, value in (headers or {}).items())]
        self._tls.sendall("\r\n".join([*lines, "", ""]).encode())
        self._pump()

    def ask(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        """A request and what has been answered by the time the reactor is at rest."""
        self._received = b""
        self.send(path, headers)
        return self.answer()

    def answer(self) -> Answer:
        """What has come since the last ``ask``."""
        self._pump()
        return Answer(self._received)

    def events(self) -> list[dict[str, Any]]:
        """The watch events that have come since the last call."""
        lines = self.answer().body.splitlines()
        fresh, self._read = lines[self._read :], len(lines)
        return [json.loads(line) for line in fresh]

    def _handshake(self) -> None:
        for _ in range(5):
            with suppress(SSL.WantReadError):
                self._tls.do_handshake()
            self._pump()

    def _pump(self) -> None:
        """Bytes both ways, until the reactor is at rest and there are none."""
        for _ in range(1000):
            sent = self._exchange()
            self._world.turn()
            if not sent and not self._transport.value():
                return
        raise AssertionError("the connection never comes to rest")

    def _exchange(self) -> bool:
        with suppress(SSL.WantReadError):
            sent = self._tls.bio_read(1 << 20)
            self._protocol.dataReceived(sent)
            return True
        came = self._transport.value()
        self._transport.clear()
        if came:
            self._tls.bio_write(came)
        with suppress(SSL.WantReadError):
            while True:
                self._received += self._tls.recv(1 << 20)
        return bool(came)


def serving(folder: Path, common_name: str) -> CertificateFiles:
    """A serving certificate and its key, in files that may be there already."""
    issued = authority().issue(common_name, SERVER, own_key=True)
    files = CertificateFiles(folder / "tls.crt", folder / "tls.key")
    files.certificate.write_bytes(issued.pem)
    files.key.write_bytes(issued.key_pem)
    return files


def _client_context(certificate: Issued | None, chain: tuple[Issued, ...]) -> SSL.Context:
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    if certificate is not None:
        context.use_certificate(certificate.certificate)
        context.use_privatekey(certificate.key)
        for link in chain:
            context.add_extra_chain_cert(link.certificate)
    return context
