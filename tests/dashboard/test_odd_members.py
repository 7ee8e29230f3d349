"""Pages of objects with anything at any place: each is whole, and shows what can be shown."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promoter_view.dashboard.activity import Activity
from promoter_view.dashboard.assets import Assets
from promoter_view.dashboard.pages import PageInput, Pages
from promoter_view.dashboard.reading import Reading
from promoter_view.records import ObjectKey
from tests.views.odd import WHOLE, odd_documents
from tests.views.world import VIEW, World, put, strategy

NOW = datetime(2026, 11, 29, tzinfo=UTC)


class Rendering:
    """Pages, and the activity that they show. Templates take long to load, so there is one for all cases."""

    def __init__(self) -> None:
        reading = Reading()
        self.activity = Activity(reading)
        self.pages = Pages(reading=reading, activity=self.activity, assets=Assets())


@pytest.fixture(scope="module")
def rendering() -> Rendering:
    return Rendering()


@pytest.mark.parametrize("path", ["", "strategies/a/shop", "stages", "stages/shop/test", "activity"])
@settings(max_examples=60, deadline=None)
@given(st.lists(odd_documents, min_size=1, max_size=3))
def test_what_is_odd_leaves_every_page_whole(
    rendering: Rendering, path: str, odd: list[tuple[ObjectKey, dict[str, Any]]]
) -> None:
    """A page ends as every page does, whatever objects hold; what stands beside the odd ones is shown."""
    world = World()
    world.put(*WHOLE, strategy("other"))
    activity = rendering.activity
    activity.restart(world.projector.head)
    before = world.projector.head
    world.feed(*(put(key, orjson.dumps(document)) for key, document in odd))
    for _ in activity.steps(world.changes(before)):
        pass
    found = world.projector.list
    view = PageInput(found(VIEW), world.projector.head, NOW, stages=found("stagedetails"))
    page = rendering.pages.render(path, {}, view)
    assert page is not None
    html = page.body.decode()
    assert html.rstrip().endswith("</html>")
    assert path or "other" in html
