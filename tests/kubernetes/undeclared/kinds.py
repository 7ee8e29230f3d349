"""Undeclared kinds as a cluster publishes them: discovery's list of resources, and the group's OpenAPI 3 document."""

from __future__ import annotations

from typing import Any

from promoter_view.kubernetes.kinds import PROMOTER_GROUP
from promoter_view.kubernetes.openapi import GROUP_VERSION_KIND

VERSION = "v1alpha1"
NAMED = {"promotionStrategyRef": {"type": "object", "properties": {"name": {"type": "string"}}}}
#: A gate, a member that names its strategy too, and one that only its owner tells of.
GATE, RELATED, OWNED = "ChatApprovalCommitStatus", "RevertCommit", "ChangeTransferPolicyForecast"
PLURALS = {GATE: "chatapprovalcommitstatuses", RELATED: "revertcommits", OWNED: "changetransferpolicyforecasts"}


def resource(kind: str, plural: str = "", **changed: Any) -> dict[str, Any]:
    """As an APIResourceList has it."""
    verbs = ["delete", "get", "list", "patch", "watch"]
    found = {"name": plural or PLURALS[kind], "kind": kind, "namespaced": True, "verbs": verbs}
    return found | changed


def resource_list(*resources: Any) -> dict[str, Any]:
    """An APIResourceList."""
    return {"kind": "APIResourceList", "groupVersion": f"{PROMOTER_GROUP}/{VERSION}", "resources": list(resources)}


def schema(kind: str, spec: Any) -> dict[str, Any]:
    """That of a kind with such a spec's fields."""
    gvk = {"group": PROMOTER_GROUP, "version": VERSION, "kind": kind}
    return {"type": "object", "properties": {"spec": {"properties": spec}}, GROUP_VERSION_KIND: [gvk]}


def schemas(**specs: Any) -> dict[str, Any]:
    """By name, of kinds and the fields of their specs."""
    return {f"io.argoproj.promoter.{VERSION}.{kind}": schema(kind, spec) for kind, spec in specs.items()}


def document(**specs: Any) -> dict[str, Any]:
    """The OpenAPI 3 document that has these."""
    return {"openapi": "3.0.0", "components": {"schemas": schemas(**specs)}}
