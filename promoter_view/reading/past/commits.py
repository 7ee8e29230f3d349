"""What the bundles of a moment name, for whoever looks for a commit in them."""

from __future__ import annotations

from collections.abc import Sequence

from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IReactorTime
from twisted.python.failure import Failure

from promoter_view.boundaries import ViewReader
from promoter_view.reading.commits.index import CommitIndex
from promoter_view.slices import Steps, in_slices


class PastCommits:
    """An index of those ``plurals`` that is made once it is asked for.

    What was overtaken before that is not known: no object of the moment has it, and what changed on the way there is
    folded to the last state of each. Who asks for it finds it in the journal.
    """

    def __init__(self, views: ViewReader, plurals: Sequence[str], *, reactor: IReactorTime) -> None:
        self._views = views
        self._plurals = tuple(plurals)
        self._reactor = reactor
        self._waiting: list[Deferred[None]] | None = None
        self._whole = False
        self.index = CommitIndex()

    def current(self) -> Deferred[None]:
        """Fires once the index is whole."""
        if self._whole:
            return succeed(None)
        waiting: Deferred[None] = Deferred()
        if self._waiting is not None:
            self._waiting.append(waiting)
            return waiting
        self._waiting = [waiting]
        Deferred.fromCoroutine(in_slices(self._steps(), reactor=self._reactor)).addBoth(self._made)
        return waiting

    def _steps(self) -> Steps:
        for view in self._plurals:
            for bundle in self._views.list(view):
                yield from self.index.add(bundle)
                yield

    def _made(self, result: Failure | None) -> None:
        self._whole = result is None
        waiting, self._waiting = self._waiting or [], None
        for each in waiting:
            each.callback(result)
