"""What choosing a Freight says of auto-promotion, as Kargo's webhook notes it on a Promotion: a hold, or its end."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase

from tests.support.kargo.availability import is_available
from tests.support.kargo.requests import AdmissionRequest, Cluster, DeniedError, Document

HOLD = "kargo.akuity.io/auto-promotion-hold"
RESUME = "kargo.akuity.io/auto-promotion-resume"
CREATE_ACTOR = "kargo.akuity.io/create-actor"


def note_intent(request: AdmissionRequest, promotion: Document, stage: Document, cluster: Cluster, now: float) -> None:
    """A person's Promotion holds its origin, or, of what auto-promotion would choose, lets go of it."""
    annotations = promotion["metadata"]["annotations"]
    actor = annotations.get(CREATE_ACTOR, "")
    if request.is_control_plane and (not actor or actor.startswith("controller:")):
        return
    annotations.pop(HOLD, None)
    annotations.pop(RESUME, None)
    freight = cluster.get("freights", request.namespace, promotion["spec"].get("freight", ""))
    if freight is None or not _is_enabled(stage, cluster.get("projectconfigs", request.namespace, request.namespace)):
        return
    origin = _key(freight["origin"])
    chosen = _candidate(stage, origin, cluster.list("freights", request.namespace), now)
    is_chosen = chosen is not None and chosen["metadata"]["name"] == freight["metadata"]["name"]
    annotations[RESUME if is_chosen else HOLD] = origin


def resolve_origin(promotion: Document, stage: Document, cluster: Cluster, now: float) -> None:
    """``spec.origin`` becomes the Freight that auto-promotion would choose of it. Errors: DeniedError."""
    spec = promotion["spec"]
    if "origin" not in spec or spec.get("freight"):
        return
    origin = _key(spec["origin"])
    chosen = _candidate(stage, origin, cluster.list("freights", stage["metadata"]["namespace"]), now)
    if chosen is None:
        name = stage["metadata"]["name"]
        raise DeniedError(f'no auto-promotion candidate found for origin "{origin}" on Stage "{name}"')
    spec["freight"] = chosen["metadata"]["name"]
    del spec["origin"]


def _candidate(stage: Document, origin: str, freights: Iterable[Document], now: float) -> Document | None:
    """The newest that is available; where the Stage follows the one upstream, what that has."""
    request = next((each for each in stage["spec"]["requestedFreight"] if _key(each["origin"]) == origin), None)
    if request is None:
        return None
    found = [each for each in freights if _key(each["origin"]) == origin and is_available(each, stage, now)]
    sources = request["sources"]
    if sources.get("autoPromotionOptions", {}).get("selectionPolicy") == "MatchUpstream":
        upstream = sources.get("stages", [""])[0]
        found = [each for each in found if upstream in each.get("status", {}).get("currentlyIn", {})]
        return found[0] if len(found) == 1 else None
    return max(found, key=_found_at, default=None)


def _is_enabled(stage: Document, config: Document | None) -> bool:
    """By the first policy that matches."""
    metadata = stage["metadata"]
    for policy in (config or {}).get("spec", {}).get("promotionPolicies", ()):
        selector = policy.get("stageSelector") or {"name": policy.get("stage", "")}
        labels = metadata.get("labels", {})
        wanted = selector.get("matchLabels", {}).items()
        name_fits = not selector.get("name") or _is_named(selector["name"], metadata["name"])
        if name_fits and all(labels.get(key) == value for key, value in wanted):
            return bool(policy.get("autoPromotionEnabled"))
    return False


def _is_named(pattern: str, name: str) -> bool:
    """Exactly, by ``glob:`` or by ``regex:``."""
    way, colon, rest = pattern.partition(":")
    if not colon:
        return pattern == name
    return fnmatchcase(name, rest) if way == "glob" else re.search(rest, name) is not None


def _found_at(freight: Document) -> tuple[str, str]:
    metadata = freight["metadata"]
    return freight.get("discoveredAt") or metadata["creationTimestamp"], metadata["name"]


def _key(origin: Document) -> str:
    return f"{origin['kind']}/{origin['name']}"
