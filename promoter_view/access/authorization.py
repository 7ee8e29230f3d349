"""What an identity may do: SubjectAccessReviews (authorization.k8s.io/v1), each answer kept for its time."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from twisted.internet.interfaces import IReactorTime

from promoter_view.access.admission import Attributes
from promoter_view.access.identity import Identity
from promoter_view.access.review_cache import ReviewCache
from promoter_view.access.reviews import Reviewer
from promoter_view.decoded import text
from promoter_view.metrics import Metrics
from promoter_view.web.errors import Forbidden, ReviewUnavailable

PATH = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
DOCUMENT = {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview"}


@dataclass(frozen=True, slots=True)
class AccessDecision:
    """A definite answer; ``reason`` is the authorizer's."""

    allowed: bool
    reason: str = ""


class AccessReviews:
    """``allowed_seconds``, ``denied_seconds``: how long an answer counts; ``name`` is its label in metrics.

    ``masters``: whoever is of system:masters may do everything, without a review.
    """

    def __init__(
        self,
        reviewer: Reviewer,
        *,
        clock: IReactorTime,
        allowed_seconds: float,
        denied_seconds: float,
        metrics: Metrics,
        name: str = "access",
        masters: bool = True,
    ) -> None:
        self._masters = masters
        self._reviewer = reviewer
        self._name = name
        self._metrics = metrics
        self._cache: ReviewCache[AccessDecision] = ReviewCache(
            clock=clock, seconds_of=lambda decision: allowed_seconds if decision.allowed else denied_seconds
        )

    async def require(self, identity: Identity, attributes: Attributes) -> None:
        """Returns where that is allowed. Errors: Forbidden; ReviewUnavailable."""
        decision = await self._decide(identity, attributes)
        if not decision.allowed:
            raise forbidden(identity, attributes, decision.reason)

    async def allows(self, identity: Identity, attributes: Attributes) -> bool:
        """Whether that is allowed. Errors: ReviewUnavailable."""
        return (await self._decide(identity, attributes)).allowed

    async def _decide(self, identity: Identity, attributes: Attributes) -> AccessDecision:
        if self._masters and identity.privileged:
            return AccessDecision(True)
        spec = spec_of(identity, attributes)
        key = hashlib.sha256(orjson.dumps(spec)).digest()
        return await self._cache.get(key, lambda: self._review(spec))

    async def _review(self, spec: Mapping[str, Any]) -> AccessDecision:
        decision = decision_of(await self._reviewer.ask(spec))
        self._metrics.reviews.labels(self._name, "allowed" if decision.allowed else "denied").inc()
        return decision


def spec_of(identity: Identity, attributes: Attributes) -> dict[str, Any]:
    """The review's spec; two that are equal have one answer. ``path`` counts where there is no resource only."""
    if not attributes.resource:
        asked = {"path": attributes.path, "verb": attributes.verb}
        return {**identity.review_fields(), "nonResourceAttributes": asked}
    asked = {
        "verb": attributes.verb,
        "group": attributes.group,
        "version": attributes.version,
        "resource": attributes.resource,
        "subresource": attributes.subresource,
        "namespace": attributes.namespace,
        "name": attributes.name,
    }
    fields = {name: value for name, value in asked.items() if value}
    return {**identity.review_fields(), "resourceAttributes": fields}


def decision_of(status: Mapping[str, Any]) -> AccessDecision:
    """The review's answer. Errors: ReviewUnavailable where it was no, but not all authorizers could be asked."""
    if status.get("allowed") is True:
        return AccessDecision(True)
    if status.get("evaluationError") and status.get("denied") is not True:
        raise ReviewUnavailable("the cluster's access review could not be completed")
    return AccessDecision(False, text(status, "reason"))


def forbidden(identity: Identity, attributes: Attributes, reason: str = "") -> Forbidden:
    """The refusal in kube-apiserver's words."""
    because = f": {reason}" if reason else ""
    if not attributes.resource:
        return Forbidden(
            f'forbidden: User "{identity.user}" cannot {attributes.verb} path "{attributes.path}"{because}'
        )
    resource = f"{attributes.resource}/{attributes.subresource}" if attributes.subresource else attributes.resource
    qualified = f"{attributes.resource}.{attributes.group}" if attributes.group else attributes.resource
    subject = f'{qualified} "{attributes.name}"' if attributes.name else qualified
    where = f'in the namespace "{attributes.namespace}"' if attributes.namespace else "at the cluster scope"
    message = (
        f'{subject} is forbidden: User "{identity.user}" cannot {attributes.verb} resource "{resource}" '
        f'in API group "{attributes.group}" {where}{because}'
    )
    details = {"name": attributes.name, "group": attributes.group, "kind": attributes.resource}
    return Forbidden(message, {key: value for key, value in details.items() if value})
