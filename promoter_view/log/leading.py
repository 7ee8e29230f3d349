"""Several parts that run on the replica that writes the log, as one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twisted.internet.defer import Deferred

from promoter_view.boundaries import Leading


class LeadingBoth:
    """Two parts that begin and end together; the second begins last and ends first."""

    def __init__(self, first: Leading, second: Leading) -> None:
        self._first = first
        self._second = second

    def begin(self) -> None:
        """See Leading."""
        self._first.begin()
        self._second.begin()

    def end(self) -> Deferred[None]:
        """See Leading."""
        return self._second.end().addBoth(lambda _: self._first.end())


if TYPE_CHECKING:
    _: type[Leading] = LeadingBoth
