"""Whom to believe a client certificate: one pool of certificate authorities, verified apart from any other. Pure.

The chain is built and checked by the cryptography library. Its own policies are those of the web and refuse what
Kubernetes issues (no subjectAltName, authorities without keyUsage), so what is asked of the extensions stands here
(RFC 5280, 4.2).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.verification import Criticality, ExtensionPolicy, Policy, PolicyBuilder, Store, VerificationError

_USAGES = (ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE)


class CertificateRefused(ValueError):  # noqa: N818 - a verdict on a peer, not a fault of ours
    """A client certificate that this pool does not vouch for; the message says why."""


class Authorities:
    """A pool of certificate authorities, from a PEM bundle. Errors: ValueError for a bundle that holds none."""

    __slots__ = ("_store", "pem")

    def __init__(self, pem: bytes) -> None:
        self.pem = pem
        self._store = Store(_certificates(pem))

    def verify(self, certificate: x509.Certificate, others: Sequence[x509.Certificate], now: datetime) -> datetime:
        """Until when ``certificate`` is good; ``others`` are those that the client sent with it.

        It must lead to one of the pool's certificates, each on the way valid at ``now``, and be for client
        authentication, by name: one without an extended key usage is refused. Errors: CertificateRefused.
        """
        verifier = (
            PolicyBuilder()
            .store(self._store)
            .time(now)
            .extension_policies(ca_policy=_authority_policy(), ee_policy=_client_policy())
            .build_client_verifier()
        )
        try:
            chain = verifier.verify(certificate, list(others)).chain
        except VerificationError as error:
            raise CertificateRefused(str(error)) from error
        return min(link.not_valid_after_utc for link in chain)


def _certificates(pem: bytes) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(pem)
    except ValueError as error:
        raise ValueError("holds no certificate in PEM, or a damaged one") from error


def _client_policy() -> ExtensionPolicy:
    return ExtensionPolicy.permit_all().require_present(x509.ExtendedKeyUsage, Criticality.AGNOSTIC, _is_client)


def _authority_policy() -> ExtensionPolicy:
    return (
        ExtensionPolicy.permit_all()
        .require_present(x509.BasicConstraints, Criticality.AGNOSTIC, _is_authority)
        .may_be_present(x509.KeyUsage, Criticality.AGNOSTIC, _may_sign)
        .may_be_present(x509.ExtendedKeyUsage, Criticality.AGNOSTIC, _may_vouch_for_clients)
    )


def _is_client(policy: Policy, certificate: x509.Certificate, usage: x509.ExtendedKeyUsage) -> None:  # noqa: ARG001
    _require_known(certificate)
    if not any(allowed in usage for allowed in _USAGES):
        raise ValueError("the certificate is not for client authentication")


def _is_authority(policy: Policy, certificate: x509.Certificate, limits: x509.BasicConstraints) -> None:  # noqa: ARG001
    _require_known(certificate)
    if not limits.ca:
        raise ValueError("the issuer is not a certificate authority")


def _may_sign(policy: Policy, certificate: x509.Certificate, usage: x509.KeyUsage | None) -> None:  # noqa: ARG001
    if usage is not None and not usage.key_cert_sign:
        raise ValueError("the issuer may not sign certificates")


def _may_vouch_for_clients(
    policy: Policy,  # noqa: ARG001
    certificate: x509.Certificate,  # noqa: ARG001
    usage: x509.ExtendedKeyUsage | None,
) -> None:
    if usage is not None and not any(allowed in usage for allowed in _USAGES):
        raise ValueError("the issuer does not issue certificates for client authentication")


def _require_known(certificate: x509.Certificate) -> None:
    """What is critical and not understood must be refused (RFC 5280, 4.2)."""
    for extension in certificate.extensions:
        if extension.critical and isinstance(extension.value, x509.UnrecognizedExtension):
            raise ValueError(f"the critical extension {extension.oid.dotted_string} is unknown")
