"""How requests to the cluster end: the names that metrics and log lines use, and the errors behind them. Pure."""

from __future__ import annotations

import enum

#: What is wrong with a server's certificate, but for who has signed it. The last one goes on with the name.
CERTIFICATE_EXPIRED = "the server's certificate has expired"
CERTIFICATE_NOT_YET_VALID = "the server's certificate is not valid yet"
CERTIFICATE_OF_ANOTHER = "the server's certificate is not for "


class Outcome(enum.StrEnum):
    """How a request, a stream or one step of a reflector ended. Values are the label ``outcome`` of the metric."""

    LISTED = "listed"
    CLEAN_END = "clean_end"
    EXPIRED = "expired"
    RESTORED = "restored"
    SCHEMA_CHANGED = "schema_changed"
    ABSENT = "absent"
    INSTALLED = "installed"
    WATCH_LIST_REFUSED = "watch_list_refused"
    ERROR_EVENT = "error_event"
    THROTTLED = "throttled"
    SERVER_ERROR = "server_error"
    UNAUTHORIZED = "unauthorized"
    FORBIDDEN = "forbidden"
    WITHHELD = "withheld"
    NOT_FOUND = "not_found"
    REFUSED = "refused"
    RESET = "reset"
    SILENT = "silent"
    TIMEOUT = "timeout"
    LINE_TOO_LONG = "line_too_long"
    BODY_TOO_LARGE = "body_too_large"
    NOT_JSON = "not_json"
    UNREACHABLE = "unreachable"
    TLS = "tls"
    CREDENTIALS = "credentials"
    INTERNAL = "internal"


class ClusterError(Exception):
    """A request to the cluster that did not succeed."""

    @property
    def outcome(self) -> Outcome:
        """Its name in metrics."""
        raise NotImplementedError

    @property
    def retry_after_seconds(self) -> float | None:
        """How long the cluster asks to be left alone, where it says so."""
        return None


class ApiError(ClusterError):
    """An answer that is an error: a Status (API conventions, "Response Status Kind"), or another body's beginning.

    ``reason`` is "" where the answer was no Status. ``causes``: the reasons of its details, such as
    NamespaceTerminating.
    """

    def __init__(
        self,
        status: int,
        reason: str,
        message: str,
        retry_after_seconds: float | None = None,
        causes: frozenset[str] = frozenset(),
    ) -> None:
        super().__init__(f"{status} {reason}: {message}" if reason else f"{status}: {message}")
        self.status = status
        self.reason = reason
        self.message = message
        self.causes = causes
        self._retry_after_seconds = retry_after_seconds

    @property
    def retry_after_seconds(self) -> float | None:
        """From details.retryAfterSeconds, else from the header Retry-After."""
        return self._retry_after_seconds

    @property
    def outcome(self) -> Outcome:
        """By status code."""
        if self.status >= 500:
            return Outcome.SERVER_ERROR
        return _BY_STATUS.get(self.status, Outcome.REFUSED)

    @property
    def not_served(self) -> bool:
        """It is kube-apiserver itself that knows no such resource, and not some proxy that knows no such page."""
        return self.status == 404 and (self.reason == "NotFound" or self.message.startswith("404 page not found"))


class Withheld(ApiError):  # noqa: N818 - a state, as Twisted's ConnectionLost
    """A 403 for what nothing that is served can use (``needs.Needs``)."""

    @property
    def outcome(self) -> Outcome:
        """Apart from other refusals: nobody has to put it right."""
        return Outcome.WITHHELD


_BY_STATUS = {
    401: Outcome.UNAUTHORIZED,
    403: Outcome.FORBIDDEN,
    404: Outcome.NOT_FOUND,
    408: Outcome.TIMEOUT,
    410: Outcome.EXPIRED,
    429: Outcome.THROTTLED,
}


class Unreachable(ClusterError):  # noqa: N818 - a state, as Twisted's ConnectionLost
    """No answer, or one that broke off: no connection, no TLS, no credentials, silence, a bound that was passed."""

    def __init__(self, outcome: Outcome, message: str) -> None:
        super().__init__(message)
        self._outcome = outcome

    @property
    def outcome(self) -> Outcome:
        """What was in the way."""
        return self._outcome
