"""What an admission webhook of Kargo is asked, what it may look up, and how it refuses."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Protocol

Document = dict[str, Any]


class Cluster(Protocol):
    """The cluster, as the webhooks see it."""

    def get(self, plural: str, namespace: str, name: str) -> Document | None:
        """An object of Kargo's, or a Namespace; None where there is none. ``namespace`` is "" for a whole cluster's."""
        ...

    def list(self, plural: str, namespace: str) -> list[Document]:
        """All of Kargo's objects of that kind in a namespace."""
        ...

    def may_promote(self, user: Document, namespace: str, stage: str) -> bool:
        """Whether that user (username, groups) has the verb ``promote`` on the Stage."""
        ...


@dataclass(frozen=True, slots=True)
class AdmissionRequest:
    """An AdmissionReview's request. ``object`` and ``old`` are empty where there is none."""

    operation: str
    user: Document
    object: Document
    old: Document
    namespace: str
    #: Kargo's own components: whom they act for is theirs to say.
    is_control_plane: bool

    @property
    def actor(self) -> str:
        """The user, as annotations name one."""
        return f"kubernetes:{self.user.get('username', '')}"


class DeniedError(Exception):
    """The request is refused with that HTTP status, reason and message."""

    def __init__(self, message: str, code: int = 403, reason: str = "Forbidden") -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason


def read_request(review: Document, control_plane: str) -> AdmissionRequest:
    """The request of an AdmissionReview. ``control_plane``: a pattern of the usernames of Kargo's own components."""
    found = review["request"]
    user = found["userInfo"]
    return AdmissionRequest(
        operation=found["operation"],
        user=user,
        object=found.get("object") or {},
        old=found.get("oldObject") or {},
        namespace=found.get("namespace", ""),
        is_control_plane=re.search(control_plane, user.get("username", "")) is not None,
    )


def invalid(kind: str, name: str, field: str, value: Any, message: str) -> DeniedError:
    """What is wrong with one field, in the words of Kubernetes."""
    told = f'"{value}"' if isinstance(value, str) else str(value)
    words = f'{kind}.kargo.akuity.io "{name}" is invalid: {field}: Invalid value: {told}: {message}'
    return DeniedError(words, 422, "Invalid")
