"""The self-signed certificate, and the TLS it is served with."""

from __future__ import annotations

import ipaddress
import ssl
import stat
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from OpenSSL import SSL

from promoter_view.network.key_pairs import KeyPairError
from promoter_view.web.certificates import (
    CIPHER_SUITES,
    OWN_NAMES,
    CertificateFiles,
    ServingConnections,
    TlsSettings,
    self_signed,
    serving_context,
)

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def names_of(files):
    found = x509.load_pem_x509_certificate(files.certificate.read_bytes())
    names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return {str(name.value) for name in names}


def test_made_in_a_new_folder(tmp_path):
    """The folder, the certificate and the key are made; nobody else can read the key."""
    files = self_signed(tmp_path / "certificates", names=["view.example", "10.0.0.7"], now=NOW)
    assert names_of(files) == {*OWN_NAMES, "view.example", "10.0.0.7"}
    assert stat.S_IMODE(files.key.stat().st_mode) == 0o600
    assert stat.S_IMODE(files.key.parent.stat().st_mode) == 0o700
    assert sorted(path.name for path in files.key.parent.iterdir()) == ["apiserver.crt", "apiserver.key"]


def test_addresses_are_addresses(tmp_path):
    """Addresses are IP names, for a client that connects to one compares only those."""
    found = x509.load_pem_x509_certificate(self_signed(tmp_path, now=NOW).certificate.read_bytes())
    names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    addresses = names.get_values_for_type(x509.IPAddress)
    assert set(addresses) == {ipaddress.ip_address("127.0.0.1"), ipaddress.ip_address("::1")}
    assert "localhost" in names.get_values_for_type(x509.DNSName)


def remade(tmp_path, change=lambda files: None, *, names=(), now=NOW):
    files = self_signed(tmp_path, now=NOW)
    before = files.certificate.read_bytes()
    change(files)
    return self_signed(tmp_path, names=names, now=now).certificate.read_bytes() != before


def test_kept_while_it_fits(tmp_path):
    """A certificate that fits is used again: clients that were given it go on."""
    assert not remade(tmp_path)
    assert not remade(tmp_path, names=["localhost"], now=NOW + timedelta(days=300))


@pytest.mark.parametrize(
    ("change", "names", "days"),
    [
        (lambda files: None, ["other.example"], 0),
        (lambda files: None, [], 340),
        (lambda files: None, [], 4000),
        (lambda files: None, [], -10),
        (lambda files: files.key.unlink(), [], 0),
        (lambda files: files.key.write_text("no key"), [], 0),
        (lambda files: files.certificate.write_text("no certificate"), [], 0),
        (lambda files: self_signed(files.key.parent / "x", now=NOW).key.rename(files.key), [], 0),
    ],
    ids=["names", "old", "expired", "not yet", "no key", "bad key", "bad certificate", "another's key"],
)
def test_made_anew_where_it_does_not_fit(tmp_path, change, names, days):
    """Other names, an end that is near, or files that are no pair: a new one."""
    assert remade(tmp_path, change, names=names, now=NOW + timedelta(days=days))


def handshake(server, client):
    """Both ends in memory; raises what the handshake raises."""
    server.set_accept_state()
    client.set_connect_state()
    done = [False, False]
    for _ in range(10):
        for index, (end, other) in enumerate(((client, server), (server, client))):
            with suppress(SSL.WantReadError):
                end.do_handshake()
                done[index] = True
            with suppress(SSL.WantReadError):
                other.bio_write(end.bio_read(1 << 16))
        if all(done):
            return


def client_connection(*, version=None, protocols=None, trusted=None):
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    if version is not None:
        context.set_max_proto_version(version)
    if protocols is not None:
        context.set_alpn_protos(protocols)
    if trusted is not None:
        context.load_verify_locations(str(trusted))
        context.set_verify(SSL.VERIFY_PEER, lambda connection, certificate, error, depth, ok: ok)
    return SSL.Connection(context, None)


@pytest.mark.parametrize(("protocols", "chosen"), [([b"h2", b"http/1.1"], b"http/1.1"), ([b"h2"], b""), (None, b"")])
def test_only_http11_is_negotiated(tmp_path, protocols, chosen):
    """ALPN chooses HTTP/1.1, and nothing where it is not offered."""
    files = self_signed(tmp_path, now=datetime.now(UTC))
    client = client_connection(protocols=protocols, trusted=files.certificate)
    handshake(ServingConnections(serving_context(files.load())).serverConnectionForTLS(None), client)
    assert client.get_alpn_proto_negotiated() == chosen


def test_old_tls_is_refused(tmp_path):
    """TLS 1.1 does not connect."""
    files = self_signed(tmp_path, now=NOW)
    server = ServingConnections(serving_context(files.load())).serverConnectionForTLS(None)
    with pytest.raises(SSL.Error):
        handshake(server, client_connection(version=SSL.TLS1_1_VERSION))


@pytest.mark.parametrize(
    ("settings", "version", "chosen"),
    [
        (TlsSettings(), SSL.TLS1_2_VERSION, "TLSv1.2"),
        (TlsSettings(), SSL.TLS1_3_VERSION, "TLSv1.3"),
        (TlsSettings("VersionTLS13"), SSL.TLS1_2_VERSION, None),
        (TlsSettings("VersionTLS13"), SSL.TLS1_3_VERSION, "TLSv1.3"),
        (TlsSettings(cipher_suites=("TLS_AES_128_GCM_SHA256",)), SSL.TLS1_2_VERSION, None),
        (TlsSettings(cipher_suites=("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",)), SSL.TLS1_2_VERSION, None),
        (TlsSettings(cipher_suites=("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",)), SSL.TLS1_3_VERSION, "TLSv1.3"),
    ],
)
def test_settings(tmp_path, settings, version, chosen):
    """The oldest version and the suites are kept to; suites are for TLS 1.2 only, our key is ECDSA."""
    server = ServingConnections(
        serving_context(self_signed(tmp_path, now=NOW).load(), settings)
    ).serverConnectionForTLS(None)
    client = client_connection(version=version)
    if chosen is None:
        with pytest.raises(SSL.Error):
            handshake(server, client)
    else:
        handshake(server, client)
        assert client.get_protocol_version_name() == chosen


def test_every_suite_is_known_to_openssl(tmp_path):
    """Each name that may be given makes a context, and is the suite that is then spoken."""
    files = self_signed(tmp_path, now=NOW)
    for name, ours in CIPHER_SUITES.items():
        server = SSL.Connection(serving_context(files.load(), TlsSettings(cipher_suites=(name,))), None)
        assert ours == "" or ours in server.get_cipher_list()


def shake_hands(server, context, session=None):
    """Both ends in memory, the client being the standard library's."""
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = context.wrap_bio(to_client, to_server, session=session)
    server.set_accept_state()
    for _ in range(10):
        with suppress(ssl.SSLWantReadError):
            client.do_handshake()
        if to_server.pending:
            server.bio_write(to_server.read())
        with suppress(SSL.WantReadError):
            server.do_handshake()
        with suppress(SSL.WantReadError):
            to_client.write(server.bio_read(1 << 16))
    return client


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_no_session_is_resumed(tmp_path, version):
    """A client that brings its last session along shakes hands anew: a resumed one would not show its chain."""
    connections = ServingConnections(serving_context(self_signed(tmp_path, now=NOW).load()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.maximum_version = version
    first = shake_hands(connections.serverConnectionForTLS(None), context)
    again = shake_hands(connections.serverConnectionForTLS(None), context, first.session)
    assert again.version() == first.version()
    assert not again.session_reused


def test_replaced_context(tmp_path):
    """After a replacement new connections get the new certificate."""
    first, second = (self_signed(tmp_path / name, now=NOW) for name in "ab")
    connections = ServingConnections(serving_context(first.load()))
    connections.replace(serving_context(second.load()))
    client = client_connection()
    handshake(connections.serverConnectionForTLS(None), client)
    served = client.get_peer_certificate(as_cryptography=True)
    assert served == x509.load_pem_x509_certificate(second.certificate.read_bytes())


def test_files_that_are_no_pair(tmp_path):
    """A certificate with another's key is an error at once, not at the first handshake."""
    first, second = (self_signed(tmp_path / name, now=NOW) for name in "ab")
    with pytest.raises(KeyPairError, match=f"--tls-cert-file: .*, --tls-private-key-file: {second.key}: are no pair"):
        CertificateFiles(first.certificate, second.key).load()
