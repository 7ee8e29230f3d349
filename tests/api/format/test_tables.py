"""The Table form."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from promoter_view.api.format.tables import Cells, IncludeObject, TableForm
from promoter_view.metrics import Metrics
from promoter_view.records import BundleKey
from promoter_view.views.isolation import Isolation
from promoter_view.views.promotion_strategy.columns import cells
from promoter_view.views.promotion_strategy.details import PROMOTION_STRATEGY_DETAILS
from tests.support.api.world import VIEW, World

NOW = datetime(2026, 11, 21, tzinfo=UTC)
META = "meta.k8s.io/v1"


@pytest.fixture
def bundle():
    world = World()
    world.put("n", "a", labels={"tier": "gold"})
    return world.views.get(BundleKey(VIEW, "n", "a"))


def table(include=IncludeObject.METADATA):
    return TableForm(
        PROMOTION_STRATEGY_DETAILS,
        include,
        cells=Cells(PROMOTION_STRATEGY_DETAILS, Isolation(Metrics())),
        now=lambda: NOW,
    )


def test_table(bundle):
    """A Table has the view's columns and for each bundle a row of as many cells."""
    found = json.loads(table().single(bundle))
    assert (found["kind"], found["apiVersion"]) == ("Table", META)
    assert found["metadata"] == {"resourceVersion": str(bundle.resource_version)}
    columns = found["columnDefinitions"]
    assert [column["name"] for column in columns[:5]] == ["Name", "Promoted", "Status", "Environments", "Age"]
    assert all(set(column) == {"name", "type", "format", "description", "priority"} for column in columns)
    (row,) = found["rows"]
    assert len(row["cells"]) == len(columns)
    assert row["cells"][0] == "a"
    assert row["cells"][4] == "20d"


@pytest.mark.parametrize(
    ("include", "kind"),
    [
        (IncludeObject.NONE, None),
        (IncludeObject.METADATA, "PartialObjectMetadata"),
        (IncludeObject.OBJECT, "PromotionStrategyDetails"),
    ],
)
def test_include_object(bundle, include, kind):
    """A row carries nothing, the metadata or the object."""
    (row,) = json.loads(table(include).event(bundle, 99, first=False))["rows"]
    found = row["object"]
    assert (found and found["kind"]) == kind
    assert found is None or found["metadata"]["resourceVersion"] == "99"
    assert ("promotionStrategy" in (found or {})) is (include is IncludeObject.OBJECT)


def test_columns_come_once(bundle):
    """A watch tells the columns in its first event only."""
    assert json.loads(table().event(bundle, 99, first=True))["columnDefinitions"]
    assert json.loads(table().event(bundle, 99, first=False))["columnDefinitions"] is None


def test_bookmark_has_its_annotation_in_a_row():
    """The object of a bookmark's one row says that the initial events are over: a Table has no annotations."""
    found = json.loads(table(IncludeObject.NONE).bookmark(99, initial_end=True))
    (row,) = found["rows"]
    assert found["metadata"] == {"resourceVersion": "99"}
    assert row["object"]["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}
    assert len(row["cells"]) == len(PROMOTION_STRATEGY_DETAILS.columns)


def test_rows_age_without_being_made_again(bundle):
    """A row's age is that of the moment at which it is written, though its bundle is decoded once."""
    made, moments = [], iter([NOW, NOW + timedelta(days=3)])
    definition = replace(PROMOTION_STRATEGY_DETAILS, cells=lambda tree: made.append(tree) or cells(tree))
    form = TableForm(
        definition, IncludeObject.NONE, cells=Cells(definition, Isolation(Metrics())), now=lambda: next(moments)
    )
    ages = [json.loads(form.item(bundle))["cells"][4] for _ in range(2)]
    assert ages == ["20d", "23d"]
    assert len(made) == 1
