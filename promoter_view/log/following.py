"""Several followers of one log as one: the first is whose snapshots count, the others fold the same records."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from promoter_view.records import Record, Snapshot
from promoter_view.slices import Steps

if TYPE_CHECKING:
    from promoter_view.boundaries import Follower, Follows


class Followers:
    """``first`` is fed before the others, so that whoever these wake finds its views at the same head."""

    def __init__(self, first: Follower, *others: Follows) -> None:
        self._first = first
        self._others = others

    def restore(self, snapshot: Snapshot) -> Steps:
        """See Follower."""
        yield from self._first.restore(snapshot)
        for other in self._others:
            yield from other.restore(snapshot)

    def apply(self, records: Sequence[Record]) -> Steps:
        """See Follower."""
        yield from self._first.apply(records)
        for other in self._others:
            other.apply(records)

    def snapshot(self) -> Snapshot:
        """See Follower."""
        return self._first.snapshot()


if TYPE_CHECKING:
    _: type[Follower] = Followers
