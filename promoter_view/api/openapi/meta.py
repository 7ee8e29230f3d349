"""The schemas of meta/v1 that our own kinds refer to, for as long as the cluster's own are not known. Data only.

The cluster's are fuller and are preferred; these name the fields that a bundle, a list and a Status of ours can have.
"""

from __future__ import annotations

from typing import Any

from promoter_view.api.openapi.schemas import Schema, reference

#: All schemas that are called so keep their names: they are the same wherever they are served.
KUBERNETES_NAMES = "io.k8s."
_META = "io.k8s.apimachinery.pkg.apis.meta.v1."
OBJECT_META = f"{_META}ObjectMeta"
LIST_META = f"{_META}ListMeta"
STATUS = f"{_META}Status"

_OWNER_REFERENCE = f"{_META}OwnerReference"
_STRING = "string"
_OBJECT_META_FIELDS = (
    ("name", _STRING, "The object's name, unique in its namespace."),
    ("namespace", _STRING, "The namespace that the object is in."),
    ("uid", _STRING, "Identifies the object, also among objects that had the same name before."),
    ("resourceVersion", _STRING, "The object's version. A watch can start after it."),
    ("creationTimestamp", _STRING, "When the object was created (RFC 3339)."),
)
_LIST_META_FIELDS = (
    ("resourceVersion", _STRING, "The list's version. A watch can start after it."),
    ("continue", _STRING, "Send it as the parameter continue to get the next page."),
    ("remainingItemCount", "integer", "How many items come after this page."),
)
_OWNER_REFERENCE_FIELDS = (
    ("apiVersion", _STRING, "The owner's group and version."),
    ("kind", _STRING, "The owner's kind."),
    ("name", _STRING, "The owner's name."),
    ("uid", _STRING, "The owner's uid."),
)
_STATUS_FIELDS = (
    ("apiVersion", _STRING, "Always v1."),
    ("kind", _STRING, "Always Status."),
    ("status", _STRING, "Success or Failure."),
    ("code", "integer", "The HTTP status code."),
    ("reason", _STRING, "One word, for programs."),
    ("message", _STRING, "What was wrong, for people."),
    ("details", "object", "Further details; their content depends on the reason."),
)


def meta_schemas() -> dict[str, Schema]:
    """The schemas by name."""
    object_meta = _schema("Metadata that every object has.", _OBJECT_META_FIELDS)
    object_meta["properties"] |= {
        "labels": _strings("Labels, by which objects are selected."),
        "annotations": _strings("Annotations: further data of the object."),
        "ownerReferences": {
            "description": "The objects that this one depends on.",
            "type": "array",
            "items": reference(_OWNER_REFERENCE),
        },
    }
    return {
        OBJECT_META: object_meta,
        LIST_META: _schema("Metadata that every list has.", _LIST_META_FIELDS),
        STATUS: _schema("The answer to a request that has failed.", _STATUS_FIELDS),
        _OWNER_REFERENCE: _schema("An object that another one depends on.", _OWNER_REFERENCE_FIELDS),
    }


def _schema(description: str, fields: tuple[tuple[str, str, str], ...]) -> dict[str, Any]:
    properties = {name: {"description": words, "type": kind} for name, kind, words in fields}
    return {"description": description, "type": "object", "properties": properties}


def _strings(description: str) -> Schema:
    return {"description": description, "type": "object", "additionalProperties": {"type": "string"}}
