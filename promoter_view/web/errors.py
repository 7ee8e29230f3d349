"""The ways in which a request is refused. ``status`` says what a client is told of each. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


class Refusal(Exception):  # noqa: N818 - what is refused is the client's, not a fault of ours
    """A request is answered with a Status; the message is the Status's."""


class BadRequest(Refusal):
    """400: a parameter cannot be read."""


class ResourceNotFound(Refusal):
    """404: the path names no resource of ours."""


@dataclass(frozen=True, slots=True)
class Cause:
    """One of ``details.causes``: which parameter, why (a CauseType of meta/v1), in words."""

    field: str
    reason: str
    message: str


class ObjectNotFound(Refusal):
    """404: the path names an object that is not there; ``because`` says more, ``causes`` says it to programs."""

    def __init__(
        self, group: str, resource: str, name: str, *, because: str = "", causes: tuple[Cause, ...] = ()
    ) -> None:
        more = f": {because}" if because else ""
        super().__init__(f'{resource}.{group} "{name}" not found{more}')
        self.group, self.resource, self.name, self.causes = group, resource, name, causes


class MethodNotAllowed(Refusal):
    """405: views are read-only. ``resource`` "" where it is not one that is asked for."""

    def __init__(self, group: str = "", resource: str = "") -> None:
        super().__init__("the server does not allow this method on the requested resource")
        self.group, self.resource = group, resource


class NotAcceptable(Refusal):
    """406: nothing of what the Accept header names can be made."""

    def __init__(self, offered: str) -> None:
        super().__init__(f"only the following media types are accepted: {offered}")


class ContinueExpired(Refusal):
    """410: the position of a continue token is older than the horizon; ``token`` goes on from the newest state."""

    def __init__(self, token: str) -> None:
        super().__init__(
            "the continue token is too old for a consistent list: start again without it, or go on with the token in "
            "this status's metadata.continue, which gives the rest as it is now: what changed in between may be "
            "missing or repeated"
        )
        self.token = token


class MomentGone(Refusal):
    """410: the log does not reach back to that moment; ``earliest`` can be asked for, as RFC 3339 has it."""

    def __init__(self, asked: str, earliest: str) -> None:
        reach = f"the earliest moment that can be asked for is {earliest}" if earliest else "no moment can be asked for"
        super().__init__(f"the log does not reach back to {asked}: {reach}")
        self.asked, self.earliest = asked, earliest


class Invalid(Refusal):
    """422: parameters that are readable but do not go together."""

    def __init__(self, kind: str, group: str, causes: tuple[Cause, ...]) -> None:
        said = [f"{cause.field}: {cause.message}" for cause in causes]
        reasons = said[0] if len(said) == 1 else f"[{', '.join(said)}]"
        super().__init__(f'{kind}.{group} "" is invalid: {reasons}')
        self.kind, self.group, self.causes = kind, group, causes


class NotReady(Refusal):
    """503: the views are not built yet."""

    def __init__(self) -> None:
        super().__init__("the views are not built yet: not every resource of the cluster has been listed")


class Draining(Refusal):
    """503: the server is going away."""

    def __init__(self) -> None:
        super().__init__("the server is shutting down")


class TooManyRequests(Refusal):
    """429: that user has as much under way as one may; ``retry_after`` seconds."""

    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Unauthorized(Refusal):
    """Who asks cannot be told: 401."""


class Forbidden(Refusal):
    """Who asks may not do that: 403. The message says who and what; ``details`` are the Status's."""

    def __init__(self, message: str, details: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.details = details or {}


class JournalUnavailable(Refusal):
    """503: the journal cannot be read now, or not yet."""

    def __init__(self, message: str = "the journal is not open yet") -> None:
        super().__init__(message)


class PastUnavailable(Refusal):
    """503: the log of events cannot be read now."""


class NotSending(Refusal):
    """503: notifications are sent by another replica."""

    def __init__(self) -> None:
        super().__init__("this replica does not send notifications now: ask the one that leads")


class ReviewUnavailable(Refusal):
    """The cluster could not be asked who that is or what it may do: 503, and never "allowed"."""
