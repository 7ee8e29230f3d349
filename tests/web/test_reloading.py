"""Files that change under a running program."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)
from twisted.internet.task import Clock
from twisted.logger import capturedLogs, formatEvent

from promoter_view.metrics import Metrics
from promoter_view.web.certificates import TlsSettings, self_signed
from promoter_view.web.expiry import Expiry
from promoter_view.web.reloading import ReloadedFiles, Reloader, ServedPair


class Loading:
    """Loads unless told to fail; two files."""

    def __init__(self, tmp_path):
        self.paths = [tmp_path / "tls.crt", tmp_path / "tls.key"]
        for path in self.paths:
            path.write_text("one")
        self.metrics = Metrics()
        self.loads = 0
        self.error = None
        self.files = ReloadedFiles("pair", self.paths, self.load, metrics=self.metrics)
        self.clock = Clock()
        self.reloader = Reloader(clock=self.clock, expiry=Expiry(metrics=self.metrics))
        self.reloader.add(self.files)

    def load(self):
        self.loads += 1
        if self.error is not None:
            raise self.error

    def count(self, outcome):
        found = self.metrics.certificate_reloads.labels("pair", outcome)
        return found._value.get()


@pytest.fixture
def loading(tmp_path):
    return Loading(tmp_path)


def test_only_what_has_changed(loading):
    """A file that is as it was is not read; one that has changed is read within seconds, once."""
    loading.reloader.start()
    loading.clock.pump([1] * 20)
    assert loading.loads == 0
    loading.paths[1].write_text("other")
    loading.clock.pump([1] * 20)
    assert (loading.loads, loading.count("loaded")) == (1, 1)
    loading.reloader.stop()
    assert loading.clock.getDelayedCalls() == []


def test_replaced_by_another_file(loading):
    """A file that is replaced by one of the same size and time, as Kubernetes replaces links, has changed."""
    path = loading.paths[0]
    times = path.stat()
    beside = path.with_name("new")
    beside.write_text("two")
    os.utime(beside, ns=(times.st_atime_ns, times.st_mtime_ns))
    beside.replace(path)
    loading.files.check()
    assert loading.loads == 1


@pytest.mark.parametrize("error", [OSError("gone"), ValueError("no PEM")])
def test_what_is_no_good(loading, error):
    """What cannot be used is counted and tried again at each check, until it can."""
    loading.error = error
    loading.paths[0].write_text("broken")
    for _ in range(3):
        loading.files.check()
    assert (loading.loads, loading.count("failed"), loading.count("loaded")) == (3, 3, 0)
    loading.error = None
    loading.files.check()
    loading.files.check()
    assert (loading.loads, loading.count("loaded")) == (4, 1)


def test_a_file_that_is_gone(loading):
    """A file that has gone is a change that cannot be used; the program goes on."""
    loading.error = FileNotFoundError("tls.crt")
    loading.paths[0].unlink()
    loading.files.check()
    assert loading.count("failed") == 1


def test_now(loading):
    """Asked to (SIGHUP), everything is read at once, changed or not."""
    loading.reloader.reload()
    assert loading.loads == 1


def test_a_defect_is_not_swallowed(loading):
    """Only what a file can be blamed for keeps the old one silently."""
    loading.error = KeyError("a fault of ours")
    with pytest.raises(KeyError):
        loading.reloader.reload()


def test_an_encrypted_key_put_in_place(tmp_path):
    """A pair that cannot be used is refused by name, without a question at the terminal; the old one is served on."""
    metrics, now = Metrics(), datetime.now(UTC)
    clock = Clock()
    reloader = Reloader(clock=clock, expiry=Expiry(metrics=metrics, now=now.timestamp))
    files = self_signed(tmp_path, now=now)
    served = ServedPair("serving-certificate", files, TlsSettings(), reloader=reloader, metrics=metrics)
    before = served.connections._context
    key = load_pem_private_key(files.key.read_bytes(), None)
    secret = BestAvailableEncryption(b"secret")
    files.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, secret))
    with capturedLogs() as lines:
        reloader.reload()
    assert served.connections._context is before
    assert metrics.certificate_reloads.labels("serving-certificate", "failed")._value.get() == 1
    assert f"--cert-dir: {files.key}: is encrypted: give a key without a passphrase" in formatEvent(lines[-1])
    ends = metrics.certificate_expiry.labels("serving-certificate")._value.get()
    files.key.unlink()
    self_signed(tmp_path, now=now + timedelta(days=1))
    reloader.reload()
    assert served.connections._context is not before
    reloader.expiry.check()
    assert metrics.certificate_expiry.labels("serving-certificate")._value.get() == pytest.approx(ends + 86400, abs=2)
