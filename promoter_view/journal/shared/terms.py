"""Which of several processes led later."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twisted.internet.defer import Deferred, succeed

from promoter_view.boundaries import Leading, ViewReader


class LeadingTerms:
    """Numbers the times in which this process leads: by the newest change of the views then, its own mark at least.

    Every leader puts a mark of his own behind all that others wrote to the log, so that a later one has a greater
    number, whatever the log.
    """

    def __init__(self, views: ViewReader) -> None:
        self._views = views
        #: Of now; 0 while it does not lead.
        self.term = 0

    def begin(self) -> None:
        """See Leading."""
        self.term = self._views.head

    def end(self) -> Deferred[None]:
        """See Leading."""
        self.term = 0
        return succeed(None)


if TYPE_CHECKING:
    _: type[Leading] = LeadingTerms
