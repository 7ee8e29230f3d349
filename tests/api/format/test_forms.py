"""Objects and metadata, and what all forms have in common: lists, bookmarks, keys."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from promoter_view.api.format.forms import ListMeta, MetadataForm, ObjectForm
from promoter_view.api.format.layouts import COMPACT
from promoter_view.api.format.tables import Cells, IncludeObject, TableForm
from promoter_view.metrics import Metrics
from promoter_view.records import BundleKey
from promoter_view.views.isolation import Isolation
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


def forms():
    return [
        ObjectForm(PROMOTION_STRATEGY_DETAILS),
        MetadataForm(PROMOTION_STRATEGY_DETAILS),
        *map(table, IncludeObject),
    ]


def test_object(bundle):
    """The object form is the bundle's bytes; an event may give it another resourceVersion."""
    form = ObjectForm(PROMOTION_STRATEGY_DETAILS)
    assert form.single(bundle) == form.item(bundle) == bundle.encode()
    changed = json.loads(form.event(bundle, 99, first=True))
    assert changed.pop("metadata") == json.loads(bundle.encode())["metadata"] | {"resourceVersion": "99"}


def test_metadata(bundle):
    """The metadata form has the bundle's metadata and nothing else of it."""
    found = json.loads(MetadataForm(PROMOTION_STRATEGY_DETAILS).single(bundle))
    metadata = json.loads(bundle.encode())["metadata"]
    assert found == {"kind": "PartialObjectMetadata", "apiVersion": META, "metadata": metadata}
    event = json.loads(MetadataForm(PROMOTION_STRATEGY_DETAILS).event(bundle, 99, first=False))
    assert event["metadata"]["resourceVersion"] == "99"


@pytest.mark.parametrize("form", forms())
def test_lists(form, bundle):
    """A frame, items and commas are one document, with the list's metadata in it."""
    meta = ListMeta(7, "token", 3)
    opening, closing = COMPACT.frame(form.empty_list(meta))
    whole = opening + form.item(bundle) + b"," + form.item(bundle) + closing
    found = json.loads(whole)
    assert found["metadata"] == {"resourceVersion": "7", "continue": "token", "remainingItemCount": 3}
    assert len(found.get("items") or found["rows"]) == 2
    assert json.loads(form.empty_list(ListMeta(7)))["metadata"] == {"resourceVersion": "7"}


@pytest.mark.parametrize("form", forms())
def test_bookmarks(form):
    """A bookmark has the resourceVersion, and the annotation where the initial events end."""
    assert json.loads(form.bookmark(7, initial_end=False))["metadata"] == {"resourceVersion": "7"}
    found = json.loads(form.bookmark(7, initial_end=True))
    annotated = found["rows"][0]["object"] if "rows" in found else found
    annotations = annotated["metadata"]["annotations"]
    assert annotations == {"k8s.io/initial-events-end": "true"}


def test_keys_differ():
    """Forms whose bytes differ have different keys: they share a cache."""
    keys = [form.key for form in forms()]
    assert len(set(keys)) == len(keys)
