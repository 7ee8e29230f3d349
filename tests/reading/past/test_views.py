"""The views of a moment stay as they are. Pure."""

from __future__ import annotations

import pytest

from promoter_view.reading.past.views import PastViews
from promoter_view.views.history import Expired


def test_there_is_no_other_moment() -> None:
    """A list at its own resourceVersion is the list; at any other, and for whatever would come, it is expired."""
    views = PastViews({}, 700)
    assert views.list_at("promotionstrategydetails", "", 700) == ()
    with pytest.raises(Expired):
        views.list_at("promotionstrategydetails", "", 699)
    with pytest.raises(Expired):
        views.cursor("", "", 700)
