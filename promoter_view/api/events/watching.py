"""A watch of events as lines: the format of all watches, but that several events may have one resourceVersion. Pure."""

from __future__ import annotations

from collections.abc import Hashable

from promoter_view.api.format.watch_lines import WatchLines
from promoter_view.journal.serving.bundles import EventBundle
from promoter_view.records import Bundle, BundleChange, ChangeType


class EventLines(WatchLines):
    """See the module."""

    def _frame(self, event: ChangeType, bundle: Bundle, change: BundleChange) -> Hashable:
        assert isinstance(bundle, EventBundle)
        return bundle.entry.identity, super()._frame(event, bundle, change)
