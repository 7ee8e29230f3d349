"""What each request may see."""

from __future__ import annotations

import gc
from weakref import ref

from twisted.internet.task import Clock

from promoter_view.access.identity import Identity
from promoter_view.reading.past.views import PastViews
from promoter_view.reading.sights import Sights


def test_sights_of_a_moment_go_with_their_last_reader() -> None:
    """They hold all bundles of it: nobody is to wait for the collector of garbage."""
    views = PastViews({}, 1)
    sights = Sights(views, dict, None, clock=Clock())
    sight = sights.sight(Identity("jane"), "promotionstrategydetails")
    gone = ref(views)
    gc.disable()
    try:
        del views, sights, sight
        assert gone() is None
    finally:
        gc.enable()
