"""What of a cluster's object a bundle may show: promoter.md section 1, read straight down, apart from the program's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

REDACTED = "<redacted>"
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_RESPONSES = ("triggerOutput", "responseOutput", "successOutput")

Document = dict[str, Any]


def cleaned(document: Document) -> Document:
    """A copy as the log holds it, without ``--show-web-request-bodies``."""
    found = document | {"metadata": _metadata(document["metadata"])}
    special = _SPECIAL.get(found["kind"])
    return special(found) if special else found


def _metadata(metadata: Document) -> Document:
    kept = {name: value for name, value in metadata.items() if name != "managedFields"}
    annotations = {name: value for name, value in kept.get("annotations", {}).items() if name != LAST_APPLIED}
    kept.pop("annotations", None)
    return kept | ({"annotations": annotations} if annotations else {})


def _strategy(found: Document) -> Document:
    if "status" not in found:
        return found
    status = found["status"]
    kept = {name: status[name] for name in ("conditions", "observedGeneration") if name in status}
    environments = [
        {name: each[name] for name in ("branch", "lastHealthyDryShas") if name in each}
        for each in status.get("environments") or []
        if each.get("lastHealthyDryShas")
    ]
    return found | {"status": kept | ({"environments": environments} if environments else {})}


def _web_request(found: Document) -> Document:
    request = _without(found["spec"]["httpRequest"], ("headerTemplates", "bodyTemplate", "authentication"))
    result = found | {"spec": found["spec"] | {"httpRequest": request}}
    if "status" not in found:
        return result
    status = dict(found["status"])
    if "environments" in status:
        status["environments"] = [_without(each, _RESPONSES) for each in status["environments"]]
    if "promotionStrategyContext" in status:
        status["promotionStrategyContext"] = _without(status["promotionStrategyContext"], _RESPONSES)
    return result | {"status": status}


def _timed(found: Document) -> Document:
    """A countdown is none of the log's."""
    status = found.get("status", {})
    if "environments" not in status:
        return found
    left = [{name: each[name] for name in each if name != "atMostDurationRemaining"} for each in status["environments"]]
    return found | {"status": status | {"environments": left}}


def _without(found: Document, names: tuple[str, ...]) -> Document:
    return {name: _redacted(value) if name in names else value for name, value in found.items()}


def _redacted(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _redacted(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_redacted(each) for each in value]
    return None if value is None else REDACTED


_SPECIAL: dict[str, Callable[[Document], Document]] = {
    "PromotionStrategy": _strategy,
    "TimedCommitStatus": _timed,
    "WebRequestCommitStatus": _web_request,
}
