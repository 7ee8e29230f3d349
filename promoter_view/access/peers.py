"""What each open connection's client certificate proves: read once, judged once for each configuration."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from weakref import WeakKeyDictionary

from cryptography import x509
from OpenSSL import SSL
from twisted.logger import Logger
from twisted.web.http import HTTPChannel

from promoter_view.access.authentication import CertificateVerdict, Presented, judge
from promoter_view.access.authentication_config import AuthenticationConfig


@dataclass(slots=True)
class _Peer:
    """A connection's certificate, and the last verdict on it with the configuration that it was made by."""

    presented: Presented | None
    config: AuthenticationConfig | None = None
    verdict: CertificateVerdict | None = None


class Peers:
    """Forgets a connection with the connection itself."""

    _log = Logger()

    def __init__(self) -> None:
        self._peers: WeakKeyDictionary[HTTPChannel, _Peer] = WeakKeyDictionary()

    def verdict(self, channel: HTTPChannel, config: AuthenticationConfig, now: datetime) -> CertificateVerdict | None:
        """What its certificate proves now; None where it shows none."""
        peer = self._peers.get(channel)
        if peer is None:
            peer = self._peers[channel] = _Peer(presented(channel))
        if peer.presented is None:
            return None
        if peer.verdict is None or peer.config is not config or now >= peer.verdict.until:
            peer.config, peer.verdict = config, judge(peer.presented, config, now)
            if peer.verdict.refused:
                self._log.debug("A client certificate was refused: {why}", why=peer.verdict.refused)
        return peer.verdict


def presented(channel: HTTPChannel) -> Presented | None:
    """The certificate that this connection's client has shown, if any."""
    get_handle = getattr(channel.transport, "getHandle", None)
    connection = get_handle() if get_handle is not None else None
    if not isinstance(connection, SSL.Connection):
        return None
    certificate = connection.get_peer_certificate(as_cryptography=True)
    if certificate is None:
        return None
    # At a server's side OpenSSL leaves the client's own certificate out of its chain.
    chain: list[x509.Certificate] = connection.get_peer_cert_chain(as_cryptography=True) or []
    return Presented(certificate, tuple(link for link in chain if link != certificate))
