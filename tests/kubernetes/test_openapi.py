"""What a cluster's OpenAPI documents say, whatever they are."""

from __future__ import annotations

from typing import Any

import pytest

from promoter_view.kubernetes.kinds import PROMOTER_KINDS
from promoter_view.kubernetes.openapi import GROUP_VERSION_KIND, document_url, name_of, schemas_by_kind, schemas_of

KIND = PROMOTER_KINDS[0]
STRATEGY = "io.argoproj.promoter.v1alpha1.PromotionStrategy"
GVK = {"group": KIND.group, "version": KIND.version, "kind": KIND.kind}


@pytest.mark.parametrize(
    ("schemas", "expected"),
    [
        ({"other": {GROUP_VERSION_KIND: []}, STRATEGY: {GROUP_VERSION_KIND: [GVK]}}, STRATEGY),
        ({}, None),
        ({"A": None, "B": {GROUP_VERSION_KIND: "text"}, "C": {GROUP_VERSION_KIND: [None]}}, None),
        ({"A": {GROUP_VERSION_KIND: [{**GVK, "version": "v2"}]}}, None),
    ],
)
def test_finds_the_schema_of_a_kind(schemas: Any, expected: str | None) -> None:
    """A kind's schema is the one that says so, whatever its name."""
    assert name_of(KIND, schemas) == expected


def test_the_schemas_by_kind() -> None:
    """Those that say whose they are; not what is of many kinds, as DeleteOptions are, or of none."""
    own = {GROUP_VERSION_KIND: [GVK], "type": "object"}
    schemas = {STRATEGY: own, "Options": {GROUP_VERSION_KIND: [GVK, {**GVK, "group": ""}]}, "A": {}, "B": None}
    document = {"components": {"schemas": schemas}}
    assert schemas_by_kind(document) == {(KIND.group, KIND.version, KIND.kind): own}


def test_the_schemas_of_a_document() -> None:
    """They stand in its components."""
    assert schemas_of({"components": {"schemas": {"A": {}}}}) == {"A": {}}


@pytest.mark.parametrize("document", [None, [], {}, {"components": 1}, {"components": {"schemas": []}}])
def test_a_document_without_schemas(document: Any) -> None:
    """A document that is none has no schemas."""
    assert schemas_of(document) == {}


@pytest.mark.parametrize(
    ("entry", "url"),
    [
        ({"serverRelativeURL": "/openapi/v3/apis/a/v1?hash=B"}, "/openapi/v3/apis/a/v1?hash=B"),
        ({"serverRelativeURL": "/api/v1/secrets"}, ""),
        ({"serverRelativeURL": 1}, ""),
        (None, ""),
    ],
)
def test_where_a_document_is(entry: Any, url: str) -> None:
    """Where the index says, below the documents' own path; nowhere else."""
    assert document_url({"paths": {"apis/a/v1": entry}}, "a/v1") == url
    assert document_url({"paths": {}}, "a/v1") == ""
