"""TLS towards a cluster: what is believed, and who we are. OpenSSL does the work."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from OpenSSL import SSL, crypto
from twisted.internet.abstract import isIPAddress, isIPv6Address
from twisted.internet.interfaces import IOpenSSLClientConnectionCreator
from twisted.internet.ssl import (
    Certificate,
    CertificateOptions,
    optionsForClientTLS,
    platformTrust,
    trustRootFromCertificates,
)
from twisted.web.iweb import IPolicyForHTTPS
from zope.interface import implementer

from promoter_view.kubernetes.cluster_config import ConfigError

_CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


@dataclass(frozen=True, slots=True)
class ClientCertificate:
    """A certificate with its chain, and its key, as PEM."""

    certificate: bytes
    key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class TlsMaterial:
    """All that a TLS connection is made with; two that are equal make the same connections.

    ``authority`` b"": the platform's trust roots. ``server_name`` "": that of the URL.
    """

    authority: bytes = b""
    insecure: bool = False
    server_name: str = ""
    client: ClientCertificate | None = None


def certificates_in(pem: bytes) -> list[Certificate]:
    """The certificates of a PEM bundle, at least one. Errors: ConfigError."""
    try:
        found = [Certificate.loadPEM(match) for match in _CERTIFICATE.findall(pem)]
    except crypto.Error as error:
        raise ConfigError(f"certificate: is not PEM: {error}") from error
    if not found:
        raise ConfigError("certificate: is not PEM: no certificate in it")
    return found


@implementer(IPolicyForHTTPS)
class ClusterPolicy:
    """Trusts the cluster's CA and shows our certificate; HTTP/1.1 only. Errors of construction: ConfigError."""

    def __init__(self, material: TlsMaterial) -> None:
        self._server_name = material.server_name
        self._insecure = material.insecure
        self._options = _client_options(material.client) if material.client is not None else {}
        self._trust = (
            trustRootFromCertificates(certificates_in(material.authority)) if material.authority else platformTrust()
        )

    def creatorForNetloc(self, hostname: bytes, port: int) -> IOpenSSLClientConnectionCreator:  # noqa: ARG002
        """IPolicyForHTTPS: how to connect to that host."""
        name = self._server_name or hostname.decode("ascii")
        if self._insecure:
            return _Unverified(name, CertificateOptions(verify=False, **self._options))
        return optionsForClientTLS(
            name,
            trustRoot=self._trust,
            acceptableProtocols=[b"http/1.1"],
            extraCertificateOptions=dict(self._options),
        )


@implementer(IOpenSSLClientConnectionCreator)
class _Unverified:
    """For ``insecure-skip-tls-verify``: encrypted, with anyone."""

    def __init__(self, name: str, options: CertificateOptions) -> None:
        self._name = name
        self._options = options

    def clientConnectionForTLS(self, tlsProtocol: object) -> SSL.Connection:  # noqa: ARG002
        connection = SSL.Connection(self._options.getContext(), None)
        if not (isIPAddress(self._name) or isIPv6Address(self._name)):
            connection.set_tlsext_host_name(self._name.encode("idna"))
        return connection


def _client_options(client: ClientCertificate) -> dict[str, Any]:
    first, *chain = certificates_in(client.certificate)
    try:
        key = crypto.load_privatekey(crypto.FILETYPE_PEM, client.key, b"")
    except crypto.Error as error:
        raise ConfigError(f"client-key: is not an unencrypted PEM key: {error}") from error
    return {
        "certificate": first.original,
        "privateKey": key,
        "extraCertChain": [link.original for link in chain],
    }
