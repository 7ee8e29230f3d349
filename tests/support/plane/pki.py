"""The keys and certificates of a test control plane, made with the cryptography library (no openssl binary)."""

from __future__ import annotations

import datetime
import ipaddress
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

_CLIENT = ExtendedKeyUsageOID.CLIENT_AUTH
_SERVER = ExtendedKeyUsageOID.SERVER_AUTH
_SERVER_NAMES = (
    x509.DNSName("localhost"),
    x509.DNSName("kubernetes.default.svc"),
    x509.DNSName("kube_api"),
    x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
    x509.IPAddress(ipaddress.ip_address("::1")),
    x509.IPAddress(ipaddress.ip_address("10.0.0.1")),
)


@dataclass(frozen=True, slots=True)
class Authority:
    """A certificate authority: what signs, and what is trusted."""

    name: x509.Name
    key: ec.EllipticCurvePrivateKey
    folder: Path

    def issue(self, file: str, common_name: str, *, organization: str = "", server: bool = False) -> None:
        """Writes ``file``.crt and ``file``.key for a client, or for the server on loopback."""
        key = ec.generate_private_key(ec.SECP256R1())
        builder = (
            _builder(_name(common_name, organization), self.name, key)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([_SERVER if server else _CLIENT]), critical=False)
        )
        if server:
            builder = builder.add_extension(x509.SubjectAlternativeName(_SERVER_NAMES), critical=False)
        _write(self.folder, file, key, builder.sign(self.key, hashes.SHA256()))


def make_pki(folder: Path) -> None:
    """Fills a folder with all that etcd-less TLS of a control plane needs; keys are readable by the owner only."""
    folder.mkdir(mode=0o700, parents=True)
    authority = make_authority(folder, "ca")
    authority.issue("apiserver", "kube-apiserver", server=True)
    authority.issue("admin", "admin", organization="system:masters")
    make_authority(folder, "front-proxy-ca").issue("front-proxy-client", "front-proxy-client")
    _write_key(folder / "sa.key", rsa.generate_private_key(public_exponent=65537, key_size=2048))


def make_authority(folder: Path, name: str) -> Authority:
    """A new self-signed authority, its certificate and key written as ``name``.crt and ``name``.key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _name(name)
    certificate = (
        _builder(subject, subject, key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    _write(folder, name, key, certificate)
    return Authority(subject, key, folder)


def _name(common_name: str, organization: str = "") -> x509.Name:
    parts = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization)] if organization else []
    return x509.Name([*parts, x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=2))
        .not_valid_after(now + datetime.timedelta(days=30))
    )


def _write(folder: Path, name: str, key: PrivateKey, certificate: x509.Certificate) -> None:
    _write_key(folder / f"{name}.key", key)
    (folder / f"{name}.crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))


def _write_key(path: Path, key: PrivateKey) -> None:
    path.touch(mode=0o600)
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
