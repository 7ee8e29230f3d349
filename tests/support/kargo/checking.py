"""What Kargo's validating webhooks refuse of Stages and Promotions."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from tests.support.kargo.availability import is_available
from tests.support.kargo.requests import AdmissionRequest, Cluster, DeniedError, Document, invalid

_RESERVED = re.compile(r"^(step|task)-\d+$")
_STEPS = "spec.promotionTemplate.spec.steps"

Check = Callable[[AdmissionRequest, Cluster], None]


def check_stage(request: AdmissionRequest, cluster: Cluster) -> None:
    """A Stage is of a project, asks for an origin once, and names its steps properly. Errors: DeniedError."""
    if request.operation == "CREATE":
        _check_project(request, cluster, "Stage")
    stage, name = request.object, request.object["metadata"]["name"]
    origins = [
        f"{each['origin']['kind']}/{each['origin']['name']}" for each in stage["spec"].get("requestedFreight", ())
    ]
    for origin in origins:
        if origins.count(origin) > 1:
            words = f"freight with origin {origin} requested multiple times in spec.requestedFreight"
            raise invalid("Stage", name, "spec.requestedFreight", "...", words)
    steps = stage["spec"].get("promotionTemplate", {}).get("spec", {}).get("steps", ())
    _check_aliases(steps, name)
    for place, step in enumerate(steps):
        for key, words in (("if", "an 'if' condition"), ("config", "a config")):
            if "task" in step and step.get(key):
                where = f"{_STEPS}[{place}].{key}"
                raise DeniedError(
                    f'Stage.kargo.akuity.io "{name}" is invalid: {where}: Forbidden: '
                    f"PromotionTemplate step referencing a task cannot have {words}",
                    422,
                    "Invalid",
                )


def check_promotion(request: AdmissionRequest, cluster: Cluster) -> None:
    """Who may promote, of what, and that the spec stays as it is. Errors: DeniedError."""
    promotion = request.object or request.old
    if request.operation == "CREATE":
        _check_project(request, cluster, "Promotion")
    _check_verb(request, cluster, promotion)
    name = promotion["metadata"]["name"]
    if request.operation == "CREATE":
        _check_freight(request, cluster, promotion)
    elif request.operation == "UPDATE" and promotion["spec"] != request.old["spec"]:
        raise invalid("Promotion", name, "spec", "...", "spec is immutable")


def _check_project(request: AdmissionRequest, cluster: Cluster, kind: str) -> None:
    found = cluster.get("namespaces", "", request.namespace) or {}
    if (found.get("metadata", {}).get("labels") or {}).get("kargo.akuity.io/project") != "true":
        words = f'namespace "{request.namespace}" is not a project'
        raise invalid(kind, request.object["metadata"]["name"], "metadata.namespace", request.namespace, words)


def _check_verb(request: AdmissionRequest, cluster: Cluster, promotion: Document) -> None:
    stage, name = promotion["spec"]["stage"], promotion["metadata"]["name"]
    if cluster.may_promote(request.user, request.namespace, stage):
        return
    verb, user = request.operation.lower(), request.user.get("username", "")
    words = (
        f'Promotion.kargo.akuity.io "{name}" is forbidden: '
        f'subject "{user}" is not permitted to {verb} Promotions for Stage "{stage}"'
    )
    if request.operation == "DELETE":
        raise DeniedError(words)
    raise DeniedError(f"Internal error occurred: {words}", 500, "InternalError")


def _check_freight(request: AdmissionRequest, cluster: Cluster, promotion: Document) -> None:
    spec, name = promotion["spec"], promotion["metadata"]["name"]
    if ("freight" in spec) == ("origin" in spec):
        raise invalid("Promotion", name, "spec", "...", "exactly one of spec.freight or spec.origin must be set")
    stage = cluster.get("stages", request.namespace, spec["stage"])
    freight = cluster.get("freights", request.namespace, spec["freight"])
    if stage is None or freight is None or not is_available(freight, stage, time.time()):
        raise invalid("Promotion", name, "spec.freight", spec["freight"], "Freight is not available to this Stage")


def _check_aliases(steps: list[Document], name: str) -> None:
    places: dict[str, int] = {}
    for place, step in enumerate(steps):
        alias = step.get("as", "").strip()
        where = f"{_STEPS}[{place}].as"
        if alias in places:
            words = f"step alias duplicates that of {_STEPS}[{places[alias]}]"
            raise invalid("Stage", name, where, alias, words)
        if _RESERVED.match(alias):
            raise invalid("Stage", name, where, alias, "step alias is reserved")
        if alias:
            places[alias] = place
