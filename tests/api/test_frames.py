"""Watch-event lines and their cache."""

from __future__ import annotations

import json

import pytest

from promoter_view.api.forms import MetadataForm
from promoter_view.api.frames import FrameCache, error_line
from promoter_view.records import BundleKey, ChangeType
from promoter_view.views.promotion_strategy_details import PROMOTION_STRATEGY_DETAILS
from promoter_view.web.status import Status
from tests.api.world import VIEW, World


@pytest.fixture
def bundle():
    world = World()
    world.put("n", "a", labels={"tier": "gold"})
    return world.views.get(BundleKey(VIEW, "n", "a"))


def test_cache_drops_the_least_recently_used(bundle):
    """The cache keeps within its bound; what was used last stays."""
    form = MetadataForm(PROMOTION_STRATEGY_DETAILS)
    length = len(FrameCache().event(form, ChangeType.MODIFIED, bundle, 1, first=False))
    frames = FrameCache(2 * length)

    def line(version):
        return frames.event(form, ChangeType.MODIFIED, bundle, version, first=False)

    first = line(1)
    assert json.loads(first)["type"] == "MODIFIED"
    assert first.endswith(b"}\n")
    second = line(2)
    assert line(1) is first
    line(3)
    assert frames.size == 2 * length
    assert line(1) is first
    assert line(2) is not second


def test_frame_larger_than_the_cache(bundle):
    """A frame that fits in no cache is made and not kept."""
    frames = FrameCache(10)
    assert frames.event(MetadataForm(PROMOTION_STRATEGY_DETAILS), ChangeType.ADDED, bundle, 1, first=False)
    assert frames.size == 0


def test_error_line():
    """An ERROR event holds a Status."""
    found = json.loads(error_line(Status(410, "Expired", "too old")))
    assert found["type"] == "ERROR"
    assert found["object"]["kind"] == "Status"
