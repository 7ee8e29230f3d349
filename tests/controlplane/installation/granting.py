"""When the rights that are bound to a ServiceAccount count: the authorizer follows roles and bindings by watches."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from tests.support.plane.client import Client

RBAC = "/apis/rbac.authorization.k8s.io/v1"
_REVIEWS = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
_PATIENCE_SECONDS = 120.0


def wait_granted(client: Client, user: str) -> None:
    """Waits until a ServiceAccount may do all that is bound to it. Errors: AssertionError, with what it may not."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    for attributes in _bound(client, user):
        review = {"spec": {"user": user, "resourceAttributes": attributes}}
        while not client.create(_REVIEWS, review)["status"]["allowed"]:
            assert time.monotonic() < deadline, attributes
            time.sleep(0.05)


def _bound(client: Client, user: str) -> Iterator[dict[str, str]]:
    _, _, namespace, name = user.split(":")
    for kind in ("clusterrolebindings", "rolebindings"):
        for binding in client.get(f"{RBAC}/{kind}")["items"]:
            subjects = [(each.get("namespace"), each["name"]) for each in binding.get("subjects") or ()]
            if (namespace, name) in subjects:
                yield from _allowed(client, binding)


def _allowed(client: Client, binding: dict[str, Any]) -> Iterator[dict[str, str]]:
    namespace = binding["metadata"].get("namespace", "")
    role = binding["roleRef"]
    place = "clusterroles" if role["kind"] == "ClusterRole" else f"namespaces/{namespace}/roles"
    for rule in client.get(f"{RBAC}/{place}/{role['name']}")["rules"]:
        for group in rule.get("apiGroups", ()):
            for resource in rule["resources"]:
                yield from _attributes(rule, group, resource, namespace)


def _attributes(rule: dict[str, Any], group: str, resource: str, namespace: str) -> Iterator[dict[str, str]]:
    plural, _, subresource = resource.partition("/")
    for verb in rule["verbs"]:
        yield {
            "group": group,
            "resource": plural,
            "subresource": subresource,
            "verb": verb,
            "namespace": namespace,
            "name": next(iter(rule.get("resourceNames", ())), ""),
        }
