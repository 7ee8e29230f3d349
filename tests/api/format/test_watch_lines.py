"""Watch-event lines: their bytes, plain and compressed, and what of them is shared."""

from __future__ import annotations

import gzip
import json
import zlib

import pytest

from promoter_view.api.format.forms import MetadataForm, ObjectForm
from promoter_view.api.format.tables import Cells, IncludeObject, TableForm
from promoter_view.api.format.watch_lines import WatchLines, error_line
from promoter_view.metrics import Metrics
from promoter_view.reading.wire import Frames
from promoter_view.records import BundleChange, BundleKey, ChangeType
from promoter_view.views.history import Expired
from promoter_view.views.isolation import Isolation
from promoter_view.views.promotion_strategy.details import PROMOTION_STRATEGY_DETAILS
from promoter_view.web.errors import Forbidden
from promoter_view.web.status import Status
from tests.api.format.test_tables import NOW
from tests.api.test_watching import Seen
from tests.support.api.world import VIEW, World

TABLE = TableForm(
    PROMOTION_STRATEGY_DETAILS,
    IncludeObject.METADATA,
    cells=Cells(PROMOTION_STRATEGY_DETAILS, Isolation(Metrics())),
    now=lambda: NOW,
)
FORMS = [
    (ObjectForm(PROMOTION_STRATEGY_DETAILS), True),
    (MetadataForm(PROMOTION_STRATEGY_DETAILS), False),
    (TABLE, False),
]


@pytest.fixture
def bundle():
    world = World()
    world.put("n", "a", labels={"tier": "gold"})
    return world.views.get(BundleKey(VIEW, "n", "a"))


def lines(form, wire, *, as_they_are=False):
    return WatchLines(form, wire, Seen(), bookmarks=True, initial_end=True, as_they_are=as_they_are)


def told(form, wire, bundle, *, as_they_are):
    """The bytes of a whole stream with something of everything."""
    said = lines(form, wire, as_they_are=as_they_are)
    return [
        wire.begin(),
        said.present(bundle),
        said.complete(8),
        said.changed(ChangeType.MODIFIED, bundle, BundleChange(bundle.resource_version, bundle, bundle, 0)),
        said.changed(ChangeType.DELETED, bundle, BundleChange(99, bundle, None, 0)),
        said.bookmark(100),
        said.beat(),
        said.farewell(101, None),
        said.farewell(101, Forbidden("no")),
        said.expired(Expired(1, 2)),
        wire.end(),
    ]


@pytest.mark.parametrize(("form", "as_they_are"), FORMS)
def test_compressed_is_the_same(bundle, form, as_they_are):
    """What a client reads from the compressed stream is what the plain one holds, event by event."""
    frames = Frames()
    plain = told(form, frames.wire(gzip=False), bundle, as_they_are=as_they_are)
    packed = told(form, frames.wire(gzip=True), bundle, as_they_are=as_they_are)
    assert gzip.decompress(b"".join(packed)) == b"".join(plain)
    reader = zlib.decompressobj(31)
    assert [reader.decompress(piece) for piece in packed] == plain
    events = [json.loads(line) for line in b"".join(plain).splitlines()]
    assert [event["type"] for event in events] == [
        "ADDED",
        "BOOKMARK",
        "MODIFIED",
        "DELETED",
        "BOOKMARK",
        "BOOKMARK",
        "ERROR",
        "ERROR",
    ]
    assert [event["object"].get("code") for event in events[-2:]] == [403, 410]


def test_runs_are_shared(bundle):
    """The second stream compresses nothing again; the initial state is made of the runs that lists use too."""
    frames, form = Frames(), ObjectForm(PROMOTION_STRATEGY_DETAILS)
    first, second = (lines(form, frames.wire(gzip=True), as_they_are=True) for _ in range(2))
    change = BundleChange(bundle.resource_version, bundle, bundle, 0)
    event = first.changed(ChangeType.MODIFIED, bundle, change)
    assert event is second.changed(ChangeType.MODIFIED, bundle, change)
    assert not frames.bundles.has(bundle)
    first.present(bundle)
    assert frames.bundles.has(bundle)
    assert frames.size == len(event)


def test_forms_do_not_share(bundle):
    """One change has a frame for each form."""
    frames = Frames()
    change = BundleChange(9, None, bundle, 0)
    seen = {lines(form, frames.wire(gzip=False)).changed(ChangeType.ADDED, bundle, change) for form, _ in FORMS}
    assert len(seen) == len(FORMS)
    assert all(json.loads(line)["type"] == "ADDED" and line.endswith(b"}\n") for line in seen)


def test_error_line():
    """An ERROR event holds a Status."""
    found = json.loads(error_line(Status(410, "Expired", "too old")))
    assert found["type"] == "ERROR"
    assert found["object"]["kind"] == "Status"
