"""A log that a test keeps in memory, read as a log's past is."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from promoter_view.records import Record, Snapshot


class KeptLog:
    """A LogPast that reaches back to its beginning. ``points_at``: where a replay may start."""

    derives = False

    def __init__(self) -> None:
        self.held: list[Record] = []
        self.points_at: Sequence[int] = (0,)

    async def points(self) -> Sequence[int]:
        """One, its beginning, unless a test says otherwise."""
        return self.points_at

    async def snapshot(self, point: int) -> Snapshot | None:
        """There is none."""
        return None

    async def records(self, point: int) -> AsyncIterator[Sequence[Record]]:
        """All of them."""
        yield tuple(self.held)

    async def close(self) -> None:
        """Nothing is open."""
