"""What the history in memory tells of a moment. Pure; in steps."""

from __future__ import annotations

from collections.abc import Generator
from typing import NamedTuple

from promoter_view.boundaries import ViewReader
from promoter_view.reading.past.asked import AskedMoment
from promoter_view.reading.past.times import Validity, written_ms
from promoter_view.records import BundleChange
from promoter_view.views.versions import moment, split

_CHANGES_A_STEP = 256


class Neighbours(NamedTuple):
    """The last change that a moment holds, and the first one behind it; None where memory has none."""

    before: BundleChange | None
    after: BundleChange | None
    latest_ms: int

    def span(self, asked: AskedMoment, newest: int) -> Validity:
        """For which moments the state between them is the answer; ``newest`` is the newest resourceVersion."""
        if self.after is None:
            return Validity(self.latest_ms, asked.time_ms + 1, newest)
        return Validity(self.latest_ms, max(self.latest_ms, _written_ms(self.after)))


def neighbours(views: ViewReader, asked: AskedMoment) -> Generator[None, None, Neighbours]:
    """Errors: Expired where the history moves on beyond what is read."""
    cursor = views.cursor("", "", views.horizon)
    before: BundleChange | None = None
    latest_ms = began_ms(views)
    while not cursor.caught_up:
        for change in cursor.take(_CHANGES_A_STEP):
            now_ms = max(latest_ms, _written_ms(change))
            if not asked.holds(split(change.resource_version).offset, now_ms):
                return Neighbours(before, change, latest_ms)
            before, latest_ms = change, now_ms
        yield
    return Neighbours(before, None, latest_ms)


def began_ms(views: ViewReader) -> int:
    """About when the history in memory begins, in milliseconds since 1970; not earlier than it does."""
    return int(moment(views.horizon).timestamp() * 1000)


def _written_ms(change: BundleChange) -> int:
    return written_ms(split(change.resource_version).offset, change.time_ms)
