"""The one table that turns each refusal into a Status (API conventions, "Response Status Kind"). Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from promoter_view.kubernetes.documents import failure
from promoter_view.log.errors import LogClosed, LogUnreachable
from promoter_view.views.history import Ahead, Expired
from promoter_view.web.errors import (
    BadRequest,
    Cause,
    ContinueExpired,
    Draining,
    Forbidden,
    Invalid,
    JournalUnavailable,
    MethodNotAllowed,
    MomentGone,
    NotAcceptable,
    NotReady,
    NotSending,
    ObjectNotFound,
    PastUnavailable,
    Refusal,
    ResourceNotFound,
    ReviewUnavailable,
    TooManyRequests,
    Unauthorized,
)


@dataclass(frozen=True, slots=True)
class Status:
    """A failure as clients see it. ``headers`` go with the answer, beside the body."""

    code: int
    reason: str
    message: str
    details: Mapping[str, Any] = field(default_factory=dict)
    metadata: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    def encode(self) -> bytes:
        """The Status object as compact JSON, without a newline."""
        return orjson.dumps(failure(self.code, self.reason, self.message, details=self.details, metadata=self.metadata))


def status_of(error: Exception) -> Status | None:
    """The Status of a refusal, or of a position that cannot be read; None for what is a fault of ours."""
    render = _TABLE.get(type(error))
    return None if render is None else render(error)


def expired_status(error: Expired) -> Status:
    """The Status of the ERROR event that tells a reader that its position is before the horizon."""
    return Status(410, "Expired", str(error))


def forbidden_status(error: Forbidden) -> Status:
    """The Status of a refusal, also of the ERROR event that ends a watch whose right was taken away."""
    return Status(403, "Forbidden", str(error), error.details)


def internal_error(reference: str) -> Status:
    """For a fault of ours: nothing of it is told but where the log tells it (the Audit-Id)."""
    return Status(500, "InternalError", f"an internal error occurred; the server's log has it as {reference}")


#: Of requests that are refused before they are whole; the connection ends with each.
NOT_HTTP = Status(400, "BadRequest", "the request is not HTTP/1.1 as it should be")
REQUEST_TOO_SLOW = Status(408, "Timeout", "the request did not arrive in time")
BODY_TOO_LARGE = Status(413, "RequestEntityTooLarge", "the request's body is too large: none is needed here")
URL_TOO_LONG = Status(414, "RequestURITooLong", "the request's URL is too long")
HEADERS_TOO_LARGE = Status(431, "RequestHeaderFieldsTooLarge", "the request's headers are too large or too many")

NO_DESCRIPTORS = Status(503, "ServiceUnavailable", "too many connections are open: try again", {"retryAfterSeconds": 5})


def _plain(code: int, reason: str, **headers: str) -> Callable[[Any], Status]:
    return lambda error: Status(code, reason, str(error), headers=headers)


def _object_not_found(error: ObjectNotFound) -> Status:
    details: dict[str, Any] = {"name": error.name, "group": error.group, "kind": error.resource}
    if error.causes:
        details["causes"] = _causes(error.causes)
    return Status(404, "NotFound", str(error), details)


def _method_not_allowed(error: MethodNotAllowed) -> Status:
    details = {"group": error.group, "kind": error.resource} if error.resource else {}
    return Status(405, "MethodNotAllowed", str(error), details, headers={"Allow": "GET"})


def _invalid(error: Invalid) -> Status:
    details = {"group": error.group, "kind": error.kind, "causes": _causes(error.causes)}
    return Status(422, "Invalid", str(error), details)


def _causes(causes: Iterable[Cause]) -> list[dict[str, str]]:
    return [{"reason": cause.reason, "message": cause.message, "field": cause.field} for cause in causes]


def _continue_expired(error: ContinueExpired) -> Status:
    return Status(410, "Expired", str(error), metadata={"continue": error.token})


def _moment_gone(error: MomentGone) -> Status:
    return Status(410, "Expired", str(error), {"at": error.asked, "from": error.earliest} if error.earliest else {})


def _ahead(error: Ahead) -> Status:
    # Clients look for the cause, not for the words (apimachinery, IsResourceVersionTooLarge).
    causes = [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}]
    details = {"causes": causes, "retryAfterSeconds": 1}
    return Status(504, "Timeout", str(error), details, headers={"Retry-After": "1"})


def _too_many(error: TooManyRequests) -> Status:
    details = {"retryAfterSeconds": error.retry_after}
    return Status(429, "TooManyRequests", str(error), details, headers={"Retry-After": str(error.retry_after)})


def _unreachable(_error: Exception) -> Status:
    # Its own words name places that are no client's business.
    message = "whether this replica has all that another one has shown cannot be told now: try again"
    return Status(503, "ServiceUnavailable", message, {"retryAfterSeconds": 1}, headers={"Retry-After": "1"})


def _unavailable(error: Refusal) -> Status:
    details = {"retryAfterSeconds": 1}
    return Status(503, "ServiceUnavailable", str(error), details, headers={"Retry-After": "1"})


_TABLE: dict[type[Exception], Callable[[Any], Status]] = {
    BadRequest: _plain(400, "BadRequest"),
    Unauthorized: _plain(401, "Unauthorized"),
    Forbidden: forbidden_status,
    ResourceNotFound: _plain(404, "NotFound"),
    ObjectNotFound: _object_not_found,
    MethodNotAllowed: _method_not_allowed,
    NotAcceptable: _plain(406, "NotAcceptable"),
    Expired: expired_status,
    ContinueExpired: _continue_expired,
    MomentGone: _moment_gone,
    Invalid: _invalid,
    TooManyRequests: _too_many,
    NotReady: _unavailable,
    Draining: _unavailable,
    JournalUnavailable: _unavailable,
    PastUnavailable: _unavailable,
    NotSending: _unavailable,
    ReviewUnavailable: _unavailable,
    LogUnreachable: _unreachable,
    LogClosed: _unreachable,
    Ahead: _ahead,
}
