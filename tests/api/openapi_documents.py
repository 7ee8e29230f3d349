"""OpenAPI 3 documents as a cluster with the promoter's CustomResourceDefinitions publishes them, in small."""

from __future__ import annotations

from typing import Any

Document = dict[str, Any]

GROUP_VERSION = "promoter.argoproj.io/v1alpha1"
GROUP_VERSION_KIND = "x-kubernetes-group-version-kind"
OBJECT_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
OWNER = "io.k8s.apimachinery.pkg.apis.meta.v1.OwnerReference"
STRATEGY = "io.argoproj.promoter.v1alpha1.PromotionStrategy"


def document_of(schemas: Document) -> Document:
    """A document with these schemas."""
    return {"openapi": "3.0.0", "info": {}, "paths": {}, "components": {"schemas": schemas}}


def strategies_document() -> Document:
    """A document that tells of PromotionStrategies and of nothing else, with a part in a schema of its own."""
    gvk = [{"group": "promoter.argoproj.io", "version": "v1alpha1", "kind": "PromotionStrategy"}]
    strategy = {
        "type": "object",
        "properties": {
            "metadata": {"description": "Metadata.", "allOf": [{"$ref": f"#/components/schemas/{OBJECT_META}"}]},
            "spec": {"$ref": "#/components/schemas/example.Spec"},
        },
        GROUP_VERSION_KIND: gvk,
    }
    return document_of(
        {
            STRATEGY: strategy,
            "example.Spec": {"type": "object", "properties": {"port": {"anyOf": [{"type": "integer"}]}}},
            OBJECT_META: {
                "type": "object",
                "properties": {"owner": {"$ref": f"#/components/schemas/{OWNER}"}},
                GROUP_VERSION_KIND: [{"group": "", "version": "v1", "kind": "ObjectMeta"}],
            },
            OWNER: {"type": "object", "description": "The cluster's own."},
            "io.argoproj.promoter.v1alpha1.Unwanted": {"type": "object"},
        }
    )
