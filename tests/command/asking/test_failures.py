"""What a request that did not succeed means for a command."""

from __future__ import annotations

import pytest

from promoter_view.command.asking.failures import failed, is_passing
from promoter_view.command.exits import Exit
from promoter_view.kubernetes.outcomes import ApiError, ClusterError, Outcome, Unreachable

SERVER = "https://cluster"


@pytest.mark.parametrize(
    ("error", "status", "passes", "words"),
    [
        (ApiError(401, "Unauthorized", "no"), Exit.FORBIDDEN, False, "does not accept the credentials"),
        (ApiError(403, "Forbidden", 'user "a" cannot list'), Exit.FORBIDDEN, False, 'user "a" cannot list'),
        (ApiError(404, "NotFound", "x"), Exit.UNREACHABLE, False, "is promoter-view installed there?"),
        (ApiError(503, "ServiceUnavailable", "x"), Exit.UNREACHABLE, True, "the server says 503"),
        (ApiError(410, "Expired", "x"), Exit.UNREACHABLE, True, "410"),
        (Unreachable(Outcome.NOT_FOUND, "x"), Exit.UNREACHABLE, False, "is promoter-view installed there?"),
        (Unreachable(Outcome.CREDENTIALS, "plugin"), Exit.FORBIDDEN, False, "no credentials for https://cluster"),
        (Unreachable(Outcome.UNREACHABLE, "refused."), Exit.UNREACHABLE, True, "refused (https://cluster; check the"),
        (Unreachable(Outcome.TLS, "unknown ca"), Exit.UNREACHABLE, False, "check certificate-authority"),
        (
            Unreachable(Outcome.TLS, "the server's certificate has expired"),
            Exit.UNREACHABLE,
            False,
            "has expired (https://cluster; renew it at the server, or check the clock here)",
        ),
        (
            Unreachable(Outcome.TLS, "the server's certificate is not valid yet"),
            Exit.UNREACHABLE,
            False,
            "the clocks of",
        ),
        (
            Unreachable(Outcome.TLS, "the server's certificate is not for a.b: it is none of its names"),
            Exit.UNREACHABLE,
            False,
            "check server and tls-server-name",
        ),
        (Unreachable(Outcome.RESET, "cut"), Exit.UNREACHABLE, True, "cut (https://cluster)"),
    ],
)
def test_each_failure(error: ClusterError, status: Exit, passes: bool, words: str) -> None:
    """Its exit status and its line, and whether whoever waits goes on."""
    found = failed(error, SERVER)
    assert (found.status, is_passing(error)) == (status, passes)
    assert words in found.line
