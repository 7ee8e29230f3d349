"""What errors of the network mean, and the words for them."""

from __future__ import annotations

import pytest
from service_identity import VerificationError
from service_identity.exceptions import DNSMismatch, IPAddressMismatch, Mismatch
from service_identity.hazmat import DNS_ID, IPAddress_ID
from twisted.python.failure import Failure
from twisted.web.client import ResponseNeverReceived

from promoter_view.kubernetes.client.failures import unreachable
from promoter_view.kubernetes.outcomes import Outcome


@pytest.mark.parametrize(
    ("mismatch", "name"),
    [
        (DNSMismatch(DNS_ID("kube.example.com")), "kube.example.com"),
        (IPAddressMismatch(IPAddress_ID("fd00::1")), "fd00::1"),
    ],
)
def test_a_certificate_for_another_name(mismatch: Mismatch, name: str) -> None:
    """The name that was asked for is said in words, however deep Twisted wraps the error."""
    error = unreachable(ResponseNeverReceived([Failure(VerificationError([mismatch]))]))
    assert error.outcome is Outcome.TLS
    assert f"the server's certificate is not for {name}: it is none of its subject alternative names" in str(error)
