"""The serving certificate: a self-signed one where none is given, and the TLS that connections are made with."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from OpenSSL import SSL
from twisted.internet.interfaces import IOpenSSLServerConnectionCreator
from twisted.protocols.tls import TLSMemoryBIOProtocol
from zope.interface import implementer

from promoter_view.network.key_pairs import KeyPair, KeyPairError, Pem, read_key_pair

_SERVICE = "promoter-apiserver.promoter-system.svc"
#: In every certificate that we make.
OWN_NAMES = ("localhost", "127.0.0.1", "::1", _SERVICE, f"{_SERVICE}.cluster.local")

_LIFETIME = timedelta(days=365)
#: A certificate that is to end before this is made anew.
_RENEW_BEFORE = timedelta(days=30)
_HTTP11 = b"http/1.1"

MIN_VERSIONS = {"VersionTLS12": SSL.TLS1_2_VERSION, "VersionTLS13": SSL.TLS1_3_VERSION}
#: OpenSSL's names of the suites that Go counts as secure; "" where it is one of TLS 1.3.
CIPHER_SUITES = {
    "TLS_AES_128_GCM_SHA256": "",
    "TLS_AES_256_GCM_SHA384": "",
    "TLS_CHACHA20_POLY1305_SHA256": "",
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256": "ECDHE-ECDSA-AES128-GCM-SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384": "ECDHE-ECDSA-AES256-GCM-SHA384",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256": "ECDHE-ECDSA-CHACHA20-POLY1305",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256": "ECDHE-RSA-AES128-GCM-SHA256",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384": "ECDHE-RSA-AES256-GCM-SHA384",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256": "ECDHE-RSA-CHACHA20-POLY1305",
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA": "ECDHE-ECDSA-AES128-SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA": "ECDHE-ECDSA-AES256-SHA",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA": "ECDHE-RSA-AES128-SHA",
    "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA": "ECDHE-RSA-AES256-SHA",
}


@dataclass(frozen=True, slots=True)
class CertificateFiles:
    """A certificate chain and its key, both PEM, and the options that name them."""

    certificate: Path
    key: Path
    certificate_option: str = "--tls-cert-file"
    key_option: str = "--tls-private-key-file"

    def load(self) -> KeyPair:
        """As they are now. Errors: KeyPairError, which names the option and the file."""
        return read_key_pair(_read(self.certificate_option, self.certificate), _read(self.key_option, self.key))


def self_signed(directory: Path, *, names: Sequence[str] = (), now: datetime) -> CertificateFiles:
    """``apiserver.crt`` and ``apiserver.key`` (0600) in ``directory``, made where they are not there or do not fit.

    They fit while they hold OWN_NAMES and ``names`` (DNS names or addresses) and have 30 days to live.
    Errors: KeyPairError where they cannot be written.
    """
    files = CertificateFiles(directory / "apiserver.crt", directory / "apiserver.key", "--cert-dir", "--cert-dir")
    wanted = tuple(dict.fromkeys((*OWN_NAMES, *names)))
    if not _fits(files, wanted, now):
        try:
            _make(files, wanted, now)
        except OSError as error:
            raise KeyPairError(f"--cert-dir: {directory}: {error.strerror or error}") from error
    return files


@dataclass(frozen=True, slots=True)
class TlsSettings:
    """``--tls-min-version`` and ``--tls-cipher-suites``, by the names that Kubernetes' components have for them.

    Suites of TLS 1.3 are always all on, as in Go; a list of such only leaves TLS 1.3 alone.
    """

    min_version: str = "VersionTLS12"
    cipher_suites: tuple[str, ...] = ()


def serving_context(pair: KeyPair, settings: TlsSettings = TlsSettings()) -> SSL.Context:
    """TLS without compression and renegotiation. A client certificate is asked for, of any issuer, and may be missing.

    Whatever certificate comes, the handshake succeeds once its owner has shown to hold the key; what it proves is
    judged request by request. Errors: KeyPairError for a certificate that OpenSSL does not take.
    """
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    _negotiate(context, settings)
    # A resumed session would not show the client's chain again.
    context.set_options(SSL.OP_NO_COMPRESSION | SSL.OP_NO_RENEGOTIATION | SSL.OP_NO_TICKET)
    context.set_verify(SSL.VERIFY_PEER, _judged_later)
    # An idle watch then holds no record buffers, half of what a connection costs.
    context.set_mode(SSL.MODE_RELEASE_BUFFERS)
    context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
    _show(context, pair)
    context.set_alpn_select_callback(_select_protocol)
    return context


def _show(context: SSL.Context, pair: KeyPair) -> None:
    first, *chain = pair.certificates
    try:
        context.use_certificate(first)
        for link in chain:
            context.add_extra_chain_cert(link)
        context.use_privatekey(pair.key)
    except SSL.Error as error:
        reasons = ", ".join(reason for _, _, reason in error.args[0]) if error.args else str(error)
        raise KeyPairError(f"{pair.name}: OpenSSL refuses it: {reasons}") from error


def _negotiate(context: SSL.Context, settings: TlsSettings) -> None:
    suites = [CIPHER_SUITES[name] for name in settings.cipher_suites if CIPHER_SUITES[name]]
    only_newest = bool(settings.cipher_suites) and not suites
    context.set_min_proto_version(SSL.TLS1_3_VERSION if only_newest else MIN_VERSIONS[settings.min_version])
    if suites:
        context.set_cipher_list(":".join(suites).encode())


def _judged_later(*_: object) -> bool:
    return True


@implementer(IOpenSSLServerConnectionCreator)
class ServingConnections:
    """Makes each connection with the context of that moment, so that a changed certificate needs no new listener."""

    def __init__(self, context: SSL.Context) -> None:
        self._context = context

    def replace(self, context: SSL.Context) -> None:
        """Connections made from now on use this one; those that are open stay as they are."""
        self._context = context

    def serverConnectionForTLS(self, protocol: TLSMemoryBIOProtocol) -> SSL.Connection:  # noqa: ARG002
        """A connection in the state before its handshake."""
        return SSL.Connection(self._context, None)


def _select_protocol(_: SSL.Connection, offered: list[bytes]) -> bytes | SSL._NoOverlappingProtocols:
    return _HTTP11 if _HTTP11 in offered else SSL.NO_OVERLAPPING_PROTOCOLS


def _fits(files: CertificateFiles, wanted: Sequence[str], now: datetime) -> bool:
    try:
        found = files.load().certificates[0]
    except KeyPairError:
        return False
    lasting = found.not_valid_before_utc <= now < found.not_valid_after_utc - _RENEW_BEFORE
    extension = found.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    return lasting and set(extension.value) == set(map(_general_name, wanted))


def _read(option: str, path: Path) -> Pem:
    try:
        return Pem(f"{option}: {path}", path.read_bytes())
    except OSError as error:
        raise KeyPairError(f"{option}: {path}: {error.strerror or error}") from error


def _make(files: CertificateFiles, names: Sequence[str], now: datetime) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = _sign(key, names, now)
    files.key.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    _write(
        files.key,
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
    )
    _write(files.certificate, certificate.public_bytes(serialization.Encoding.PEM))


def _sign(key: ec.EllipticCurvePrivateKey, names: Sequence[str], now: datetime) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        # A client's clock may be a little behind ours.
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + _LIFETIME)
        .add_extension(x509.SubjectAlternativeName(list(map(_general_name, names))), critical=False)
        # Clients are given this certificate as their CA.
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    )
    return builder.sign(key, hashes.SHA256())


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _write(path: Path, content: bytes) -> None:
    # Renamed into place, so that nobody ever reads half of it, and never readable by others for a moment.
    beside = path.with_name(f"{path.name}.new")
    beside.unlink(missing_ok=True)
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    beside.replace(path)
