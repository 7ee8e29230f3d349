"""The log as a feed: what a change of a bundle means to people, and the entries that are kept. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from promoter_view.records import BundleChange


class Activity:
    """What happened, as far back as the history reaches. Fed each change once, in order; keeps ``max_entries``."""

    def __init__(self, *, max_entries: int = 5000) -> None:
        self._max_entries = max_entries

    def feed(self, changes: Sequence[BundleChange]) -> None:
        """Takes the next changes."""

    def restart(self, horizon: int) -> None:
        """Forgets all; what is fed next comes after that resourceVersion."""
