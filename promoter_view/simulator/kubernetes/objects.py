"""Stored objects, and what the API does to a document before it stores it. Pure.

Sources: API conventions ("Metadata", "Spec and Status"), RFC 7386 (merge patch), and kube-apiserver 1.36 itself, with
which tests/contract compares.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from promoter_view.kubernetes.kinds import Kind
from promoter_view.simulator.kubernetes.errors import StatusError, bad_request, invalid

Document = dict[str, Any]

_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_SYSTEM_FIELDS = ("uid", "creationTimestamp", "generation", "deletionTimestamp", "deletionGracePeriodSeconds")


@dataclass(frozen=True, slots=True)
class Stored:
    """One state of one object: its JSON, and what a list or watch asks of it."""

    namespace: str
    name: str
    resource_version: int
    labels: Mapping[str, str]
    body: bytes

    @property
    def key(self) -> str:
        """Where it is stored, which is also the order of lists (etcd's: ``a-b/x`` comes before ``a/x``)."""
        return storage_key(self.namespace, self.name)

    def document(self) -> Document:
        """A fresh copy of the object."""
        document: Document = orjson.loads(self.body)
        return document

    def at(self, resource_version: int) -> Stored:
        """The same state under another resourceVersion, as a DELETED event shows it."""
        return store(self.document(), resource_version)


def storage_key(namespace: str, name: str) -> str:
    """The key of an object within its resource."""
    return f"{namespace}/{name}"


def store(document: Document, resource_version: int) -> Stored:
    """Freezes a document that has been prepared, under that resourceVersion."""
    metadata = document["metadata"]
    metadata["resourceVersion"] = str(resource_version)
    return Stored(
        namespace=metadata.get("namespace", ""),
        name=metadata["name"],
        resource_version=resource_version,
        labels=metadata.get("labels") or {},
        body=orjson.dumps(document),
    )


def read_object(kind: Kind, namespace: str, document: Any) -> Document:
    """Checks what was sent to a path of that kind and namespace, and returns a copy of it. Errors: StatusError."""
    if not isinstance(document, dict) or not isinstance(document.get("metadata"), dict):
        raise bad_request("the object provided is unrecognized: no metadata")
    if (document.get("kind"), document.get("apiVersion")) != (kind.kind, kind.api_version.lstrip("/")):
        found = f"{document.get('apiVersion')}, Kind={document.get('kind')}"
        raise bad_request(f"the object provided is unrecognized (must be {kind.kind}): {found}")
    metadata = document["metadata"]
    if metadata.get("namespace", namespace) != namespace:
        raise bad_request("the namespace of the provided object does not match the namespace sent on the request")
    taken = copy.deepcopy(document)
    if namespace:
        taken["metadata"]["namespace"] = namespace
    _check_metadata(kind, taken["metadata"])
    return taken


def _check_metadata(kind: Kind, metadata: Document) -> None:
    name = metadata.get("name")
    if not isinstance(name, str) or not name:
        raise invalid(kind, "", "metadata.name", "Required value: name or generateName is required")
    if len(name) > 253 or not _SUBDOMAIN.fullmatch(name):
        raise invalid(kind, name, "metadata.name", f'Invalid value: "{name}": a lowercase RFC 1123 subdomain')
    for field in ("labels", "annotations"):
        if not _is_string_map(metadata.get(field) or {}):
            raise bad_request(f"unable to decode: metadata.{field} must be a map of strings")


def _is_string_map(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(item, str) for pair in value.items() for item in pair)


def prepare_new(document: Document, *, uid: str, now: str, status: bool) -> None:
    """Fills in a new object's metadata; with a status subresource its status is dropped."""
    metadata = document["metadata"]
    for field in _SYSTEM_FIELDS:
        metadata.pop(field, None)
    metadata.update(uid=uid, creationTimestamp=now, generation=1)
    metadata["managedFields"] = [_managed(document["apiVersion"], now)]
    if status:
        document.pop("status", None)


def prepare_update(old: Document, new: Document, *, status: bool) -> None:
    """Carries over what an update of the object may not change, and counts the generation."""
    _carry_metadata(old, new)
    if status:
        _carry(old, new, "status")
    if _specification(old, status=status) != _specification(new, status=status):
        new["metadata"]["generation"] = old["metadata"].get("generation", 0) + 1


def status_update(old: Document, new: Document) -> Document:
    """What ``PUT .../status`` makes of the object: the old one with the new status."""
    updated = copy.deepcopy(old)
    _carry(new, updated, "status")
    return updated


def _carry_metadata(old: Document, new: Document) -> None:
    for field in (*_SYSTEM_FIELDS, "managedFields"):
        _carry(old["metadata"], new["metadata"], field)


def _carry(source: Document, target: Document, field: str) -> None:
    if field in source:
        target[field] = source[field]
    else:
        target.pop(field, None)


def _specification(document: Document, *, status: bool) -> Document:
    passed_over = ("metadata", "status") if status else ("metadata",)
    return {key: value for key, value in document.items() if key not in passed_over}


def _managed(api_version: str, now: str) -> Document:
    return {
        "apiVersion": api_version,
        "fieldsType": "FieldsV1",
        "fieldsV1": {"f:spec": {}},
        "manager": "simulator",
        "operation": "Update",
        "time": now,
    }


def mark_deleted(document: Document, now: str) -> Document:
    """The object while its finalizers are waited for."""
    marked = copy.deepcopy(document)
    metadata = marked["metadata"]
    metadata.update(deletionTimestamp=now, deletionGracePeriodSeconds=0)
    metadata["generation"] = metadata.get("generation", 0) + 1
    return marked


def merge_patch(target: Any, patch: Any) -> Any:
    """RFC 7386: maps merge, null removes, anything else replaces. Neither argument is changed."""
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    merged = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge_patch(merged.get(key), value)
    return merged


def requested_version(kind: Kind, document: Document) -> int | None:
    """The resourceVersion that an update names, None where it names none. Errors: StatusError."""
    text = document["metadata"].get("resourceVersion") or None
    if text is None:
        return None
    if not isinstance(text, str) or not text.isdecimal():
        raise _bad_version(kind, document, text)
    return int(text)


def _bad_version(kind: Kind, document: Document, text: Any) -> StatusError:
    return invalid(kind, document["metadata"]["name"], "metadata.resourceVersion", f'Invalid value: "{text}"')
