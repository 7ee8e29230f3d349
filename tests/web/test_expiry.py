"""When certificates end, as the metric and the log say it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from twisted.logger import formatEvent, globalLogPublisher

from promoter_view.metrics import Metrics
from promoter_view.web.certificates import self_signed
from promoter_view.web.expiry import Expiry

NOW = datetime(2026, 11, 21, tzinfo=UTC)
DAY = 86400.0


class Looking:
    """An Expiry on a clock, and the warnings it gave."""

    def __init__(self) -> None:
        self.now = NOW.timestamp()
        self.metrics = Metrics()
        self.warnings: list[str] = []
        self.expiry = Expiry(metrics=self.metrics, now=lambda: self.now)

    def ends(self, name: str) -> float | None:
        return self.metrics.registry.get_sample_value(
            "promoter_view_certificate_expiry_timestamp_seconds", {"certificate": name}
        )

    def pass_days(self, days: float) -> list[str]:
        """The warnings of a look so much later, twice."""
        self.now += days * DAY
        self.warnings.clear()
        self.expiry.check()
        self.expiry.check()
        return list(self.warnings)


@pytest.fixture
def looking():
    found = Looking()

    def observe(event):
        if event.get("log_namespace") == "promoter_view.web.expiry.Expiry":
            found.warnings.append(formatEvent(event))

    globalLogPublisher.addObserver(observe)
    yield found
    globalLogPublisher.removeObserver(observe)


def pem(folder: Path, name: str, days: int) -> bytes:
    """A certificate that ends so many days from NOW."""
    return self_signed(folder / name, now=NOW + timedelta(days=days - 365)).certificate.read_bytes()


def test_a_week_before_and_after(looking, tmp_path):
    """The metric is the end; a warning comes a week before it, and once it is over, each once."""
    data = pem(tmp_path, "one", 30)
    looking.expiry.follow_chain("serving-certificate", lambda: data)
    assert looking.ends("serving-certificate") == NOW.timestamp() + 30 * DAY
    assert looking.pass_days(22) == []
    assert [line[:60] for line in looking.pass_days(2)] == [
        "serving-certificate: the certificate expires in less than 7 d"[:60]
    ]
    [expired] = looking.pass_days(6)
    assert "the certificate has expired, at 2026-12-21 00:00 UTC" in expired
    assert looking.pass_days(1) == []


def test_said_at_once_and_anew_for_another(looking, tmp_path):
    """One that has expired is said when it is first seen; its successor is judged by itself, and the metric follows."""
    data = pem(tmp_path, "old", -1)
    looking.expiry.follow_chain("kubeconfig-client-certificate", lambda: data)
    assert ["has expired" in line for line in looking.warnings] == [True]
    data = pem(tmp_path, "new", 90)
    assert looking.pass_days(0) == []
    assert looking.ends("kubeconfig-client-certificate") == NOW.timestamp() + 90 * DAY


def test_not_valid_yet(looking, tmp_path):
    """One whose time has not begun is refused by peers as well: said once, and nothing more once it has begun."""
    data = pem(tmp_path, "early", 365 + 3)
    looking.expiry.follow_chain("serving-certificate", lambda: data)
    assert len(looking.warnings) == 1
    assert "the certificate is not valid before 2026-11-2" in looking.warnings[0]
    assert looking.pass_days(1) == []
    assert looking.pass_days(4) == []


def test_bundles_and_chains(looking, tmp_path):
    """Of a chain the first end counts; of a bundle of authorities the last, as rotated ones stay beside the new."""
    both = pem(tmp_path, "old", -1) + pem(tmp_path, "new", 90)
    looking.expiry.follow_bundle("client-ca-file", lambda: both)
    assert looking.warnings == []
    assert looking.ends("client-ca-file") == NOW.timestamp() + 90 * DAY
    looking.expiry.follow_chain("etcd-certfile", lambda: both)
    assert len(looking.warnings) == 1


def test_what_cannot_be_read(looking, tmp_path):
    """A file that is away or garbage leaves what was known; where nothing ever was there is no metric."""

    def away() -> bytes:
        raise OSError("away")

    looking.expiry.follow_bundle("client-ca-file", lambda: b"")
    looking.expiry.follow_bundle("etcd-cafile", away)
    assert looking.ends("client-ca-file") is None
    data = pem(tmp_path, "one", 30)
    looking.expiry.follow_chain("serving-certificate", lambda: data)
    data = b"garbage"
    assert looking.pass_days(1) == []
    assert looking.ends("serving-certificate") == NOW.timestamp() + 30 * DAY
