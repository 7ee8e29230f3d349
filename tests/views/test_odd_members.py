"""Objects with anything at any place: what cannot be projected of one stops no other, nor the projection."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from promoter_view.api.format.tables import Cells, IncludeObject, TableForm
from promoter_view.records import BundleKey, ObjectKey
from promoter_view.views.definition import ViewDefinition
from promoter_view.views.isolation import Isolation
from tests.support.views import stages
from tests.support.views.world import DEFINITIONS, World, delete, family, put
from tests.views.odd import WHOLE, Document, odd_documents

NOW = datetime(2026, 11, 29, tzinfo=UTC)


def other() -> list[Document]:
    """Another strategy and another Stage, which nothing odd may change."""
    return [*family("other", "ClusterScmProvider"), stages.stage("other", checks=[stages.check("argocd/other")])]


def rows(world: World, definition: ViewDefinition) -> dict[BundleKey, Any]:
    """Every bundle of that view, read again as its row in a Table and as itself."""
    form = TableForm(definition, IncludeObject.NONE, cells=Cells(definition, Isolation(world.metrics)), now=lambda: NOW)
    found = world.projector.list(definition.plural)
    return {bundle.key: (orjson.loads(form.single(bundle))["rows"], orjson.loads(bundle.encode())) for bundle in found}


def shown(world: World) -> dict[BundleKey, Any]:
    return {key: row for definition in DEFINITIONS for key, row in rows(world, definition).items()}


OTHER = World()
OTHER.put(*other())
EXPECTED = {key: row[0] for key, row in shown(OTHER).items()}


@settings(max_examples=300, deadline=None)
@given(st.lists(odd_documents, min_size=1, max_size=4))
def test_what_is_odd_stops_nothing_else(odd: list[tuple[ObjectKey, Document]]) -> None:
    """Rows and bundles can be made of all there is, others are as they were, and what is well again is shown again."""
    world = World()
    world.put(*WHOLE)
    before = shown(world)
    world.put(*other())
    world.feed(*(put(key, orjson.dumps(document)) for key, document in odd))
    found = shown(world)
    assert b"promoter_view_unrendered_total{" not in world.metrics.render(), "cells are made of anything, not left out"
    assert {key: found[key][0] for key in EXPECTED} == EXPECTED
    world.feed(*(delete(key) for key, _ in odd))
    world.put(*WHOLE)
    again = shown(world)
    assert {key: again[key][0] for key in before} == {key: row[0] for key, row in before.items()}
