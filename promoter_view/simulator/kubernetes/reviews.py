"""Reviews of what one may do. Everybody may do everything in a simulated cluster, and is told so. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

GROUP, VERSION = "authorization.k8s.io", "v1"
_ALL = ["*"]
#: By its plural the kind of each review, and the status that allows all.
_REVIEWS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "selfsubjectaccessreviews": ("SelfSubjectAccessReview", {"allowed": True}),
    "selfsubjectrulesreviews": (
        "SelfSubjectRulesReview",
        {
            "resourceRules": [{"verbs": _ALL, "apiGroups": _ALL, "resources": _ALL}],
            "nonResourceRules": [{"verbs": _ALL, "nonResourceURLs": _ALL}],
            "incomplete": False,
        },
    ),
}
RESOURCES: Sequence[Mapping[str, Any]] = [
    {"name": plural, "singularName": kind.lower(), "namespaced": False, "kind": kind, "verbs": ["create"]}
    for plural, (kind, _) in _REVIEWS.items()
]


def review(segments: Sequence[str]) -> dict[str, Any] | None:
    """The answer to a review that is POSTed to that path; None where that is no path of a review.

    What was asked is not repeated: clients may send it as protobuf.
    """
    if list(segments[:3]) != ["apis", GROUP, VERSION] or len(segments) != 4 or segments[3] not in _REVIEWS:
        return None
    kind, status = _REVIEWS[segments[3]]
    return {"kind": kind, "apiVersion": f"{GROUP}/{VERSION}", "metadata": {}, "spec": {}, "status": dict(status)}
