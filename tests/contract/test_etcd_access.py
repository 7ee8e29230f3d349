"""A real etcd that admits only whom it knows: TLS, client certificates, a user and its password."""

from __future__ import annotations

import json
import ssl
import urllib.request
from base64 import b64encode

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID
from twisted.internet import reactor

from promoter_view import clocks
from promoter_view.log.errors import LogUnusable
from promoter_view.log.settings import EtcdFiles, LogSettings
from promoter_view.log.urls import open_log
from promoter_view.records import Mark
from tests.contract import spinning
from tests.support.log.fakes import MIRROR, Fold, change
from tests.support.plane import pki
from tests.support.plane.process import Process
from tests.support.ports import free_port
from tests.support.runtimes import a_runtime

pytestmark = pytest.mark.controlplane
PREFIX = b"/team/view/"


class SecureEtcd:
    """One member with TLS, client certificates and users."""

    def __init__(self, binaries, folder):
        self.folder = folder
        self._port, peer = free_port(), free_port()
        authority = pki.make_authority(folder, "ca")
        pki.make_authority(folder, "strangers").issue("stranger", "stranger")
        authority.issue("named", "view")
        _issue(authority, "view")
        _issue(authority, "server")
        urls = f"http://127.0.0.1:{peer}"
        command = [
            str(binaries / "etcd"),
            f"--data-dir={folder / 'data'}",
            f"--listen-client-urls={self.url}",
            f"--advertise-client-urls={self.url}",
            f"--listen-peer-urls={urls}",
            f"--initial-advertise-peer-urls={urls}",
            f"--initial-cluster=default={urls}",
            f"--cert-file={folder / 'server.crt'}",
            f"--key-file={folder / 'server.key'}",
            f"--trusted-ca-file={folder / 'ca.crt'}",
            "--client-cert-auth",
            "--unsafe-no-fsync",
        ]
        self.process = Process(command, folder / "etcd.log")

    @property
    def url(self):
        return f"https://127.0.0.1:{self._port}"

    def prepare(self):
        """A user who may use one prefix, and authentication on."""
        spinning.until(self._answers, "etcd does not answer")
        self.call("auth/user/add", {"name": "root", "password": "r"})
        self.call("auth/role/add", {"name": "root"})
        self.call("auth/user/grant", {"user": "root", "role": "root"})
        self.call("auth/user/add", {"name": "view", "password": "secret"})
        self.call("auth/role/add", {"name": "view"})
        keys = {"key": b64encode(PREFIX).decode(), "range_end": b64encode(PREFIX[:-1] + b"0").decode()}
        self.call("auth/role/grant", {"name": "view", "perm": {"permType": "READWRITE", **keys}})
        self.call("auth/user/grant", {"user": "view", "role": "view"})
        self.call("auth/enable", {})

    def call(self, method, document):
        context = ssl.create_default_context(cafile=str(self.folder / "ca.crt"))
        context.load_cert_chain(str(self.folder / "view.crt"), str(self.folder / "view.key"))
        request = urllib.request.Request(f"{self.url}/v3/{method}", json.dumps(document).encode())
        with urllib.request.urlopen(request, timeout=10, context=context) as response:
            return json.load(response)

    def _answers(self):
        assert self.process.running, self.process.tail()
        try:
            return self.call("kv/range", {"key": "AA=="})
        except OSError:
            return None


def _issue(authority, name):
    """A certificate without a CommonName. etcd's gateway shows the server's to etcd itself: it is a client's too."""
    key = ec.generate_private_key(ec.SECP256R1())
    usages = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    builder = pki._builder(x509.Name([]), authority.name, key)
    builder = builder.add_extension(x509.ExtendedKeyUsage(usages), critical=False)
    builder = builder.add_extension(x509.SubjectAlternativeName(pki._SERVER_NAMES), critical=True)
    certificate = builder.sign(authority.key, hashes.SHA256())
    pki._write(authority.folder, name, key, certificate)


@pytest.fixture(scope="module")
def secure(control_plane_binaries, tmp_path_factory):
    found = SecureEtcd(control_plane_binaries, tmp_path_factory.mktemp("secure"))
    try:
        found.prepare()
        (found.folder / "password").write_text("secret\n")
        (found.folder / "wrong").write_text("guess\n")
        yield found
    finally:
        spinning.end()
        found.process.stop()


def open_with(secure, **files):
    """A log and what became of its start: the list is empty while it waits."""
    paths = {name: value if name == "user" else str(secure.folder / value) for name, value in files.items()}
    log = open_log(
        f"etcd:{secure.url}{PREFIX.decode()}",
        runtime=a_runtime(reactor, wall=clocks.wall),
        settings=LogSettings(etcd=EtcdFiles(**paths), lease_seconds=60),
        on_fatal=pytest.fail,
    )
    fold, results = Fold(), []
    log.start(fold, MIRROR).addBoth(results.append)
    return log, fold, results


ADMITTED = {"cafile": "ca.crt", "certfile": "view.crt", "keyfile": "view.key", "user": "view"}


def stop(log):
    results = []
    log.stop().addBoth(results.append)
    spinning.until(lambda: results, "the log does not stop")


def test_who_is_known_is_admitted(secure):
    """A certificate, a user who may use this prefix only, a password from a file: the log is written and read."""
    log, fold, results = open_with(secure, **ADMITTED, password_file="password")
    spinning.until(lambda: results, "the log does not start")
    assert results == [None]
    appended = []
    log.append((change("a"),)).addBoth(appended.append)
    spinning.until(lambda: appended, "nothing is written")
    assert [type(record.entry) for record in fold.records] == [Mark, type(change("a"))]
    spinning.until(lambda: log.status().lag_seconds < 1, "the log is not followed")
    stop(log)


def test_a_wrong_password_ends_the_start(secure):
    """It says what etcd says."""
    log, _, results = open_with(secure, **ADMITTED, password_file="wrong")
    spinning.until(lambda: results, "the start does not end")
    assert results[0].check(LogUnusable)
    assert "authentication failed" in results[0].getErrorMessage()
    stop(log)


def test_a_certificate_with_a_common_name_ends_the_start(secure):
    """etcd's gateway takes none beside users; the line says what to give."""
    named = {**ADMITTED, "certfile": "named.crt", "keyfile": "named.key"}
    log, _, results = open_with(secure, **named, password_file="password")
    spinning.until(lambda: results, "the start does not end")
    assert results[0].check(LogUnusable)
    assert "--etcd-certfile: give one without a CommonName" in results[0].getErrorMessage()
    stop(log)


def test_a_missing_file_ends_the_start(secure):
    """It names the option."""
    log, _, results = open_with(secure, **{**ADMITTED, "cafile": "nowhere"}, password_file="password")
    spinning.until(lambda: results, "the start does not end")
    assert results[0].check(LogUnusable)
    assert "--etcd-cafile" in results[0].getErrorMessage()
    stop(log)


@pytest.mark.parametrize(
    "given",
    [
        {"cafile": "strangers.crt", "certfile": "view.crt", "keyfile": "view.key"},
        {"cafile": "ca.crt", "certfile": "stranger.crt", "keyfile": "stranger.key"},
        {"cafile": "ca.crt"},
    ],
)
def test_a_stranger_waits_and_says_why(secure, given):
    """Certificates are changed while programs run: it goes on trying, is not ready, and names what TLS says."""
    log, _, results = open_with(secure, **given, user="view", password_file="password")
    spinning.until(lambda: log.status().fault, "nothing is said")
    assert secure.url in log.status().fault
    assert (log.status().head, len(results)) == (0, 0)
    stop(log)
