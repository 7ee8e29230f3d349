"""What a log still holds, for whoever reads it beside its writer: where a replay may start, and what follows."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from typing import Protocol

from promoter_view.records import Record, Snapshot


class LogPast(Protocol):
    """Read while the log is written on. It takes no lock: what retention deletes meanwhile is LogShortened.

    ``derives``: there may be DerivedBundles in it.
    """

    derives: bool

    async def points(self) -> Sequence[int]:
        """The offsets at which a replay may start, in order; 0 is the log's beginning. Errors: LogError."""

    async def snapshot(self, point: int) -> Snapshot | None:
        """All up to one of the points; None at the log's beginning. Errors: LogError."""

    def records(self, point: int) -> AsyncGenerator[Sequence[Record], None]:
        """Those that follow it, in order, at least one at a time, as far as they are durable. Errors: LogError.

        Whoever does not take all of them closes it.
        """

    async def close(self) -> None:
        """Nothing is read any more: its connections end."""
