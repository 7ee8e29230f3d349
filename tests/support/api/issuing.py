"""Certificate authorities of tests, and any certificate, good or bad, that one of them may sign."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NOW = datetime(2026, 11, 21, tzinfo=UTC)
DAY = timedelta(days=1)
CLIENT = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
SERVER = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
ANY = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE])
AUTHORITY = x509.BasicConstraints(ca=True, path_length=None)

Extension = x509.ExtensionType
_KEY = ec.generate_private_key(ec.SECP256R1())


def name(common_name: str, organizations: Sequence[str] = ()) -> x509.Name:
    """A subject as Kubernetes has it."""
    parts = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, found) for found in organizations]
    common = [x509.NameAttribute(NameOID.COMMON_NAME, common_name)] if common_name else []
    return x509.Name([*parts, *common])


class Issued:
    """A certificate and its key; it may sign others, whether or not it ought to."""

    def __init__(self, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
        self.certificate = certificate
        self.key = key

    @property
    def pem(self) -> bytes:
        """The certificate."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        """Its key."""
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    def issue(self, common_name: str, *extensions: Extension, own_key: bool = False, **more: Any) -> Issued:
        """A certificate for client authentication, unless other extensions are given."""
        key = ec.generate_private_key(ec.SECP256R1()) if own_key else _KEY
        certificate = _sign(common_name, key, self.certificate.subject, self.key, extensions or (CLIENT,), **more)
        return Issued(certificate, key)


def authority(common_name: str = "ca", *extensions: Extension, **more: Any) -> Issued:
    """A self-signed authority with a key of its own."""
    key = ec.generate_private_key(ec.SECP256R1())
    return Issued(_sign(common_name, key, name(common_name), key, (AUTHORITY, *extensions), **more), key)


def _sign(
    common_name: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: x509.Name,
    issuer_key: ec.EllipticCurvePrivateKey,
    extensions: Sequence[Extension],
    *,
    organizations: Sequence[str] = (),
    begins: datetime = NOW - DAY,
    ends: datetime = NOW + DAY,
) -> x509.Certificate:
    builder = x509.CertificateBuilder().subject_name(name(common_name, organizations)).issuer_name(issuer)
    builder = builder.public_key(key.public_key()).serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(begins).not_valid_after(ends)
    for extension in extensions:
        builder = builder.add_extension(extension, critical=not isinstance(extension, x509.ExtendedKeyUsage))
    return builder.sign(issuer_key, hashes.SHA256())
