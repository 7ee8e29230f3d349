"""When what a log holds counts as written, whatever the writer's clock said. Pure."""

from __future__ import annotations

from typing import NamedTuple

from promoter_view.log.offsets import milliseconds_of, refusal
from promoter_view.records import UNSHOWN, Record


def written_ms(offset: int, time_ms: int) -> int:
    """The time of what was written there: by the writer's clock, or where that was not believed, by the offset.

    A clock that is not believed moves no offset: what it said may be many years ahead.
    """
    return time_ms if refusal(offset, time_ms / 1000) is None else milliseconds_of(offset)


def latest_ms(before_ms: int, record: Record) -> int:
    """The latest time of the records up to that one, where it was ``before_ms`` up to the one before it.

    What no view shows has no time: a moment is the same whether or not the log holds cursors or rows of its own.
    """
    if isinstance(record.entry, UNSHOWN):
        return before_ms
    return max(before_ms, written_ms(record.offset, record.time_ms))


class Validity(NamedTuple):
    """The moments of which one state is the answer: from ``since_ms`` until before ``until_ms``, both since 1970.

    Where ``newest`` is not 0 nothing was known of later times: a record may come yet that a clock that is set back
    gives a time before them. So it holds while that is the newest resourceVersion.
    """

    since_ms: int
    until_ms: int
    newest: int = 0

    def holds(self, time_ms: int, newest: int) -> bool:
        """Whether that state is the answer for that time, now that ``newest`` is the newest resourceVersion."""
        return self.since_ms <= time_ms < self.until_ms and self.newest in (0, newest)
