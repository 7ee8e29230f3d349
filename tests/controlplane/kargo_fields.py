"""What Kargo's own controller writes of a Stage, field by field, and where ours differs from it, with the reason.

From a real Kargo that ran beside ours, in its words. Moments, ids and names that a run makes are replaced by words, on
both sides.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Any

from tests.controlplane.argocd import ARGOCD, COMMIT, REPO
from tests.support.plane.client import Document

FINALIZER = "kargo.akuity.io/finalizer"
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

_FREIGHT = {
    "name": "f1",
    "origin": {"kind": "Warehouse", "name": "w"},
    "commits": [{"repoURL": REPO, "id": COMMIT}],
}
_COLLECTION = {"id": hashlib.sha1(b"f1").hexdigest(), "items": {"Warehouse/w": _FREIGHT}}
_VERIFIED = {"id": "UUID", "phase": "Successful", "startTime": "MOMENT", "finishTime": "MOMENT"}
_WELL = ("Verified", "True", "Verified", "Freight has been verified")


def _conditions(*told: tuple[str, str, str, str]) -> list[Document]:
    names = ("type", "status", "reason", "message")
    ends = {"lastTransitionTime": "MOMENT", "observedGeneration": "GENERATION"}
    return [{**dict(zip(names, each, strict=True)), **ends} for each in told]


def never_promoted() -> Document:
    """The status of a Stage that was just made."""
    none = ("NoFreight", "Stage has no current Freight")
    return {
        "conditions": _conditions(
            ("Ready", "False", *none),
            ("Healthy", "Unknown", *none),
            ("Verified", "Unknown", "NoFreight", "Stage has no current Freight to verify"),
        ),
        "freightSummary": "0/1 Fulfilled",
    }


def promoting() -> Document:
    """That of one whose first Promotion runs."""
    active = ("ActivePromotion", 'Promotion "PROMOTION" is currently Running')
    return {
        **never_promoted(),
        "conditions": _conditions(
            ("Ready", "False", *active),
            ("Healthy", "Unknown", "ActivePromotion", "Stage has a Promotion in progress"),
            ("Verified", "Unknown", "NoFreight", "Stage has no current Freight to verify"),
            ("Promoting", "True", *active),
        ),
        "currentPromotion": {"name": "PROMOTION", "freight": _FREIGHT},
        "health": {
            "status": "Unknown",
            "issues": ["Cannot assess health because a Promotion is currently in progress"],
        },
    }


def promotion_succeeded(app: str) -> Document:
    """The status of a Promotion that has updated that Application."""
    apps = [{"name": app, "namespace": ARGOCD}]
    config = {"apps": [{**apps[0], "desiredRevisions": ["abc"]}]}
    step = {"alias": "step-1", "status": "Succeeded", "startedAt": "MOMENT", "finishedAt": "MOMENT"}
    return {
        "phase": "Succeeded",
        "startedAt": "MOMENT",
        "finishedAt": "MOMENT",
        "freight": _FREIGHT,
        "freightCollection": _COLLECTION,
        "healthChecks": [{"uses": "argocd-update", "config": config}],
        "state": {"step-1": {"apps": apps}},
        "stepExecutionMetadata": [step],
    }


def promoted(application: Document) -> Document:
    """The status of a Stage whose Promotion has succeeded, and whose Application, as it is now, is healthy."""
    name = application["metadata"]["name"]
    healthy = ("Healthy", "True", "Healthy", "Stage is healthy (performed 1 health checks)")
    return {
        "conditions": _conditions(("Ready", *_WELL[1:]), healthy, _WELL),
        "freightHistory": [{**_COLLECTION, "verificationHistory": [_VERIFIED]}],
        "freightSummary": "f1",
        "health": {"status": "Healthy", "output": [{"applicationStatuses": [_as_read(application)]}]},
        "lastPromotion": {
            "name": "PROMOTION",
            "freight": _FREIGHT,
            "finishedAt": "MOMENT",
            "status": promotion_succeeded(name),
        },
        "observedGeneration": "GENERATION",
    }


def failed(application: Document, promotion: Document) -> Document:
    """That of one whose next Promotion, with that status, has not succeeded."""
    reason = f"LastPromotion{promotion['phase']}"
    words = "Cannot assess health because last Promotion did not succeed"
    return {
        **promoted(application),
        "conditions": _conditions(
            ("Ready", "False", reason, promotion["message"]), ("Healthy", "Unknown", reason, words), _WELL
        ),
        "health": {"status": "Unknown", "issues": [words]},
        "lastPromotion": {"name": "PROMOTION", "freight": _FREIGHT, "finishedAt": "MOMENT", "status": promotion},
    }


def flowing() -> Document:
    """That of a Stage without promotion steps."""
    ready = {"type": "Ready", "status": "True", "reason": "Ready", "message": "", "lastTransitionTime": "MOMENT"}
    return {"conditions": [ready], "freightSummary": "N/A", "observedGeneration": "GENERATION"}


def freight_verified(*stages: str, used: str) -> Document:
    """That of Freight that was verified in those Stages, and that one of them uses."""
    verified = {name: {"verifiedAt": "MOMENT"} for name in stages}
    return {"currentlyIn": {used: {"since": "MOMENT"}}, "verifiedIn": verified}


_EARLY = {"observedGeneration": "Kargo writes it once the Stage is Ready; ours with the first status"}
_OURS_CHECKS = "ours says which and why, and goes on checking the Applications"
#: By the name of the status: each field that differs, and why.
DIFFERENCES: Mapping[str, Mapping[str, str]] = {
    "never promoted": _EARLY,
    "promoting": {**_EARLY, "health.issues[0]": "ours names the Promotion"},
    "promotion succeeded": {},
    "promoted": {},
    "failed": {
        "conditions[1].status": _OURS_CHECKS,
        "conditions[1].message": _OURS_CHECKS,
        "health.status": _OURS_CHECKS,
        "health.issues[0]": _OURS_CHECKS,
        "health.output": _OURS_CHECKS,
    },
    "flowing": {"conditions[0].observedGeneration": "the API conventions have it; Kargo leaves it out"},
    "freight verified": {},
}


def differing(kargo: Any, ours: Any, path: str = "") -> Iterator[str]:
    """The paths at which two statuses are not the same."""
    if isinstance(kargo, dict) and isinstance(ours, dict):
        for name in sorted({*kargo, *ours}):
            below = f"{path}.{name}" if path else name
            if (name in kargo) != (name in ours):
                yield below
            else:
                yield from differing(kargo[name], ours[name], below)
    elif isinstance(kargo, list) and isinstance(ours, list) and len(kargo) == len(ours):
        for place, (one, other) in enumerate(zip(kargo, ours, strict=True)):
            yield from differing(one, other, f"{path}[{place}]")
    elif kargo != ours:
        yield path


def worded(value: Any, promotion: str = "") -> Any:
    """A status with words in the place of what a run makes: moments, ids, generations, the Promotion's name."""
    if isinstance(value, dict):
        found = {name: worded(each, promotion) for name, each in value.items()}
        return {**found, **({"observedGeneration": "GENERATION"} if "observedGeneration" in found else {})}
    if isinstance(value, list):
        return [worded(each, promotion) for each in value]
    if not isinstance(value, str):
        return value
    told = _UUID.sub("UUID", _MOMENT.sub("MOMENT", value))
    return told.replace(promotion, "PROMOTION") if promotion else told


def _as_read(application: Document) -> Document:
    """What Kargo keeps of an Application's status: the fields that it knows, empty objects as Go writes them."""
    metadata, status = application["metadata"], application["status"]
    state = status["operationState"]
    source = {name: state["syncResult"]["source"][name] for name in ("repoURL", "targetRevision")}
    operation = {name: state["operation"][name] for name in ("initiatedBy", "info", "retry", "sync")}
    return {
        "Namespace": metadata["namespace"],
        "Name": metadata["name"],
        "health": {"status": status["health"]["status"]},
        "sync": {name: status["sync"][name] for name in ("status", "revision")},
        "operationState": {
            "operation": operation,
            **{name: state[name] for name in ("phase", "message", "finishedAt")},
            "syncResult": {"revision": state["syncResult"]["revision"], "source": source},
        },
    }
