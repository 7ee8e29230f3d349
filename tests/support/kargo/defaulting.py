"""What Kargo's mutating webhooks make of Stages and Promotions."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable

from tests.support.kargo.actors import ABORT, REVERIFY, enrich
from tests.support.kargo.holds import CREATE_ACTOR, HOLD, RESUME, note_intent, resolve_origin
from tests.support.kargo.inflating import inflated
from tests.support.kargo.names import Names
from tests.support.kargo.requests import AdmissionRequest, Cluster, DeniedError, Document

SHARD = "kargo.akuity.io/shard"
STAGE = "kargo.akuity.io/stage"
_OF_CREATION = (CREATE_ACTOR, HOLD, RESUME)
_MAX_LABEL = 63

Defaulter = Callable[[AdmissionRequest, Cluster], Document]


def default_stage(request: AdmissionRequest, _: Cluster) -> Document:
    """The label of the shard is that of ``spec.shard``, or none; who asks for a verification is named."""
    stage = copy.deepcopy(request.object)
    _set_shard(stage, stage)
    annotations = stage["metadata"].get("annotations")
    if annotations:
        enrich(request, annotations, REVERIFY, "id")
        enrich(request, annotations, ABORT, "id")
    return stage


class PromotionDefaults:
    """Names Promotions, and makes of them what their Stage says."""

    def __init__(self) -> None:
        self._names = Names()

    def __call__(self, request: AdmissionRequest, cluster: Cluster) -> Document:
        """The Promotion as it is stored. Errors: DeniedError."""
        promotion = copy.deepcopy(request.object)
        metadata, spec = promotion["metadata"], promotion["spec"]
        annotations = metadata.setdefault("annotations", {})
        stage = cluster.get("stages", request.namespace, spec["stage"])
        if stage is None:
            raise DeniedError(f'could not find Stage "{spec["stage"]}" in namespace "{request.namespace}"')
        if request.operation == "CREATE":
            resolve_origin(promotion, stage, cluster, time.time())
            metadata["name"] = self._names.promotion(spec["stage"], spec.get("freight", ""))
            if not request.is_control_plane:
                annotations[CREATE_ACTOR] = request.actor
            _follow(promotion, stage, cluster)
            note_intent(request, promotion, stage, cluster, time.time())
        else:
            _keep(request.old["metadata"].get("annotations") or {}, annotations)
        enrich(request, annotations, ABORT, "action")
        _set_shard(promotion, stage)
        metadata["labels"][STAGE] = spec["stage"][:_MAX_LABEL]
        annotations[STAGE] = spec["stage"]
        metadata["ownerReferences"] = [_owner(stage)]
        return promotion


def _follow(promotion: Document, stage: Document, cluster: Cluster) -> None:
    """Steps and variables are the Stage's, whatever the Promotion came with."""
    spec, namespace = promotion["spec"], stage["metadata"]["namespace"]
    template = stage["spec"].get("promotionTemplate", {}).get("spec", {})
    if not template.get("steps"):
        raise DeniedError(f'Stage "{spec["stage"]}" in namespace "{namespace}" defines no promotion steps')
    variables = [*stage["spec"].get("vars", ()), *template.get("vars", ())]
    spec["steps"] = inflated(template["steps"], variables, namespace, cluster)
    spec.pop("vars", None)
    if variables:
        spec["vars"] = variables


def _keep(before: Document, annotations: Document) -> None:
    """What describes the creation is as it was then."""
    for key in _OF_CREATION:
        annotations.pop(key, None)
        if key in before:
            annotations[key] = before[key]


def _set_shard(document: Document, stage: Document) -> None:
    labels = document["metadata"].setdefault("labels", {})
    labels.pop(SHARD, None)
    if shard := stage["spec"].get("shard"):
        labels[SHARD] = shard


def _owner(stage: Document) -> Document:
    named = {"apiVersion": "kargo.akuity.io/v1alpha1", "kind": "Stage", "name": stage["metadata"]["name"]}
    return {**named, "uid": stage["metadata"]["uid"], "controller": True, "blockOwnerDeletion": True}
