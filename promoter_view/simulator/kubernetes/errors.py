"""The errors of a Kubernetes API, as kube-apiserver 1.36 words them. Pure.

Each is a ``StatusError``; its document is the ``Status`` object that goes over the wire (API conventions, "Errors").
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from promoter_view.kubernetes.documents import failure
from promoter_view.kubernetes.kinds import Kind


class StatusError(Exception):
    """A request that was refused. ``code`` is the HTTP status, ``reason`` the machine-readable word."""

    def __init__(
        self,
        code: int,
        reason: str,
        message: str,
        details: Mapping[str, Any] | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message
        self.details = dict(details or {})
        self.metadata = dict(metadata or {})

    def document(self) -> dict[str, Any]:
        """The ``Status`` object."""
        return failure(self.code, self.reason, self.message, details=self.details, metadata=self.metadata)


def resource_name(kind: Kind) -> str:
    """``plural.group``, as messages name a resource; only the plural for the core group."""
    return f"{kind.plural}.{kind.group}" if kind.group else kind.plural


def details(kind: Kind, name: str) -> dict[str, Any]:
    """Which object a Status is about."""
    group = {"group": kind.group} if kind.group else {}
    return {"name": name, **group, "kind": kind.plural}


def not_found(kind: Kind, name: str) -> StatusError:
    """There is no such object."""
    return StatusError(404, "NotFound", f'{resource_name(kind)} "{name}" not found', details(kind, name))


def already_exists(kind: Kind, name: str) -> StatusError:
    """An object of that name is there already."""
    return StatusError(409, "AlreadyExists", f'{resource_name(kind)} "{name}" already exists', details(kind, name))


def conflict(kind: Kind, name: str) -> StatusError:
    """The optimistic lock: the resourceVersion given is not the object's."""
    message = (
        f'Operation cannot be fulfilled on {resource_name(kind)} "{name}": the object has been modified; '
        "please apply your changes to the latest version and try again"
    )
    return StatusError(409, "Conflict", message, details(kind, name))


def uid_conflict(kind: Kind, name: str, given: str, found: str) -> StatusError:
    """The uid given, in an object or as a precondition, is not the object's."""
    message = (
        f'Operation cannot be fulfilled on {resource_name(kind)} "{name}": '
        f"Precondition failed: UID in precondition: {given}, UID in object meta: {found}"
    )
    return StatusError(409, "Conflict", message, details(kind, name))


def invalid(kind: Kind, name: str, field: str, problem: str) -> StatusError:
    """A field of an object that is not as it must be."""
    about = details(kind, name)
    about["causes"] = [{"reason": "FieldValueInvalid", "message": problem, "field": field}]
    return StatusError(422, "Invalid", f'{resource_name(kind)} "{name}" is invalid: {field}: {problem}', about)


def invalid_options(field: str, problem: str) -> StatusError:
    """Query parameters that do not go together."""
    message = f"Forbidden: {problem}"
    about = {
        "group": "meta.k8s.io",
        "kind": "ListOptions",
        "causes": [{"reason": "FieldValueForbidden", "message": message, "field": field}],
    }
    return StatusError(422, "Invalid", f'ListOptions.meta.k8s.io "" is invalid: {field}: {message}', about)


def bad_request(message: str) -> StatusError:
    """A request that cannot be read."""
    return StatusError(400, "BadRequest", message)


def too_old(resource_version: int, horizon: int) -> StatusError:
    """What lies between that resourceVersion and now is no longer held."""
    return StatusError(410, "Expired", f"too old resource version: {resource_version} ({horizon})")


def list_too_old() -> StatusError:
    """The state at the resourceVersion that a list asks for exactly is no longer held."""
    return StatusError(410, "Expired", "The resourceVersion for the provided list is too old.")


def continue_too_old(token: str) -> StatusError:
    """The pages that were begun cannot go on; ``token`` continues them with the objects of now."""
    message = (
        "The provided continue parameter is too old to display a consistent list result. You can start a new list "
        "without the continue parameter, or use the continue token in this response to retrieve the remainder of the "
        "results. Continuing with the provided token results in an inconsistent list - objects that were created, "
        "modified, or deleted between the time the first chunk was returned and now may show up in the list."
    )
    return StatusError(410, "Expired", message, metadata={"continue": token})


def too_large(resource_version: int, current: int) -> StatusError:
    """A resourceVersion that was never handed out, or not by this state of the cluster."""
    message = f"Timeout: Too large resource version: {resource_version}, current: {current}"
    causes = [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}]
    return StatusError(504, "Timeout", message, {"causes": causes, "retryAfterSeconds": 1})


def method_not_allowed() -> StatusError:
    """A verb that the resource does not know."""
    message = "the server does not allow this method on the requested resource"
    return StatusError(405, "MethodNotAllowed", message)


def unsupported_media_type(accepted: str) -> StatusError:
    """A body in another form than the one that is simulated."""
    message = f"the body of the request was in an unknown format - accepted media types include: {accepted}"
    return StatusError(415, "UnsupportedMediaType", message)
