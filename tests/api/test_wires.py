"""Watches on the wire: the same lines, plain and compressed."""

from __future__ import annotations

import gzip
import zlib

import pytest

from promoter_view.api.forms import ObjectForm
from promoter_view.api.frames import FrameCache
from promoter_view.api.tables import IncludeObject, TableForm, cells_of
from promoter_view.api.wires import GzipWire, PlainWire
from promoter_view.metrics import Metrics
from promoter_view.records import BundleKey, ChangeType
from promoter_view.views.bundle_cache import BundleCache
from promoter_view.views.isolation import Isolation
from promoter_view.views.promotion_strategy_details import PROMOTION_STRATEGY_DETAILS
from promoter_view.web.deflate import deflate
from tests.api.test_tables import NOW
from tests.api.world import VIEW, World


@pytest.fixture
def bundle():
    world = World()
    world.put("n", "a", labels={"tier": "gold"})
    return world.views.get(BundleKey(VIEW, "n", "a"))


def told(wire, bundle):
    """The bytes of a whole stream with something of everything."""
    return [
        wire.begin(),
        wire.initial(bundle, first=True),
        wire.line(b"a bookmark\n"),
        wire.event(ChangeType.MODIFIED, bundle, bundle.resource_version, first=False),
        wire.event(ChangeType.DELETED, bundle, 99, first=False),
        wire.end(),
    ]


def object_form():
    return ObjectForm(PROMOTION_STRATEGY_DETAILS), BundleCache(lambda bundle: deflate(bundle.encode()))


def table_form():
    return TableForm(
        PROMOTION_STRATEGY_DETAILS,
        IncludeObject.METADATA,
        cells=cells_of(PROMOTION_STRATEGY_DETAILS, Isolation(Metrics())),
        now=lambda: NOW,
    ), None


@pytest.mark.parametrize("make", [object_form, table_form])
def test_compressed_is_the_same(bundle, make):
    """What a client reads from the compressed stream is what the plain one holds, event by event."""
    form, runs = make()
    frames = FrameCache()
    plain = told(PlainWire(form, frames), bundle)
    packed = told(GzipWire(form, frames, runs), bundle)
    assert gzip.decompress(b"".join(packed)) == b"".join(plain)
    reader = zlib.decompressobj(31)
    assert [reader.decompress(piece) for piece in packed] == plain


def test_runs_are_shared(bundle):
    """The second stream compresses nothing again: its pieces are the first one's, but for the trailer."""
    form, runs = object_form()
    frames = FrameCache()
    first, second = (GzipWire(form, frames, runs) for _ in range(2))
    event = (ChangeType.MODIFIED, bundle, bundle.resource_version)
    assert first.event(*event, first=False) is second.event(*event, first=False)
    assert len(runs) == 0
    first.initial(bundle, first=True)
    assert runs.has(bundle)
    assert frames.size == len(first.event(*event, first=False))
