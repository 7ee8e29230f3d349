"""TLS towards a cluster: what is believed, and who we are. OpenSSL does the work."""

from __future__ import annotations

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

from promoter_view.key_pairs import KeyPairError, Pem, read_certificates, read_key_pair
from promoter_view.kubernetes.cluster_config import ClusterConfig, ConfigError, UserConfig


@dataclass(frozen=True, slots=True)
class ClientCertificate:
    """A certificate with its chain, and its key, as PEM. ``names``: where each of them was found, for errors."""

    certificate: bytes
    key: bytes = field(repr=False)
    names: tuple[str, str] = field(default=("client-certificate", "client-key"), compare=False)


@dataclass(frozen=True, slots=True)
class TlsMaterial:
    """All that a TLS connection is made with; two that are equal make the same connections.

    ``authority`` b"": the platform's trust roots; ``authority_name``: where they were found. ``server_name`` "": that
    of the URL.
    """

    authority: bytes = b""
    insecure: bool = False
    server_name: str = ""
    client: ClientCertificate | None = None
    authority_name: str = field(default="certificate-authority", compare=False)


def certificates_in(pem: bytes, name: str = "certificate-authority") -> list[Certificate]:
    """The certificates of a PEM bundle, at least one; ``name`` is what errors call it. Errors: ConfigError."""
    try:
        return [Certificate(crypto.X509.from_cryptography(found)) for found in read_certificates(Pem(name, pem))]
    except KeyPairError as error:
        raise ConfigError(str(error)) from error


def own_certificate(user: UserConfig) -> ClientCertificate | None:
    """Who we are by certificate, as the files are now. Errors: ConfigError."""
    if user.certificate is None or user.key is None:
        return None
    names = (user.certificate.name or "client-certificate", user.key.name or "client-key")
    return ClientCertificate(user.certificate.read(), user.key.read(), names)


def material_of(config: ClusterConfig, client: ClientCertificate | None) -> TlsMaterial:
    """What connections to that cluster are made with, as the files are now. Errors: ConfigError."""
    authority = config.authority
    return TlsMaterial(
        b"" if authority is None else authority.read(),
        config.insecure_skip_tls_verify,
        config.tls_server_name,
        client,
        (authority and authority.name) or "certificate-authority",
    )


@implementer(IPolicyForHTTPS)
class ClusterPolicy:
    """Trusts the cluster's CA and shows our certificate; HTTP/1.1 only. Errors of construction: ConfigError."""

    def __init__(self, material: TlsMaterial) -> None:
        self._server_name = material.server_name
        self._insecure = material.insecure
        self._options = _client_options(material.client) if material.client is not None else {}
        self._trust = platformTrust()
        if material.authority:
            self._trust = trustRootFromCertificates(certificates_in(material.authority, material.authority_name))

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
    certificate, key = client.names
    try:
        pair = read_key_pair(Pem(certificate, client.certificate), Pem(key, client.key))
    except KeyPairError as error:
        raise ConfigError(str(error)) from error
    first, *chain = map(crypto.X509.from_cryptography, pair.certificates)
    return {
        "certificate": first,
        "privateKey": crypto.PKey.from_cryptography_key(pair.key),
        "extraCertChain": chain,
    }
