"""Certificates and private keys out of PEM. Pure.

They are judged here, for OpenSSL names no file in its errors, and asks at the terminal for a passphrase.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

PrivateKey = (
    rsa.RSAPrivateKey
    | dsa.DSAPrivateKey
    | ec.EllipticCurvePrivateKey
    | ed25519.Ed25519PrivateKey
    | ed448.Ed448PrivateKey
)
_CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


class KeyPairError(ValueError):
    """A certificate or a key that cannot be used; the message says whose it is, and why."""


@dataclass(frozen=True, slots=True)
class Pem:
    """Bytes that should be PEM, and by what name an operator knows them: the option or field, and the file."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A certificate with its chain, and its key. ``name``: the certificate's, as in Pem; ``pem``: the chain."""

    name: str
    pem: bytes
    certificates: Sequence[x509.Certificate]
    key: PrivateKey


def read_certificates(pem: Pem) -> Sequence[x509.Certificate]:
    """All of a bundle, at least one; what stands between them is ignored. Errors: KeyPairError."""
    try:
        found = [x509.load_pem_x509_certificate(block) for block in _CERTIFICATE.findall(pem.data)]
    except ValueError as error:
        raise KeyPairError(f"{pem.name}: a certificate in it is damaged: {error}") from error
    if not found:
        raise KeyPairError(f"{pem.name}: holds no certificate in PEM")
    return found


def read_key_pair(certificate: Pem, key: Pem) -> KeyPair:
    """Both, and that they belong together. Errors: KeyPairError."""
    chain, private = read_certificates(certificate), _read_key(key)
    if _public(chain[0]) != _public(private):
        raise KeyPairError(f"{certificate.name}, {key.name}: are no pair: the certificate is another key's")
    return KeyPair(certificate.name, certificate.data, chain, private)


def _read_key(pem: Pem) -> PrivateKey:
    try:
        key = load_pem_private_key(pem.data, password=None)
    except TypeError:  # cryptography's way to say that it would need a passphrase
        raise KeyPairError(f"{pem.name}: is encrypted: give a key without a passphrase") from None
    except (ValueError, UnsupportedAlgorithm):
        raise KeyPairError(f"{pem.name}: holds no private key in PEM") from None
    if not isinstance(key, PrivateKey):
        raise KeyPairError(f"{pem.name}: is not a key that certificates are made of")
    return key


def _public(owner: x509.Certificate | PrivateKey) -> bytes:
    return owner.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
