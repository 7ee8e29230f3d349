"""The Promotion that auto-promotion creates, as Kargo's webhook would make it of its Stage. Pure.

Where the webhook is there it makes name, labels, steps and variables anew, tasks resolved. Where it is not this is what
is stored; a step that names a task is then refused by the CRD.
"""

from __future__ import annotations

from typing import Any

from promoter_view.decoded import mapping, text
from promoter_view.promotions.automatic.marks import AUTOMATIC
from promoter_view.promotions.documents import Document, objects
from promoter_view.promotions.state.requests import CREATE_ACTOR, MAX_LABEL, STAGE_LABEL
from promoter_view.stages.shard import SHARD

_API_VERSION = "kargo.akuity.io/v1alpha1"
_CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"
_ULID_LENGTH = 26
#: How many bits of a name are random.
ENTROPY_BITS = 80
_HASH_LENGTH = 7
_MAX_NAME = 253


def promotion_of(stage: Document, freight: str, origin: str, *, shard: str, name: str) -> dict[str, Any]:
    """The document of a Promotion of that Freight to the Stage, a decoded object as the cluster has it."""
    metadata, spec = mapping(stage, "metadata"), mapping(stage, "spec")
    template = mapping(spec, "promotionTemplate", "spec")
    of = text(metadata, "name")
    variables = [*objects(spec, "vars"), *objects(template, "vars")]
    labels = {SHARD: shard, **({STAGE_LABEL: of} if len(of) <= MAX_LABEL else {})}
    annotations = {STAGE_LABEL: of, CREATE_ACTOR: f"controller:promoter-view-{shard}", AUTOMATIC: origin}
    return {
        "apiVersion": _API_VERSION,
        "kind": "Promotion",
        "metadata": {
            "name": name,
            "namespace": text(metadata, "namespace"),
            "labels": labels,
            "annotations": annotations,
            "ownerReferences": [_owner(metadata)],
        },
        "spec": {
            "stage": of,
            "freight": freight,
            **({"vars": variables} if variables else {}),
            "steps": [_step(step, place) for place, step in enumerate(objects(template, "steps"), 1)],
        },
    }


def promotion_name(stage: str, freight: str, now: float, entropy: int) -> str:
    """``STAGE.ULID.HASH`` as Kargo has it: in the order of time. ``now`` is in seconds, ``entropy`` has 80 bits."""
    ulid, rest = "", (int(now * 1000) << ENTROPY_BITS) | (entropy & ((1 << ENTROPY_BITS) - 1))
    for _ in range(_ULID_LENGTH):
        ulid, rest = _CROCKFORD[rest & 31] + ulid, rest >> 5
    ending = f".{ulid}.{freight[:_HASH_LENGTH]}"
    return f"{stage[: _MAX_NAME - len(ending)]}{ending}".lower()


def _step(step: Document, place: int) -> dict[str, Any]:
    """A step without a name of its own has one by its place."""
    kind = "task" if "task" in step else "step"
    return {**step, "as": text(step, "as").strip() or f"{kind}-{place}"}


def _owner(stage: Document) -> dict[str, Any]:
    named = {"apiVersion": _API_VERSION, "kind": "Stage", "name": text(stage, "name"), "uid": text(stage, "uid")}
    return {**named, "controller": True, "blockOwnerDeletion": True}
