"""The OpenAPI documents as a whole: everything in them is there, is ours or Kubernetes', and is told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter_view.api.openapi.commits import commit_operations
from promoter_view.api.openapi.documents import OpenApi, build
from promoter_view.api.openapi.meta import OBJECT_META
from promoter_view.api.openapi.paths import operations
from promoter_view.api.openapi.views import group_versions, schema_name
from promoter_view.views.promotion_strategy.details import PROMOTION_STRATEGY_DETAILS
from tests.api.openapi_documents import (
    GROUP_VERSION,
    GROUP_VERSION_KIND,
    OWNER,
    STRATEGY,
    document_of,
    strategies_document,
)

VIEWS = [PROMOTION_STRATEGY_DETAILS]
DETAILS = "io.argoproj.promoter.view.v1alpha1.PromotionStrategyDetails"
OWN_KINDS = {
    DETAILS,
    f"{DETAILS}List",
    *map(schema_name, ("CommitDetails", "PromotionEvent", "PromotionEventList")),
}
V3, V2 = "#/components/schemas/", "#/definitions/"
_SINGLE, _LISTS = ("items", "not", "additionalProperties"), ("allOf", "anyOf", "oneOf")
_NAMES = [STRATEGY, "A", "b.C", OBJECT_META, OWNER]
_KEYS = ["properties", "required", "nullable", "type", "$ref", "default", GROUP_VERSION_KIND, *_SINGLE, *_LISTS]
_GVK = [{"group": "promoter.argoproj.io", "version": "v1alpha1", "kind": "PromotionStrategy"}]

leaves = st.none() | st.booleans() | st.integers(0, 9) | st.sampled_from([f"{V3}{name}" for name in _NAMES])
anything = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_KEYS), inner, max_size=4),
    max_leaves=30,
)


def built(members: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The version 2 and the version 3 document."""
    found = build(VIEWS, "1.2.3", {GROUP_VERSION: members})
    return orjson.loads(found.v2.body), orjson.loads(found.v3.body)


def nodes(schema: Any) -> Iterator[dict[str, Any]]:
    """A schema and all schemas in it."""
    assert isinstance(schema, dict)
    yield schema
    inner = [*schema.get("properties", {}).values()]
    inner += [schema[key] for key in _SINGLE if key in schema and not isinstance(schema[key], bool)]
    inner += [part for key in _LISTS for part in schema.get(key, [])]
    for part in inner:
        yield from nodes(part)


def check_schemas(schemas: dict[str, Any], prefix: str) -> None:
    """Each reference is resolved, and only our own kinds say which they are."""
    for name, schema in schemas.items():
        assert name.startswith(("io.argoproj.promoter.view.v1alpha1.", "io.k8s."))
        for node in nodes(schema):
            if "$ref" in node:
                assert node["$ref"].removeprefix(prefix) in schemas
            assert (GROUP_VERSION_KIND in node) == (name in OWN_KINDS and node is schema)


def operations_of(document: dict[str, Any]) -> list[dict[str, Any]]:
    """All operations of a document."""
    return [operation for path in document["paths"].values() for operation in path.values()]


@given(anything)
def test_any_schemas_of_the_cluster(found):
    """Whatever the cluster publishes, both documents are whole, and version 2 holds nothing that it does not know."""
    named = {"A": found, "b.C": found, STRATEGY: {"properties": {"x": found}, GROUP_VERSION_KIND: _GVK}}
    for members in (found, document_of(found), document_of(named)):
        v2, v3 = built(members)
        check_schemas(v3["components"]["schemas"], V3)
        check_schemas(v2["definitions"], V2)
        for schema in v2["definitions"].values():
            for node in nodes(schema):
                assert node.keys().isdisjoint(("nullable", "default", "not", *_LISTS))


def test_members_are_those_of_the_cluster():
    """A member is told as the cluster tells it; one whose definition is not installed is a plain object."""
    v2, v3 = built(strategies_document())
    schemas = v3["components"]["schemas"]
    properties = schemas[DETAILS]["properties"]
    assert properties["promotionStrategy"]["allOf"] == [{"$ref": V3 + schema_name("PromotionStrategy")}]
    assert set(schemas[schema_name("PromotionStrategy")]["properties"]) == {"metadata", "spec"}
    assert schemas[schema_name("example.Spec")]["properties"]["port"] == {"anyOf": [{"type": "integer"}]}
    assert v2["definitions"][schema_name("example.Spec")]["properties"]["port"] == {}
    assert schemas[OWNER]["description"] == "The cluster's own."
    assert schema_name("Unwanted") not in schemas
    absent = schemas[schema_name("PullRequest")]
    assert absent == {
        "description": "A PullRequest of promoter.argoproj.io/v1alpha1. The cluster does not publish its fields.",
        "type": "object",
        "x-kubernetes-preserve-unknown-fields": True,
    }


def test_without_the_cluster():
    """Before the cluster is asked all is there, in the order in which bundles have it, and meta/v1 is ours."""
    v2, v3 = built(None)
    schema = v3["components"]["schemas"][DETAILS]
    members = [member.field for member in PROMOTION_STRATEGY_DETAILS.members]
    assert set(schema["properties"]) == {"kind", "apiVersion", "metadata", "promotionStrategy", *members, "status"}
    assert "ownerReferences" in v3["components"]["schemas"][OBJECT_META]["properties"]
    assert v2["definitions"][DETAILS]["properties"]["pullRequests"]["type"] == "array"
    check_schemas(v3["components"]["schemas"], V3)


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.kind)
def test_everything_is_described(view):
    """Each view, each of its fields and each parameter has words for the one who asks."""
    described = [view.description, view.root_description, *(member.description for member in view.members)]
    found = (*operations(view), *commit_operations())
    described += [parameter.description for each in found for parameter in each.parameters]
    for words in described:
        assert words.endswith(".")
        assert words[0].isupper() or words.startswith("true:")


def test_operations_say_their_kind():
    """Each operation says as one object which kind it is about, on the paths of single objects too."""
    for document in built(strategies_document()):
        assert len(document["paths"]) == 8
        assert any(
            path.endswith("/namespaces/{namespace}/promotionstrategydetails/{name}") for path in document["paths"]
        )
        found = operations_of(document)
        wanted = {"group": "view.promoter.argoproj.io", "version": "v1alpha1", "kind": "PromotionStrategyDetails"}
        kinds = [wanted] * 3 + [{**wanted, "kind": "CommitDetails"}] * 2
        kinds += [{**wanted, "kind": "PromotionEvent"}] * 3
        assert sorted(operation[GROUP_VERSION_KIND]["kind"] for operation in found) == sorted(
            each["kind"] for each in kinds
        )
        assert all(operation[GROUP_VERSION_KIND] in kinds for operation in found)
        actions = ["get"] * 4 + ["list"] * 4
        assert sorted(operation["x-kubernetes-action"] for operation in found) == actions
        assert len({operation["operationId"] for operation in found}) == 8


def test_own_kinds_say_it_in_a_list():
    """Our kinds' schemas say which they are in a list of objects: anything else breaks the cluster's own document."""
    for document, schemas in ((built(None)[0], "definitions"), (built(None)[1]["components"], "schemas")):
        assert document[schemas][DETAILS][GROUP_VERSION_KIND] == [
            {"group": "view.promoter.argoproj.io", "version": "v1alpha1", "kind": "PromotionStrategyDetails"}
        ]


def test_path_parameters_are_declared():
    """Each path's parameters are declared, and required."""
    for document in built(None):
        for path, methods in document["paths"].items():
            declared = {each["name"] for each in methods["get"]["parameters"] if each["in"] == "path"}
            assert declared == {part[1:-1] for part in path.split("/") if part.startswith("{")}
            assert all(each.get("required", False) == (each["in"] == "path") for each in methods["get"]["parameters"])


def test_the_documents_that_are_wanted():
    """Of the cluster those groups and versions are wanted that members are of."""
    assert group_versions(VIEWS) == (GROUP_VERSION,)


def test_the_index_follows_the_document():
    """Another document has another hash, and the index says so; the same one has the same."""
    openapi = OpenApi(lambda: VIEWS, version="1.2.3")
    first = openapi.documents
    openapi.update({GROUP_VERSION: strategies_document()})
    second = openapi.documents
    openapi.update({})
    assert openapi.documents == first
    assert first.v3.hash != second.v3.hash
    (entry,) = orjson.loads(second.v3_index.body)["paths"].items()
    assert entry == ("apis/view.promoter.argoproj.io/v1alpha1", {"serverRelativeURL": second.v3_url})
    assert second.v3_url.endswith(f"?hash={second.v3.hash}")


def test_what_cannot_be_written_is_left_out():
    """A document with a default that is nested too deeply to be written counts as unknown."""
    deep: Any = {}
    for _ in range(500):
        deep = {"a": deep}
    openapi = OpenApi(lambda: VIEWS, version="1.2.3")
    before = openapi.documents
    openapi.update({GROUP_VERSION: document_of({STRATEGY: {"default": deep, GROUP_VERSION_KIND: _GVK}})})
    assert openapi.documents == before
