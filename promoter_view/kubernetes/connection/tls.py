"""TLS towards a cluster: what is believed, and who we are. OpenSSL does the work."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any
from weakref import ref

from OpenSSL import SSL, crypto
from service_identity import CertificateError, VerificationError
from service_identity.cryptography import extract_patterns
from service_identity.hazmat import DNS_ID, IPAddress_ID, ServiceID, verify_service_identity
from twisted.internet.abstract import isIPAddress, isIPv6Address
from twisted.internet.interfaces import IOpenSSLClientConnectionCreator
from twisted.internet.ssl import (
    Certificate,
    CertificateOptions,
    platformTrust,
    trustRootFromCertificates,
)
from twisted.python.failure import Failure
from twisted.web.iweb import IPolicyForHTTPS
from zope.interface import implementer

from promoter_view.kubernetes.connection.cluster import ClusterConfig, ConfigError, UserConfig
from promoter_view.kubernetes.outcomes import CERTIFICATE_EXPIRED, CERTIFICATE_NOT_YET_VALID
from promoter_view.network.agents import Policies
from promoter_view.network.key_pairs import KeyPairError, Pem, read_certificates, read_key_pair


@dataclass(frozen=True, slots=True)
class ClientCertificate:
    """A certificate with its chain, and its key, as PEM. ``names``: where each of them was found, for errors."""

    certificate: bytes
    key: bytes = field(repr=False)
    names: tuple[str, str] = field(default=("client-certificate", "client-key"), compare=False)


@dataclass(frozen=True, slots=True)
class TlsMaterial:
    """All that a TLS connection is made with; two that are equal make the same connections.

    ``authority`` b"": the platform's trust roots; ``authority_name``: where they were found. ``server_name`` "": the
    URL's.
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
        self._verified = not material.insecure
        self._options = _client_options(material.client) if material.client is not None else {}
        if self._verified:
            self._options["trustRoot"] = _trust(material)

    def creatorForNetloc(self, hostname: bytes, port: int) -> IOpenSSLClientConnectionCreator:  # noqa: ARG002
        """IPolicyForHTTPS: how to connect to that host. Errors: ConfigError."""
        options = CertificateOptions(acceptableProtocols=[b"http/1.1"], **self._options)
        return _Connections(self._server_name or hostname.decode("ascii"), options.getContext(), self._verified)


def _trust(material: TlsMaterial) -> Any:
    if not material.authority:
        return platformTrust()
    return trustRootFromCertificates(certificates_in(material.authority, material.authority_name))


def policies(material: TlsMaterial) -> Policies:
    """Errors: ConfigError. An https proxy is believed by the same CA, as by kubectl, and is not shown who we are."""
    proxy = replace(material, client=None, server_name="")
    return Policies(ClusterPolicy(material), ClusterPolicy(proxy))


@implementer(IOpenSSLClientConnectionCreator)
class _Connections:
    """Connections to a server whose certificate has to hold ``name``; not ``verified``: encrypted, with anyone.

    Twisted's own (optionsForClientTLS) takes no name that IDNA does not, such as ``kube_api``. Errors: ConfigError.
    """

    def __init__(self, name: str, context: SSL.Context, verified: bool) -> None:
        is_address = isIPAddress(name) or isIPv6Address(name)
        try:
            self._wanted: ServiceID = IPAddress_ID(name) if is_address else DNS_ID(name)
            self._server_name = b"" if is_address else name.encode("ascii")
        except ValueError as error:
            raise ConfigError(f"tls-server-name: {name!r} is no name that a certificate can hold") from error
        self._verified = verified
        self._context = context

    def clientConnectionForTLS(self, tlsProtocol: Any) -> SSL.Connection:
        """IOpenSSLClientConnectionCreator."""
        connection = SSL.Connection(self._context, None)
        if self._server_name:
            connection.set_tlsext_host_name(self._server_name)
        if self._verified:
            judge = _Judge(self._wanted, tlsProtocol)
            connection.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, judge)
        return connection


#: What OpenSSL holds against a certificate, by its number (X509_V_ERR_...): what people can do something about.
_FAULTS = {
    9: CERTIFICATE_NOT_YET_VALID,
    10: CERTIFICATE_EXPIRED,
    18: "the server's certificate is signed by itself, and is not trusted",
    19: "the server's certificate is signed by a CA that is not trusted",
    20: "the server's certificate is signed by a CA that is not trusted",
    21: "the server's certificate is signed by a CA that is not trusted",
}


class _Judge:
    """OpenSSL asks it about each certificate of a chain; of the server's own it also looks at the name (RFC 9525)."""

    def __init__(self, wanted: ServiceID, tls: Any) -> None:
        self._wanted = wanted
        self._tls = ref(tls)

    def __call__(self, _: object, certificate: crypto.X509, error: int, depth: int, verified: int) -> bool:
        if not verified:
            if error in _FAULTS:
                self._refuse(Failure(SSL.Error([("", "", _FAULTS[error])])))
            return False
        if depth:
            return True
        try:
            verify_service_identity(extract_patterns(certificate.to_cryptography()), [self._wanted], [])
        except (CertificateError, VerificationError):
            self._refuse(Failure())
            return False
        return True

    def _refuse(self, why: Failure) -> None:
        protocol = self._tls()
        if protocol is not None:
            protocol.failVerification(why)


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
