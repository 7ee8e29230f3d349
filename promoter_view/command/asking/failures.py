"""What a request that did not succeed means for a command: its last line and its exit status. Pure."""

from __future__ import annotations

from promoter_view.command.exits import CommandError, Exit
from promoter_view.kubernetes.outcomes import (
    CERTIFICATE_EXPIRED,
    CERTIFICATE_NOT_YET_VALID,
    CERTIFICATE_OF_ANOTHER,
    ApiError,
    ClusterError,
    Outcome,
    Unreachable,
)
from promoter_view.views.definition import GROUP

#: What mends itself, while somebody waits: a server that starts again, a network that comes back.
_PASSING = frozenset(
    {
        Outcome.UNREACHABLE,
        Outcome.TIMEOUT,
        Outcome.RESET,
        Outcome.SILENT,
        Outcome.SERVER_ERROR,
        Outcome.THROTTLED,
        Outcome.EXPIRED,
        Outcome.ERROR_EVENT,
    }
)
_HINTS = {
    Outcome.UNREACHABLE: "check the address in the kubeconfig and the network",
    Outcome.TLS: "check certificate-authority in the kubeconfig",
}

#: Of a certificate that somebody trusted has signed: another CA does not help.
_OF_CERTIFICATES = {
    CERTIFICATE_EXPIRED: "renew it at the server, or check the clock here",
    CERTIFICATE_NOT_YET_VALID: "check the clocks of the server and here",
    CERTIFICATE_OF_ANOTHER: "check server and tls-server-name in the kubeconfig",
}


def is_passing(error: ClusterError) -> bool:
    """Whether whoever waits may go on waiting."""
    return error.outcome in _PASSING


def failed(error: ClusterError, server: str) -> CommandError:
    """How a command ends by it. ``server``: the URL that was asked."""
    if isinstance(error, ApiError):
        return _refused(error, server)
    if error.outcome is Outcome.CREDENTIALS:
        return CommandError(Exit.FORBIDDEN, f"no credentials for {server}: {error}")
    if isinstance(error, Unreachable) and error.outcome is Outcome.NOT_FOUND:
        return not_installed(server)
    hint = _hint(error)
    return CommandError(Exit.UNREACHABLE, f"{_stripped(error)} ({server}" + (f"; {hint})" if hint else ")"))


def _hint(error: ClusterError) -> str:
    said = str(error)
    of_certificate = next((hint for fault, hint in _OF_CERTIFICATES.items() if fault in said), "")
    return of_certificate if error.outcome is Outcome.TLS and of_certificate else _HINTS.get(error.outcome, "")


def not_installed(server: str) -> CommandError:
    """The cluster has no such API."""
    return CommandError(
        Exit.UNREACHABLE, f"the cluster does not serve {GROUP}: is promoter-view installed there? ({server})"
    )


def _refused(error: ApiError, server: str) -> CommandError:
    if error.status == 401:
        return CommandError(Exit.FORBIDDEN, f"the cluster does not accept the credentials of the kubeconfig ({server})")
    if error.status == 403:
        return CommandError(Exit.FORBIDDEN, error.message)
    if error.not_served:
        return not_installed(server)
    return CommandError(Exit.UNREACHABLE, f"the server says {error} ({server})")


def _stripped(error: ClusterError) -> str:
    return str(error).rstrip(".")
