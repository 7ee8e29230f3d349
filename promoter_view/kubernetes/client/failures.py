"""What Twisted's and OpenSSL's errors mean for a request to a cluster."""

from __future__ import annotations

from OpenSSL import SSL
from service_identity import CertificateError, VerificationError
from service_identity.exceptions import Mismatch
from service_identity.hazmat import DNS_ID
from twisted.internet.defer import CancelledError
from twisted.internet.error import ConnectError, ConnectingCancelledError, ConnectionClosed, DNSLookupError
from twisted.internet.error import TimeoutError as ConnectTimeout
from twisted.web.client import RequestTransmissionFailed, ResponseFailed, ResponseNeverReceived

from promoter_view.kubernetes.outcomes import CERTIFICATE_OF_ANOTHER, Outcome, Unreachable
from promoter_view.network.tunnels import TunnelError

#: What a request can fail with for reasons that are not ours; anything else is a defect, and is raised as it is.
NETWORK_ERRORS = (
    CancelledError,
    CertificateError,
    ConnectError,
    ConnectingCancelledError,
    ConnectionClosed,
    DNSLookupError,
    OSError,
    RequestTransmissionFailed,
    ResponseFailed,
    SSL.Error,
    ConnectTimeout,
    VerificationError,
)


def unreachable(error: Exception) -> Unreachable:
    """The error to raise instead. Raises CancelledError where that is what it was."""
    causes = _causes(error)
    if any(isinstance(cause, CancelledError | ConnectingCancelledError) for cause in causes):
        raise CancelledError from error
    for outcome, kinds in _OUTCOMES:
        found = next((cause for cause in causes if isinstance(_beneath(cause), kinds)), None)
        if found is not None:
            return Unreachable(outcome, _words(found))
    return Unreachable(Outcome.RESET, words_of(error))


def words_of(error: BaseException | None) -> str:
    """What a person needs of an error: its first cause."""
    return "unknown" if error is None else _words(_causes(error)[0])


_OUTCOMES: tuple[tuple[Outcome, tuple[type[Exception], ...]], ...] = (
    (Outcome.TLS, (SSL.Error, CertificateError, VerificationError)),
    (Outcome.TIMEOUT, (ConnectTimeout, TimeoutError)),
    (Outcome.UNREACHABLE, (ConnectError, DNSLookupError)),
)


def _causes(error: BaseException) -> list[BaseException]:
    """The innermost errors: Twisted wraps those of a request in lists."""
    if not isinstance(error, ResponseNeverReceived | ResponseFailed | RequestTransmissionFailed):
        return [error]
    return [cause for reason in error.reasons for cause in _causes(reason.value)] or [error]


def _beneath(error: BaseException) -> BaseException:
    """What was in the way of a connection to a proxy, where the error is about that."""
    return (error.cause or error) if isinstance(error, TunnelError) else error


def _words(error: BaseException) -> str:
    if isinstance(error, TunnelError) and error.cause is not None:
        return f"{error}: {_words(error.cause)}"
    if isinstance(error, SSL.Error) and error.args and isinstance(error.args[0], list):
        return "; ".join(part[-1] for part in error.args[0]) or "TLS error"
    if isinstance(error, VerificationError):
        return "; ".join(map(_mismatch, error.errors)) or "TLS error"
    if isinstance(error, ConnectTimeout):
        return "no connection in time"
    if isinstance(error, ConnectError) and error.osError:
        # Twisted's own sentence says the same three times.
        said = str(error.args[0])
        return said[:1].lower() + said[1:]
    return str(error) or type(error).__name__


def _mismatch(found: Mismatch) -> str:
    wanted = found.mismatched_id
    name = wanted.hostname.decode() if isinstance(wanted, DNS_ID) else getattr(wanted, "ip", wanted)
    return f"{CERTIFICATE_OF_ANOTHER}{name}: it is none of its subject alternative names"
