"""What errors of the network mean, and the words for them."""

from __future__ import annotations

import pytest
from service_identity import VerificationError
from service_identity.exceptions import DNSMismatch, IPAddressMismatch, Mismatch
from service_identity.hazmat import DNS_ID, IPAddress_ID
from twisted.internet.error import ConnectError, getConnectError
from twisted.internet.error import TimeoutError as ConnectTimeout
from twisted.python.failure import Failure
from twisted.web.client import ResponseNeverReceived

from promoter_view.kubernetes.client.failures import unreachable
from promoter_view.kubernetes.outcomes import Outcome
from promoter_view.network.tunnels import TunnelError


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


@pytest.mark.parametrize(
    ("error", "outcome", "words"),
    [
        (getConnectError((111, "Connection refused")), Outcome.UNREACHABLE, "connection refused"),
        (getConnectError((113, "No route to host")), Outcome.UNREACHABLE, "no route to host"),
        (ConnectTimeout(), Outcome.TIMEOUT, "no connection in time"),
        (ConnectError(string="odd"), Outcome.UNREACHABLE, "An error occurred while connecting: odd."),
        (
            TunnelError("the proxy p:1 is not there", getConnectError((111, "Connection refused"))),
            Outcome.UNREACHABLE,
            "the proxy p:1 is not there: connection refused",
        ),
    ],
)
def test_no_connection(error: Exception, outcome: Outcome, words: str) -> None:
    """What the system says, once."""
    found = unreachable(error)
    assert (found.outcome, str(found)) == (outcome, words)
