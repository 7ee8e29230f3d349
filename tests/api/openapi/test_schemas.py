"""Schemas adopted from the cluster, and their form in OpenAPI 2."""

from __future__ import annotations

import pytest

from promoter_view.api.openapi.schemas import adopt, to_v2
from promoter_view.kubernetes.kinds import Kind
from promoter_view.kubernetes.openapi import schemas_of
from tests.api.openapi_documents import GROUP_VERSION_KIND, OBJECT_META, OWNER, STRATEGY, strategies_document

KIND = Kind("PromotionStrategy", "promotionstrategies")
REF = "#/components/schemas/"
UNKNOWN = "x-kubernetes-preserve-unknown-fields"
STRING = {"type": "string"}


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "string", "default": "a", "format": "f"}, {"type": "string", "format": "f"}),
        ({"$ref": f"{REF}a.B"}, {"$ref": "#/definitions/a.B"}),
        ({"$ref": f"{REF}a.B", "allOf": [{}]}, {"$ref": "#/definitions/a.B"}),
        (
            {"description": "d", "default": {}, "allOf": [{"$ref": f"{REF}a.B"}]},
            {"description": "d", "$ref": "#/definitions/a.B"},
        ),
        ({"type": "object", "allOf": [{"required": ["a"]}]}, {"type": "object"}),
        ({"type": "object", "anyOf": [STRING], "oneOf": [STRING], "not": STRING}, {"type": "object"}),
        ({"x-kubernetes-int-or-string": True, "anyOf": [STRING]}, {"x-kubernetes-int-or-string": True}),
        ({"type": "string", "nullable": True, "description": "d"}, {"description": "d"}),
        ({"type": "object", "nullable": True, "properties": {"a": STRING}}, {}),
        ({"type": "array", "nullable": True, "items": STRING}, {}),
        ({"type": "object", UNKNOWN: True, "properties": {"a": STRING}}, {UNKNOWN: True}),
        ({"type": "array", UNKNOWN: True, "items": STRING}, {UNKNOWN: True}),
        ({"type": "array"}, {}),
        (
            {"type": "object", "required": ["a", "b"], "properties": {"a": {"nullable": True}, "b": STRING}},
            {"type": "object", "required": ["b"], "properties": {"a": {}, "b": STRING}},
        ),
        (
            {"type": "object", "required": ["a"], "properties": {"a": {"nullable": True}}},
            {"type": "object", "properties": {"a": {}}},
        ),
        (
            {"type": "object", "required": ["a"], "additionalProperties": {"nullable": True}},
            {"type": "object", "additionalProperties": {}},
        ),
        ({"properties": {"default": {"default": 1, **STRING}}}, {"properties": {"default": STRING}}),
        ({"items": {"items": {"default": 1}}}, {"items": {"items": {}}}),
        ({"additionalProperties": True, "type": "object"}, {"additionalProperties": True, "type": "object"}),
        ({"items": [STRING], "properties": 1, "required": "a"}, {}),
        (None, {UNKNOWN: True}),
    ],
)
def test_version_2(schema, expected):
    """What version 2 does not know, or kubectl cannot read in it, is left out as kube-apiserver leaves it out."""
    assert to_v2(schema) == expected


def test_adopts_what_is_referred_to():
    """A schema is taken with all that it refers to, by new names, and none says any more which kind it is."""
    source = schemas_of(strategies_document())
    found = adopt(source, {STRATEGY: "ours.Strategy"}, lambda name: f"copied.{name}")
    assert set(found) == {"ours.Strategy", "copied.example.Spec", f"copied.{OBJECT_META}", f"copied.{OWNER}"}
    assert found["ours.Strategy"]["properties"]["spec"] == {"$ref": f"{REF}copied.example.Spec"}
    assert found["ours.Strategy"]["properties"]["metadata"]["allOf"] == [{"$ref": f"{REF}copied.{OBJECT_META}"}]
    assert GROUP_VERSION_KIND not in str(found)
    assert GROUP_VERSION_KIND in str(source), "the cluster's own document stays as it is"


def test_adopts_circles_and_what_is_missing():
    """A schema that refers to itself is taken once; one that is referred to but missing becomes a plain object."""
    source = {"A": {"properties": {"a": {"$ref": f"{REF}A"}, "b": {"$ref": f"{REF}B"}, "c": {"$ref": "elsewhere"}}}}
    found = adopt(source, {"A": "X"}, str.lower)
    assert found["X"] == {"properties": {"a": {"$ref": f"{REF}X"}, "b": {"$ref": f"{REF}b"}, "c": {}}}
    assert found["b"] == {"type": "object", UNKNOWN: True}


def test_depth_is_bounded():
    """What is nested more than a hundred schemas deep becomes a plain object."""
    schema = STRING
    for _ in range(5000):
        schema = {"items": schema, "type": "array"}
    found = adopt({"A": schema}, {"A": "A"}, str.lower)["A"]
    for form in (found, to_v2(found)):
        depth, node = 0, form
        while "items" in node:
            depth, node = depth + 1, node["items"]
        assert depth <= 102
        assert node[UNKNOWN] is True
